"""Records → the two tables of a study, and their files."""

import math
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.evidence.comparison import Comparison, compare_study
from harness.evidence.costs import COSTS, costs_of, pareto_best, ratios
from harness.csvtext import to_csv
from harness.evidence.proportions import wilson_interval
from harness.records import (
    DIVERGED,
    EXPECTED_ERROR,
    FAILED,
    INTERRUPTED,
    OK,
    TIMEOUT,
    UNEXPECTED_PASS,
    Record,
    attempt_folder,
    trial_folder,
    write_atomically,
)

if TYPE_CHECKING:
    import pandas as pd

RUNS_FILE = "runs.csv"
SUMMARY_FILE = "summary.csv"
METRICS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
# Where seeds of one variant ended differently, the variant's status is the first of these that occurs.
_WORST_FIRST = (FAILED, TIMEOUT, UNEXPECTED_PASS, DIVERGED, INTERRUPTED, EXPECTED_ERROR, OK)


def runs_table(records: Iterable[Record], *, logdir: Path) -> "pd.DataFrame":
    """Return one row a trial, by variant in the study's order, then by seed."""
    import pandas as pd

    frame = pd.DataFrame([_run_row(record, logdir) for record in in_order(records)], columns=list(run_columns()))
    return with_whole_numbers(frame)


def run_columns() -> tuple[str, ...]:
    """Return the columns of runs.csv; others rely on the first ones and their order."""
    return (
        *("study", "variant", "seed", "status", "epochs", *METRICS, "seconds", "error", "trial_id", "logdir"),
        *("first_test_image_class", "first_test_image_probability", "data", "engine", "as_expected", "attempt"),
    )


def _run_row(record: Record, logdir: Path) -> dict[str, Any]:
    trial = trial_folder(logdir, record.study, record.variant, record.seed)
    return {
        **{name: getattr(record, name) for name in ("study", "variant", "seed", "status", "error", "trial_id")},
        **{name: record.metrics.get(name, math.nan) for name in METRICS},
        **_first_image([record]),
        "epochs": record.epochs or math.nan,
        "seconds": record.cost.get("seconds", math.nan),
        "logdir": str(attempt_folder(trial, record.attempt)),
        "data": record.data.get("used", ""),
        "engine": record.provenance.get("engine", ""),
        "as_expected": record.as_expected,
        "attempt": record.attempt,
    }


def summary_table(records: Iterable[Record], *, logdir: Path | None = None) -> "pd.DataFrame":
    """Return one row a variant, the base first, with its difference from its control on the same seeds.

    logdir: where the trials lie, so that a study of one seed can be compared on its test samples.
    """
    import pandas as pd

    by_variant: dict[str, list[Record]] = {}
    for record in in_order(records):
        by_variant.setdefault(record.variant, []).append(record)
    comparisons = compare_study(by_variant, logdir=logdir)
    costs = {name: costs_of(group) for name, group in by_variant.items()}
    rows = [_summary_row(group, comparisons.get(name)) | costs[name] for name, group in by_variant.items()]
    for row, best in zip(rows, pareto_best(rows), strict=True):
        row["pareto"] = best
        if row["control"] in costs:
            row |= ratios(costs[row["variant"]], costs[row["control"]])
    return with_whole_numbers(pd.DataFrame(rows, columns=list(summary_columns())))


def summary_columns() -> tuple[str, ...]:
    """Return the columns of summary.csv; others rely on the first ones and their order."""
    return (
        *("study", "variant", "change", "status", "seeds", "epochs", "parameters", *METRICS, "test_accuracy_std"),
        *("delta_test_accuracy", "ci_low", "ci_high", "p_value", "verdict", "seconds", "error"),
        *("control", "expectation", "as_expected", "failed_seeds", "verdict_detail", "effect_size", "pairs", "pairs_note"),
        *("sample_low", "sample_high", "mcnemar_p", "test_set_low", "test_set_high"),
        *("first_test_image_class", "first_test_image_probability", "data", "engine"),
        *("flops_per_sample", "epoch_seconds", "state_mb", "pareto", *(f"{name}_ratio" for name in COSTS)),
    )


def _summary_row(group: Sequence[Record], comparison: Comparison | None) -> dict[str, Any]:
    first = group[0]
    finished = [record for record in group if record.finished]
    shown = finished or [record for record in group if record.metrics]
    return {
        **{name: getattr(first, name) for name in ("study", "variant", "change", "control", "expectation")},
        **{name: _mean(record.metrics.get(name, math.nan) for record in shown) for name in METRICS},
        **(comparison.cells() if comparison else {}),
        **_first_image(finished),
        **_test_set_interval(finished),
        "status": min((record.status for record in group), key=_WORST_FIRST.index),
        "seeds": len(group),
        "failed_seeds": sum(not record.as_expected for record in group),
        "epochs": _mean(record.epochs or math.nan for record in group),
        "test_accuracy_std": _std([record.metrics.get("test_accuracy", math.nan) for record in finished]),
        "seconds": _mean(record.cost.get("seconds", math.nan) for record in group),
        "error": next((record.error for record in group if record.error), ""),
        "as_expected": all(record.as_expected for record in group),
        "data": " and ".join(sorted({record.data.get("used", "") for record in group})),
        "engine": " and ".join(sorted({record.provenance.get("engine", "") for record in group})),
    }


def write_tables(folder: Path, records: Sequence[Record]) -> None:
    """Write both tables of a study, each in one step."""
    tables = {RUNS_FILE: runs_table(records, logdir=folder.parent), SUMMARY_FILE: summary_table(records, logdir=folder.parent)}
    for name, frame in tables.items():
        write_atomically(folder / name, to_csv(frame))


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records by study, then in the study's order of variants, then by seed."""
    return sorted(records, key=lambda record: (record.study, record.position, record.variant, record.seed))


def _first_image(finished: Sequence[Record]) -> dict[str, Any]:
    """Return what the first finished seed says of the first test image: the class, and how sure it is."""
    for record in finished:
        if record.first_test_image:
            probability = max(record.first_test_image)
            chosen = list(record.first_test_image).index(probability)
            return {"first_test_image_class": chosen, "first_test_image_probability": probability}
    return {"first_test_image_class": math.nan, "first_test_image_probability": math.nan}


def _test_set_interval(finished: Sequence[Record]) -> dict[str, float]:
    """Return the Wilson interval of the mean accuracy: how far the test set, as a sample, could mislead."""
    samples = {record.cost.get("test_samples") for record in finished}
    accuracy = _mean(record.metrics.get("test_accuracy", math.nan) for record in finished)
    count = samples.pop() if len(samples) == 1 else None
    if not count or math.isnan(accuracy):
        return {}
    interval = wilson_interval(round(accuracy * count), int(count))
    return {"test_set_low": interval.low, "test_set_high": interval.high}


def _mean(values: Iterable[float]) -> float:
    finite = [value for value in values if not math.isnan(value)]
    return statistics.fmean(finite) if finite else math.nan


def _std(values: Sequence[float]) -> float:
    finite = [value for value in values if not math.isnan(value)]
    if len(finite) < 2:
        return math.nan
    # statistics.stdev computes in fractions: a tenth of a second over a thousand variants, for digits that no float holds.
    mean = statistics.fmean(finite)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in finite) / (len(finite) - 1))


def with_whole_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Hold counts as whole numbers though cells of their columns are empty; seeds may stop at different epochs."""
    for name in {"epochs", "parameters", "first_test_image_class", "pairs"} & set(frame.columns):
        known = frame[name].dropna().astype(float)
        frame[name] = frame[name].astype("Int64" if (known % 1 == 0).all() else float)
    return frame
