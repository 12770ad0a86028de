"""The answers that a trial keeps: written whole, and damage in them is found, said, and ends nothing."""

import io
import pickle
import re
import zipfile

import numpy as np
import pytest
from calling import harness
from resulting import make_record, store

from harness.analysis import predictions
from harness.analysis.predictions import AnswersError, first_probabilities, load_right, predicted_classes, write_predictions
from harness.maintenance import log_check
from harness.records.record import PREDICTIONS_FILE

pytestmark = pytest.mark.quick

LABELS = np.arange(100) % 10


def archive(**arrays: np.ndarray) -> bytes:
    """Return a NumPy archive of these arrays."""
    body = io.BytesIO()
    np.savez(body, **arrays)
    return body.getvalue()


def single(array: np.ndarray) -> bytes:
    """Return one array's own file."""
    body = io.BytesIO()
    np.save(body, array)
    return body.getvalue()


def lone(name: str, content: bytes) -> bytes:
    """Return an archive of one file of any content."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as file:
        file.writestr(name, content)
    return body.getvalue()


BYTES, RIGHT = LABELS.astype(np.uint8), np.packbits(LABELS > 3)
DAMAGE = {
    "torn": lambda whole: whole[: len(whole) // 2],
    "empty": lambda whole: b"",
    "altered": lambda whole: whole[:100] + bytes([whole[100] ^ 1]) + whole[101:],
    "no archive": lambda whole: b"no archive at all",
    "a pickle": lambda whole: pickle.dumps({"classes": [1]}),
    "an array alone": lambda whole: single(LABELS),
    "objects": lambda whole: archive(classes=np.array([{}, []], dtype=object), right=RIGHT),
    "other kinds": lambda whole: archive(classes=LABELS.astype(float), right=RIGHT),
    "other shapes": lambda whole: archive(classes=BYTES[:50], right=RIGHT),
    "a table": lambda whole: archive(classes=BYTES.reshape(10, 10), right=RIGHT),
    "other content": lambda whole: archive(classes=BYTES, right=RIGHT, sha256=np.zeros(32, np.uint8)),
    "one array": lambda whole: archive(classes=BYTES),
    "a text": lambda whole: lone("classes", b"text"),
    "an unknown compression": lambda whole: whole.replace(b"\x08\x00", b"\x63\x00"),
    "encryption": lambda whole: re.sub(rb"(PK\x01\x02....)\x00", b"\\1\x01", whole, flags=re.DOTALL),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_an_error_of_its_own(tmp_path, kind):
    write_predictions(tmp_path, (LABELS + (LABELS > 3)) % 10, LABELS)
    path = tmp_path / PREDICTIONS_FILE
    damaged = DAMAGE[kind](path.read_bytes())
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(AnswersError, match="predictions.npz: is torn or altered"):
        load_right(tmp_path)


def test_an_archive_that_would_fill_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    write_predictions(tmp_path, LABELS, LABELS)
    monkeypatch.setattr(predictions, "MOST_BYTES", 100)
    with pytest.raises(AnswersError, match="would take"):
        load_right(tmp_path)


def test_answers_of_an_earlier_version_are_read(tmp_path):
    (tmp_path / PREDICTIONS_FILE).write_bytes(archive(classes=BYTES, right=RIGHT))
    assert load_right(tmp_path).tolist() == (LABELS > 3).tolist()


def test_answers_that_find_no_room_leave_nothing_half_written(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("harness.records.atomic_files.os.fsync", full)
    with pytest.raises(OSError):
        write_predictions(tmp_path, LABELS, LABELS)
    assert not list(tmp_path.iterdir())


def test_torn_answers_are_a_note_in_the_table_and_a_finding_of_the_doctor(tmp_path):
    logdir = store(tmp_path / "logs", make_record(), make_record("wide"))
    for variant in ("base", "wide"):
        folder = logdir / "s" / variant / "seed-0"
        write_predictions(folder, LABELS, LABELS)
    (folder / PREDICTIONS_FILE).write_bytes((folder / PREDICTIONS_FILE).read_bytes()[:40])
    result = harness("compare", logdir, "--format", "csv", "--all-columns")
    assert result.exit_code == 0, result.output
    assert "not compared on the test samples" in result.output and "is torn or altered" in result.output
    findings = [finding for finding in log_check.examine_logs(logdir).findings if "Damaged answers" in finding.what]
    assert len(findings) == 1 and "--only wide --force" in findings[0].mend


def test_answers_come_back_as_they_were_kept(tmp_path):
    labels = np.array([3, 1, 2, 0, 9, 8, 7, 6, 5, 4])
    write_predictions(tmp_path, np.array([3, 1, 2, 0, 9, 0, 0, 0, 0, 0]), labels)
    assert load_right(tmp_path).tolist() == [True] * 5 + [False] * 5
    assert load_right(tmp_path / "absent") is None


CHANCES = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        (CHANCES, np.array([0, 1])),
        (CHANCES, np.array([[0.0], [1.0]])),
        (CHANCES, np.eye(3)[[0, 1]]),
        ([CHANCES, np.zeros((2, 1))], (np.array([0, 1]), np.zeros(2))),  # of several outputs the first
    ],
)
def test_a_class_is_that_of_the_largest_chance(outputs, labels):
    said, truth = predicted_classes(outputs, labels)
    assert (said.tolist(), truth.tolist()) == ([0, 2], [0, 1])


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_one_output_is_the_chance_of_class_1(shape):
    said, truth = predicted_classes(np.array([0.2, 0.9, 0.5]).reshape(shape), np.array([0.0, 1.0, 1.0]))
    assert (said.tolist(), truth.tolist()) == ([0, 1, 0], [0, 1, 1])
    assert first_probabilities(np.array([[0.25]])) == [0.75, 0.25]


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        (np.zeros((4, 1)), np.full(4, 0.5)),
        (np.full((4, 1), 2.0), np.zeros(4)),
        (np.zeros((4, 3)), np.full(4, 0.5)),
        (np.zeros((4, 3)), np.zeros((4, 3))),
        (np.zeros((4, 3, 2)), np.zeros(4, int)),
    ],
)
def test_answers_of_another_task_are_no_classes(outputs, labels):
    assert predicted_classes(outputs, labels) is None
