import os

import pytest

from harness.errors import UsageError
from harness.isolation import BUILT_IN
from harness.study.loading import find_study, load_study, study_files, working_studies
from harness.study.own_modules import is_own

pytestmark = pytest.mark.quick


def test_every_study_of_experiments_loads_and_has_a_question():
    names = list(study_files())
    assert "ablations" in names
    for name in names:
        study = load_study(name)
        assert study.name == name and study.question and study.path


def test_the_documented_ablations_are_all_there():
    names = load_study("ablations").names
    documented = (
        "base neurons-64 neurons-512 neurons-1024 no-flatten output-5 extra-hidden-layer epochs-15 epochs-30 "
        "no-normalization early-stop learning-rate-0.0001 learning-rate-0.01 learning-rate-0.1 fashion-baseline fashion-raw"
    )
    assert set(documented.split()) <= set(names)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("STUDY = (\n", "line 1"),
        ("x = 1\n", "expected STUDY = harness.Study(...), received nothing of that name"),
        ("STUDY = 3\n", "received a int"),
        ("import absent_package\n", "line 1: ModuleNotFoundError"),
        ("from harness import Variant\n\nVariant('nothing')\n", "line 3: Variant 'nothing' changes nothing"),
        ("raise SystemExit(3)\n", "line 1: SystemExit"),
    ],
)
def test_a_broken_study_file_is_named_with_its_line(tmp_path, content, said):
    path = tmp_path / "broken.py"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        load_study(str(path))
    assert said in str(caught.value) and "broken.py" in str(caught.value)


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="Study 'ablation' is not known. Did you mean 'ablations'?"):
        load_study("ablation")


def test_a_file_that_is_not_there_is_named():
    with pytest.raises(UsageError, match="'absent.py' does not exist"):
        load_study("absent.py")


def test_an_edit_of_the_same_second_and_size_is_seen(tmp_path):
    path = tmp_path / "s.py"
    for epochs in (3, 4):
        path.write_text(
            f"from harness import Settings, Study\nSTUDY = Study('s', base=Settings(epochs={epochs}), variants=())\n"
        )
        os.utime(path, (1_000_000_000, 1_000_000_000))
        assert load_study(str(path)).base.epochs == epochs


def test_a_file_of_another_kind_is_refused_with_both_kinds_that_there_are(tmp_path):
    (tmp_path / "x.txt").write_text("")
    with pytest.raises(UsageError, match=r"ends in '.txt'; expected a name ending in .py or .toml\."):
        load_study(str(tmp_path / "x.txt"))


@pytest.fixture
def working(tmp_path, monkeypatch):
    """Write files into experiments/ of the working folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").mkdir()

    def write(name, content=""):
        path = tmp_path / "experiments" / name
        path.write_text(content)
        return path

    return write


EMPTY = "from harness import Settings, Study\nSTUDY = Study({!r}, base=Settings(), variants=())\n"


def test_the_working_folders_studies_are_found_first_and_the_built_in_ones_after_them(working):
    mine, own_spirals = working("mine.py", EMPTY.format("mine")), working("spirals.toml", "[base]\nepochs = 3\n")
    assert list(working_studies()) == list(study_files())[:2] == ["mine", "spirals"]
    assert (find_study("mine"), find_study("spirals")) == (mine, own_spirals)
    assert load_study("spirals").base.epochs == 3
    assert find_study("ablations") == BUILT_IN / "ablations.py"


def test_without_a_folder_experiments_or_a_working_folder_the_built_in_studies_are_left(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    assert working_studies() == {} and study_files() == study_files(BUILT_IN)
    gone.rmdir()
    assert find_study("ablations") == BUILT_IN / "ablations.py"


def test_a_script_in_experiments_that_is_no_study_is_not_run(working):
    working("train.py", "raise SystemExit('it was run')\n")
    working("_shared.py", EMPTY.format("shared"))
    assert working_studies() == {}
    with pytest.raises(UsageError, match="'train' is not known"):
        load_study("train")


def test_what_lies_beside_a_study_as_its_data_is_no_study(working):
    for name in ("mine.py", "mine.questions.en.toml", "mine.documented.csv"):
        working(name, EMPTY.format("mine") if name.endswith(".py") else "")
    rates = working("rates-0.1.toml", "[base]\n")
    assert working_studies() == {"mine": find_study("mine"), "rates-0.1": rates}


def test_like_means_the_same_study_whatever_the_working_folder(working, tmp_path):
    working("ablations.py", EMPTY.format("ablations"))
    path = tmp_path / "liked.toml"
    path.write_text('like = "ablations"\n[base]\nepochs = 2\n')
    assert load_study(str(path)).question == load_study(str(BUILT_IN / "ablations.py")).question != ""


def test_studies_beside_each_other_may_import_each_other(working):
    working("one.py", EMPTY.format("one"))
    working("two.py", "from one import STUDY as ONE\n" + EMPTY.format("two").replace("Settings()", "ONE.base"))
    assert load_study("two").base == load_study("one").base


def test_a_built_in_study_is_told_by_its_content_where_a_wheel_has_put_it(tmp_path, monkeypatch):
    studies = tmp_path / "site-packages" / "harness" / "experiments"
    studies.mkdir(parents=True)
    path = studies / "mine.py"
    path.write_text(EMPTY.format("mine"))
    assert not is_own(path)
    monkeypatch.setattr("harness.isolation.installed._WITHIN", studies)
    assert is_own(path)
