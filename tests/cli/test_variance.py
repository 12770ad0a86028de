"""`variance`: what it would train, what it says of records, and that crossed trials are never judged as repeats."""

import io

import numpy as np
import pandas as pd
import pytest
from calling import harness
from plain_records import record
from rich.console import Console

from harness import Settings, Study, UsageError, Variant
from harness.analysis import Unit, variance_components
from harness.analysis.comparison import compare_study
from harness.analysis.table_files import write_tables
from harness.analysis.variance_table import VARIANCE_FILE, spreads
from harness.cli.variance import sentences, table_of
from harness.records.study_folders import run_command
from harness.study.seed_sources import seeds_of

pytestmark = pytest.mark.quick

VARY = "init3+order2"
STUDY = Study("s.cross-init3+order2", Settings(), (Variant("wide", hidden=(64,)),))
POINTS = Unit("test accuracy", points=True)


def records(name: str = "base", *, by_init: float = 0.01, by_order: float = 0.001, count: int = 6):
    found = []
    for seed in range(count):
        seeds = seeds_of(VARY, seed)
        accuracy = 0.9 + by_init * seeds.init + by_order * seeds.order
        found.append(record(name, seed, accuracy, study=STUDY.name, provenance={"vary": VARY, "study_file": "/x/s.py"}))
    return found


def test_each_value_stands_at_its_seeds_and_a_difference_at_those_of_both():
    made = [*records(), *records("wide", by_init=0.0)]
    base, wide, difference = spreads(made, STUDY.names, VARY)
    assert (base.who, wide.who, difference.who) == ("base", "wide", "wide less base")
    assert base.values == pytest.approx(np.array([[0.9, 0.901], [0.91, 0.911], [0.92, 0.921]]))
    assert difference.values == pytest.approx(-0.01 * np.arange(3)[:, None] + np.zeros((3, 2)))


def test_a_training_without_a_value_leaves_nothing_to_tell():
    made = records(count=5)
    with pytest.raises(UsageError, match="1 of 6 trainings of base gave no value"):
        list(spreads(made, ["base"], VARY))
    made.append(record("base", 5, status="diverged", metrics={}, provenance={"vary": VARY}))
    with pytest.raises(UsageError, match="the same command tries them again"):
        list(spreads(made, ["base"], VARY))


def test_the_largest_source_is_named_with_what_that_means():
    (spread,) = spreads(records(), ["base"], VARY)
    components = variance_components(spread.values, ("init", "order"))
    said = sentences(components, ("init", "order"), POINTS, levels=2)
    assert said[0].startswith("Most comes from init (100%") and "as far as 2 seeds of each tell" in said[0]
    # Of three seeds of 0, 1 and 2 points the standard deviation is 1; of two that are 0.1 apart 0.07.
    assert "± 0.45 (one standard error)" in said[1] and said[2].startswith("Over 5 seeds of init alone it seems to be ± 0.45")
    assert "is off by ± 1.0 more" in said[3]
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table_of(spread, components, POINTS))
    text = console.export_text()
    assert "What makes the spread of base: test accuracy, in points" in text and "█" * 25 in text


def test_where_no_source_by_itself_makes_most_none_is_said_to():
    values = np.array([[0.0, 1.0, 0.0], [1.0, 0.1, 1.0], [0.0, 1.0, 0.3]])
    said = sentences(variance_components(values, ("init", "order")), ("init", "order"), POINTS, levels=3)
    assert said[0].startswith("The largest part (100%) is what sources do together, or whatever else; by itself none makes any")
    assert said[2].endswith("does not show in these trainings.") and "off by ± 0 more" not in " ".join(said)


def test_the_figures_are_written_beside_the_tables_until_a_training_is_gone(tmp_path):
    folder = tmp_path / STUDY.name
    folder.mkdir()
    made = [*records(), *records("wide", by_init=0.0)]
    write_tables(folder, made)
    table = pd.read_csv(folder / VARIANCE_FILE, keep_default_na=False)
    assert table["less"].tolist() == [""] * 6 + ["base"] * 3 and set(table["trainings"]) == {6}
    assert table["source"].tolist() == ["init", "order", "init × order"] * 3
    assert float(table["std"][0]) == pytest.approx(0.01) and float(table["share"][0]) == pytest.approx(1, abs=0.01)
    write_tables(folder, made[1:])
    assert not (folder / VARIANCE_FILE).exists()


def test_sources_that_change_nothing_are_said_to():
    components = variance_components(np.ones((3, 3)), ("init", "order"))
    assert sentences(components, ("init", "order"), POINTS, levels=3) == [
        "All trainings gave the same value: none of these sources changes anything."
    ]


def test_crossed_trials_are_no_repeats_and_get_no_verdict_in_any_table():
    found = compare_study({"base": records(), "wide": records("wide", by_init=0.0)})["wide"]
    assert found.verdict.word == "" and "no independent repeats" in found.verdict.detail and found.p_value is None


def test_the_command_that_goes_on_with_them_is_this_one(tmp_path):
    said = run_command(tmp_path / STUDY.name, records(), seeds=5, variants=["wide"])
    assert " variance /x/s.py --logdir " in said and said.endswith("--sources init,order --levels 3")


def test_a_dry_run_says_the_cost_and_a_wrong_call_is_one_line(tmp_path):
    result = harness("variance", "ablations", "--dataset", "digits", "--dry-run", "--logdir", tmp_path)
    assert result.exit_code == 0 and "1 variant (the base included) × 16 seeds = 16 trials" in result.output
    assert not list(tmp_path.iterdir())
    for words, said in (
        (("--sources", "init"), "expected at least two of either"),
        (("--sources", "init,weights"), "'weights' is not known"),
        (("--sources", "init,split"), "draws nothing for its data"),
        (("--variant", "wider"), "variant 'wider' is not known"),
    ):
        result = harness("variance", "ablations", "--dry-run", "--logdir", tmp_path, *words)
        assert result.exit_code == 2 and said in result.output and "Traceback" not in result.output
