"""Each variant of a study against its control, on the same seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.analysis.completion import ALL_FINISHED, unfinished
from harness.analysis.design import Design
from harness.analysis.epochs import LAST
from harness.analysis.looks import corrected_in_looks, look_at
from harness.analysis.pairing import Held, by_seed, hold
from harness.analysis.planning import MOST_SEEDS
from harness.analysis.predictions import AnswersError
from harness.analysis.proportions import SampleDifference, compare_correctness, highest_rate
from harness.analysis.settling import STUCK, Standing, detail_of, standing
from harness.analysis.statistics import PairedDifference
from harness.analysis.test_set_error import LIMITED, TestSetError, error_of_kept, right_answers, same_test_set
from harness.analysis.test_sets import overlap
from harness.analysis.verdicts import INCONCLUSIVE, NONE_FINISHED, UNFAIR, Corrected, Verdict, corrected, verdict
from harness.records import DIVERGED, EXPECTED_ERROR, Record
from harness.study import ACCURACY, EQUIVALENT, FEWEST_PAIRS, Metric, format_metric


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a variant changed, by how much, and whether that is more than noise."""

    difference: PairedDifference | None  # None where no seed has both
    p_values: Corrected  # over the study's variants
    verdict: Verdict
    note: str  # seeds that could not be paired, or did not finish, kept answers that cannot be read; or empty
    sample: SampleDifference | None = None  # with one pair only: what the test set alone can say
    standing: Standing | None = None  # at the last complete look, where the study has a design
    looks: tuple[int, ...] = ()  # the design's, as far as they are complete
    test_set: TestSetError | None = None  # where both kept which test samples they got right
    limited: bool = False  # more seeds would not settle it for other test samples

    @property
    def p_value(self) -> float | None:
        """The corrected p-value that variant and control do not differ."""
        return self.p_values.different

    def cells(self) -> dict[str, Any]:
        """Return the comparison's columns of summary.csv."""
        cells: dict[str, Any] = {"verdict": self.verdict.word, "verdict_detail": self.verdict.detail, "pairs_note": self.note}
        cells |= {"completion_p": self.p_values.diverging, "equivalence_p": self.p_values.equivalent}
        if self.standing is not None:
            cells |= {"looks": " ".join(map(str, self.looks)), "standing": self.standing.word}
        if self.sample is not None:
            cells |= {"sample_low": self.sample.low, "sample_high": self.sample.high, "mcnemar_p": self.sample.p_value}
        if self.difference is None:
            return cells
        if self.test_set is not None:
            cells |= self.test_set.cells() | {"limited_by": LIMITED if self.limited else ""}
        return cells | {
            "delta": self.difference.mean,
            "ci_low": self.difference.low,
            "ci_high": self.difference.high,
            "p_value": self.p_value,
            "effect_size": self.difference.effect_size,
            "pairs": self.difference.n,
            **self._needed(self.difference),
        }

    def _needed(self, difference: PairedDifference) -> dict[str, int]:
        """Return between how many seeds would likely settle it; MOST_SEEDS + 1 stands for any number above."""
        by_values = self.verdict.word == INCONCLUSIVE and self.verdict != UNFAIR and difference.low is not None
        if not by_values or difference.overlap or self.standing is not None:
            return {}
        low, high = (MOST_SEEDS + 1 if end is None else end for end in self.verdict.likely)
        return {"seeds_needed_low": low, "seeds_needed_high": high}


def compare_study(
    by_variant: Mapping[str, Sequence[Record]],
    *,
    metric: Metric = ACCURACY,
    logdir: Path | None = None,
    epoch: str = LAST,
    design: Design | None = None,
) -> dict[str, Comparison]:
    """Return each variant's comparison with its control in the study's metric, p-values corrected over all of them.

    The base has none, nor has a variant whose control has no records. Records that differ from their control's in more
    than the variant declares are not paired: the verdict's detail says why. logdir: where the predictions of single pairs
    lie; without it they are not compared sample by sample, nor where the metric is not the accuracy that they count.
    epoch: of which epoch the records' values are. design: by whose looks the study is judged, if it has one.
    """
    controls = {name: by_variant[group[0].control] for name, group in by_variant.items() if group[0].control in by_variant}
    if design is not None and not any(overlap(group) for group in by_variant.values()):
        return _by_looks(by_variant, controls, design, metric=metric, epoch=epoch, logdir=logdir)
    held = {name: hold(by_variant[name], control, metric=metric, epoch=epoch) for name, control in controls.items()}
    found = {name: None if one.refused or _only_status(by_variant[name]) else one for name, one in held.items()}
    p_values = corrected(
        [one.difference if one else None for one in found.values()],
        margin=metric.margin,
        # Folds share their training samples: how many of them diverge is no count of independent events.
        completions=[one.completion if one and not overlap(by_variant[name]) else ALL_FINISHED for name, one in found.items()],
    )
    folder = logdir if metric.name == ACCURACY.name else None
    answers = None if epoch != LAST else folder
    comparisons = {}
    for (name, one), corrections in zip(held.items(), p_values, strict=True):
        group, control = by_variant[name], controls[name]
        word = verdict_on(group, one, corrections, metric)
        alone = len(one.seeds) == 1 and not one.refused
        sample, fault = _sample(group, control, one.seeds[0], folder) if folder and alone else (None, "")
        compared = Comparison(one.difference, corrections, word, _note(word, one.note, fault), sample)
        comparisons[name] = _on_samples(compared, (group, control), one, answers, metric)
    return comparisons


def _on_samples(
    found: Comparison, sides: tuple[Sequence[Record], Sequence[Record]], held: Held, answers: Path | None, metric: Metric
) -> Comparison:
    """Add what of a comparison's error is the test set's own, where its trials kept their answers in this log folder.

    An open comparison that the test set limits says so: more seeds would settle it for these samples alone.
    """
    if answers is None or held.refused or held.difference is None or any(map(overlap, sides)):
        return found
    error = error_of_kept(*sides, held.seeds, logdir=answers, metric=metric)
    low, high, word = held.difference.low, held.difference.high, found.verdict
    is_open = word.word == INCONCLUSIVE and word != UNFAIR and low is not None and high is not None
    if error is None or not is_open or not error.limits(low or 0.0, high or 0.0, metric.margin):
        return replace(found, test_set=error)
    detail = "; ".join(filter(None, (word.detail, f"but for these {error.samples:,} test samples alone")))
    return replace(found, test_set=error, limited=True, verdict=replace(word, detail=detail))


def _by_looks(
    by_variant: Mapping[str, Sequence[Record]],
    controls: Mapping[str, Sequence[Record]],
    design: Design,
    *,
    metric: Metric,
    epoch: str,
    logdir: Path | None,
) -> dict[str, Comparison]:
    """Return each variant's comparison at the last complete look of the design, and how it stands there."""
    looked = {
        name: look_at(by_variant[name], control, design, metric=metric, epoch=epoch) for name, control in controls.items()
    }
    judged = [name for name, one in looked.items() if not one.held.refused and not _only_status(by_variant[name])]
    histories = [[(one.difference, one.completion) for one in looked[name].history] for name in judged]
    p_values, left = corrected_in_looks(histories, design, margin=metric.margin)
    corrections = dict.fromkeys(looked, Corrected()) | dict(zip(judged, p_values, strict=True))
    answers = logdir if metric.name == ACCURACY.name and epoch == LAST else None
    comparisons = {}
    for name, one in looked.items():
        word = verdict_on(by_variant[name], one.held, corrections[name], metric)
        how = standing(by_variant[name], one, word, left=left, design=design, metric=metric)
        word = replace(word, detail=detail_of(word, how))
        note = _note(word, one.held.note, how.why if how.word == STUCK else "")
        found = Comparison(one.held.difference, corrections[name], word, note, standing=how, looks=one.looks)
        comparisons[name] = _on_samples(found, (by_variant[name], controls[name]), one.held, answers, metric)
    return comparisons


def _note(word: Verdict, *notes: str) -> str:
    return "" if word.word in (EXPECTED_ERROR, DIVERGED) else "; ".join(filter(None, notes))


def _sample(
    variant: Sequence[Record], control: Sequence[Record], seed: int, logdir: Path
) -> tuple[SampleDifference | None, str]:
    """Return what the test set alone says, if anything, and what is wrong with the answers that were kept."""
    trials = [next(record for record in group if record.seed == seed) for group in (variant, control)]
    try:
        mine, its = (right_answers(record, logdir) for record in trials)
    except AnswersError as error:
        return None, f"not compared on the test samples: {error}"
    if mine is None or its is None or mine.shape != its.shape or not same_test_set(*trials):
        return None, ""
    return compare_correctness(mine, its), ""


def verdict_on(group: Sequence[Record], held: Held, p_values: Corrected, metric: Metric) -> Verdict:
    """Return the verdict on a variant that is held against its control, or what became of all of its seeds."""
    if status := _only_status(group):
        return Verdict(status, "")
    if held.refused:
        return Verdict("", held.refused)
    found = verdict(held.difference, p_values, metric=metric, completion=held.completion)
    if held.difference is None and held.completion.words and not found.word:
        return Verdict("", f"{NONE_FINISHED}: 0 of {FEWEST_PAIRS} seeds")
    return replace(found, detail=f"{found.detail}; {_worst(group, metric)}") if found.word == EQUIVALENT else found


def _only_status(group: Sequence[Record]) -> str:
    """Return the status of a variant all of whose seeds raised the expected error, or diverged; empty for any other."""
    statuses = {record.status for record in group}
    return statuses.pop() if statuses in ({EXPECTED_ERROR}, {DIVERGED}) else ""


def _worst(group: Sequence[Record], metric: Metric) -> str:
    """Say what the seeds of an equivalent variant do not show: its worst one, and a collapse too rare for so few."""
    cells = reliability_cells(group, metric)
    value = format_metric(cells["worst_value"], fraction=metric.fraction)
    if overlap(group):
        return f"worst fold {value}"
    bound = f"failures of up to {cells['failure_rate_bound']:.0%} of seeds may not show in {_ran(group, metric)}"
    return f"worst seed {value}; {bound}"


def _ran(group: Sequence[Record], metric: Metric) -> int:
    """Count a variant's seeds that came to an end of their own, with a value or without."""
    return len({*unfinished(group, metric), *by_seed(group, metric)})


def reliability_cells(group: Sequence[Record], metric: Metric) -> dict[str, Any]:
    """Return a variant's worst seed, and how often seeds may fail for all that is known.

    failure_rate_bound: the highest rate of seeds that do not finish which the present ones do not rule out, with 95%.
    """
    lost, values = unfinished(group, metric), by_seed(group, metric)
    finite = {seed: value for seed, value in values.items() if seed not in lost and math.isfinite(value)}
    ran = _ran(group, metric)
    cells: dict[str, Any] = {"unfinished_seeds": len(lost)}
    if ran and not overlap(group):  # the bound takes trials for independent
        cells["failure_rate_bound"] = highest_rate(len(lost), ran)
    if finite:
        worst = (min if metric.higher_is_better else max)(finite, key=finite.__getitem__)
        cells |= {"worst_seed": worst, "worst_value": finite[worst]}
    return cells
