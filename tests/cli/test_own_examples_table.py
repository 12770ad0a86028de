"""The page on studies of one's own names every example, and each of them is run by a test."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick
DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted(path for path in (DOCS / "own").iterdir() if path.suffix in (".py", ".toml"))


def test_the_page_names_every_example_and_none_that_is_not_there():
    named = re.findall(r"\(own/([\w.]+)\)", (DOCS / "your-own-study.md").read_text())
    assert sorted(named) == [path.name for path in EXAMPLES]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_short_and_run_by_a_test(path: Path):
    assert len([line for line in path.read_text().splitlines() if line.strip()]) < 25
    tests = [*Path(__file__).parent.glob("test_own_examples_*.py"), *DOCS.parent.glob("tests/runs/test_folds.py")]
    assert any(
        re.search(rf"\b{re.escape(path.stem)}\b", test.read_text()) for test in tests if test.name != Path(__file__).name
    )
