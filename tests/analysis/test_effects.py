"""Effects of screens: against published factorial experiments and statsmodels, what is refused, and what a study shows."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plain_records import record
from rich.console import Console
from scipy.stats import ttest_rel
from screened_records import LARGE, screened
from statsmodels.formula.api import ols

from harness.analysis.design import Design, design_dict
from harness.analysis.effects import screen_effects
from harness.analysis.effects_table import EFFECTS_FILE, effects_of as study_effects, table_of_effects
from harness.analysis.screen_contrasts import INTERACTION, PART, SHARE, shapley_weights
from harness.analysis.screen_sentences import effect_lines, effect_summary, effect_unit
from harness.analysis.table_files import write_tables
from harness.cli.terminal.effects import effects_views
from harness.records import RECORDED_DESIGN
from harness.study import ACCURACY, Metric
from harness.study.screen_designs import CLEAR, FULL, levels_of

pytestmark = pytest.mark.quick


def by_variant(records):
    groups: dict[str, list] = {}
    for one in records:
        groups.setdefault(one.variant, []).append(one)
    return groups


def effects_of(records, kind=PART, **options):
    (found,) = screen_effects(by_variant(records), LARGE, **options)
    return {one.name: one for one in found.effects if one.kind == kind}


def test_the_effects_are_those_of_a_published_factorial_experiment():
    # Montgomery, "Design and analysis of experiments", example 6.2: filtration rate, A changing fastest.
    rates = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]
    records = screened("ABCD", [[rate] for rate in rates], design=FULL)
    parts = {name: one.difference.mean for name, one in effects_of(records).items()}
    assert parts == pytest.approx({"A": 21.625, "B": 3.125, "C": 9.875, "D": 14.625})
    pairs = {name: one.difference.mean / 2 for name, one in effects_of(records, INTERACTION).items()}  # theirs is the half
    published = {"A × B": 0.125, "A × C": -18.125, "A × D": 16.625, "B × C": 2.375, "B × D": -0.375, "C × D": -1.125}
    assert pairs == pytest.approx(published)


def test_the_effects_are_those_of_a_published_screen_of_plackett_and_burman():
    # Logarithms of the fatigue life of castings, Hunter, Hodi and Eagar, Metallurgical Transactions A 13 (1982), as R's BsMD
    # has them (BM93.e2.data), the run with nothing changed first; effects as in Wu and Hamada, "Experiments", where H to K
    # are columns without a factor.
    lives = [4.809, 6.058, 5.863, 5.917, 5.818, 6.607, 5.682, 5.752, 7.000, 5.899, 4.625, 4.733]
    found = {name: one.difference.mean for name, one in effects_of(screened("ABCDEFGHIJK", [[life] for life in lives])).items()}
    published = {"A": 0.326, "B": 0.294, "C": -0.246, "D": -0.516, "E": 0.150, "F": 0.915, "G": 0.183}
    published |= {"H": 0.446, "I": 0.453, "J": 0.081, "K": -0.242}
    assert found == pytest.approx(published, abs=0.0006)


@pytest.mark.parametrize(("parts", "design"), [("ABC", None), ("ABCDEFG", None), ("ABCDEFGHIJK", None), ("ABCDE", CLEAR)])
def test_they_are_the_coefficients_of_statsmodels_regression(parts, design):
    levels = levels_of(len(parts), design)
    values = np.random.default_rng(0).normal(size=(len(levels), 6))
    frame = pd.DataFrame(np.repeat(levels, 6, axis=0) / 2, columns=list(parts)).assign(y=values.ravel())
    theirs = ols(f"y ~ {' + '.join(parts)}", frame).fit().params
    found = effects_of(screened(parts, values, design=design))
    assert {name: one.difference.mean for name, one in found.items()} == pytest.approx({name: theirs[name] for name in parts})


def test_what_a_seed_does_to_all_variants_falls_out_and_intervals_are_over_seeds():
    random = np.random.default_rng(1)
    luck, noise = 50 * random.normal(size=6), random.normal(size=(8, 6))
    alone, lucky = (effects_of(screened("ABC", noise + shift)) for shift in (0.0, luck))
    for name in "ABC":
        assert lucky[name].difference.low == pytest.approx(alone[name].difference.low)
    contrast = noise[levels_of(3)[:, 0] > 0].mean(axis=0) - noise[levels_of(3)[:, 0] < 0].mean(axis=0)
    assert alone["A"].difference.std == pytest.approx(contrast.std(ddof=1))


def test_effects_are_corrected_over_all_that_the_screen_tells():
    levels = levels_of(3)
    values = 2.0 * (levels[:, :1] > 0) + 0.4 * np.random.default_rng(2).normal(size=(8, 6))
    found = effects_of(screened("ABC", values))
    assert found["A"].verdict.word == "better" and found["B"].verdict.word != "better"
    (one,) = screen_effects(by_variant(screened("ABC", values)), LARGE)
    tested = [effect for effect in one.effects if effect.kind != SHARE]
    smallest = min(tested, key=lambda effect: effect.difference.p_value)
    assert len(tested) == 6 and smallest.p_values.different == pytest.approx(6 * smallest.difference.p_value)


def test_screens_without_an_effect_say_so_in_at_most_one_in_twenty():
    random = np.random.default_rng(3)
    found = 0
    for _ in range(150):
        effects = [*effects_of(screened("ABCDEFG", 3 * random.normal(size=(8, 5)))).values()]
        found += any(effect.verdict.word in ("better", "worse") for effect in effects)
    assert found / 150 < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_shares_add_up_to_the_whole_and_a_tie_is_halved():
    random = np.random.default_rng(4)
    levels = levels_of(4, FULL)
    values = random.normal(size=(16, 5)) + 10 * ((levels[:, :2] > 0).all(axis=1))[:, None]  # A and B do it together alone
    (found,) = screen_effects(by_variant(screened("ABCD", values, design=FULL)), LARGE)
    shares = {one.name: one for one in found.effects if one.kind == SHARE}
    assert sum(one.difference.mean for one in shares.values()) == pytest.approx((values[15] - values[0]).mean())
    assert sum(one.of_whole for one in shares.values()) == pytest.approx(1)
    assert shares["A"].difference.mean == pytest.approx(5, abs=1) and abs(shares["C"].difference.mean) < 1
    assert not any(one.verdict.word for one in shares.values())
    noise = screen_effects(by_variant(screened("ABC", np.random.default_rng(5).normal(size=(8, 5)))), LARGE)[0]
    assert all(one.of_whole is None for one in noise.effects)  # of no gain there is no share


@pytest.mark.parametrize("seeds", [1, 5])
def test_a_gain_without_a_spread_is_not_said_to_be_none_and_has_no_shares(seeds):
    values = 0.8 + 0.05 * (levels_of(3)[:, :1] > 0) - 0.02 * (levels_of(3)[:, 1:2] > 0) + np.zeros((8, seeds))
    (found,) = screen_effects(by_variant(screened("ABC", values, metric=ACCURACY)), ACCURACY)
    (told,) = [line for line in effect_lines(found, effect_unit(found, ACCURACY)) if line.startswith("All together")]
    assert told.startswith("All together +3.0 points, with no spread to judge by, so that no part has a share of it; ")


def test_a_value_is_shared_as_shapleys_formula_says():
    # Three parts, worth 6 alone as A, 12 with A and B, 0 else: by all six orders A 9, B 3, C 0.
    levels = levels_of(3)
    with_a, with_b = levels[:, 0] > 0, levels[:, 1] > 0
    worth = np.where(with_a, 6 + 6 * with_b, 0)
    assert [float(shapley_weights(levels, part) @ worth) for part in range(3)] == pytest.approx([9, 3, 0])


def values_of(parts="ABC", seeds=5):
    return np.random.default_rng(6).normal(size=(len(levels_of(len(parts))), seeds))


def test_a_screen_without_all_of_its_variants_tells_nothing():
    records = [one for one in screened("ABC", values_of()) if one.variant != "AB"]
    (found,) = screen_effects(by_variant(records), LARGE)
    assert not found.effects and found.refused == "7 of its 8 variants have records; effects need all"
    (found,) = screen_effects({name: group for name, group in by_variant(records).items() if name != "base"}, LARGE)
    assert "the base has no records" in found.refused


def diverged(one):
    return replace(one, status="diverged", metrics={})


def test_a_variant_that_never_finished_leaves_no_effect():
    records = [diverged(one) if one.variant == "AC" else one for one in screened("ABC", values_of())]
    (found,) = screen_effects(by_variant(records), LARGE)
    assert not found.effects and "no seed finished in all of its variants (AC ended there with: diverged)" in found.refused


def test_seeds_that_did_not_finish_everywhere_are_left_out_named_and_leave_no_word():
    values = values_of(seeds=7) / 100 + 5 * (levels_of(3)[:, :1] > 0)
    records = [diverged(one) if (one.variant, one.seed) == ("AC", 2) else one for one in screened("ABC", values)]
    (found,) = screen_effects(by_variant(records), LARGE)
    assert found.note == "seed 2 left out, as AC ended there with: diverged"
    assert found.effects[0].difference.n == 6
    assert {one.verdict.word for one in found.effects if one.kind != SHARE} == {"inconclusive"}


def test_a_design_judges_effects_by_the_looks_that_all_variants_reached_and_allows_for_them():
    values = values_of(seeds=7) / 100 + 0.51 * (levels_of(3)[:, :1] > 0)
    records = [one for one in screened("ABC", values) if one.seed < 6 or one.variant == "base"]
    design = Design((5, 10, 20, 40), declared=False)
    found, fixed = (effects_of(some, **how) for some, how in ((records, {"design": design}), (first_of(records, 5), {})))
    assert found["A"].difference == fixed["A"].difference and found["A"].verdict.word == "better"
    assert found["A"].verdict.detail.endswith("over 1 look")
    # Of six effects, nine tenths of a sixth each; what the first look of four spends: log(1 + (e - 1) / 8).
    alone = paired_p(values[:, :5])
    assert found["A"].p_values.different == pytest.approx(alone * 6 / 0.9 / np.log1p((np.e - 1) / 8), rel=0.01)
    (told,) = screen_effects(by_variant(records), LARGE, design=design)
    reached = "effects are of the first 5 seeds, the last look that all of its variants have reached"
    assert told.note == f"{reached}; --seeds 10 brings all of them to the next"


def paired_p(values):
    """The two-sided p-value of part A, by SciPy."""
    above = levels_of(3)[:, 0] > 0
    return ttest_rel(values[above].mean(axis=0), values[~above].mean(axis=0)).pvalue


def first_of(records, seeds):
    return [one for one in records if one.seed < seeds]


def test_a_design_for_other_variants_or_another_margin_gives_effects_no_word():
    values = values_of(seeds=5) / 100 + 5 * (levels_of(3)[:, :1] > 0)
    records = screened("ABC", values)
    family = tuple(name for name in by_variant(records) if name != "base")
    kept = {"metric": LARGE.column, "margin": LARGE.margin, "family": family}
    for changed in ({"family": family[1:]}, {"margin": 0.1}):
        found = effects_of(records, design=Design(**{**kept, **changed}))
        assert found["A"].verdict.word == "" and "the design was declared for" in found["A"].verdict.detail
        assert found["A"].p_values.different is None
    assert effects_of(records, design=Design(**kept))["A"].verdict.word == "better"
    early = effects_of(records, design=Design(**{**kept, "looks": (8, 20)}))
    assert early["A"].verdict.detail == "no verdict: the look at 8 seeds is not complete"


def test_a_variant_made_with_other_settings_is_held_against_nothing():
    records = screened("ABC", values_of())
    records = [replace(one, settings={**one.settings, "epochs": 9 if one.variant == "AB" else 5}) for one in records]
    (found,) = screen_effects(by_variant(records), LARGE)
    assert "AB cannot be held against the base: differs from base also in epochs" in found.refused


def test_a_study_without_screens_has_no_effects(tmp_path):
    assert screen_effects(by_variant([record("base", 0), record("wide", 0)]), ACCURACY) == []
    (tmp_path / "s").mkdir()
    write_tables(tmp_path / "s", [record("base", 0), record("wide", 0)])
    assert not (tmp_path / "s" / EFFECTS_FILE).exists()


def test_the_table_and_the_terminal_show_effects_what_is_mixed_and_shares(tmp_path):
    (tmp_path / "s").mkdir()
    values = values_of(seeds=6) / 100 + 5 * (levels_of(3)[:, :1] > 0)
    records = screened("ABC", values)
    write_tables(tmp_path / "s", records)
    table = pd.read_csv(tmp_path / "s" / EFFECTS_FILE)
    assert table["kind"].tolist() == [PART] * 3 + [INTERACTION] * 3 + [SHARE] * 3
    assert table["verdict"][0] == "better" and table["share_of_gain"][6] == pytest.approx(1, abs=0.02)
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(*effects_views(records, tmp_path, epoch="last"))
    text = console.export_text()
    assert "What each part does, over all variants of f" in text and "All together +5" in text and "A +5" in text
    assert "Over all variants of f: better with A (+5" in text
    four = screened("ABCDE", values_of("ABCDE"))
    console.print(*effects_views(four, None, epoch="last"))
    assert "A cannot be told from B × E." in console.export_text()


@pytest.mark.parametrize(("percent", "said"), [(1, "in points"), (100, "all variants of f\n")])
def test_an_accuracy_in_percent_is_not_told_as_points(percent, said):
    values = percent * (0.5 + values_of(seeds=6) / 1000 + 0.01 * (levels_of(3)[:, :1] > 0))
    records = screened("ABC", values, metric=Metric("accuracy", margin=0.001 * percent, higher_is_better=True))
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(*effects_views(records, None, epoch="last"))
    text = console.export_text()
    assert said in text and "A +1." in text  # a hundredth, and one percent


def test_the_summary_says_what_helps_and_what_is_not_decided():
    levels = levels_of(3)
    values = values_of(seeds=6) / 100 + 5 * (levels[:, :1] > 0) - 3 * (levels[:, 1:2] > 0)
    (found,) = screen_effects(by_variant(screened("ABC", values)), LARGE)
    said = effect_summary(found, effect_unit(found, LARGE))
    assert said.startswith("Over all variants of f: better with A (+5") and "; worse with B (-2.999)" in said
    assert "too small to matter: C, A × B" in said
    (found,) = screen_effects(by_variant(screened("ABC", values)), LARGE, design=Design((8, 20), declared=False))
    assert effect_summary(found, effect_unit(found, LARGE)) == ""


def test_trials_that_followed_a_design_say_so_where_its_file_is_gone(tmp_path):
    looks = design_dict(Design((5, 10)))
    records = [replace(one, provenance={RECORDED_DESIGN: looks}) for one in screened("ABC", values_of())]
    for logdir in (None, tmp_path):
        assert {one.verdict.word for one in study_effects(records, logdir=logdir)[0].effects} == {""}


def test_a_records_own_words_reach_the_terminal_as_plain_text(tmp_path):
    records = [
        replace(one, screen=one.screen and {**one.screen, "family": "f\x1b[31m"}) for one in screened("ABC", values_of())
    ]
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(*effects_views(records, None, epoch="last"))
    console.print(*effects_views(records[5:], None, epoch="last"))
    assert "\x1b[31m" not in console.export_text()


def test_a_refused_screen_has_a_row_that_says_why():
    records = [one for one in screened("ABC", values_of()) if one.variant != "AB"]
    (row,) = table_of_effects(records, logdir=None).to_dict("records")
    assert row["detail"].startswith("7 of its 8 variants") and row["family"] == "f"
