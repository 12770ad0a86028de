"""The parts of an executor of other machines that need none: what travels, what comes home, what is said of a cluster."""

import socket
import threading
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from tiny_studies import plan_of

from harness.data import DataError, arrays_of, found_here, kept_here, prepare
from harness.errors import UsageError
from harness.isolation import BUILT_IN
from harness.runs.executors import mirroring, ray_cluster, rehoming
from harness.runs.executors.executor_choice import Workers
from harness.runs.executors.mirroring import FolderWatch, Mirror
from harness.runs.executors.ray_cluster import Cluster
from harness.runs.executors.rehoming import pack_study, rehomed, stripped, unpack_study
from harness.runs.request import RunRequest
from harness.training import Trial

pytestmark = pytest.mark.quick


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """A trial of seed 0 whose study's folder is there."""
    (tmp_path / "logs" / "one").mkdir(parents=True)
    return replace(plan_of(tmp_path).trials[0], fallback=tmp_path / "spare")


@pytest.fixture
def there(trial: Trial, tmp_path: Path) -> Trial:
    """The same trial on another machine."""
    return rehomed(stripped(trial), tmp_path / "node", study=tmp_path / "study.py", data=None, left={})


def test_a_study_travels_with_its_folder_and_without_its_logs(tmp_path: Path) -> None:
    for name in ("study.py", "parts/helper.py", "rows.csv", ".git/config", "logs/study/record.json", "__pycache__/x.pyc"):
        (tmp_path / "here" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "here" / name).write_text(name)
    parcel = pack_study(tmp_path / "here" / "study.py", logdir=tmp_path / "here" / "logs")
    place = unpack_study(parcel, tmp_path / "there")
    assert place.read_text() == "study.py" and place == unpack_study(parcel, tmp_path / "there")
    found = {str(path.relative_to(place.parent)) for path in place.parent.rglob("*") if path.is_file()}
    assert found == {"study.py", "parts/helper.py", "rows.csv"}


def test_a_study_in_a_folder_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "study.py").touch()
    (tmp_path / "rows.csv").write_bytes(b"x" * 2000)
    monkeypatch.setattr(rehoming, "MOST_BYTES", 1000)
    with pytest.raises(UsageError, match=r"goes to the nodes with its folder.*expected the study in a folder of its own"):
        pack_study(tmp_path / "study.py", logdir=tmp_path / "logs")


def test_a_built_in_study_goes_by_its_name_and_one_of_a_program_alone(tmp_path: Path) -> None:
    parcel = pack_study(BUILT_IN / "ablations.py", logdir=tmp_path)
    assert not parcel.files and unpack_study(parcel, tmp_path) == BUILT_IN / "ablations.py"
    (tmp_path / "study-1.pkl").write_bytes(b"made")
    (tmp_path / "record.json").touch()
    assert list(pack_study(tmp_path / "study-1.pkl", logdir=tmp_path).files) == ["study-1.pkl"]


def test_a_trial_goes_without_any_path_of_this_machine(trial: Trial, there: Trial, tmp_path: Path) -> None:
    told = replace(trial, provenance={"study_file": str(tmp_path / "study.py")})
    assert str(tmp_path) not in repr(stripped(told))
    assert there.folder == tmp_path / "node" / trial.study / trial.variant / "seed-0" and there.folder.is_dir()
    assert there.home is None and there.trial_id == trial.trial_id


def test_files_come_home_as_they_grow_and_the_others_whole(trial: Trial, there: Trial) -> None:
    watch, mirror = FolderWatch(there), Mirror(trial)
    events = there.folder / "test" / "events.out.tfevents.1.here"
    events.parent.mkdir()
    for step, text in enumerate(("one", "two", "three")):
        with open(events, "a") as file:
            file.write(text)
        (there.folder / "predictions.npz").write_text(text)
        (there.folder / "checkpoint-7.npz").write_text(text)
        (there.folder / ".draft.1.tmp").write_text(text)
        pieces = list(watch.pieces(ended=step == 2))
        assert all(map(mirror.write, pieces))
        assert (trial.folder / "test" / events.name).read_text() == "onetwothree"[: 3 * step + 3 + 2 * (step == 2)]
        assert (trial.folder / "checkpoint-7.npz").read_text() == text
        assert (trial.folder / "predictions.npz").exists() is (step == 2)
    assert list(watch.pieces(ended=True)) == [] and not list(trial.folder.rglob("*.tmp"))


def test_what_lies_beside_the_trials_comes_home_and_what_earlier_attempts_left_does_not(trial: Trial, tmp_path: Path) -> None:
    left = {"checkpoint-7.npz": b"state", "train/events.out.tfevents.1.a": b"curve"}
    second = replace(trial, attempt=2)
    there = rehomed(stripped(second), tmp_path / "node", study=tmp_path, data=None, left=left)
    watch = FolderWatch(there)
    (there.folder / "train" / "events.out.tfevents.1.a").rename(there.folder / "train" / "withdrawn.events")
    (there.folder / "attempt-2").mkdir()
    (there.folder / "attempt-2" / "output.txt").write_text("said")
    samples = there.folder.parents[1] / ".test-samples"
    samples.mkdir()
    (samples / "a.npz").write_text("samples")
    mirror = Mirror(second)
    assert all(map(mirror.write, watch.pieces(ended=True)))
    found = {str(path.relative_to(trial.folder.parents[1])) for path in trial.folder.parents[1].rglob("*") if path.is_file()}
    assert found == {".test-samples/a.npz", f"{trial.variant}/seed-0/attempt-2/output.txt"}


def test_a_file_that_is_cut_while_it_is_read_comes_home_as_it_is_now(
    trial: Trial, there: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirroring, "MOST_AT_ONCE", 100_000)
    watch, mirror = FolderWatch(there), Mirror(trial)
    (there.folder / "rows.csv").write_text("long" * 100_000)
    pieces = watch.pieces(ended=True)
    assert mirror.write(next(pieces))
    (there.folder / "rows.csv").write_text("cut")
    assert all(map(mirror.write, islice(pieces, 20)))
    assert (trial.folder / "rows.csv").read_text() == "cut" and not list(trial.folder.rglob("*.tmp"))


def test_files_of_a_trial_whose_folder_is_gone_lie_in_the_fallback_folder_whole(trial: Trial, there: Trial) -> None:
    watch, mirror = FolderWatch(there), Mirror(trial)
    events = there.folder / "events.out.tfevents.1.here"
    events.write_text("one")
    assert all(map(mirror.write, watch.pieces(ended=False)))
    home = trial.folder.parents[1]
    home.rename(home.with_name("moved"))
    home.mkdir()  # somebody else's
    events.write_text("onetwo")
    assert not all(map(mirror.write, watch.pieces(ended=True)))
    watch.forget()
    assert all(map(mirror.write, watch.pieces(ended=True)))
    assert (mirror.folder / events.name).read_text() == "onetwo" and "spare" in str(mirror.folder)
    assert mirror.moved and not mirror.lost and list(home.iterdir()) == []


def test_a_link_in_the_place_of_a_trials_file_is_not_followed(trial: Trial, there: Trial, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    trial.folder.mkdir(parents=True)
    (trial.folder / "events.out.tfevents.1.here").symlink_to(tmp_path / "precious")
    watch, mirror = FolderWatch(there), Mirror(replace(trial, fallback=None))
    (there.folder / "events.out.tfevents.1.here").write_text("theirs")
    assert all(map(mirror.write, watch.pieces(ended=True)))
    assert mirror.lost and (tmp_path / "precious").read_text() == "mine"


def test_arrays_that_arrive_otherwise_than_they_were_sent_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digits = prepare("digits")
    arrays = dict(arrays_of(digits))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert found_here(digits) is None
    with pytest.raises(DataError, match="Arrays y_test of digits did not arrive as they were sent"):
        kept_here(digits, arrays | {"y_test": arrays["y_test"][::-1]})
    assert found_here(digits) is None
    kept = kept_here(digits, arrays)
    assert kept.folder.is_relative_to(tmp_path) and found_here(digits) == kept


def test_an_address_at_which_nobody_listens_is_said_at_once() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(UsageError, match=rf"No cluster answers at {address} \(.*refused.*\); expected the address"):
            ray_cluster._require_answer(address)


def test_an_address_at_which_something_else_answers_is_said_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(UsageError, match=f"No cluster answers at {address} .what answers is something else.; expected"):
            ray_cluster._require_answer(address)


@pytest.mark.parametrize("address", ["ray://here:1", "here", "", "a b:1", "here:port"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no address of a cluster; expected auto, or HOST:PORT"):
        ray_cluster.check_address(address)


def test_an_address_is_of_a_ray_cluster_alone() -> None:
    with pytest.raises(UsageError, match="--address auto is of a Ray cluster; expected --executor ray with it"):
        Workers(RunRequest(Path(), address="auto"))


def test_without_ray_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_cluster, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"not installed; expected: pip install 'ablation-harness\[ray\]'"):
        Cluster(None)


def test_another_version_of_ray_or_python_is_said_in_one_line() -> None:
    utils = pytest.importorskip("ray._private.utils")
    with pytest.raises(RuntimeError) as caught:
        utils.check_version_info({"ray_version": "2.9.0", "python_version": "3.8.1"}, "here")
    said = ray_cluster._refusal("head:6379", caught.value)
    assert said.startswith("The cluster at head:6379 has Ray 2.9.0 and Python 3.8.1, this machine Ray ") and "\n" not in said


def test_of_an_error_of_many_lines_the_cause_is_told() -> None:
    text = "The actor died unexpectedly before finishing this task.\n\tclass_name: X\nThe actor died because its node has died."
    assert ray_cluster.said_by(RuntimeError(text)) == "The actor died because its node has died"
    assert ray_cluster._refusal("auto", ConnectionError("Could not find any running Ray instance.")).startswith(
        "--address auto"
    )


def test_how_many_workers_fit_follows_from_what_each_node_has() -> None:
    node = {"CPU": 4.0, "GPU": 2.0, "memory": 1.0}
    found = [ray_cluster._fitting(node, cpus, gpus) for cpus, gpus in ((1, 0), (3, 0), (1, 0.5), (1, 1), (5, 0), (0, 0.1))]
    assert found == [4, 1, 4, 2, 0, 20]
