"""What scripts/results.py puts into the READMEs: eight rows of six columns in two languages, and their differences drawn."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from resultpages.published import Published
from resultpages.readme import CHINESE, ENGLISH, MARKERS, PICTURE, SHOWN, results_table, shown_rows, with_table, write_readmes

from harness.errors import UsageError
from harness.study import load_study

NOTHING = float("nan")


def row(variant: str, **values: object) -> dict[str, object]:
    plain = dict(study="ablations", change="", control="base", status="ok", seeds=5, metric="accuracy", verdict="inconclusive")
    numbers = dict(test_accuracy=0.9746, value_std=0.002, delta_test_accuracy=0.0035, ci_low=-0.00002, ci_high=0.007)
    numbers |= dict(delta=0.0035, value=0.9746)
    return {"variant": variant, **plain, **numbers, **values}


@pytest.fixture
def summary() -> pd.DataFrame:
    """A summary that has more than the README shows, in another order."""
    without = dict.fromkeys(
        ("test_accuracy", "value_std", "delta_test_accuracy", "ci_low", "ci_high", "delta", "value"), NOTHING
    )
    told = {
        "base": dict(control=NOTHING, verdict=NOTHING, delta_test_accuracy=NOTHING, ci_low=NOTHING, ci_high=NOTHING),
        "no-normalization": dict(verdict="worse", change="normalize=False (vs neurons-512)"),
        "no-flatten": dict(status="expected-error", verdict="expected-error", **without),
    }
    return pd.DataFrame([row(name, **told.get(name, {})) for name in ("neurons-64", *reversed(SHOWN))])


def test_the_table_has_six_columns_and_eight_rows(summary):
    lines = results_table(shown_rows(summary), "test_accuracy", ENGLISH).splitlines()
    assert len(lines) == 2 + 8
    assert {line.count("|") for line in lines} == {7}
    assert lines[2] == "| `base` |  | 5 | 0.9746 ± 0.0020 |  |  |"
    assert lines[3] == (
        "| `no-normalization` | `normalize=False (vs neurons-512)` | 5 | 0.9746 ± 0.0020 "
        "| +0.0035 [+0.0000, +0.0070] | **worse** |"
    )
    assert lines[-1] == "| `no-flatten` |  | 5 | – | – | fails, as it must |"


def test_the_chinese_table_has_the_same_figures_in_its_own_words(summary):
    english, chinese = (results_table(shown_rows(summary), "test_accuracy", words) for words in (ENGLISH, CHINESE))
    assert chinese.splitlines()[3].endswith("+0.0035 [+0.0000, +0.0070] | **更差** |")
    figures = [line.split("|")[3:6] for line in english.splitlines()[2:]]
    assert figures == [line.split("|")[3:6] for line in chinese.splitlines()[2:]]


def test_a_summary_without_a_row_that_is_shown_is_refused(summary):
    with pytest.raises(UsageError, match="lacks no-flatten; expected all that the README shows"):
        shown_rows(summary[summary["variant"] != "no-flatten"])


def readme(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text(f"before\n\n{MARKERS[0]}\nold\n{MARKERS[1]}\n\nbehind\n", encoding="utf-8")
    return path


def test_the_table_takes_the_place_of_the_old_one_and_of_nothing_else(tmp_path):
    path = readme(tmp_path, "README.md")
    assert with_table(path, "new") == f"before\n\n{MARKERS[0]}\nnew\n{MARKERS[1]}\n\nbehind\n"
    path.write_text("no markers")
    with pytest.raises(UsageError, match="0 places for the table; expected one"):
        with_table(path, "new")


@pytest.fixture
def found(summary, tmp_path) -> Published:
    return Published(load_study("ablations"), tmp_path, summary, pd.DataFrame(), {"provenance": {}})


def test_both_readmes_and_the_picture_are_written(found, tmp_path):
    for name in ("README.md", "README.zh.md"):
        readme(tmp_path, name)
    written = write_readmes(found, tmp_path)
    assert written == [tmp_path / "README.md", tmp_path / "README.zh.md", tmp_path / PICTURE]
    assert "no-normalization" in written[0].read_text() and "更差" in written[1].read_text()
    with Image.open(tmp_path / PICTURE) as picture:
        assert picture.width > 600


def test_few_seeds_are_not_published_in_the_readme(found, tmp_path):
    few = replace(found, summary=found.summary.assign(seeds=2))
    path = readme(tmp_path, "README.md")
    with pytest.raises(UsageError, match="2 seeds only, no verdicts; expected the study as it is, with 5 seeds"):
        write_readmes(few, tmp_path)
    assert "old" in path.read_text()
