"""What Python shows of results that were loaded: in a line of input, in a notebook, in a page."""

import pytest
from plain_records import record
from resulting import store
from screened_records import helped_by_a

from harness.results.difference_plot import COLOURS
from harness.results.loading import load

pytestmark = pytest.mark.quick


@pytest.fixture
def found(tmp_path):
    better = [record("wide", seed, 0.93 + seed / 500) for seed in range(5)]
    store(tmp_path, *[record("base", seed, 0.9 + seed / 1000) for seed in range(5)], *better)
    return load(tmp_path)


def test_results_are_shown_in_a_few_lines_with_what_they_mean(found):
    shown = repr(found)
    assert shown.startswith("s: 2 variants, 10 trials\n") and len(shown.splitlines()) < 8
    assert "test accuracy rises by 3.2 points" in shown
    assert shown.endswith("See .summary, .trials, .epochs, .plot() and .report(path).")


def test_a_notebook_and_a_page_say_what_was_found_and_colour_the_verdict(found, tmp_path):
    page = found.report(tmp_path / "page.html").read_text()
    for html in (found._repr_html_(), page):
        assert "test accuracy rises by 3.2 points" in html
        assert f'style="color: {COLOURS["better"]}">better' in html
    assert 'alt="Differences from the control"' in page


def test_a_page_without_differences_has_no_empty_picture(tmp_path):
    store(tmp_path, record("base", 0))
    assert "<img" not in load(tmp_path).report(tmp_path / "page.html").read_text()


def test_the_effects_of_screens_are_a_table_and_told_with_the_rest(found, tmp_path):
    assert found.effects.empty and ".effects" not in repr(found)
    store(tmp_path / "screened", *helped_by_a())
    results = load(tmp_path / "screened")
    assert results.effects["effect"].tolist()[:3] == ["A", "B", "C"] and results.effects["verdict"][0] == "better"
    assert "better with A (+2" in repr(results) and "See .summary, .effects, .trials" in repr(results)


def test_problems_are_counted(found, tmp_path):
    (tmp_path / "s" / "wide" / "seed-4" / "record.json").write_text("{")
    with pytest.warns(UserWarning):
        assert "1 problem: see .problems" in repr(load(tmp_path))
