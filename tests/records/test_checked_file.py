"""Files with a checksum in their first line: written as they always were, and read only while they are whole."""

from pathlib import Path

import numpy as np
import pytest

from harness.analysis.predictions import load_right, write_predictions
from harness.records.checked_file import CheckedFileError, CheckedFormat
from harness.records.record import RECORD_FILE, read_record, write_record
from harness.training.checkpoint_file import encoded, read_checkpoint

pytestmark = pytest.mark.quick

BEFORE = Path(__file__).parent / "files_before"  # written by the version before there was this module
PLAIN = CheckedFormat("thing", schema=3)
JSON = CheckedFormat("thing", schema=3, opening=', "thing":', closing="\n}\n")
BODY = bytes(range(256))


@pytest.mark.parametrize("form", [PLAIN, JSON], ids=["plain", "JSON"])
@pytest.mark.parametrize("body", [b"", b"a", b"{\n}", BODY])
def test_what_was_wrapped_is_unwrapped(form, body):
    assert bytes(form.unwrap(form.wrap(body), size="")) == body


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is no whole thing (0 bytes)."),
        (PLAIN.wrap(BODY)[:50], "is no whole thing (50 bytes)."),
        (PLAIN.wrap(BODY)[:-1], "is torn or altered (its content does not match its checksum)."),
        (PLAIN.wrap(BODY).replace(b"\x10", b"\x11"), "is torn or altered (its content does not match its checksum)."),
        (PLAIN.wrap(BODY).replace(b"3", b"4", 1), "has schema 4; this version reads schema 3."),
        (JSON.wrap(BODY), "is no whole thing (360 bytes)."),
    ],
)
def test_what_is_not_whole_is_refused_with_the_reason(content, said):
    with pytest.raises(CheckedFileError) as caught:
        PLAIN.unwrap(content, size=f"{len(content)} bytes")
    assert str(caught.value) == said


def test_a_record_of_before_is_read_and_written_the_same(tmp_path):
    record = read_record(BEFORE / RECORD_FILE)
    assert (record.variant, record.metrics["test_accuracy"], record.provenance["word"]) == ("v", 0.25, "dü…\udc80")
    again = write_record(tmp_path, record)
    assert again.read_bytes() == (BEFORE / RECORD_FILE).read_bytes()


def test_a_checkpoint_of_before_is_read_and_written_the_same():
    path = BEFORE / "checkpoint.npz"
    checkpoint = read_checkpoint(path)
    assert checkpoint.state["weights"][0].tolist() == [[0, 1, 2], [3, 4, 5]] and checkpoint.state["x"] == (1, 2)
    assert encoded(checkpoint) == path.read_bytes()


def test_predictions_of_before_are_read_and_written_the_same(tmp_path):
    assert load_right(BEFORE).tolist() == [True, True, False, True]
    write_predictions(tmp_path, np.array([1, 2, 3, 0]), np.array([1, 2, 0, 0]))
    assert load_right(tmp_path).tolist() == [True, True, False, True]
