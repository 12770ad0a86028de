"""Datasets that are tables: the columns scikit-learn has, verified, cached, and named when they stand in."""

import gzip
import zlib
from pathlib import Path

import joblib
import numpy as np
import pytest
from calling import harness

from harness.data.cache import cache_folder
from harness.data.catalogue import CLASS_NAMES, DATASETS
from harness.data.housing import COLUMNS, MOST_BYTES, read_scikit_learn
from harness.data.resolve import ResolvedDataset, Table, is_table, open_dataset, prepare, survey
from harness.data.specs import DataError
from harness.errors import UsageError

pytestmark = pytest.mark.quick

HOUSING = "california-housing"


@pytest.fixture
def machine(alone, tmp_path, monkeypatch) -> Path:
    """A machine without data or network; return where scikit-learn would keep its downloads."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit"))
    return tmp_path / "scikit"


def written(folder: Path, content: bytes) -> Path:
    """Write a file of the data folder with this content, gzipped; return the data folder."""
    path = folder / HOUSING / "cal_housing.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(content, mtime=0))
    return folder


def test_the_housing_features_are_those_of_scikit_learn_bit_for_bit(real_data, machine):
    from sklearn.datasets import fetch_california_housing

    with gzip.open(real_data / HOUSING / "cal_housing.csv.gz", "rt") as lines:
        published = np.loadtxt(lines, delimiter=",", skiprows=1)
    machine.mkdir()
    joblib.dump(published[:, [8, 7, 2, 3, 4, 5, 6, 1, 0]], machine / "cal_housing_py3.pkz", compress=6)
    theirs = fetch_california_housing(download_if_missing=False)
    ours = open_dataset(prepare(HOUSING, data_dir=real_data))
    assert ours.feature_names == tuple(theirs.feature_names) and ours.target_names == tuple(theirs.target_names)
    np.testing.assert_array_equal(ours.x, theirs.data)
    np.testing.assert_array_equal(ours.y, theirs.target)
    kept = prepare(HOUSING)
    assert kept.origin == "scikit-learn" and kept.sha256 == prepare(HOUSING, data_dir=real_data).sha256


def test_the_first_district_has_the_published_values(real_data, machine):
    table = open_dataset(prepare(HOUSING, data_dir=real_data))
    expected = (8.3252, 41.0, 6.98412698, 1.02380952, 322.0, 2.55555556, 37.88, -122.23)
    np.testing.assert_allclose(table.x[0], expected, atol=1e-6)
    assert table.x.shape == (20_640, 8) and table.y[0] == pytest.approx(4.526, abs=1e-6)


def test_tables_are_memory_mapped_and_read_only(machine):
    table = open_dataset(prepare("iris"))
    assert isinstance(table, Table) and isinstance(table.x, np.memmap) and not table.y.flags.writeable
    assert (table.x.dtype, table.y.dtype) == (np.float64, np.int32)


def test_iris_is_that_of_scikit_learn_with_its_species(machine):
    from sklearn.datasets import load_iris

    table, theirs = open_dataset(prepare("iris", strict=True)), load_iris()
    np.testing.assert_array_equal(table.x, theirs.data)
    np.testing.assert_array_equal(table.y, theirs.target)
    assert table.target_names == CLASS_NAMES["iris"] == tuple(theirs.target_names)


def test_diabetes_is_as_measured_with_its_target_in_hundreds(machine):
    from sklearn.datasets import load_diabetes

    table, theirs = open_dataset(prepare("diabetes")), load_diabetes(scaled=False)
    assert table.feature_names == tuple(theirs.feature_names) and table.x.shape == (442, 10)
    np.testing.assert_array_equal(table.x, theirs.data)
    np.testing.assert_allclose(table.y * 100, theirs.target)


def test_diabetes_stands_in_for_housing_and_says_why(machine):
    prepared = prepare(HOUSING)
    assert prepared.used == "diabetes" and prepared.description.endswith(f"stand-in for {HOUSING}")
    assert str(machine / "cal_housing_py3.pkz") in prepared.reason and "figshare.com/ cannot be reached" in prepared.reason


def test_the_stand_in_has_as_many_features_as_what_it_stands_in_for(machine):
    table, whole = open_dataset(prepare(HOUSING)), open_dataset(prepare("diabetes"))
    assert table.x.shape == (442, 8) and table.feature_names == whole.feature_names[:8]
    np.testing.assert_array_equal(table.x, whole.x[:, :8])


def test_strict_housing_without_its_file_names_the_file(machine):
    with pytest.raises(DataError, match="Expected california-housing/cal_housing.csv.gz below --data-dir"):
        prepare(HOUSING, strict=True)


HEAD = ",".join(COLUMNS).encode() + b"\n"
ROW = b"-122.23,37.88,41,880,129,322,126,8.3252,452600\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"a,b\n1,2\n", "its first line is 'a,b', expected 'longitude,latitude"),
        (HEAD + 3 * ROW, "it has 3 rows below its first line, expected 20,640"),
        (HEAD + 20_639 * ROW + b"1,2,3,4,5,6,7,8,\n", "could not convert string"),
        (HEAD + 20_640 * b"1,2\n", r"is a table of \(20640, 2\)"),
        (HEAD + 20_640 * b"\n", "is a table of"),
        (HEAD + 20_640 * ROW, "SHA-256 of x: found"),
        (HEAD + 20_640 * ROW.replace(b"126", b"0"), "SHA-256 of x: found"),
        (HEAD + b"\xff" * MOST_BYTES, "it has 8,388,608 bytes or more"),
    ],
)
def test_a_damaged_housing_file_is_refused_with_what_is_wrong(machine, tmp_path, content, said):
    with pytest.raises(DataError, match=said) as caught:
        prepare(HOUSING, data_dir=written(tmp_path / "data", content))
    assert "cal_housing.csv.gz is damaged: " in str(caught.value)


def test_a_housing_file_that_ends_early_is_refused(machine, tmp_path):
    folder = written(tmp_path / "data", HEAD + 20 * ROW)
    path = folder / HOUSING / "cal_housing.csv.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataError, match="ends early"):
        prepare(HOUSING, data_dir=folder)


@pytest.mark.parametrize("compress", [0, 6])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_table_that_scikit_learn_keeps_is_read_without_unpickling_it(tmp_path, monkeypatch, compress, order):
    published = np.random.default_rng(0).normal(size=(50, 9)) + 10
    joblib.dump(np.array(published, order=order), tmp_path / "kept", compress=compress)
    monkeypatch.setattr("pickle._Unpickler.load", None)
    monkeypatch.setattr("joblib.load", None)
    table = read_scikit_learn(tmp_path / "kept", rows=50)
    np.testing.assert_array_equal(table["x"][:, 6:], published[:, [7, 8]])
    np.testing.assert_array_equal(table["y"], published[:, 0] / 100_000)


class Harmful:
    """What runs code when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self):
        return Path.mkdir, (self.folder,)


@pytest.mark.processes
@pytest.mark.parametrize("compress", [0, 6])
def test_a_pickle_in_the_place_of_scikit_learns_table_runs_no_code(machine, tmp_path, compress):
    machine.mkdir()
    joblib.dump([Harmful(tmp_path / "harm"), np.zeros((20_640, 9))], machine / "cal_housing_py3.pkz", compress=compress)
    with pytest.raises(DataError, match="cal_housing_py3.pkz is damaged"):
        prepare(HOUSING)
    assert harness("data").exit_code in (0, 1) and harness("doctor", "--logdir", tmp_path / "logs").exit_code == 1
    assert not (tmp_path / "harm").exists()


def test_a_small_file_that_inflates_without_end_is_refused(machine):
    machine.mkdir()
    (machine / "cal_housing_py3.pkz").write_bytes(zlib.compress(bytes(1 << 27), 9))
    with pytest.raises(DataError, match="holds no table"):
        prepare(HOUSING)


@pytest.mark.parametrize("kept", [b"", b"no pickle", b"x\x9c torn", {"x": 1}, np.zeros((3, 2)), np.zeros((20_640, 9))])
def test_a_damaged_file_of_scikit_learn_is_refused(machine, kept):
    machine.mkdir()
    path = machine / "cal_housing_py3.pkz"
    path.write_bytes(kept) if isinstance(kept, bytes) else joblib.dump(kept, path)
    with pytest.raises(DataError, match="cal_housing_py3.pkz is damaged"):
        prepare(HOUSING)


def test_a_damaged_cache_of_a_table_is_made_again(machine):
    path = prepare("iris").folder / "x.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert open_dataset(prepare("iris")).x[-1, -1] == 1.8
    np.save(path, np.zeros(3, np.uint8))
    with pytest.raises(DataError, match="x.npy is uint8; expected float64"):
        open_dataset(ResolvedDataset("iris", "iris", "bundled", cache_folder(DATASETS["iris"]), ""))


def test_the_survey_names_every_table(machine):
    found = {(place.dataset, place.source): place.state for place in survey()}
    assert found[HOUSING, "scikit-learn"] == "absent" and found["iris", "bundled"] == "verified"


def test_the_list_of_datasets_and_fetch_know_tables(machine):
    assert "california-housing" in harness("data").output
    assert "442 patients" in harness("data", "fetch", "diabetes").stderr
    refused = harness("data", "fetch", HOUSING)
    assert refused.exit_code == 1 and "figshare.com/ cannot be reached" in refused.stderr


def test_tables_and_images_are_told_apart():
    assert is_table("iris") and not is_table("mnist")
    with pytest.raises(UsageError, match="Did you mean 'iris'?"):
        is_table("irsi")
