"""Several tables of variants side by side: two studies, or one study on two dates, with the difference."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.analysis import LAST, RunDifference, all_at_epoch, compare_runs, differing_settings, is_further_metric
from harness.results.compare_inputs import ComparedTable, Key
from harness.study import is_missing

if TYPE_CHECKING:
    import pandas as pd

COUNTS = frozenset(("seeds", "failed_seeds", "epochs", "parameters", "pairs", "first_test_image_class", "flops_per_sample"))
DIFFERENCES = ("train_loss", "test_loss", "test_accuracy", "value", "seconds", "parameters")


def has_difference(name: str) -> bool:
    """Say whether a column's values are subtracted from those of the first source."""
    return name in DIFFERENCES or (is_further_metric(name) and not name.endswith("_std"))


def set_side_by_side(sources: Sequence[ComparedTable], *, epoch: str = LAST) -> "pd.DataFrame":
    """Return one row a variant with each source's columns, numbered from 1, and the differences from the first.

    Columns: study, variant, change, then X_1, X_2, … of each source and `difference_X` (`difference_X_3` for the third
    source and later ones): a difference of means, over whatever seeds each has. Where both sources have trials,
    `difference_paired` is the mean difference of the metric over the seeds of both, with its 95% interval in
    `difference_low` and `difference_high`, `paired_p` corrected over the study's variants, `paired_seeds`, and the
    `paired_verdict` on the later source. epoch: of which the values are. note: what else differs between the sources:
    settings, data, seeds. Only rows of the same study and variant are held against each other: the bases of two
    studies have no more than a name in common.
    """
    import pandas as pd

    keyed = [_keyed(source) for source in sources]
    runs = run_differences(sources, epoch=epoch)
    keys = dict.fromkeys(key for rows in keyed for key in rows)
    rows = []
    for key in keys:
        found = [rows_of.get(key) for rows_of in keyed]
        first = next(row for row in found if row is not None)
        head = {"study": first["study"], "variant": first["variant"], "change": first["change"]}
        paired = {name: cell for number, of in runs.items() for name, cell in _paired_cells(of.get(key), number).items()}
        rows.append(head | _cells(sources, found) | paired | {"note": "; ".join(_notes(sources, found))})
    return _with_whole_numbers(pd.DataFrame(rows))


def run_differences(sources: Sequence[ComparedTable], *, epoch: str = LAST) -> dict[int, dict[Key, RunDifference]]:
    """Return what became of each variant from the first source to each later one, by its number, where both have trials."""
    first, *others = ({key: all_at_epoch(group, epoch)[0] for key, group in source.records.items()} for source in sources)
    return {number: compare_runs(first, later, epoch=epoch) for number, later in enumerate(others, start=2) if first and later}


def _paired_cells(found: RunDifference | None, number: int) -> dict[str, Any]:
    if found is None:
        return {}
    difference = found.difference
    cells = {
        "difference_paired": difference and difference.mean,
        "difference_low": difference and difference.low,
        "difference_high": difference and difference.high,
        "paired_p": found.p_values.different,
        "paired_seeds": difference.n if difference else 0,
        "paired_verdict": found.verdict.word,
        "paired_detail": found.verdict.detail,
    }
    return {name if number == 2 else f"{name}_{number}": cell for name, cell in cells.items()}


def _keyed(source: ComparedTable) -> dict[Key, dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {name: None if is_missing(value) else value for name, value in row.items()}
        for row in source.table.astype(object).to_dict("records")
    ]
    return {(row["study"], row["variant"]): row for row in rows}


def _cells(sources: Sequence[ComparedTable], found: Sequence[dict[str, Any] | None]) -> dict[str, Any]:
    cells: dict[str, Any] = {}
    same_metric = len({row["metric"] for row in found if row is not None}) < 2
    for name in dict.fromkeys(name for source in sources for name in source.table.columns):
        if name in ("study", "variant", "change"):
            continue
        values = [None if row is None else row.get(name) for row in found]
        cells |= {f"{name}_{number}": value for number, value in enumerate(values, start=1)}
        if has_difference(name):
            alike = same_metric or name != "value"
            for number, value in enumerate(values[1:], start=2):
                cells[difference_name(name, number)] = _difference(values[0], value) if alike else math.nan
    return cells


def difference_name(name: str, number: int) -> str:
    """Return the column that holds a source's difference from the first."""
    return f"difference_{name}" if number == 2 else f"difference_{name}_{number}"


def _difference(first: Any, other: Any) -> float:
    return math.nan if first is None or other is None else other - first


def _with_whole_numbers(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Hold counts as whole numbers though a variant may be missing in a source."""
    for name in frame.columns:
        if name.rpartition("_")[0] in COUNTS or name.startswith("difference_parameters"):
            known = frame[name].dropna().astype(float)
            frame[name] = frame[name].astype("Int64" if (known % 1 == 0).all() else float)
    return frame


def _notes(sources: Sequence[ComparedTable], found: Sequence[dict[str, Any] | None]) -> list[str]:
    """Say what else than the result differs between the sources' records of one variant."""
    first = found[0]
    notes = []
    for number, (source, row) in enumerate(zip(sources, found, strict=True), start=1):
        if row is None:
            notes.append(f"not in {number}")
        elif first is not None and row is not first:
            mine, its = (
                holder.records.get((held["study"], held["variant"]), ())
                for holder, held in ((sources[0], first), (source, row))
            )
            told = all(group and group[0].settings for group in (mine, its))  # which a runs.csv does not
            if told and (differing := differing_settings(mine[0], its[0])):
                notes.append(f"settings differ in {number}: {', '.join(sorted(differing))}")
            if first["metric"] != row["metric"]:
                notes.append(f"metrics differ in {number}: {first['metric']}, {row['metric']}")
            if first["data"] != row["data"]:
                notes.append(f"data differ in {number}: {first['data']}, {row['data']}")
            if first["seeds"] != row["seeds"] or (
                mine and its and {record.seed for record in mine} != {record.seed for record in its}
            ):
                notes.append(f"seeds differ in {number}")
    return notes
