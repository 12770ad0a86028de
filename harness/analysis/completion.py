"""How many seeds of a variant and of its control trained to their end: compared before any value is.

The values of the seeds that finished are no fair sample where others did not: what diverges is left out, and what is
left looks good. A seed that was never run, or that the user interrupted, is missing and says nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness.analysis.proportions import mcnemar_exact
from harness.analysis.statistics import seeds_in_words
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, TIMEOUT, Record
from harness.study import SIGNIFICANCE, Metric

NOT_FINITE = "not finite"
IN_WORDS = {DIVERGED: "diverged", FAILED: "failed", TIMEOUT: "ran out of time", EXPECTED_ERROR: "raised"}


@dataclass(frozen=True, slots=True)
class Completion:
    """Which of the seeds that both sides ran did not end with a value, and why, on each side."""

    seeds: int = 0  # that both ran
    variant: Mapping[int, str] = field(default_factory=dict)
    control: Mapping[int, str] = field(default_factory=dict)

    @property
    def uneven(self) -> bool:
        """Whether a seed finished on one side and not on the other."""
        return self.variant.keys() != self.control.keys()

    @property
    def variant_alone(self) -> bool:
        """Whether it is uneven, and each seed that did not finish for the control did not for the variant either."""
        return self.variant.keys() > self.control.keys()

    @property
    def diverged(self) -> tuple[int, int]:
        """How many seeds diverged for the variant and finished for the control, and the other way round."""
        return (
            sum(status == DIVERGED and seed not in self.control for seed, status in self.variant.items()),
            sum(status == DIVERGED and seed not in self.variant for seed, status in self.control.items()),
        )

    @property
    def p_value(self) -> float | None:
        """McNemar's exact p-value that both diverge equally often; None where so few seeds tell that none could decide.

        The seeds are pairs, and only those that end differently say which side diverges more often: given their number,
        each is as likely to be one side's. A test on the two totals (Fisher) would take the sides for independent.
        Errors and time limits may be the machine's: they are no evidence here. A hypothesis that no outcome could
        reject needs no place in the family: Tarone, "A modified Bonferroni method for discrete data", Biometrics 46 (1990).
        """
        mine, its = self.diverged
        return mcnemar_exact(mine, its) if mcnemar_exact(mine + its, 0) <= SIGNIFICANCE else None

    @property
    def words(self) -> str:
        """What did not finish: ``3 of 10 diverged (seeds 1, 4, 7)``; empty where all did."""
        sides = ("", self.variant), ("in the control ", self.control)
        return "; ".join(f"{where}{self._count(ended)}" for where, ended in sides if ended)

    def _count(self, ended: Mapping[int, str]) -> str:
        groups: dict[str, set[int]] = {}
        for seed, status in ended.items():
            groups.setdefault(IN_WORDS.get(status, status), set()).add(seed)
        return ", ".join(f"{len(seeds)} of {self.seeds} {word} ({seeds_in_words(seeds)})" for word, seeds in groups.items())


ALL_FINISHED = Completion()


def completion(variant: Sequence[Record], control: Sequence[Record], metric: Metric | None) -> Completion:
    """Compare which of the seeds that both sides ran ended with a value of the metric; None: with any."""
    mine, its = (unfinished(group, metric) for group in (variant, control))
    both = _ran(variant) & _ran(control)
    return Completion(len(both), *({seed: side[seed] for seed in sorted(side) if seed in both} for side in (mine, its)))


def unfinished(group: Sequence[Record], metric: Metric | None) -> dict[int, str]:
    """Return the seeds of a variant that were run and gave no value of the metric, each with what became of it."""
    ended = {record.seed: record.status for record in group if not record.finished and record.status != INTERRUPTED}
    if metric is not None:
        values = {record.seed: record.metrics.get(metric.column, 0.0) for record in group if record.finished}
        ended |= {seed: NOT_FINITE for seed, value in values.items() if not math.isfinite(value)}
    return ended


def _ran(group: Sequence[Record]) -> set[int]:
    return {record.seed for record in group if record.status != INTERRUPTED}
