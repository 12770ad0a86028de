"""What seeds can show, against the noncentral t distribution, a simulation, and the verdicts themselves."""

import numpy as np
import pytest
from scipy import stats

from harness.analysis.power import detection_probability, seeds_to_find, smallest_found
from harness.analysis.statistics import paired_difference
from harness.analysis.verdicts import corrected, verdict
from harness.study import Metric

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(("seeds", "effect", "comparisons"), [(5, 2.0, 1), (10, 1.0, 1), (20, 0.8, 12), (40, 0.5, 4)])
def test_without_a_margin_it_is_the_power_of_the_paired_t_test(seeds, effect, comparisons):
    critical = stats.t.ppf(1 - 0.05 / comparisons / 2, seeds - 1)
    published = stats.nct.sf(critical, seeds - 1, effect * seeds**0.5)
    assert detection_probability(seeds, effect, 1.0, margin=0.0, comparisons=comparisons)[0] == pytest.approx(
        published, abs=0.005
    )


def test_it_is_how_often_a_study_says_better():
    random = np.random.default_rng(0)
    metric = Metric("accuracy", margin=0.003, higher_is_better=True)
    said = 0
    for _ in range(2000):
        apart = random.normal(0.005, 0.003, 8)
        difference = paired_difference(0.9 + apart, np.full(8, 0.9))
        (p_values,) = corrected([difference], margin=metric.margin)
        said += verdict(difference, p_values, metric=metric).word == "better"
    assert said / 2000 == pytest.approx(detection_probability(8, 0.005, 0.003, margin=0.003)[0], abs=0.03)


def test_the_planned_number_of_seeds_is_the_smallest_that_is_enough():
    planned = seeds_to_find(0.005, 0.0028, margin=0.003, comparisons=14)
    assert planned is not None
    enough, too_few = (detection_probability(n, 0.005, 0.0028, margin=0.003, comparisons=14)[0] for n in (planned, planned - 1))
    assert too_few < 0.8 <= enough


def test_a_difference_of_the_margin_is_found_by_no_number_of_seeds():
    assert seeds_to_find(0.003, 0.001, margin=0.003) is None


def test_the_smallest_difference_found_is_found_in_four_of_five():
    smallest = smallest_found(10, 0.002, margin=0.003, comparisons=5)
    assert detection_probability(10, smallest, 0.002, margin=0.003, comparisons=5)[0] == pytest.approx(0.8, abs=0.002)


@pytest.mark.parametrize("std", [0.0, float("nan"), -1.0])
def test_a_spread_that_is_none_is_refused(std):
    with pytest.raises(ValueError, match="std above 0"):
        detection_probability(5, 0.005, std, margin=0.003)
