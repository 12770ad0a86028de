"""Records → the two tables of a study, and their files."""

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.comparison import Comparison, compare_study
from harness.analysis.costs import COSTS, costs_of, pareto_best, ratios
from harness.analysis.design import Design, design_in_force, recorded_design
from harness.analysis.epochs import LAST, metric_of
from harness.analysis.interactions import interactions
from harness.analysis.judging import claim_cells
from harness.analysis.sameness import differing_by_seed
from harness.analysis.summary_cells import (
    belief_cells,
    first_image_cells,
    mean,
    mean_cells,
    measured_cells,
    sampling_cells,
    std,
)
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
)
from harness.study import ACCURACY, SPLITS, Metric, metric_from_dict

if TYPE_CHECKING:
    import pandas as pd

METRICS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
_METRIC = re.compile(rf"({'|'.join(SPLITS)})_[A-Za-z][A-Za-z0-9_]*")
# The columns of both files that hold words; whatever reads them back takes it from here.
TEXTS = frozenset(
    "study variant change status verdict error control expectation verdict_detail pairs_note data engine trial_id logdir "
    "metric direction claims interaction_with interaction_alone interaction_verdict interaction_detail looks standing "
    "limited_by".split()
)
FLAGS = frozenset(("as_expected", "pareto"))
_COUNTS = ("best_epoch", "validation_epoch", "unfinished_seeds", "worst_seed", "seeds_needed_low", "seeds_needed_high")
# Where seeds of one variant ended differently, the variant's status is the first of these that occurs.
_WORST_FIRST = (FAILED, TIMEOUT, UNEXPECTED_PASS, DIVERGED, INTERRUPTED, EXPECTED_ERROR, OK)


def runs_table(records: Iterable[Record], *, logdir: Path) -> "pd.DataFrame":
    """Return one row a trial, by variant in the study's order, then by seed."""
    import pandas as pd

    ordered = in_order(records)
    columns = [*run_columns(), *further_metrics(ordered)]
    return with_whole_numbers(pd.DataFrame([_run_row(record, logdir) for record in ordered], columns=columns))


def further_metrics(records: Iterable[Record]) -> list[str]:
    """Return which metrics the records have beyond METRICS, by name within each part of the data."""
    found = {name for record in records for name in record.metrics if is_further_metric(name)}
    return sorted(found, key=lambda name: (SPLITS.index(name.partition("_")[0]), name))


@lru_cache(maxsize=1024)
def is_further_metric(column: str) -> bool:
    """Say whether a column's name is that of a metric which has no column of its own in the tables."""
    return bool(_METRIC.fullmatch(column)) and column not in {*METRICS, *run_columns(), *summary_columns()}


def run_columns() -> tuple[str, ...]:
    """Return the columns of runs.csv but for further metrics; others rely on the first ones and their order."""
    return (
        *("study", "variant", "seed", "status", "epochs", *METRICS, "seconds", "error", "trial_id", "logdir"),
        *("first_test_image_class", "first_test_image_probability", "data", "engine", "as_expected", "attempt"),
        *("metric", "direction", "value", "change"),
    )


def _run_row(record: Record, logdir: Path) -> dict[str, Any]:
    trial = trial_folder(logdir, record.study, record.variant, record.seed)
    metric = metric_from_dict(record.metric)
    return {
        **record.metrics,
        **{name: getattr(record, name) for name in ("study", "variant", "seed", "status", "error", "trial_id", "change")},
        **{name: record.metrics.get(name, math.nan) for name in METRICS},
        **first_image_cells([record]),
        "epochs": record.epochs or math.nan,
        "seconds": record.cost.get("seconds", math.nan),
        "logdir": str(attempt_folder(trial, record.attempt)),
        "data": record.data.get("used", ""),
        "engine": record.provenance.get("engine", ""),
        "as_expected": record.as_expected,
        "attempt": record.attempt,
        "metric": metric.column,
        "direction": metric.direction,
        "value": metric.of(record.metrics),
    }


def summary_table(
    records: Iterable[Record],
    *,
    logdir: Path | None = None,
    metric: Metric | None = None,
    epoch: str = LAST,
    design: Design | None = None,
) -> "pd.DataFrame":
    """Return one row a variant of one study, the base first, with its difference from its control on the same seeds.

    logdir: where the trials lie, so that a study of one seed can be compared on its test samples. metric: what the
    differences and verdicts are about; without one, the metric that the records name. epoch: of which the values are.
    design: by whose looks the study is judged; without one, that which its folder in logdir keeps, if any.
    """
    import pandas as pd

    ordered = in_order(records)
    if design is None and ordered:
        design = recorded_design(ordered) if logdir is None else design_in_force(logdir / ordered[0].study, ordered)
    metric = metric or (metric_of(ordered) if ordered else ACCURACY)
    by_variant: dict[str, list[Record]] = {}
    for record in ordered:
        by_variant.setdefault(record.variant, []).append(record)
    comparisons = compare_study(by_variant, metric=metric, logdir=logdir, epoch=epoch, design=design)
    together = {name: found.cells() for name, found in interactions(by_variant, metric, epoch=epoch, design=design).items()}
    costs = {name: costs_of(group) for name, group in by_variant.items()}
    further = further_metrics(ordered)
    rows = [
        mean_cells(group, (*METRICS, *further))
        | _summary_row(group, comparisons.get(name))
        | measured_cells(group, comparisons.get(name), metric)
        | together.get(name, {})
        | costs[name]
        for name, group in by_variant.items()
    ]
    for row, best in zip(rows, pareto_best(rows), strict=True):
        row["pareto"] = best
        group = by_variant[row["variant"]]
        faults = (_said_of(group, "validation_fault"), _said_of(group, "labels_fault"))
        if said := "; ".join(filter(None, (differing_by_seed(group), _not_reproducible(group), *faults))):
            row["pairs_note"] = "; ".join(filter(None, (said, row.get("pairs_note"))))
        row |= claim_cells(by_variant, row, metric) if epoch == LAST else {}  # what is claimed is of the trained model
        if name_of_control := comparisons.get(row["variant"]) and row["control"]:
            row |= belief_cells(group, by_variant[name_of_control], comparisons[row["variant"]], metric)
        if row["control"] in costs:
            row |= ratios(costs[row["variant"]], costs[row["control"]])
    return with_whole_numbers(pd.DataFrame(rows, columns=[*summary_columns(), *further]))


def summary_columns() -> tuple[str, ...]:
    """Return the columns of summary.csv but for further metrics; others rely on the first ones and their order.

    value, value_std, delta: of the study's metric, as are ci_low, ci_high, p_value and verdict. best_epoch, best_value:
    of each seed's best epoch on the test samples, an optimistic choice; validation_epoch, value_at_validation: of the
    one that the validation samples choose; all four are means over the seeds. as_expected: whether all trials ended so and
    no claim is broken; claims: what became of those on the results: `shown`, `not judged` (on a stand-in, or with a changed
    base), or what broke them. interaction: what the variant's change does beside that of its control, `interaction_with`,
    less what the same change does without it, in `interaction_alone`. unfinished_seeds: that gave no value; completion_p: that
    variant and control diverge equally often; equivalence_p: that their values differ by the margin or more. worst_seed and
    worst_value: of the variant; failure_rate_bound: the highest rate of seeds that do not finish which these leave possible.
    margin: the smallest difference of the metric that matters. seeds_needed_low, seeds_needed_high: between which numbers of
    seeds an inconclusive comparison would likely be settled; MOST_SEEDS + 1 for any above. looks, standing: of a study with a
    design, the looks that are complete, and whether the comparison is settled, goes on, was given up,
    is stuck or not judged. probability_worse, probability_same, probability_better: of the true mean difference below, within
    and above ± margin; probability_of_improvement: that a run of the variant beats one of its control. seeds_error,
    samples_error, test_set_share, new_samples_low, new_samples_high, limited_by: see analysis.test_set_error.
    """
    return (
        *("study", "variant", "change", "status", "seeds", "epochs", "parameters", *METRICS, "test_accuracy_std"),
        *("delta_test_accuracy", "ci_low", "ci_high", "p_value", "verdict", "seconds", "error"),
        *("control", "expectation", "as_expected", "failed_seeds", "verdict_detail", "effect_size", "pairs", "pairs_note"),
        *("sample_low", "sample_high", "mcnemar_p", "test_set_low", "test_set_high"),
        *("first_test_image_class", "first_test_image_probability", "data", "engine"),
        *("flops_per_sample", "epoch_seconds", "state_mb", "pareto", *(f"{name}_ratio" for name in COSTS)),
        *("metric", "direction", "value", "value_std", "delta"),
        *("best_epoch", "best_value", "validation_epoch", "value_at_validation"),
        "claims",
        *("interaction_with", "interaction_alone", "interaction", "interaction_low", "interaction_high", "interaction_p"),
        *("interaction_verdict", "interaction_detail"),
        *("unfinished_seeds", "completion_p", "equivalence_p", "worst_seed", "worst_value", "failure_rate_bound"),
        *("margin", "seeds_needed_low", "seeds_needed_high"),
        *("looks", "standing"),
        *("probability_worse", "probability_same", "probability_better", "probability_of_improvement"),
        *("seeds_error", "samples_error", "test_set_share", "new_samples_low", "new_samples_high", "limited_by"),
    )


def _summary_row(group: Sequence[Record], comparison: Comparison | None) -> dict[str, Any]:
    first = group[0]
    finished = [record for record in group if record.finished]
    return {
        **{name: getattr(first, name) for name in ("study", "variant", "change", "control", "expectation")},
        **(comparison.cells() if comparison else {}),
        **first_image_cells(finished),
        **sampling_cells(finished),
        "status": min((record.status for record in group), key=_WORST_FIRST.index),
        "seeds": len(group),
        "failed_seeds": sum(not record.as_expected for record in group),
        "epochs": mean(record.epochs or math.nan for record in group),
        "test_accuracy_std": std([record.metrics.get("test_accuracy", math.nan) for record in finished]),
        "seconds": mean(record.cost.get("seconds", math.nan) for record in group),
        "error": next((record.error for record in group if record.error), ""),
        "as_expected": all(record.as_expected for record in group),
        "data": " and ".join(sorted({record.data.get("used", "") for record in group})),
        "engine": " and ".join(sorted({record.provenance.get("engine", "") for record in group})),
    }


def _not_reproducible(group: Sequence[Record]) -> str:
    """Say why the trials of a row may give other values under the same seeds; empty where nothing says so."""
    reason = _said_of(group, "not_reproducible")
    return f"not reproducible ({reason})" if reason else ""


def _said_of(group: Sequence[Record], name: str) -> str:
    """Return what the first record of a row whose provenance has this says; empty where none has it."""
    return next((str(said) for record in group if (said := record.provenance.get(name))), "")


def in_order(records: Iterable[Record]) -> list[Record]:
    """Return records by study, then in the study's order of variants, then by seed."""
    return sorted(records, key=lambda record: (record.study, record.position, record.variant, record.seed))


def concat(tables: Sequence["pd.DataFrame"]) -> "pd.DataFrame":
    """Return the rows of several tables as one, with every column that any of them has."""
    if len(tables) == 1:
        return tables[0]
    import pandas as pd

    # A column that is empty throughout one study must not decide the type of another's.
    rows = [row for table in tables for row in table.astype(object).to_dict("records")]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(name for table in tables for name in table))).infer_objects()


def with_whole_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Hold counts as whole numbers though cells of their columns are empty; seeds may stop at different epochs."""
    for name in {"epochs", "parameters", "first_test_image_class", "pairs", *_COUNTS} & set(frame.columns):
        known = frame[name].dropna().astype(float)
        whole = (known % 1 == 0).all() and (known.abs() < 2**63).all()
        frame[name] = frame[name].astype("Int64" if whole else float)
    return frame
