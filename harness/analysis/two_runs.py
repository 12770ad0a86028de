"""One study on two dates or two machines: each variant against itself, on the seeds that both runs have."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.analysis.comparison import verdict_on
from harness.analysis.completion import ALL_FINISHED
from harness.analysis.epochs import LAST
from harness.analysis.pairing import Held, hold_seeds
from harness.analysis.statistics import PairedDifference
from harness.analysis.test_sets import overlap
from harness.analysis.verdicts import ROUNDING, Corrected, Verdict, corrected, is_judged
from harness.records import Record
from harness.study import ACCURACY, NO_VERDICT, Metric, metric_from_dict

Key = tuple[str, str]  # study and variant


@dataclass(frozen=True, slots=True)
class RunDifference:
    """What became of a variant from an earlier run to a later one.

    difference: later minus earlier, over the seeds of both; None where there is no pair. verdict: `better`, `worse`, … of the
    later run, by the rules of a variant and its control. lost: seeds that ended as expected before, and do not now.
    fallen: whether each seed is worse by one and the same amount, of the margin or more: there is no spread for a test to
    judge by, nor is there any chance in it.
    """

    difference: PairedDifference | None
    p_values: Corrected
    verdict: Verdict
    note: str
    lost: tuple[int, ...] = ()
    fallen: bool = False


def compare_runs(
    earlier: Mapping[Key, Sequence[Record]], later: Mapping[Key, Sequence[Record]], *, epoch: str = LAST
) -> dict[Key, RunDifference]:
    """Return the difference of each variant that both runs have, p-values corrected over all variants of its study.

    Settings, sources and versions may differ: what they come to is the question. Test samples and metrics may not.
    """
    both = [key for key in earlier if key in later]
    metrics = {key: _metric(earlier[key], later[key]) for key in both}
    held = {key: _held(later[key], earlier[key], metrics[key], epoch) for key in both}
    found: dict[Key, RunDifference] = {}
    for study in dict.fromkeys(study for study, _ in both):
        keys = [key for key in both if key[0] == study]
        judged = [None if held[key].refused else held[key] for key in keys]
        folded = [overlap(later[key], earlier[key]) for key in keys]
        p_values = corrected(
            [one.difference if one else None for one in judged],
            margin=_margin(metrics[key] for key in keys),
            completions=[
                one.completion if one and not folds else ALL_FINISHED for one, folds in zip(judged, folded, strict=True)
            ],
        )
        for key, correction in zip(keys, p_values, strict=True):
            word = verdict_on(later[key], held[key], correction, metrics[key] or ACCURACY)
            lost = _lost(earlier[key], later[key])
            fallen = not held[key].refused and _fallen(held[key].difference, metrics[key] or ACCURACY)
            found[key] = RunDifference(held[key].difference, correction, word, held[key].note, lost, fallen)
    return found


def _fallen(difference: PairedDifference | None, metric: Metric) -> bool:
    if not is_judged(difference) or difference.low is not None:
        return False
    loss = -difference.mean if metric.higher_is_better else difference.mean
    return loss > 0 and loss >= metric.margin * (1 - ROUNDING)


def _held(later: Sequence[Record], earlier: Sequence[Record], metric: Metric | None, epoch: str) -> Held:
    if metric is None:
        return Held(None, ALL_FINISHED, (), "", f"{NO_VERDICT}judged by another metric than before")
    held = hold_seeds(later, earlier, metric=metric, epoch=epoch)
    return replace(held, refused=held.refused.replace(f"than {earlier[0].variant}", "than before"))


def _metric(earlier: Sequence[Record], later: Sequence[Record]) -> Metric | None:
    """Return the metric that both runs are judged by, as the later one declares it; None where they have two.

    What a runs.csv tells of a metric has no margin, as it has no settings: the other run's counts.
    """
    before, now = (metric_from_dict(group[0].metric) for group in (earlier, later))
    if (before.name, before.higher_is_better) != (now.name, now.higher_is_better):
        return None
    return before if earlier[0].settings and not later[0].settings else now


def _margin(metrics: Iterable[Metric | None]) -> float:
    return max((metric.margin for metric in metrics if metric), default=0.0)


def _lost(earlier: Sequence[Record], later: Sequence[Record]) -> tuple[int, ...]:
    before = {record.seed for record in earlier if record.as_expected}
    return tuple(sorted(record.seed for record in later if not record.as_expected and record.seed in before))
