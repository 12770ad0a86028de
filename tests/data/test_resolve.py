import hashlib
import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_dataset import tiny_arrays, write_idx_files

from harness.data.catalogue import CLASS_NAMES, DATASETS
from harness.data.resolve import ResolvedDataset, is_table, open_dataset, prepare, survey
from harness.data.specs import IDX_FILES, DataError, Dataset
from harness.errors import UsageError

pytestmark = [pytest.mark.quick, pytest.mark.usefixtures("alone")]


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_files_of_the_data_folder_are_used_first(tiny_dir: Path):
    write_idx_files(Path(os.environ["KERAS_HOME"]) / "datasets" / "tiny")
    prepared = prepare("tiny", data_dir=tiny_dir)
    assert (prepared.used, prepared.origin, prepared.stand_in) == ("tiny", "files", False)


def test_opened_arrays_are_those_of_the_files_memory_mapped_and_read_only(tiny_dir: Path):
    images = open_dataset(prepare("tiny", data_dir=tiny_dir))
    for name, expected in tiny_arrays().items():
        array = getattr(images, name)
        np.testing.assert_array_equal(array, expected)
        assert isinstance(array, np.memmap) and array.dtype == np.uint8 and not array.flags.writeable


def test_the_environment_names_the_data_folder(tiny_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HARNESS_DATA_DIR", str(tiny_dir))
    assert prepare("tiny").origin == "files"


def test_the_argument_wins_over_the_environment(tiny_dir: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HARNESS_DATA_DIR", "/nowhere")
    assert prepare("tiny", data_dir=tiny_dir).origin == "files"


def test_a_dataset_missing_from_the_data_folder_is_taken_from_keras_cache(tiny: Dataset, tmp_path: Path):
    write_idx_files(tmp_path / "keras" / "datasets" / "tiny")
    (tmp_path / "empty").mkdir()
    assert prepare("tiny", data_dir=tmp_path / "empty").origin == "keras"


@pytest.fixture
def keras_npz(tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keras" / "datasets" / "tiny.npz"
    path.parent.mkdir(parents=True)
    np.savez(path, **tiny_arrays())
    monkeypatch.setitem(DATASETS, "tiny", replace(tiny, npz_sha256=sha256_of(path)))
    return path


def test_keras_npz_is_read(keras_npz: Path):
    images = open_dataset(prepare("tiny"))
    np.testing.assert_array_equal(images.x_test, tiny_arrays()["x_test"])


def test_an_altered_keras_npz_is_refused_with_both_hashes(keras_npz: Path):
    expected = sha256_of(keras_npz)
    keras_npz.write_bytes(keras_npz.read_bytes()[:-1])
    with pytest.raises(DataError) as error:
        prepare("tiny")
    assert all(text in str(error.value) for text in (str(keras_npz), sha256_of(keras_npz), expected))


def test_a_data_folder_that_does_not_exist_is_an_error(tmp_path: Path):
    with pytest.raises(DataError, match=r"Data folder '.*nowhere' is absent; expected a folder"):
        prepare("mnist", data_dir=tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["nul\0byte", "x" * 300, "~nobody-of-this-name/data"])
def test_a_data_folder_that_cannot_be_named_is_an_error(name: str):
    with pytest.raises(DataError, match="Data folder"):
        prepare("mnist", data_dir=Path(name))


def test_an_unknown_dataset_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="Did you mean 'fashion-mnist'?"):
        prepare("fashion-minst")


def test_real_files_where_there_are_any_have_the_published_content(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()  # the machine as it is
    assert {place.state for place in survey() if place.source != "cache"} <= {"verified", "absent"}


def test_the_hash_is_of_the_content_not_of_its_place(tiny_dir: Path, tmp_path: Path):
    first = prepare("tiny", data_dir=tiny_dir)
    write_idx_files(tmp_path / "keras" / "datasets" / "tiny")
    second = prepare("tiny")
    assert first.sha256 == second.sha256 and first.origin != second.origin


def test_prepared_crosses_to_another_process_and_serves_as_a_key(tiny_dir: Path):
    prepared = prepare("tiny", data_dir=tiny_dir)
    assert {pickle.loads(pickle.dumps(prepared)): 1}[prepared] == 1


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_without_files_and_network_the_stand_in_says_what_it_is_and_why(name: str):
    prepared = prepare(name)
    assert prepared.stand_in and prepared.origin == "bundled"
    assert prepared.description == f"digits (1,797 UCI images, 8x8 upscaled), stand-in for {name}"
    assert prepared.reason.startswith(f"{name} is absent: looked in ") and "cannot be reached" in prepared.reason


def test_strict_makes_absence_an_error_that_says_where_it_was_looked_for(tmp_path: Path):
    with pytest.raises(DataError) as error:
        prepare("mnist", data_dir=tmp_path, strict=True)
    assert str(tmp_path / "mnist") in str(error.value)
    assert str(tmp_path / "keras" / "datasets" / "mnist.npz") in str(error.value)


def test_digits_asked_for_by_name_are_no_stand_in():
    assert prepare("digits", strict=True).description == "digits (1,797 UCI images, 8x8 upscaled)"


def test_digits_are_real_ones_brought_to_28_by_28():
    from sklearn.datasets import load_digits

    images = open_dataset(prepare("digits"))
    original, labels = load_digits(return_X_y=True)
    assert images.x_train.shape == (1437, 28, 28) and images.x_test.shape == (360, 28, 28)
    np.testing.assert_array_equal(images.y_test, labels[1437:])
    small = images.x_test[:, 2:-2, 2:-2][:, 1::3, 1::3]
    np.testing.assert_allclose(small.reshape(360, 64), original[1437:] * 255 / 16, atol=0.5)
    assert not images.x_train[:, :2].any() and not images.x_train[:, :, -2:].any()


def test_every_image_dataset_names_its_ten_classes():
    images = [name for name in DATASETS if not is_table(name)]
    assert {name: len(set(CLASS_NAMES[name])) for name in images} == dict.fromkeys(images, 10)
    assert CLASS_NAMES["fashion-mnist"][9] == "Ankle boot"


def test_survey_tells_verified_damaged_and_absent_apart(tiny: Dataset, tiny_dir: Path):
    write_idx_files(tiny_dir / "elsewhere" / "datasets" / "tiny")
    prepare("tiny", data_dir=tiny_dir)
    (tiny_dir / "tiny" / IDX_FILES.y_train).write_bytes(b"")
    found = {(place.dataset, place.source): place for place in survey(tiny_dir)}
    assert found["tiny", "files"].state == "damaged" and IDX_FILES.y_train in found["tiny", "files"].fault
    assert found["tiny", "cache"].state == "verified" and found["tiny", "cache"].size > 12 * 784
    assert found["tiny", "keras"].state == "absent" and found["digits", "bundled"].state == "verified"


@pytest.mark.processes
def test_neither_tensorflow_nor_numpy_is_imported_for_the_names_alone():
    program = "import sys, harness.data.resolve; print({'tensorflow', 'keras', 'numpy', 'sklearn'} & set(sys.modules))"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "set()\n"


@pytest.mark.processes
def test_preparing_does_not_import_tensorflow(tiny_dir: Path):
    program = "import sys; from harness.data.resolve import prepare; prepare('mnist'); print('tensorflow' in sys.modules)"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout == "False\n"


def test_the_description_of_real_data_names_them():
    real = ResolvedDataset("mnist", "mnist", "files", Path("/"), "")
    assert real.description == "mnist (60,000 training and 10,000 test images)"
