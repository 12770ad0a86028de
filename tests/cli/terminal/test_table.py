import io
from dataclasses import replace

import pandas as pd
import pytest
from resulting import CHANGES, make_record
from rich.console import Console

from harness import Settings, Study
from harness.analysis.conclusions import conclude
from harness.analysis.summary import summary_table
from harness.cli.terminal.summary import summary_view, view_table
from harness.cli.terminal.summary_notes import data_line, undrawn_lines
from harness.cli.terminal.wrapping import fold
from harness.records.record import Record
from harness.results.view import make_view

pytestmark = pytest.mark.quick

TABLE = pd.DataFrame(
    {
        "variant": ["base", "learning-rate-0.0001"],
        "change": ["", "learning_rate=0.0001 and a rather long text beside it"],
        "test_accuracy": [0.9712, 0.98],
        "test_accuracy_std": [0.001, 0.002],
        "seconds": [1234.5, 2.0],
        "note": ["", "a note of many words, which has to be broken over several lines " * 2],
    }
)


def lines_at(width: int, table: pd.DataFrame = TABLE) -> list[str]:
    """Draw the table for a terminal of this width; return its lines."""
    file = io.StringIO()
    view = make_view(table, [*table.columns.drop("test_accuracy_std")])
    Console(file=file, width=width, color_system=None).print(view_table(view))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", range(44, 200, 7))
def test_no_number_and_no_name_is_ever_cut_short(width):
    lines = lines_at(width)
    assert any("base" in line and "0.9712 ± 0.0010" in line for line in lines)
    assert any("learning-rate-0.0001" in line and "0.9800 ± 0.0020" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_every_word_of_a_broken_text_is_there():
    assert " ".join(lines_at(120)).count("broken") == 2


def test_what_there_is_no_room_for_is_named():
    assert "Hidden, as the terminal is narrow: change, seconds." in " ".join(" ".join(lines_at(44)).split())
    assert "Hidden, as" not in " ".join(lines_at(200))


def test_notes_stand_below_the_table_each_once_with_the_rows_that_it_is_of():
    others = {"base": ["", ""], "wide": ["equivalent", "within"], "fashion": ["", "no verdict: tested on fashion, not mnist"]}
    others |= {"few": ["", "intervals only: 1 of 5 seeds"], "fewer": ["", "intervals only: 1 of 5 seeds"]}
    rows = [["learning-" + name, 0.9, 0.001, *cells] for name, cells in others.items()]
    table = pd.DataFrame(rows, columns=["variant", "test_accuracy", "test_accuracy_std", "verdict", "note"])
    for width in (50, 150):
        _, below = "\n".join(lines_at(width, table)).split("learning-fewer  ")
        text = " ".join(below.split())
        assert "learning-fashion: no verdict: tested on fashion, not mnist" in text and "learning-wide: within" in text
        assert "learning-few, learning-fewer: intervals only: 1 of 5 seeds" in text


def test_where_nothing_fits_each_cell_has_a_line():
    assert "0.9712 ± 0.0010" in "".join(lines_at(20)) and "1234.5" in "".join(lines_at(20))


def test_what_a_variant_changes_stays_longer_than_its_note():
    assert "Hidden, as the terminal is narrow: seconds." in " ".join(" ".join(lines_at(62)).split())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("learning_rate=0.01", 18, ["learning_rate=0.01"]),
        ("learning_rate=0.01", 16, ["learning_rate=", "0.01"]),
        ("learning_rate=0.01", 8, ["learning", "_rate=", "0.01"]),
        ("optimizer=sgd, learning_rate=0.01", 20, ["optimizer=sgd,", "learning_rate=0.01"]),
        ("remove=pool-1,pool-2 (vs deep)", 16, ["remove=pool-1,", "pool-2 (vs deep)"]),
        ("", 5, [""]),
    ],
)
def test_a_text_is_broken_at_spaces_and_commas_and_inside_a_word_only_where_nothing_else_helps(text, width, lines):
    assert fold(text, width).splitlines() == [line for line in lines if line]


def summary_at(width: int, **values: object) -> list[str]:
    """Draw a summary for a terminal of this width; return its lines."""
    change = "model=wide-and-deep, learning_rate=0.01 (vs a-control-of-a-long-name)"
    records = [make_record(variant, seed, **values) for variant in CHANGES for seed in range(2)]
    changed = [replace(record, change=change if record.variant == "deep" else record.change) for record in records]
    return drawn_summary(changed, width)


def drawn_summary(records: list[Record], width: int = 160) -> list[str]:
    """Draw the summary of these records for a terminal of this width; return its lines."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(summary_view(summary_table(records), title="s: why?"))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_summary_breaks_no_word_and_cuts_no_number(width):
    lines = summary_at(width)
    text = " ".join(lines)
    assert max(map(len, lines)) <= width and all(word in text for word in ("0.9799", "+0.0101", "[+0.0088"))
    if width == 80:  # the interval outranks what a variant changes
        assert "change" in text.partition("Hidden, as the terminal is narrow: ")[2]
    else:
        assert all(word in text for word in ("learning_rate=0.01", "wide-and-deep,", "a-control-of-a-long-name)"))


def test_a_column_that_is_empty_in_every_row_is_left_out_of_the_summary():
    assert "verdict" not in summary_at(160)[1] and "parameters" in summary_at(160)[1]
    assert "parameters" not in summary_at(160, cost={"seconds": 1.0})[1]


def test_what_the_summary_has_no_room_for_is_named():
    assert "Hidden, as the terminal is narrow:" in " ".join(
        summary_at(50)
    ) and "Hidden, as the terminal is narrow:" not in " ".join(summary_at(160))


def named(name: str, change: str, *, seeds: int) -> list[Record]:
    return [replace(make_record("wide", seed), variant=name, change=change, changes={"hidden": [512]}) for seed in range(seeds)]


def test_at_80_columns_the_interval_and_the_verdict_outrank_what_a_variant_changes_and_costs():
    base = [make_record(seed=seed) for seed in range(5)]
    lines = drawn_summary([*base, *named("wide-and-deep-with-skips", "depth=1, noise=0.1", seeds=5)], 80)
    text = " ".join(" ".join(lines).split())
    assert "0.9800 ± 0.0003• +0.0100 [+0.0094, +0.0106]* better" in text
    assert "Hidden, as the terminal is narrow: change, status, seeds, epochs, parameters, seconds." in text


def test_below_the_seeds_of_a_verdict_the_interval_outranks_what_a_variant_costs():
    base = [make_record(seed=seed) for seed in range(3)]
    lines = drawn_summary([*base, *named("wide", "hidden=512, noise=0.1", seeds=3)], 80)
    text = " ".join(" ".join(lines).split())
    assert "difference [95% interval]" in text and "+0.0099 [+0.0088, +0.0109]" in text
    assert (
        "parameters" in text.partition("Hidden, as the terminal is narrow: ")[2]
        and "interval" not in text.partition("Hidden, as the terminal is narrow: ")[2]
    )


@pytest.mark.parametrize("width", range(60, 100, 5))
def test_a_short_setting_and_its_value_stay_one_word(width):
    base = [make_record(seed=seed) for seed in range(5)]
    changes = ("depth=1", "shift=100, boom=True", "noise=0.1 (vs wide)")
    stumps = [found for change in changes for found in named(f"stump-{len(change)}", change, seeds=5)]
    text = "\n".join(drawn_summary([*base, *stumps], width))
    words = [word for change in changes for word in change.split()]
    assert "change" not in text.splitlines()[1] or all(word in text for word in words)


@pytest.mark.parametrize("seeds", [1, 4])
def test_what_no_number_of_seeds_would_judge_is_said_in_place_of_their_number(seeds):
    data = {"used": "mnist", "name": "mnist", "sha256": "ab"}
    apart = [make_record(name, seed, data=data | {"test_sha256": name}) for name in ("base", "wide") for seed in range(seeds)]
    sentences = " ".join(conclude(summary_table(apart).to_dict("records")).sentences)
    assert "No verdict on wide: tested on other samples than base" in sentences and "verdicts need" not in sentences


PLAIN = Study("s", base=Settings(), variants=())
OWN = Study("own", base=Settings(), variants=(), arrange=lambda settings, data: None)


@pytest.mark.parametrize(
    ("study", "settings", "said"),
    [
        (PLAIN, {}, "Data: mnist (60,000)."),
        (PLAIN, {"samples": None, "validation": 1000}, "Data: mnist (60,000), 1,000 held out."),
        (PLAIN, {"samples": 500, "validation": 100}, "Data: mnist (60,000), the first 500 of each, 100 held out."),
        (OWN, {"samples": 500, "validation": 100}, "Data: mnist (60,000), samples=500, validation=100."),
    ],
)
def test_the_line_on_the_data_says_how_much_of_it_was_used(study, settings, said):
    assert data_line(study, [make_record(settings=settings, data={"description": "mnist (60,000)"})]) == said


def test_where_variants_use_different_parts_of_the_data_no_number_is_claimed():
    records = [make_record(settings={"samples": count}, data={"description": "mnist"}) for count in (500, 1000)]
    assert data_line(PLAIN, records) == "Data: mnist, samples by variant."
    assert data_line(PLAIN, []) == "Data: none yet."


def test_a_summary_without_rows_still_says_of_which_study():
    console = Console(width=80, file=io.StringIO(), color_system=None)
    console.print(summary_view(summary_table([]), title="s: [why]?"))
    assert console.file.getvalue().strip() == "s: [why]?"


def test_the_heading_of_a_chosen_epoch_says_that_it_is_a_mean_over_seeds():
    frame = pd.DataFrame({"variant": ["base", "wide"], "best_epoch": [4.5, 6.0], "validation_epoch_1": [3.5, 2.0]})
    file = io.StringIO()
    Console(file=file, width=80, color_system=None).print(view_table(make_view(frame, list(frame.columns))))
    assert " ".join(file.getvalue().partition("─")[0].split()) == "variant best mean epoch validation mean epoch 1"


DRAWING = Study("d", base=Settings(), variants=(), pictures=("mistakes", "predictions"))


def pictured(variant: str, seed: int = 0, **reasons: str) -> Record:
    """Return a record of a trial that came to its pictures; reasons: of those that it has not."""
    return make_record(variant, seed, provenance={"picture_seconds": 0.1, "pictures": reasons})


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([pictured("base", mistakes="not drawn: no images."), pictured("wide", mistakes="failed: E: e")], "no images."),
        ([pictured("base", mistakes="failed: E: e"), make_record("wide"), pictured("wide", 1)], "failed: E: e"),
        ([pictured("base", mistakes="not drawn: no images."), pictured("wide")], ""),
        ([make_record("base")], ""),
        ([], ""),
    ],
)
def test_a_picture_that_no_variant_drew_is_named_with_the_reason(records, said):
    assert undrawn_lines(DRAWING, records) == ([f"no mistakes: {said}"] if said else [])
