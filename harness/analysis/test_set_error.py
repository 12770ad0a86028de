"""What of a difference's uncertainty is the test set's own: seeds crossed with test samples, both drawn at random.

More seeds make the error over seeds small and leave that over test samples as it is. The answers that trials kept say how
large either is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path

import numpy as np

from harness.analysis.predictions import AnswersError, load_right
from harness.analysis.proportions import normal_quantile
from harness.analysis.sentence_parts import names_of
from harness.analysis.statistics import CONFIDENCE, t_quantile
from harness.analysis.test_sets import unpaired_seeds
from harness.analysis.unit import Unit
from harness.records import Record, attempt_folder, trial_folder
from harness.study import BETTER, EQUIVALENT, WORSE, Metric, Row, number_of, text_of

LIMITED = "test set"
ROUNDED = 2.0  # test samples whose answer may turn by rounding, between a trial's accuracy and its answers
BY_CHANCE = 0.05  # that the test set's error is said to be larger than it is


@dataclass(frozen=True, slots=True)
class TestSetError:
    """The standard error of a mean difference of accuracies, by its sources, as fractions of the samples.

    over_seeds: of a mean over these seeds, on these samples. over_samples: of these samples, however many seeds there are.
    low, high: the interval of the difference for other seeds and other test samples. at_least: how large over_samples is
    with 95%.
    """

    __test__ = False  # no class of pytest's

    over_seeds: float
    over_samples: float
    low: float
    high: float
    at_least: float
    seeds: int
    samples: int

    @property
    def share(self) -> float:
        """The test set's share of the squared error: what more seeds cannot take away; 0 where there is no error at all."""
        whole = self.over_seeds**2 + self.over_samples**2
        return self.over_samples**2 / whole if whole else 0.0

    def cells(self) -> dict[str, float]:
        """Return its columns of summary.csv."""
        return {
            "seeds_error": self.over_seeds,
            "samples_error": self.over_samples,
            "test_set_share": self.share,
            "new_samples_low": self.low,
            "new_samples_high": self.high,
        }

    def limits(self, low: float, high: float, margin: float) -> bool:
        """Say whether no number of seeds could tell, for other test samples, what is open now.

        low, high: the interval over seeds. With all seeds there are, the mean would lie in it, and other samples would move
        it by the test set's error. True only if, wherever in the interval the mean is, that would reach neither beyond zero
        by a mean of the margin or more, nor stay inside ± margin.
        """
        reach = normal_quantile(CONFIDENCE) * self.at_least
        farthest, nearest = max(abs(low), abs(high)), 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return farthest < max(reach, margin) and nearest + reach >= margin


def test_set_error(differences: Iterable[np.ndarray]) -> TestSetError | None:
    """Split the error of a mean difference between seeds and test samples.

    differences: of each seed, shape (samples,), in -1, 0 and 1: whether the variant is right, less whether its control is.
    None for fewer than two seeds or samples. With the mean squares of seeds, samples and what is left (their interaction)
    of S seeds and n samples, E[MS_seeds] = σ² + n σ²_seeds, E[MS_samples] = σ² + S σ²_samples, E[MS_rest] = σ²: the variance of
    the mean is (MS_seeds + MS_samples - MS_rest) / (S n), of which MS_seeds / (S n) is that over seeds, as the t-test takes it.
    The interval has Satterthwaite's degrees of freedom, with the samples' part not below zero.

    Sources: Searle, Casella and McCulloch, "Variance components" (1992), section 4.7; Hillis, "A comparison of denominator
    degrees of freedom methods for multiple observer ROC analysis", Statistics in Medicine 26 (2007).
    """
    means: list[float] = []
    squares, columns = 0, np.zeros(0, dtype=np.int64)
    for one in differences:
        columns = one.astype(np.int64) if not means else columns + one
        means.append(float(one.mean()))
        squares += int(np.count_nonzero(one))
    seeds, samples = len(means), len(columns)
    if seeds < 2 or samples < 2:
        return None
    mean = float(np.mean(means))
    of_seeds = samples * float(np.var(means, ddof=1))
    of_samples = float(np.var(columns, ddof=1)) / seeds
    rest = squares - seeds * samples * mean**2 - (seeds - 1) * of_seeds - (samples - 1) * of_samples
    within = max(rest, 0.0) / ((seeds - 1) * (samples - 1))
    own, count = max(of_samples - within, 0.0), seeds * samples
    error = sqrt((of_seeds + own) / count)
    spread = of_seeds**2 / (seeds - 1) + of_samples**2 / (samples - 1) + within**2 / ((seeds - 1) * (samples - 1))
    reach = t_quantile((1 + CONFIDENCE) / 2, (of_seeds + own) ** 2 / spread) * error if error else 0.0
    return TestSetError(
        over_seeds=sqrt(of_seeds / count),
        over_samples=sqrt(own / count),
        low=mean - reach,
        high=mean + reach,
        at_least=sqrt(max(_at_least(of_samples, within, seeds, samples), 0.0) / count),
        seeds=seeds,
        samples=samples,
    )


def _at_least(of_samples: float, within: float, seeds: int, samples: int) -> float:
    """Return S σ²_samples such that it is larger with 95%: MS_samples over its F quantile, less the mean square of the rest."""
    from scipy.special import fdtri

    return of_samples / float(fdtri(samples - 1, (seeds - 1) * (samples - 1), 1 - BY_CHANCE)) - within


def error_of_kept(
    variant: Sequence[Record], control: Sequence[Record], seeds: Sequence[int], *, logdir: Path, metric: Metric
) -> TestSetError | None:
    """Split the error of a comparison by the answers that its trials kept; None unless all seeds have them, on one test set.

    Answers that are not those of the recorded accuracy, as where samples have weights, are of another metric, and count for
    nothing.
    """
    mine, its = ({record.seed: record for record in group} for group in (variant, control))
    trials = [(mine[seed], its[seed]) for seed in seeds]
    if len(trials) < 2 or not same_test_set(*(record for both in trials for record in both)):
        return None
    found: list[np.ndarray] = []
    for both in trials:
        right = [_right_as_recorded(record, logdir, metric) for record in both]
        if right[0] is None or right[1] is None or right[0].shape != right[1].shape or not _fits(found, right[0]):
            return None
        found.append(right[0].astype(np.int8) - right[1].astype(np.int8))
    return test_set_error(found)


def _fits(found: Sequence[np.ndarray], right: np.ndarray) -> bool:
    return not found or found[0].shape == right.shape


def _right_as_recorded(record: Record, logdir: Path, metric: Metric) -> np.ndarray | None:
    """Return which samples a trial got right, None unless they are the recorded accuracy, to a sample or two of rounding."""
    try:
        right = right_answers(record, logdir)
    except AnswersError:
        return None
    agrees = right is not None and abs(float(right.mean()) - metric.of(record.metrics)) * len(right) <= ROUNDED
    return right if agrees else None


def right_answers(record: Record, logdir: Path) -> np.ndarray | None:
    """Return which test samples a trial got right, (n,), None where it kept no answers; AnswersError for damaged ones."""
    trial = trial_folder(logdir, record.study, record.variant, record.seed)
    return load_right(attempt_folder(trial, record.attempt))


def same_test_set(*records: Record) -> bool:
    """Say whether records were tested on the same samples, as far as they say."""
    return len({tuple(str(record.data.get(name, "")) for name in ("used", "sha256")) for record in records}) == 1 and not any(
        unpaired_seeds([replace(record, seed=0)], [replace(records[0], seed=0)]) for record in records[1:]
    )


def samples_sentences(rows: Sequence[Row], unit: Unit) -> list[str]:
    """Say of which variants the test samples, not the seeds, leave open what they do, or what they would do with others."""
    limited = [row for row in rows if text_of(row.get("limited_by")) == LIMITED]
    shown = [row for row in rows if text_of(row.get("verdict")) in (BETTER, WORSE) and not _beyond_zero(row)]
    alike = [row for row in rows if text_of(row.get("verdict")) == EQUIVALENT and not _inside(row)]
    said = []
    if limited:
        z = normal_quantile(CONFIDENCE)
        apart = max(z * (number_of(row.get("samples_error")) or 0.0) for row in limited)
        said.append(
            f"More seeds will not settle {names_of(limited)}; more test samples would: "
            f"with others in the place of these the difference moves by up to {unit.amount(apart)}."
        )
    if shown:
        said.append(f"Shown for these test samples; with others it could be no difference: {names_of(shown)}.")
    if alike:
        said.append(f"The same on these test samples; with others it could be a difference: {names_of(alike)}.")
    return said


def _ends(row: Row) -> tuple[float, float] | None:
    low, high = (number_of(row.get(name)) for name in ("new_samples_low", "new_samples_high"))
    return None if low is None or high is None else (low, high)


def _beyond_zero(row: Row) -> bool:
    """Say whether the interval over other samples, where it is known, excludes zero."""
    ends = _ends(row)
    return ends is None or ends[0] > 0 or ends[1] < 0


def _inside(row: Row) -> bool:
    ends, margin = _ends(row), number_of(row.get("margin"))
    return ends is None or margin is None or (-margin < ends[0] and ends[1] < margin)
