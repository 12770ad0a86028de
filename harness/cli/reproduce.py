"""`reproduce`: the figures that are documented of a study, beside the measured ones."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from harness.analysis import left_out_reasons, matching_records
from harness.cli.terminal.summary import make_console, number
from harness.cli.terminal.table import Column, Row, Table
from harness.course import (
    FEWEST_SEEDS,
    Reproduction,
    by_variant,
    compare_documented,
    conclusions,
    documented_figures,
    documented_studies,
    measured_values,
)
from harness.errors import UsageError
from harness.records import command, load_records, logdir_words, with_addresses
from harness.results import Cell, View, to_markdown
from harness.study import load_study

INTERVAL = "95% interval for one more run"
_WORDS = {True: "yes", False: "no", None: "?"}
_STYLES = {"yes": "green", "no": "bold red", "?": "yellow"}


def print_reproduction(name: str, *, logdir: Path, form: str, details: bool = False) -> None:
    """Print a study's documented figures beside the measured ones; UsageError for a study without any.

    details: whether the table has a line for each figure, not for each variant.
    """
    study = load_study(name)
    records, problems = load_records(logdir / study.name)
    standing, left_out = matching_records(records, study)
    measured = measured_values(standing)
    figures = documented_figures(study, measured)
    if not figures:
        known = ", ".join(documented_studies())
        beside = f"{study.file.stem}.documented.csv beside its file"
        raise UsageError(f"Study {study.name!r} has no documented figures; expected one of {known}, or {beside}.")
    rows = compare_documented(figures, measured)
    console, notices = make_console(), make_console(stderr=True)
    if form == "csv":
        console.file.write(_frame(rows).to_csv(index=False, lineterminator="\n"))
    elif form == "json":
        console.file.write(_frame(rows).to_json(orient="records", indent=1, force_ascii=False) + "\n")
    elif form == "markdown":
        console.file.write("\n".join([figures_markdown(rows), *(f"- {line}" for line in findings(rows))]) + "\n")
    elif details:
        console.print(figures_table(rows, title=f"{study.name}: documented and measured"))
        console.print("\n".join(findings(rows)), markup=False)
    else:
        console.print(variants_table(rows, title=f"{study.name}: which documented figures one more run could give"))
        console.print("\n".join(remarks(rows)) or "Each figure: --details.", markup=False)
    for reason in left_out_reasons(left_out, study):
        notices.print(f"Not counted: {reason}.", markup=False)
    if form == "table" and not all(row.n for row in rows):
        again = command("run", name, *logdir_words(logdir))
        notices.print(f"To measure the study as it is: {again}", markup=False, soft_wrap=True)
    for problem in problems:
        notices.print(f"Set aside: {with_addresses(problem)}", markup=False)


def variants_table(rows: Sequence[Reproduction], *, title: str) -> Table:
    """Return a line for each variant: how many of its documented figures are plausible, over how many seeds."""
    columns = (Column("variant"), Column("plausible"), Column("seeds", justify="right", rank=1), Column("remark", text=True))
    drawn: list[Row] = []
    for one in by_variant(rows):
        style = (
            "" if not one.judged else "green" if one.plausible == one.judged else "bold red" if not one.plausible else "yellow"
        )
        count = Text(f"{one.plausible} of {one.judged}" if one.judged else "", style=style)
        drawn.append((one.variant, count, str(one.seeds or ""), one.remark))
    return Table(columns, drawn, title=title)


def figures_table(rows: Sequence[Reproduction], *, title: str) -> Table:
    """Return each documented figure, below its variant, with what was measured and whether it could be one more run's."""
    columns = (
        *(Column("metric", text=True), Column("epoch", justify="right"), Column("documented", justify="right")),
        *(Column("measured", justify="right"), Column("standard deviation", rank=1, joined="")),
        *(Column("seeds", justify="right", rank=2), Column(INTERVAL, justify="right")),
        *(Column("plausible"), Column("note", text=True, below=True)),
    )
    drawn: list[Row] = []
    shown = ""
    for row in rows:
        variant, metric, *cells = _texts(row)
        drawn += [variant] if variant != shown else []
        drawn.append((metric.replace("_", " "), *cells))
        shown = variant
    return Table(columns, drawn, title=title)


def figures_markdown(rows: Sequence[Reproduction]) -> str:
    """Return the same in Markdown, the variant in each row."""
    headings = ("variant", "metric", "epoch", "documented", "measured", "seeds", INTERVAL, "plausible", "note")
    cells = []
    for row in rows:
        *before, mean, deviation, seeds, interval, plausible, note = _texts(row)
        cells.append(tuple(map(Cell, (*before, mean + deviation, seeds, interval, plausible.plain, note))))
    return to_markdown(View(headings, tuple(2 <= place < 7 for place in range(9)), tuple(cells), ""))


def _texts(row: Reproduction) -> tuple[Any, ...]:
    """Return variant, metric, epoch, documented, mean, deviation, seeds, interval, plausible, note."""
    figure, word = row.figure, _WORDS[row.plausible] if row.n else ""
    epoch, documented = "" if figure.epoch is None else str(figure.epoch), f"{figure.value:.{decimals(row)}f}"
    interval = f"{row.low:.4f} … {row.high:.4f}" if row.low is not None else ""
    plausible = Text(word, style=_STYLES.get(word, ""))
    return figure.variant, figure.metric, epoch, documented, *_measured(row), str(row.n or ""), interval, plausible, row.note


def decimals(row: Reproduction) -> int:
    """Return how many decimals the notes print of a figure; rounding is half a unit of the last one."""
    return len(f"{2 * row.figure.rounding:.10f}".rstrip("0").partition(".")[2])


def _measured(row: Reproduction) -> tuple[str, str]:
    exact = row.std is None and row.measured is not None and row.measured.is_integer()
    return number(row.measured, "g" if exact else ".4f"), "" if row.std is None else f" ± {row.std:.4f}"


def findings(rows: Sequence[Reproduction]) -> list[str]:
    """Say in plain sentences what the comparison found, and what the number of seeds leaves open."""
    return [*conclusions(rows), *remarks(rows)]


def remarks(rows: Sequence[Reproduction]) -> list[str]:
    """Say what the number of seeds leaves open."""
    fewest = min((row.n for row in rows if row.n), default=0)
    if not fewest:
        return ["Nothing is measured yet."]
    if fewest < 2:
        return ["With one seed no interval is possible: run at least 2, better 5."]
    return (
        [f"With fewer than {FEWEST_SEEDS} seeds no other variant is tried as an explanation."] if fewest < FEWEST_SEEDS else []
    )


def _frame(rows: Iterable[Reproduction]) -> Any:
    import pandas as pd

    return pd.DataFrame([_cells(row) for row in rows]).astype({"epoch": "Int64", "plausible": "boolean"})


def _cells(row: Reproduction) -> dict[str, Any]:
    figure = row.figure
    return {
        **{name: getattr(figure, name) for name in ("study", "variant", "metric", "epoch")},
        "documented": figure.value,
        **{name: getattr(row, name) for name in ("measured", "std", "n", "low", "high", "plausible")},
        "explained_by": " ".join(row.explained_by),
        "note": row.note,
        "source": figure.source,
    }
