"""TensorBoard served over a log folder, asked as its own page asks."""

import json
import re
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
from waiting import wait_until

from harness.errors import UsageError
from harness.records.study_folders import folder_of
from harness.tensorboard.hparams import write_study
from harness.tensorboard.server import Board, _is_loopback, serve
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


def write_trial(folder: Path, *, trial_id: str, accuracy: float, status: str) -> None:
    with TrialWriter(folder) as board:
        board.hparams({"hidden": (128,)}, trial_id=trial_id)
        board.graph(keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="outputs")]))
        board.epoch(0, train={"accuracy": accuracy}, test={"accuracy": accuracy}, learning_rate=0.1, seconds=1.0)
        board.end(status=status)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    """A log folder with one study: two seeds of the base, and a variant that diverged."""
    logdir = tmp_path_factory.mktemp("logs")
    study = logdir / "study"
    write_study(study, hyperparameters={"hidden": [(128,)]})
    write_trial(study / "base/seed-0/attempt-1", trial_id="study/base", accuracy=0.5, status="success")
    write_trial(study / "base/seed-1/attempt-1", trial_id="study/base", accuracy=0.75, status="success")
    write_trial(study / "bad/seed-0/attempt-1", trial_id="study/bad", accuracy=float("nan"), status="failure")
    return logdir


@pytest.fixture(scope="module")
def board(logdir) -> Iterator[Board]:
    """TensorBoard over it."""
    with serve(logdir) as running:
        wait_until(lambda: len(ask(running, "data/runs")) == 10)
        yield running


@pytest.fixture(scope="module")
def board_of_one(logdir) -> Iterator[Board]:
    """The same study, served alone."""
    with serve(folder_of(logdir, "study")) as running:
        wait_until(lambda: len(ask(running, "data/runs")) == 10)
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
    base = session_groups(board)["study/base"]
    assert [session["name"][-16:] for session in base["sessions"]] == ["seed-0/attempt-1", "seed-1/attempt-1"]
    shown = {(metric["name"]["group"], metric["name"]["tag"]): metric["value"] for metric in base["metricValues"]}
    assert shown["test", "epoch_accuracy"] == 0.625
    assert base["hparams"] == {"hidden": "128"}


def test_a_failed_trial_is_shown_as_failed_even_with_a_metric_that_is_not_a_number(board):
    assert [session["status"] for session in session_groups(board)["study/bad"]["sessions"]] == ["STATUS_FAILURE"]


def test_the_columns_are_those_of_the_study(board):
    found = ask(board, HPARAMS + "experiment", {"experimentName": ""})
    assert [info["name"] for info in found["hparamInfos"]] == ["hidden"]
    assert found["metricInfos"][0]["displayName"] == "Test accuracy"


def test_the_graphs_tab_offers_both_graphs(board):
    run = ask(board, "data/plugin/graphs/info")["study/base/seed-0/attempt-1/train"]
    assert run["run_graph"] is True
    assert run["tags"]["keras"]["conceptual_graph"] is True


def test_the_conceptual_graph_is_drawn_without_an_error(board):
    query = urllib.parse.urlencode({"run": "study/base/seed-0/attempt-1/train", "tag": "keras", "conceptual": "true"})
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
    assert {"base/seed-0/attempt-1/train", "bad/seed-0/attempt-1"} <= set(ask(board_of_one, "data/runs"))
    assert set(session_groups(board_of_one)) == {"study/base", "study/bad"}


@pytest.mark.parametrize(("made", "said"), [(("keras-mlp",), "Did you mean 'keras-mlp'?"), ((), "has no studies")])
def test_a_study_that_has_no_folder_is_an_error(tmp_path, made, said):
    for name in made:
        (tmp_path / name).mkdir()
    result = harness("board", "keras-mpl", "--logdir", tmp_path)
    assert result.exit_code == 2 and said in result.output and "keras-mpl" in result.output


def test_closing_frees_the_port(tmp_path):
    with socket.create_server(("localhost", 0)) as free:  # far from 6006, where others look for a port at this moment
        port = free.getsockname()[1]
    with serve(tmp_path, port=port) as first:
        assert first.port == port
    with serve(tmp_path, port=port) as second:
        assert second.port == port


def test_in_a_terminal_it_ends_with_ctrl_c_and_needs_no_tensorflow(tmp_path):
    command = [sys.executable, "-c", IN_THE_TERMINAL, tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    loaded, url = process.stdout.readline().split()
    assert urllib.request.urlopen(url, timeout=300).status == 200
    process.send_signal(2)
    rest, complaints = process.communicate(timeout=300)
    assert (loaded, rest, complaints, process.returncode) == ("False", "interrupted\n", "", 0)


def test_views_choose_runs_where_tensorboard_would_choose_none(board):
    for address in board.views.values():
        assert address.startswith(board.url)
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
    assert any("regexInput=aggregate" in address for address in board.views.values())
    wanted = urllib.parse.unquote(board.views["pictures of seed 0"].partition("regexInput=")[2])
    shown = [run for run in ask(board, "data/runs") if re.search(wanted, run)]
    assert sorted(shown) == ["study/bad/seed-0/attempt-1", "study/base/seed-0/attempt-1"]


@pytest.mark.parametrize("host", ["", " "])
def test_an_empty_host_which_would_be_every_address_is_refused(tmp_path, host):
    with pytest.raises(UsageError, match="Host is ' ?'; expected 'localhost'"):
        serve(tmp_path, host=host)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "\udcff", "a..b"])
def test_a_host_that_is_no_name_of_one_is_an_error_in_one_line(tmp_path, host):
    with pytest.raises(UsageError, match="cannot serve on"):
        serve(tmp_path, host=host)


def test_letting_other_machines_in_is_said_loudly(tmp_path):
    with serve(tmp_path, host="0.0.0.0") as board:
        said = [notice for notice in board.notices if "no password" in notice]
    assert len(said) == 1 and str(tmp_path.resolve()) in said[0] and f"0.0.0.0, port {board.port}" in said[0]


@pytest.mark.parametrize(
    ("host", "alone"),
    [("localhost", True), ("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_a_loopback_address_is_of_this_machine_alone(host, alone):
    assert _is_loopback(host) == alone
