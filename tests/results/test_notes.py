"""What a summary says in sentences."""

import io
import math
from dataclasses import replace

import pytest
from calling import harness
from resulting import make_record, store
from rich.console import Console

from harness.analysis.summary import summary_table
from harness.cli.terminal.conclusion import ConclusionView
from harness.cli.terminal.summary import summary_view
from harness.results.notes import MOST_NOTES, chosen_by_validation, interaction_notes

pytestmark = pytest.mark.quick


def row(variant: str, validation: float, test: float, *, metric: str = "accuracy", direction: str = "higher") -> dict:
    return {
        "variant": variant, "metric": f"test_{metric}", "direction": direction,
        "value": test, "value_std": 0.002, f"validation_{metric}": validation,
    }  # fmt: skip


def test_the_test_bears_out_what_validation_chooses():
    said = chosen_by_validation([row("base", 0.8, 0.81), row("adam", 0.9, 0.89)])
    assert said == [
        "Validation chooses adam (validation accuracy 0.9000); its test accuracy is 0.8900 ± 0.0020, the best of the test too."
    ]


def test_the_test_may_disagree_and_does_not_take_part_in_the_choice():
    said = chosen_by_validation([row("base", 0.9, 0.80), row("adam", 0.8, 0.89)])
    assert said[0].startswith("Validation chooses base") and said[0].endswith("the best of the test is adam with 0.8900.")


def test_the_smaller_error_is_chosen():
    rows = [row("base", 1.5, 1.4, metric="rmse", direction="lower"), row("deep", 0.5, 0.6, metric="rmse", direction="lower")]
    assert chosen_by_validation(rows)[0].startswith(
        "Validation chooses deep (validation rmse 0.5000); its test rmse is 0.6000 ± "
    )


@pytest.mark.parametrize(
    "rows",
    [[], [row("base", 0.8, 0.81)], [row("base", 0.8, 0.81), row("failed", math.nan, math.nan)], [{"metric": "test_loss"}] * 2],
)
def test_without_two_to_choose_from_nothing_is_said(rows):
    assert chosen_by_validation(rows) == []


@pytest.mark.parametrize("status", ["timeout", "interrupted", "diverged", "failed"])
def test_what_did_not_finish_is_not_chosen(status):
    stopped = row("stopped", 0.99, 0.99) | {"status": status}
    assert "Validation chooses adam" in chosen_by_validation([row("base", 0.8, 0.81), row("adam", 0.9, 0.89), stopped])[0]


def test_each_dataset_has_a_choice_of_its_own():
    rows = [row(name, value, value) | {"data": data} for data, value in (("mnist", 0.9), ("digits", 0.5)) for name in "ab"]
    assert [said.partition(" chooses")[0] for said in chosen_by_validation(rows)] == [
        "Of mnist, validation",
        "Of digits, validation",
    ]


def together(variant: str, word: str) -> dict:
    return row(variant, 0.8, 0.8) | {
        "interaction_with": "wide", "interaction_alone": "raw", "interaction_verdict": word,
        "interaction": 0.25, "interaction_low": 0.1, "interaction_high": 0.4,
        "interaction_detail": "about 8 seeds would settle it",
    }  # fmt: skip


def test_an_interaction_is_said_with_its_interval_and_word():
    plain = row("plain", 0.8, 0.8) | {"interaction_with": math.nan}
    said = interaction_notes([plain, together("both", "inconclusive")])
    assert said == [
        ("both", "too close to call whether the change does more or less with wide than without it: "
         "+0.2500 [+0.1000, +0.4000]; about 8 seeds would settle it")
    ]  # fmt: skip


@pytest.mark.parametrize("word", ["", math.nan])
def test_an_interaction_of_one_seed_has_neither_interval_nor_word(word):
    one = together("both", word) | {"interaction_low": math.nan, "interaction_high": math.nan}
    assert interaction_notes([one]) == [("both", "with wide the change brings 0.2500 more than without it (raw)")]


def test_of_many_interactions_the_clear_ones_come_first_and_the_rest_is_counted():
    rows = [together(f"cell-{number}", "inconclusive") for number in range(MOST_NOTES)]
    said = interaction_notes([*rows, together("both", "worse beside it")])
    assert (
        said[0][0] == "both" and len(said) == MOST_NOTES + 1 and said[-1] == ("1 more", "of interactions, in interactions.csv")
    )


def shown(records) -> str:
    console = Console(width=300, record=True, file=io.StringIO())
    summary = summary_table(records)
    console.print(summary_view(summary, title="s"), ConclusionView(summary.to_dict("records")))
    return console.export_text()


def test_what_stands_behind_a_word_or_behind_none_is_said_below_the_summary():
    groups = {name: [make_record(name, seed) for seed in range(5)] for name in ("base", "deep", "wide")}
    settings = {**groups["base"][0].settings, "dataset": "x"}
    elsewhere = dict(data={"name": "x", "used": "x", "sha256": ""}, changes={"dataset": "x"}, settings=settings)
    groups["wide"] = [replace(record, **elsewhere) for record in groups["wide"]]
    text = shown([record for group in groups.values() for record in group])
    assert "equivalent: less than 0.3 points apart. So few seeds leave open that up to 45% of all would fail." in text
    assert "No difference of 0.3 points or more: deep." in text
    assert "No verdict on wide: tested on x, not mnist." in text and "docs/verdicts.md" in text


def test_seeds_that_diverged_are_counted_below_the_summary():
    lost = {"status": "diverged", "as_expected": False, "metrics": {}, "error": "Loss is not finite after epoch 1."}
    wide = [make_record("wide", seed, **(lost if seed in (1, 4) else {})) for seed in range(7)]
    text = shown([*(make_record(seed=seed) for seed in range(7)), *wide])
    assert "2 of 7 diverged (seeds 1, 4)" in text and "better" not in text


def test_worse_by_divergence_alone_says_so(tmp_path):
    lost = {"status": "diverged", "as_expected": False, "metrics": {}, "error": "Loss is not finite after epoch 1."}
    wide = [make_record("wide", seed, **(lost if seed < 7 else {})) for seed in range(10)]
    records = [*(make_record(seed=seed) for seed in range(10)), *wide]
    text = shown(records)
    assert "7 of 10 diverged" in text and "wide is worse, with 7 of 10 seeds unfinished." in text
    store(tmp_path, *records)
    assert "diverges more often, Holm p = 0.016" in harness("compare", tmp_path, "--format", "csv").stdout
