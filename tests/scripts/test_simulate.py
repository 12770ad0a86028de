"""The simulations behind docs/verdicts.md, in small: error rates that hold, and a design that spends fewer trainings."""

import numpy as np
import pytest
import simulate
import simulated
import simulated_screens
from plain_records import record

from harness.analysis.comparison import compare_study
from harness.analysis.design import Design
from harness.analysis.planning import critical_value
from harness.analysis.sequential import OBRIEN_FLEMING, POCOCK
from harness.analysis.statistics import paired_difference
from harness.study.claims import BETTER, EQUIVALENT, WORSE
from harness.study.metrics import ACCURACY

pytestmark = pytest.mark.quick

STUDIES = 1500
WORST = 0.05 + 3 * np.sqrt(0.05 * 0.95 / STUDIES)  # of this many studies, by chance


def trials(setting: simulated.Setting, effects: list[float], looks: tuple[int, ...] = (5, 10, 20, 40), count: int = STUDIES):
    return simulated.studies(setting, np.array(effects), looks, count, np.random.default_rng(1))


@pytest.mark.parametrize("spending", [POCOCK, OBRIEN_FLEMING])
@pytest.mark.parametrize("setting", simulated.SETTINGS, ids=lambda setting: setting.name)
def test_no_kind_of_values_has_more_false_words_than_declared(setting: simulated.Setting, spending: str):
    assert simulated.false_words(trials(setting, [0.0] * 4), 0.0, spending, equivalence=False) < WORST
    assert simulated.false_words(trials(setting, [1.5] * 4), 1.5, spending, equivalence=True) < WORST


def test_looking_at_the_fixed_test_again_and_again_would_err_far_more():
    (found,) = trials(simulated.SETTINGS[1], [0.0], count=12_000)
    statistic = np.abs(found.mean / found.std * np.sqrt(found.looks))
    critical = [critical_value(0.975, look) for look in found.looks]
    assert 0.13 < (statistic > critical).any(axis=2).mean() < 0.16


def test_until_settled_finds_what_twenty_seeds_find_for_fewer_trainings():
    truth = [1.5] * 3 + [0.0] * 9
    by_looks = simulated.until_settled(trials(simulated.SETTINGS[1], truth, count=300), 3, 0.0, POCOCK)
    fixed = simulated.fixed(trials(simulated.SETTINGS[1], truth, (20,), 300), 3, 0.0)
    assert by_looks.power > fixed.power - 0.02 and by_looks.trainings < 0.7 * fixed.trainings and by_looks.false < 0.08


def test_the_simulated_p_values_are_those_that_a_study_has():
    (found,) = trials(simulated.SETTINGS[0], [0.5], (6,), count=1)
    shape = np.arange(6.0) - 2.5
    values = found.mean[0, 0, 0] + shape / shape.std(ddof=1) * found.std[0, 0, 0]
    both = 2 * np.minimum(found.one_sided(), found.below(0.0))[0, 0, 0]
    assert both == pytest.approx(paired_difference(values, np.zeros(6)).p_value)


@pytest.mark.parametrize("spending", [POCOCK, OBRIEN_FLEMING])
def test_a_simulated_study_has_the_words_that_its_records_have(spending: str):
    looks, margin, names = (5, 10, 20), ACCURACY.margin, ("a", "b", "c")
    rng = np.random.default_rng(11)
    found: set[str] = set()
    for _ in range(12):
        base = 0.9 + rng.normal(0, 0.001, 20)
        values = {name: base + rng.choice([0, 0.002, 0.006]) + rng.normal(0, 0.002, 20) for name in names}
        groups = {"base": base, **values}
        records = {name: [record(name, seed, one) for seed, one in enumerate(group)] for name, group in groups.items()}
        differences = np.stack([values[name] - base for name in names])[np.newaxis]
        at = [differences[..., :look] for look in looks]
        trials = simulated.Trials(
            looks, np.stack([one.mean(-1) for one in at], -1), np.stack([one.std(-1, ddof=1) for one in at], -1)
        )
        far = simulated.far(trials, simulated.differing(trials, spending, 2), margin, 2)[0]
        near = simulated.near(trials, simulated.alike(trials, margin, spending, 2), margin, 2)[0]
        design = Design(looks, spending, names, ACCURACY.column, margin)
        words = {name: one.verdict.word for name, one in compare_study(records, design=design).items()}
        assert [words[name] in (BETTER, WORSE) for name in names] == far.tolist()
        assert [words[name] == EQUIVALENT for name in names] == (near & ~far).tolist()
        found |= set(words.values())
    assert {BETTER, EQUIVALENT, "inconclusive"} <= found


def test_the_tables_are_printed(capsys: pytest.CaptureFixture[str]):
    simulate.main(["--quick"])
    printed = capsys.readouterr().out
    assert "| normal, one control | pocock | 5, 10, 20, 40 |" in printed and "| 1.5 sd |" in printed


def test_a_screen_finds_more_than_one_part_at_a_time_for_the_same_trainings_and_errs_as_rarely():
    random = np.random.default_rng(2)
    found = simulated_screens.compare(simulated_screens.Truth("", 1.5), 10, 600, random)
    alone, screen, clear = found.values()
    assert screen.power > alone.power + 0.3 and clear.power > alone.power + 0.05
    assert max(one.false for one in found.values()) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 600)


def test_a_small_screen_takes_an_interaction_for_a_part_where_a_clear_one_does_not():
    random = np.random.default_rng(3)
    found = simulated_screens.compare(simulated_screens.Truth("", 1.5, together=1.5), 10, 600, random)
    alone, screen, clear = found.values()
    assert screen.false > 0.3 and max(alone.false, clear.false) < 0.08
