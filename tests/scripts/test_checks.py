"""What ./scripts/check holds beside its tools: faces, and words that were given up."""

from pathlib import Path

import faces
import names
import pytest

pytestmark = pytest.mark.quick


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def small_harness(folder: Path, importing: str) -> Path:
    """Write a harness with a package of one module, whose face hands on one name, and a script that imports this."""
    write(folder, harness__study__settings="class Settings: ...", scripts__run=importing)
    (folder / "harness/study/__init__.pyi").write_text("from .settings import Settings as Settings\n")
    return folder


def test_each_package_is_entered_by_its_face_which_hands_on_what_is_used():
    assert list(faces.findings()) == []


def test_an_import_past_a_face_is_told(tmp_path):
    text = "from harness.study import Settings\nfrom harness.study.settings import Settings\n"
    (told,) = faces.findings(small_harness(tmp_path, text))
    assert told == "scripts/run.py:2: imports harness.study.settings; expected the face of its package, harness.study"


def test_a_face_without_a_name_that_is_used_is_told(tmp_path):
    (told,) = faces.findings(small_harness(tmp_path, "from harness.study import Settings, Study\n"))
    assert told == "scripts/run.py:1: harness.study does not hand on 'Study'; expected it in its __init__.pyi"


def test_a_name_that_nobody_outside_uses_is_told(tmp_path):
    (told,) = faces.findings(small_harness(tmp_path, "from harness import Settings\n"))
    assert told == "harness/study: hands on 'Settings', which nobody outside uses"


def test_a_name_that_a_module_hides_is_told(tmp_path):
    write(small_harness(tmp_path, "from harness.study import Settings\n"), harness__study__Settings="")
    (told,) = faces.findings(tmp_path)
    assert told == "harness/study: hands on 'Settings', as one of its modules is named, which hides it"


def test_no_word_that_was_given_up_is_used():
    assert list(names.findings()) == []


def test_a_word_that_was_given_up_is_told_with_what_is_said_now(tmp_path):
    write(tmp_path, harness__upkeep="def readmit(): ...\n", tests__test_a="import a.proofs\nx = tab_values\n")
    assert list(names.findings(tmp_path)) == [
        "harness/upkeep.py: a module is named 'upkeep'; expected maintenance",
        "harness/upkeep.py:1: 'readmit' is used; expected unhide",
        "tests/test_a.py:1: 'proofs' is used; expected configuration_proof",
        "tests/test_a.py:2: 'tab_values' is used; expected hparam_values",
    ]
