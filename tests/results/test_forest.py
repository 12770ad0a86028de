"""The differences of a summary drawn in characters, and with matplotlib."""

import io

import pandas as pd
import pytest
from PIL import Image
from resulting import make_record

from harness.analysis.summary import summary_table
from harness.results.difference_plot import DIFFERENCES_FILE, difference_png, plot_differences, write_differences
from harness.results.forest import ABOVE, BAND, BELOW, POINT, ZERO, forest_plot

pytestmark = pytest.mark.quick


def row(variant: str, delta: float, half: float = 0.001, **cells: object) -> dict[str, object]:
    return {
        "variant": variant, "control": "base", "metric": "test_accuracy", "value": 0.9, "margin": 0.003, "verdict": "worse",
        "verdict_detail": "", "delta": delta, "ci_low": delta - half, "ci_high": delta + half,
    } | cells  # fmt: skip


@pytest.mark.parametrize("width", [50, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_all_share_one_axis(width):
    plot = forest_plot([row("a-variant-with-a-name-that-is-long-for-any-terminal", -0.02), row("b", 0.01)], width=width)
    assert max(len(line) for line in (*(line.text for line in plot.lines), plot.scale)) <= width
    first, second = plot.lines
    assert len(first.axis) == len(second.axis) and first.axis.index(ZERO) == second.axis.index(ZERO)
    assert first.axis.index(POINT) < first.axis.index(ZERO) < second.axis.index(POINT)


def test_a_line_has_its_difference_in_points_its_verdict_and_the_band_of_what_does_not_matter():
    plot = forest_plot([row("a", -0.0356)])
    (line,) = plot.lines
    assert (line.difference, line.verdict) == ("-3.56", "worse") and BAND in line.axis
    assert "test accuracy (points)" in plot.title and "too small to matter (±0.3)" in plot.key and "0" in plot.scale


@pytest.mark.parametrize("width", range(50, 121))
def test_what_is_too_small_to_matter_reaches_as_far_to_either_side_of_zero(width):
    (line,) = forest_plot([row("a", -0.0356), row("b", 0.0044)], width=width).lines[:1]
    left, right = line.axis.split(ZERO)
    assert left.count(BAND) == right.count(BAND) > 0


def test_one_large_effect_does_not_hide_the_others():
    plot = forest_plot([row("huge", -0.48, 0.08), row("a", -0.02), row("b", 0.004), row("c", -0.03)])
    huge, small, *_ = plot.lines
    assert huge.axis[0] == BELOW and POINT not in huge.axis and ABOVE not in huge.axis and huge.difference == "-48.00"
    assert small.axis.index(ZERO) - small.axis.index(POINT) >= 10


def test_a_band_that_is_narrower_than_a_character_is_not_explained():
    plot = forest_plot([row("a", -0.5), row("b", 0.5)])
    assert not any(BAND in line.axis for line in plot.lines) and BAND not in plot.key


def test_one_seed_has_points_without_intervals():
    plot = forest_plot([row("a", -0.02, ci_low=None, ci_high=None, verdict="")])
    assert POINT in plot.lines[0].axis and "interval" not in plot.key and plot.lines[0].text == plot.lines[0].text.rstrip()


def test_what_compares_two_questions_or_has_no_value_is_not_drawn():
    other = row("fashion", -0.1, verdict_detail="no verdict: tested on fashion-mnist, not mnist")
    assert forest_plot([other, row("broken", 0.0) | {"delta": None}, row("base", 0.0, control="")]) is None


def test_no_difference_at_all_is_drawn_at_zero():
    (line,) = forest_plot([row("same", 0.0, 0.0, margin=None, verdict="identical")]).lines
    assert line.axis.strip() == POINT


def test_a_metric_in_its_own_unit():
    cells = {"metric": "test_rmse", "value": 52_000.0, "margin": 500.0}
    plot = forest_plot([row("deep", -5210.4, 300.0, **cells)])
    assert plot.lines[0].difference == "-5,210" and "points" not in plot.title and "±500)" in plot.key


@pytest.fixture
def summary():
    return summary_table([make_record(name, seed) for name in ("base", "wide", "broken") for seed in range(5)])


def test_the_picture_in_the_studys_folder_goes_where_nothing_is_left_to_draw(tmp_path, summary):
    write_differences(tmp_path, difference_png(summary))
    image = Image.open(io.BytesIO((tmp_path / DIFFERENCES_FILE).read_bytes()))
    assert image.format == "PNG" and image.width > 500
    assert difference_png(summary) == (tmp_path / DIFFERENCES_FILE).read_bytes()
    write_differences(tmp_path, difference_png(summary.head(1)))
    assert not (tmp_path / DIFFERENCES_FILE).exists()


def test_the_picture_of_several_studies_names_their_metrics_as_what_they_are(summary):
    both = pd.concat([summary, summary.assign(study="t", metric="test_rmse")])
    (axes,) = plot_differences(both).axes
    assert axes.get_xlabel() == "difference from the control in the study's metric"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["s: wide", "s: broken", "t: wide", "t: broken"]


def test_the_picture_names_each_variant_and_how_a_failed_one_ended(summary):
    (axes,) = plot_differences(summary).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["wide", "broken"]
    assert [text.get_text() for text in axes.texts] == ["expected-error"] and "points" in axes.get_xlabel()
