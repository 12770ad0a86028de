import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiny_dataset import tiny_arrays

from harness.data.cache import cache_folder
from harness.data.resolve import open_dataset, prepare
from harness.data.specs import IDX_FILES, DataError, Dataset

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("alone")]


def test_a_second_start_reads_no_source(tiny_dir: Path):
    opened: list[str] = []
    sys.addaudithook(lambda event, details: opened.append(str(details[0])) if event == "open" else None)
    first = prepare("tiny", data_dir=tiny_dir)
    assert any(path.endswith(".gz") for path in opened)
    opened.clear()
    assert prepare("tiny", data_dir=tiny_dir) == first
    assert opened and not any(path.endswith(".gz") for path in opened)


def test_a_file_damaged_after_it_was_cached_is_refused_even_if_its_time_and_size_are_kept(tiny_dir: Path):
    prepare("tiny", data_dir=tiny_dir)
    path = tiny_dir / "tiny" / IDX_FILES.y_train
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(DataError, match=path.name):
        prepare("tiny", data_dir=tiny_dir)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"garbage", None])
def test_a_damaged_cache_is_made_again(tiny_dir: Path, content: bytes | None):
    path = prepare("tiny", data_dir=tiny_dir).folder / "x_train.npy"
    path.write_bytes(bytes([*path.read_bytes()[:-1], 255]) if content is None else content)
    images = open_dataset(prepare("tiny", data_dir=tiny_dir))
    np.testing.assert_array_equal(images.x_train, tiny_arrays()["x_train"])


def test_a_damaged_list_of_what_was_verified_is_no_obstacle(tiny_dir: Path):
    folder = prepare("tiny", data_dir=tiny_dir).folder
    (folder / "verified.json").write_bytes(b"[" * 100_000)
    assert prepare("tiny", data_dir=tiny_dir).folder == folder


def test_a_cache_that_cannot_be_written_is_done_without(tiny_dir: Path, tmp_path: Path):
    (tmp_path / "cache").write_bytes(b"a file where the folder should be")
    prepared = prepare("tiny", data_dir=tiny_dir)
    np.testing.assert_array_equal(open_dataset(prepared).y_test, tiny_arrays()["y_test"])
    assert tmp_path / "cache" not in prepared.folder.parents


@pytest.mark.processes
def test_the_folder_in_place_of_the_cache_goes_with_the_process(tmp_path: Path):
    (tmp_path / "cache").write_bytes(b"")
    program = "from harness.data.resolve import prepare; print(prepare('digits').folder)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.startswith("/") and not Path(finished.stdout.strip()).exists()


def test_starts_at_the_same_time_share_one_whole_cache(tiny: Dataset, tiny_dir: Path):
    with ThreadPoolExecutor(8) as pool:
        prepared = list(pool.map(lambda _: prepare("tiny", data_dir=tiny_dir), range(16)))
    assert set(prepared) == {prepared[0]} and prepared[0].folder == cache_folder(tiny)
    assert [path.name for path in cache_folder(tiny).parent.iterdir()] == [cache_folder(tiny).name]


def test_arrays_that_are_gone_are_named(tiny_dir: Path):
    prepared = prepare("tiny", data_dir=tiny_dir)
    (prepared.folder / "y_train.npy").unlink()
    with pytest.raises(DataError, match="y_train.npy cannot be opened"):
        open_dataset(prepared)


def test_a_relative_cache_folder_is_ignored_as_xdg_has_it(tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder(tiny).parent == tmp_path / ".cache" / "harness"
