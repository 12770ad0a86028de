import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from harness.data.idx import content_sha256, header, read_idx
from harness.data.resolve import prepare
from harness.data.specs import IDX_FILES, DataError, Dataset

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("alone")]

TRAIN_IMAGES, TRAIN_LABELS = IDX_FILES.x_train, IDX_FILES.y_train


def damaged(data_dir: Path) -> str:
    """Return the one line with which the data folder is refused."""
    with pytest.raises(DataError) as error:
        prepare("tiny", data_dir=data_dir)
    text = str(error.value)
    assert "\n" not in text
    return text


def rewrite(path: Path, content: bytes) -> str:
    """Write a gzip file of this content and return the content's hash, as the refusal must name it."""
    path.write_bytes(gzip.compress(content))
    return hashlib.sha256(content).hexdigest()


def test_a_truncated_file_is_refused_with_its_name_and_both_hashes(tiny: Dataset, tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_IMAGES
    path.write_bytes(path.read_bytes()[:2000])
    text = damaged(tiny_dir)
    found = text.partition("found ")[2][:64]
    assert str(path) in text and "truncated" in text and tiny.sha256.x_train in text
    assert int(found, 16) and found != tiny.sha256.x_train


def test_an_altered_byte_is_refused_with_both_hashes(tiny: Dataset, tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_IMAGES
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[-1] ^= 1
    found = rewrite(path, bytes(content))
    text = damaged(tiny_dir)
    assert text.startswith(f"{path} is damaged: its values are not the published ones")
    assert f"found {found}, expected {tiny.sha256.x_train}" in text


def test_an_altered_compressed_byte_is_refused(tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_IMAGES
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert TRAIN_IMAGES in damaged(tiny_dir)


def test_swapped_files_are_recognized(tiny_dir: Path):
    labels, other = tiny_dir / "tiny" / TRAIN_LABELS, tiny_dir / "tiny" / IDX_FILES.y_test
    labels_bytes, other_bytes = labels.read_bytes(), other.read_bytes()
    labels.write_bytes(other_bytes)
    other.write_bytes(labels_bytes)
    assert "it holds t10k-labels-idx1-ubyte.gz of tiny" in damaged(tiny_dir)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "it is empty"),
        (b"\0\0\x0d\x01" + b"\0\0\0\x0c" + bytes(12), "its magic number is 0x00000d01, expected 0x00000801"),
        (header((13,)) + bytes(13), "its dimensions are 13, expected 12"),
        (header((12,)) + bytes(11), "it has fewer than the expected 20 bytes"),
        (header((12,)) + bytes(50_000), "it has more than the expected 20 bytes"),
    ],
)
def test_content_that_is_no_such_idx_file_is_refused_with_the_reason(tiny_dir: Path, content: bytes, fault: str):
    rewrite(tiny_dir / "tiny" / TRAIN_LABELS, content)
    assert fault in damaged(tiny_dir)


def test_an_empty_file_is_refused(tiny_dir: Path):
    (tiny_dir / "tiny" / TRAIN_LABELS).write_bytes(b"")
    assert f"{TRAIN_LABELS} is damaged: it is empty" in damaged(tiny_dir)


def test_a_file_that_is_not_gzip_is_refused(tiny_dir: Path):
    (tiny_dir / "tiny" / TRAIN_LABELS).write_bytes(b"<html>404</html>")
    assert "not a whole gzip file" in damaged(tiny_dir)


def test_a_missing_file_of_four_is_an_error_not_another_source(tiny_dir: Path):
    (tiny_dir / "tiny" / TRAIN_LABELS).unlink()
    assert f"{TRAIN_LABELS} cannot be read: No such file" in damaged(tiny_dir)


def test_a_folder_where_a_file_is_expected_is_an_error(tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_LABELS
    path.unlink()
    path.mkdir()
    assert f"{path} is a folder; expected a file" in damaged(tiny_dir)


def test_a_file_where_the_datasets_folder_is_expected_is_an_error(tiny: Dataset, tmp_path: Path):
    (tmp_path / "tiny").write_bytes(b"")
    assert "cannot be read: Not a directory" in damaged(tmp_path)


def test_an_unreadable_file_is_an_error(tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_LABELS
    path.unlink()
    path.symlink_to(path)  # stands for missing permission, which does not hold the administrator back
    assert f"{path} cannot be read" in damaged(tiny_dir)


def test_a_pipe_is_refused_instead_of_waited_for(tiny_dir: Path):
    path = tiny_dir / "tiny" / TRAIN_LABELS
    path.unlink()
    os.mkfifo(path)
    assert "is not a regular file" in damaged(tiny_dir)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200), compressed=st.booleans())
@example(content=header((2**31,)), compressed=True)
def test_no_file_but_the_true_one_is_read(tmp_path: Path, content: bytes, compressed: bool):
    true = np.arange(12, dtype=np.uint8)
    path = tmp_path / "any.gz"
    path.write_bytes(gzip.compress(content) if compressed else content)
    with pytest.raises(DataError):
        read_idx(path, shape=true.shape, sha256=content_sha256(true))
