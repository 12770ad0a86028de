import os

import pytest

from harness.errors import UsageError
from harness.study.loading import load_study, study_files

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
