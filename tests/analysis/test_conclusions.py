"""What a study's verdicts come to in sentences: true in every case, and plain."""

import math
from dataclasses import replace

import pytest
from measuring import RMSE
from resulting import make_record

from harness.analysis.conclusions import conclude
from harness.analysis.sentence_parts import MOST_NAMED
from harness.analysis.summary import summary_table
from harness.analysis.unit import Unit
from harness.records.record import Record

pytestmark = pytest.mark.quick


def row(variant: str, verdict: str = "", delta: float | None = None, **cells: object) -> dict[str, object]:
    """Return a row of a summary of five seeds that all trained as expected."""
    return {
        "study": "s", "variant": variant, "control": "" if variant == "base" else "base", "change": f"x={variant}",
        "status": "ok", "seeds": 5, "failed_seeds": 0, "unfinished_seeds": 0, "as_expected": True,
        "metric": "test_accuracy", "direction": "higher", "value": 0.9, "margin": 0.003,
        "verdict": verdict, "verdict_detail": "", "delta": delta, "pairs": None if delta is None else 5,
        "ci_low": None if delta is None else delta - 0.001, "ci_high": None if delta is None else delta + 0.001,
    } | cells  # fmt: skip


def said(*rows: dict[str, object], **options: str) -> list[str]:
    return list(conclude([row("base"), *rows], **options).sentences)


def test_what_is_left_out_matters_or_does_harm_and_what_is_put_in_helps_or_does_harm():
    rows = (
        row("raw", "worse", -0.034, change="normalize=False"),
        row("no-dropout", "better", 0.01, change="remove=dropout"),
        row("long", "better", 0.0044, change="epochs=15 (vs base)"),
    )
    assert said(*rows) == [
        "normalize matters: without it test accuracy falls by 3.4 points (raw).",
        "dropout does harm: without it test accuracy rises by 1.0 point (no-dropout).",
        "epochs=15 helps: test accuracy rises by 0.44 points (long).",
    ]
    assert said(row("fast", "worse", -0.48)) == ["x=fast does harm: test accuracy falls by 48.0 points (fast)."]


def test_one_change_under_two_controls_is_one_sentence():
    twice = [
        row(name, "worse", delta, change="normalize=False", control=f"c-{name}") for name, delta in (("a", -0.03), ("b", -0.05))
    ]
    assert said(*twice) == [
        "normalize matters: without it test accuracy falls by 5.0 points (b vs c-b) and 3.0 points (a vs c-a)."
    ]


def test_a_finding_on_another_dataset_than_the_bases_says_on_which_and_against_which_control():
    rows = (
        row("wide", "equivalent", 0.0, change="hidden=512", data="mnist"),
        row("fashion-512", "better", 0.006, change="hidden=512 (vs fashion)", control="fashion", data="fashion-mnist"),
    )
    found = conclude([row("base", data="mnist"), *rows]).sentences
    assert found[0] == "hidden=512 helps: test accuracy rises by 0.6 points on fashion-mnist (fashion-512)."
    assert found[1] == "No difference of 0.3 points or more: wide."


def test_of_many_effects_the_largest_are_told_one_of_either_direction_and_the_rest_is_named():
    losses = [row(f"loss-{size}", "worse", -size / 100) for size in range(1, 6)]
    sentences = said(*losses, row("gain", "better", 0.005))
    assert [sentence.partition(" ")[0] for sentence in sentences[:-1]] == ["x=loss-5", "x=loss-4", "x=gain"]
    assert sentences[-1] == "Also worse: loss-3, loss-2 and loss-1."


def test_a_metric_of_which_less_is_better_keeps_its_own_unit_and_its_direction():
    cells = {"metric": "test_rmse", "direction": "lower", "value": 52_000.0, "margin": 500.0}
    rows = [row("base", **cells), row("deep", "better", -5210.4, **cells), row("flat", "worse", 910.0, **cells)]
    found = conclude(rows)
    assert found.sentences == (
        "x=deep helps: test rmse falls by 5,210 (deep).",
        "x=flat does harm: test rmse rises by 910.0 (flat).",
    )
    assert found.legend == {
        "better": "lower by 500 or more, and not by chance (corrected p < 0.05).",
        "worse": "higher by 500 or more, and not by chance (corrected p < 0.05).",
    }


def test_an_accuracy_in_percent_is_not_told_in_points():
    percent = {"value": 97.5, "margin": 0.3}
    assert conclude([row("base", **percent), row("wide", "better", 1.5, **percent)]).sentences == (
        "x=wide helps: test accuracy rises by 1.500 (wide).",
    )


def test_too_close_to_call_names_the_seeds_and_the_legend_has_only_words_that_occur():
    rows = [row("near", "inconclusive", 0.002, seeds_needed_low=12, seeds_needed_high=55)]
    rows.append(row("far", "inconclusive", 0.001, seeds_needed_low=40, seeds_needed_high=1001))
    rows.append(row("never", "inconclusive", 0.003, seeds_needed_low=1001, seeds_needed_high=1001))
    found = conclude([row("base"), *rows, row("same", "equivalent", 0.0, worst_value=0.89, failure_rate_bound=0.4507)])
    assert found.sentences == (
        "Nothing was found that matters. Too close to call with 5 seeds: near, far and never (over 1000 may be needed).",
        "No difference of 0.3 points or more: same (worst seed 0.8900).",
    )
    assert set(found.legend) == {"equivalent", "inconclusive"} and "up to 45% of all would fail" in found.legend["equivalent"]
    assert (found.seeds, found.unsettled) == (None, ())  # more than one would ask of anybody


def test_what_no_number_of_seeds_settles_asks_for_none():
    assert (
        conclude([row("base"), row("never", "inconclusive", 0.003, seeds_needed_low=1001, seeds_needed_high=1001)]).seeds
        is None
    )


def test_the_next_step_is_what_is_most_easily_settled():
    needed = {"near": (9, 20), "beside": (7, 28), "far": (12, 90)}
    rows = [
        row(name, "inconclusive", 0.002, seeds_needed_low=low, seeds_needed_high=high) for name, (low, high) in needed.items()
    ]
    found = conclude([row("base"), *rows])
    assert (found.seeds, found.unsettled) == (28, ("near", "beside"))
    assert found.sentences[0].endswith("with 5 seeds: near and beside (up to 28 needed); far (up to 90 needed).")


def test_the_worst_seed_is_named_where_the_mean_hides_it():
    steady, fallen = row("steady", "equivalent", 0.0, worst_value=0.898), row("fallen", "equivalent", 0.0, worst_value=0.89)
    assert said(steady, fallen) == ["No difference of 0.3 points or more: steady and fallen (worst seed 0.8900)."]


def test_many_names_are_counted():
    sentence = said(*(row(f"v{number}", "equivalent", 0.0) for number in range(MOST_NAMED + 2)))[0]
    assert sentence == "No difference of 0.3 points or more: v0, v1, v2, v3, v4 and 3 more."


@pytest.mark.parametrize(
    ("seeds", "beginning"),
    [
        (1, "One seed shows what happened once, not what happens as a rule: verdicts need 5."),
        (3, "3 seeds are too few for verdicts: these need 5."),
    ],
)
def test_few_seeds_give_no_verdicts_but_the_largest_difference(seeds, beginning):
    found = conclude(summary_table(recorded(seeds=seeds, only=("base", "wide", "deep"))).to_dict("records"))
    (sentence,) = found.sentences
    assert sentence.startswith(beginning) and "The largest difference so far: hidden=512, test accuracy" in sentence
    assert (found.seeds, found.legend) == (5, {})


def recorded(*, seeds: int = 5, only: tuple[str, ...] = ("base", "wide", "deep", "broken"), **lost: dict) -> list[Record]:
    """Return the records of the study `s`; lost: of a variant, what its first two seeds ended as."""
    return [
        make_record(variant, seed, **(lost.get(variant, {}) if seed < 2 else {})) for variant in only for seed in range(seeds)
    ]


def test_failures_that_are_expected_are_results_and_others_are_named():
    assert conclude(summary_table(recorded()).to_dict("records")).sentences[-1] == "broken fails, as expected."
    diverged = {"status": "diverged", "as_expected": False, "metrics": {}, "error": "Loss is not finite after epoch 1."}
    sentences = conclude(summary_table(recorded(wide=diverged)).to_dict("records")).sentences
    assert "Not as expected: wide diverged in 2 of 5 seeds." in sentences
    assert conclude(summary_table(recorded(wide=diverged)).to_dict("records")).faults == sentences[:1]
    assert "No verdict on wide: some seeds did not finish, so that the others are no fair sample." in sentences


def test_a_variant_that_trained_although_it_was_meant_to_fail_is_named():
    passes = {"status": "unexpected-pass", "as_expected": False, "accuracy": 0.9, "metrics": {"test_accuracy": 0.9}}
    records = recorded(only=("base",)) + [replace(make_record("wide", seed), **plain(passes)) for seed in range(5)]
    sentences = conclude(summary_table(records).to_dict("records")).sentences
    assert sentences[0] == "Not as expected: wide was meant to fail, and trained in 5 of 5 seeds."


def plain(values: dict) -> dict:
    return {name: value for name, value in values.items() if name != "accuracy"}


def test_a_claim_that_does_not_hold_is_told_apart_from_a_failure():
    assert said(row("wide", "better", 0.01, as_expected=False))[0] == "Not as the study expects: wide."


def test_what_cannot_be_judged_says_why():
    rows = (
        row("fashion", delta=-0.1, verdict_detail="no verdict: tested on fashion-mnist, not mnist"),
        row("old", verdict_detail="confounded: made with other settings"),
        row("alone", verdict_detail="no seed in common with the control"),
        row(
            "stuck",
            "inconclusive",
            0.01,
            ci_low=None,
            verdict_detail="off by the same +0.01 on every seed: no spread to judge by",
        ),
    )
    assert said(*rows) == [
        "No verdict on fashion: tested on fashion-mnist, not mnist.",
        "No verdict on old: made with other settings.",
        "No verdict on alone: no seed in common with the control.",
        "No verdict on stuck: off by the same +0.01 on every seed: no spread to judge by.",
    ]


def test_a_study_of_its_base_alone_has_nothing_to_compare():
    assert said() == ["There is nothing to compare yet: no variant has run beside its control."]
    assert conclude([]).sentences == conclude([row("base")]).sentences


def test_folds_are_called_folds():
    assert said(row("deep", "inconclusive", 0.001), trials="folds")[0].endswith("with 5 folds: deep.")


def test_cells_that_a_file_of_another_version_lacks_are_no_error():
    rows = [
        {name: cell for name, cell in one.items() if name not in ("margin", "unfinished_seeds")}
        for one in (row("base"), row("w", "better", 0.01))
    ]
    found = conclude([one | {"as_expected": math.nan} for one in rows])
    assert found.sentences == ("x=w helps: test accuracy rises by 1.0 point (w).",)
    assert found.legend == {"better": "higher by enough to matter, and not by chance (corrected p < 0.05)."}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-0.4811, "48.1 points"),
        (0.01, "1.0 point"),
        (0.01 - 1e-17, "1.0 point"),
        (0.00997, "1.0 point"),
        (0.0044, "0.44 points"),
        (0.0004, "0.04 points"),
        (0.003, "0.3 points"),
    ],
)
def test_points_have_as_many_digits_as_matter(value, written):
    assert Unit("test accuracy", points=True).amount(value) == written


def test_the_margin_is_the_studys_own():
    record = replace(make_record(), metric=RMSE.to_dict(), metrics={"test_rmse": 0.5})
    assert summary_table([record]).loc[0, "margin"] == RMSE.margin
