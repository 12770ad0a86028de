"""The figures that are documented of a study, read from the file beside it: mine.documented.csv."""

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from harness.course.question_evidence import require_metric
from harness.errors import UsageError, unknown
from harness.study import Study, study_files

COLUMNS = ("variant", "metric", "epoch", "value", "source")
EXACT = ("first_test_image_class", "epochs_run")
THRESHOLD = "_above_at_step_"  # test_accuracy_above_at_step_200: the accuracy after 200 batches exceeds the figure
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class Figure:
    """One documented number; rounding is half a unit of its last printed digit."""

    study: str
    variant: str
    metric: str
    epoch: int | None
    value: float
    rounding: float
    source: str


def documented_figures(study: Study, measured: Collection[tuple[str, str, int | None]] = ()) -> tuple[Figure, ...]:
    """Return what is documented of a study, in its file's order; empty where no file lies beside the study's own.

    measured: variant, metric and epoch of all that the study's records measured, which tell what a variant can have.
    UsageError, with file and line, for a file that is malformed or names what the study does not have.
    """
    path = figures_path(study)
    if path is None or not path.is_file():
        return ()
    try:
        recorded: dict[str, set[str]] = {}
        for variant, metric, _ in measured:
            recorded.setdefault(variant, set()).add(metric)
        return tuple(_figures(path, study, recorded))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"Figures file {path} cannot be read: {error}.") from None


def figures_path(study: Study) -> Path | None:
    """Return where a study's documented figures are or would be; None for a study without a file."""
    return study.path and study.path.with_name(f"{study.path.stem}.documented.csv")


def documented_studies() -> tuple[str, ...]:
    """Return the names of the studies in experiments/ of which figures are documented."""
    return tuple(name for name, path in study_files().items() if path.with_name(f"{path.stem}.documented.csv").is_file())


def _figures(path: Path, study: Study, recorded: Mapping[str, Collection[str]]) -> Iterator[Figure]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, strict=True)
        for name in rows.fieldnames or ():
            if name not in COLUMNS:
                raise UsageError(f"Figures file {path}, line 1: {unknown('Column', name, COLUMNS)}")
        if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
            raise UsageError(f"Figures file {path}, line 1: no column {missing[0]}; expected {','.join(COLUMNS)}.")
        for row in rows:
            try:
                if None in row or None in row.values():
                    raise UsageError(f"not as many cells as columns; expected {len(COLUMNS)}.")
                yield _figure(row, study, recorded.get(row["variant"], ()))
            except UsageError as error:
                raise UsageError(f"Figures file {path}, line {rows.line_num}: {error}") from None


def _figure(row: Mapping[str, str], study: Study, recorded: Collection[str]) -> Figure:
    """Return a row of the file as a figure; UsageError for what cannot be one of the study's."""
    if row["variant"] not in study.names:
        raise unknown("Variant", row["variant"], study.names)
    measure, _, step = row["metric"].partition(THRESHOLD)
    if measure not in EXACT:
        require_metric(measure, study, recorded)
    if THRESHOLD in row["metric"] and not step.isdecimal():
        raise UsageError(f"metric is {row['metric']!r}; expected a number of batches behind {THRESHOLD!r}.")
    if row["epoch"] and not (row["epoch"].isdecimal() and int(row["epoch"])):
        raise UsageError(f"epoch is {row['epoch']!r}; expected a number from 1, or nothing.")
    if not _NUMBER.fullmatch(row["value"]):
        raise UsageError(f"value is {row['value']!r}; expected a number as it is printed, such as 0.9785.")
    return Figure(
        study=study.name,
        variant=row["variant"],
        metric=row["metric"],
        epoch=int(row["epoch"]) if row["epoch"] else None,
        value=float(row["value"]),
        rounding=0.5 * 10.0 ** int(Decimal(row["value"]).as_tuple().exponent),
        source=row["source"],
    )
