"""TensorBoard served over a log folder, asked as its own page asks."""

import json
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
from calling import harness
from plain_records import record
from waiting import wait_until

from harness.errors import UsageError
from harness.records.study_folders import folder_of
from harness.tensorboard.server import Board, serve
from harness.tensorboard.study_writer import StudyFindings, write_study
from harness.tensorboard.trial_writer import TrialWriter

HPARAMS = "experiment/defaultExperimentId/data/plugin/hparams/"
EVERY_STATUS = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
IN_THE_TERMINAL = """
import signal, sys
from pathlib import Path
from harness.tensorboard.server import serve
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits deafness to it
with serve(Path(sys.argv[1])) as board:
    try:
        print("tensorflow" in sys.modules, board.url, flush=True)
        board.wait()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def write_trial(folder: Path, *, accuracy: float) -> None:
    with TrialWriter(folder) as board:
        board.graph(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="outputs")]))
        board.epoch(1, train={"accuracy": accuracy}, test={"accuracy": accuracy}, learning_rate=0.1, seconds=1.0)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    """A log folder with one study: two seeds of the base, and a variant that diverged."""
    logdir = tmp_path_factory.mktemp("logs")
    study = logdir / "study"
    records = []
    for variant, seed, accuracy in (("base", 0, 0.5), ("base", 1, 0.75), ("bad", 0, float("nan"))):
        write_trial(study / variant / f"seed-{seed}", accuracy=accuracy)
        status = "ok" if accuracy > 0 else "diverged"
        records.append(record(variant, seed, accuracy, study="study", status=status, history={"test_accuracy": [accuracy]}))
    rows = {"base": {"test_accuracy": 0.625}, "bad": {"delta": -0.125, "verdict": "worse"}}
    write_study(study, records, StudyFindings(rows, "bad is worse"))
    return logdir


@pytest.fixture(scope="module")
def board(logdir) -> Iterator[Board]:
    """TensorBoard over it."""
    with serve(logdir) as running:
        wait_until(lambda: len(ask(running, "data/runs")) == 9)
        yield running


@pytest.fixture(scope="module")
def board_of_one(logdir) -> Iterator[Board]:
    """The same study, served alone."""
    with serve(folder_of(logdir, "study")) as running:
        wait_until(lambda: len(ask(running, "data/runs")) == 9)
        yield running


def ask(board: Board, path: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(board.url + path, data=data, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


def session_groups(board: Board) -> dict[str, Any]:
    request = {"experimentName": "", "allowedStatuses": EVERY_STATUS, "colParams": [], "startIndex": 0, "sliceSize": 99}
    return {group["name"]: group for group in ask(board, HPARAMS + "session_groups", request)["sessionGroups"]}


def test_the_repeats_of_a_variant_are_one_row_with_their_mean(board):
    base = session_groups(board)["base · study"]
    assert [session["name"] for session in base["sessions"]] == ["study/base"]
    shown = {metric["name"]["tag"]: metric["value"] for metric in base["metricValues"]}
    assert shown == {"result/test_accuracy": 0.625}
    assert base["hparams"] == {"hidden": "128", "Verdict": "-"}


def test_a_variants_row_has_its_difference_and_its_verdict(board):
    bad = session_groups(board)["bad · study"]
    shown = {metric["name"]["tag"]: metric["value"] for metric in bad["metricValues"]}
    assert shown == {"result/delta": -0.125} and bad["hparams"]["Verdict"] == "worse"


def test_a_failed_trial_is_shown_as_failed_even_with_a_metric_that_is_not_a_number(board):
    assert [session["status"] for session in session_groups(board)["bad · study"]["sessions"]] == ["STATUS_FAILURE"]


def test_the_columns_are_those_of_the_study(board):
    found = ask(board, HPARAMS + "experiment", {"experimentName": ""})
    assert [info["name"] for info in found["hparamInfos"]] == ["Verdict", "hidden"]
    assert [info["displayName"] for info in found["metricInfos"]][:2] == ["Difference", "Test accuracy"]


def test_the_graphs_tab_offers_both_graphs(board):
    run = ask(board, "data/plugin/graphs/info")["study/base/seed-0/train"]
    assert run["run_graph"] is True
    assert run["tags"]["keras"]["conceptual_graph"] is True


def test_the_conceptual_graph_is_drawn_without_an_error(board):
    query = urllib.parse.urlencode({"run": "study/base/seed-0/train", "tag": "keras", "conceptual": "true"})
    with urllib.request.urlopen(f"{board.url}data/plugin/graphs/graph?{query}", timeout=300) as answer:
        assert b"outputs" in answer.read()


def test_it_binds_to_loopback_alone(board):
    assert urllib.parse.urlsplit(board.url).hostname == "localhost"
    with socket.socket() as other:  # the same port of another address of this machine is free
        other.bind(("127.0.0.2", board.port))


def test_a_taken_port_is_passed_over_with_a_notice(tmp_path, board):
    with serve(tmp_path) as second:  # 6006 belongs to `board`, or to whoever was there before it
        assert second.port > 6006
        assert f"Port 6006 is taken; TensorBoard is on port {second.port} instead." in second.notices


def test_a_given_port_that_is_taken_is_an_error(tmp_path, board):
    with pytest.raises(UsageError, match=f"Port {board.port} is taken"):
        serve(tmp_path, port=board.port)


def test_a_host_of_another_machine_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="192.0.2.1"):
        serve(tmp_path, host="192.0.2.1")


def test_a_missing_log_folder_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        serve(tmp_path / "nowhere")


def test_an_empty_log_folder_is_served_with_a_notice(tmp_path):
    with serve(tmp_path) as empty:
        assert any("No event files" in notice for notice in empty.notices)


def test_more_runs_than_tensorboard_ticks_are_told_of(tmp_path):
    for number in range(501):
        folder = tmp_path / f"study/v{number}"
        folder.mkdir(parents=True)
        (folder / "events.out.tfevents.1.here.1.0").touch()
    with serve(tmp_path) as many:
        assert any("501 runs: beyond 500" in notice and "board STUDY" in notice for notice in many.notices)


def test_one_study_is_served_with_its_columns(board_of_one):
    assert {"base/seed-0/train", "bad/seed-0/test", "bad", "."} <= set(ask(board_of_one, "data/runs"))
    assert set(session_groups(board_of_one)) == {"base · study", "bad · study"}


@pytest.mark.parametrize(("made", "said"), [(("keras-mlp",), "Did you mean 'keras-mlp'?"), ((), "has no studies")])
def test_a_study_that_has_no_folder_is_an_error(tmp_path, made, said):
    for name in made:
        (tmp_path / name).mkdir()
    result = harness("board", "keras-mpl", "--logdir", tmp_path)
    assert result.exit_code == 2 and said in result.output and "keras-mpl" in result.output


def test_closing_frees_the_port(tmp_path):
    port = next(filter(_is_free, range(25_000, 32_000)))  # the system hands none of these to who asks for any
    with serve(tmp_path, port=port) as first:
        assert first.port == port
    with serve(tmp_path, port=port) as second:
        assert second.port == port


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("localhost", port)).close()
    except OSError:
        return False
    return True


def test_in_a_terminal_it_ends_with_ctrl_c_and_needs_no_tensorflow(tmp_path):
    command = [sys.executable, "-c", IN_THE_TERMINAL, tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    loaded, url = process.stdout.readline().split()
    assert urllib.request.urlopen(url, timeout=300).status == 200
    process.send_signal(2)
    rest, complaints = process.communicate(timeout=300)
    assert (loaded, rest, complaints, process.returncode) == ("False", "interrupted\n", "", 0)


def test_the_links_of_each_study_are_pages_that_tick_runs_which_tensorboard_knows(board):
    known = set(ask(board, "data/runs"))
    assert {view.study for view in board.views} == {"study"}
    for view in board.views:
        assert view.runs and set(view.runs) <= known
        with urllib.request.urlopen(board.url + view.address) as page:
            assert page.status == 200


def test_seventeen_variants_over_five_seeds_are_at_most_190_runs(tmp_path):
    records = [record(name, seed) for name in ["base", *(f"v{number}" for number in range(16))] for seed in range(5)]
    for one in records:
        with TrialWriter(tmp_path / "s" / one.variant / f"seed-{one.seed}") as writer:
            writer.text("data", "digits")
            writer.epoch(1, train={"loss": 1.0}, test={"loss": 1.0}, learning_rate=0.1, seconds=1.0)
    write_study(tmp_path / "s", records, StudyFindings({}, "text"))
    with serve(tmp_path) as running:
        wait_until(lambda: len(ask(running, "data/runs")) >= 188)
        runs = ask(running, "data/runs")
    assert len(runs) == 188 and {"s", "s/v3", "s/v3/seed-4/train", "s/v3/seed-4/test"} <= set(runs)


def test_looking_at_every_tab_loads_no_tensorflow_and_logs_nothing(logdir):
    program = (
        "import sys, urllib.request; from pathlib import Path\n"
        "from harness.tensorboard.server import serve\n"
        f"with serve(Path({str(logdir)!r})) as board:\n"
        "    for page in ('projector/runs', 'text/tags', 'graphs/info', 'images/tags', 'histograms/tags', 'pr_curves/tags'):\n"
        "        urllib.request.urlopen(f'{board.url}data/plugin/{page}').read()\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert (finished.returncode, finished.stderr) == (0, "")
