"""What stands below a table of variants, and the commands that it names."""

import io
import re
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store, store_study
from rich.console import Console
from rich.text import Text

from harness.analysis.conclusions import Conclusion
from harness.analysis.summary import summary_table
from harness.cli.terminal.conclusion import ConclusionView, next_steps
from harness.cli.terminal.lasting_output import plain_characters

pytestmark = pytest.mark.quick


def drawn(view: ConclusionView, width: int = 80, **options: object) -> str:
    console = Console(width=width, file=io.StringIO(), **options)
    console.print(view)
    return console.file.getvalue()


@pytest.fixture
def rows() -> list[dict]:
    return summary_table([make_record(name, seed) for name in ("base", "wide", "broken") for seed in range(5)]).to_dict(
        "records"
    )


def test_the_picture_the_words_and_the_sentences_stand_below_each_other(rows):
    text = drawn(ConclusionView(rows), color_system=None)
    places = [text.index(part) for part in ("Difference from", "better: higher by", "\nConclusion\n", "hidden=512 helps")]
    assert places == sorted(places)


def test_a_verdict_has_its_colour_in_the_picture(rows):
    text = drawn(ConclusionView(rows), color_system="standard", force_terminal=True)
    assert "\x1b[1;32mbetter" in text and "\x1b[1;32m" in next(
        line for line in text.splitlines() if "●" in line and "wide" in line
    )


def test_what_is_too_small_to_matter_has_no_verdicts_colour(rows):
    plot = drawn(ConclusionView(rows), color_system="standard", force_terminal=True)
    line = next(line for line in plot.splitlines() if "●" in line and "wide" in line)
    assert re.search(r"\x1b\[90m░+", line) and not re.search(r"\x1b\[1;32m░", line)


def test_of_several_studies_each_has_its_sentences_and_no_picture(rows):
    text = drawn(ConclusionView(rows, heading="Conclusion: s", picture=False), color_system=None)
    assert "Difference from" not in text and "better: " not in text and "Conclusion: s" in text


def test_what_is_not_as_expected_is_said_once_by_who_knows_more_of_it(rows):
    rows[1] |= {"as_expected": False, "failed_seeds": 2, "status": "diverged"}
    own = drawn(ConclusionView(rows), color_system=None)
    assert own.count("Not as expected: wide diverged in 2 of 5 seeds.") == 1
    line = Text("Not as expected: wide seeds 0, 1: diverged; it was expected to finish.")
    told = drawn(ConclusionView(rows, faults=[line]), color_system=None)
    assert told.count("Not as expected") == 1 and line.plain in told


def lines(conclusion: Conclusion, folder: Path) -> list[str]:
    return [line.plain for line in next_steps(conclusion, [make_record(seed=seed) for seed in range(5)], folder)]


def test_the_next_step_is_a_design_for_the_whole_study_not_a_second_look_at_what_is_open(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    open_ones = Conclusion(("x",), {}, ("wide", "deep"), 12)
    seeds, curves, table = lines(open_ones, tmp_path / "logs" / "s")
    assert seeds == "Seeds until settled: python -m harness run s --until-settled"
    assert curves == "Curves: python -m harness board s" and table.endswith("compare logs/s --format latex")
    assert [line.partition(":")[0] for line in lines(Conclusion(("x",), {}), tmp_path / "logs")] == [
        "Curves",
        "Table for a paper",
    ]
    elsewhere = lines(open_ones, tmp_path.parent / "s")
    assert f"--logdir {tmp_path.parent}" in elsewhere[0]


def test_too_few_seeds_for_verdicts_are_made_enough_of_first(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    early = lines(Conclusion(("x",), {}, ("wide",), 5), tmp_path / "logs" / "s")
    assert early[0] == "More seeds: python -m harness run s --seeds 5 --only wide"


def test_looks_that_are_not_at_their_end_go_on(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    going_on = lines(Conclusion(("x",), {}, going_on=True), tmp_path / "logs" / "s")
    assert going_on[0] == "Seeds until settled: python -m harness run s --until-settled"


def test_compare_concludes_and_a_file_for_a_program_or_a_choice_of_columns_does_not(tmp_path):
    store_study(tmp_path)
    assert "\nConclusion\n" in harness("compare", tmp_path).stdout
    for words in (["--format", "csv"], ["--columns", "variant"], ["--filter", "seeds > 1"]):
        assert "Conclusion" not in harness("compare", tmp_path, *words).stdout


def test_one_seed_has_one_line_on_what_it_can_tell_and_no_word_of_mcnemar(tmp_path):
    store_study(tmp_path, seeds=1)
    text = " ".join(harness("compare", tmp_path).stdout.split())
    assert text.count("One seed shows what happened once") == 1 and "McNemar" not in text


def test_two_datasets_that_one_stand_in_replaces_are_not_compared(tmp_path):
    data = {"used": "digits", "sha256": "ab" * 32}
    base = [make_record(seed=seed, data=data | {"name": "mnist"}) for seed in range(5)]
    change = dict(change="dataset=fashion-mnist", changes={"dataset": "fashion-mnist"})
    settings = base[0].settings | {"dataset": "fashion-mnist"}
    other = [make_record("wide", seed, data=data | {"name": "fashion-mnist"}, settings=settings, **change) for seed in range(5)]
    store(tmp_path, *base, *other)
    row = summary_table([*base, *other]).iloc[1]
    assert row["delta"] is None or row["delta"] != row["delta"]
    assert "No verdict on wide: it ran on the data of base, as digits stands in for both." in " ".join(
        harness("compare", tmp_path).stdout.split()
    )


def test_what_an_encoding_lacks_is_written_in_plain_characters():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors=plain_characters())
    stream.write("─●─ 0.97 ± 0.01 … é")
    stream.flush()
    assert stream.buffer.getvalue() == b"-o- 0.97 +- 0.01 ... \\xe9"
