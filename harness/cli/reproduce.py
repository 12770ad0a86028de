"""`reproduce`: the figures that are documented of a study, beside the measured ones."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from harness.analysis import matching_records
from harness.cli.terminal.summary import make_console, number
from harness.course import (
    FEWEST_SEEDS,
    Reproduction,
    compare_documented,
    conclusions,
    documented_figures,
    documented_studies,
    figures_path,
    measured_values,
)
from harness.errors import UsageError
from harness.records import load_records
from harness.study import load_study

MARKDOWN_WIDTH = 400  # a row of a Markdown table must not break
_PLAUSIBLE = {True: Text("yes", style="green"), False: Text("no", style="bold red"), None: Text("?", style="yellow")}


def print_reproduction(name: str, *, logdir: Path, form: str) -> None:
    """Print a study's documented figures beside the measured ones; UsageError for a study without any."""
    study = load_study(name)
    records, problems = load_records(logdir / study.name)
    standing, left_out = matching_records(records, study)
    measured = measured_values(standing)
    figures = documented_figures(study, measured)
    if not figures:
        known = " or ".join(documented_studies())
        raise UsageError(f"Study {study.name!r} has no documented figures; expected {known}, or write {figures_path(study)}.")
    rows = compare_documented(figures, measured)
    console, notices = make_console(), make_console(stderr=True)
    if form == "csv":
        console.file.write(_frame(rows).to_csv(index=False, lineterminator="\n"))
    elif form == "json":
        console.file.write(_frame(rows).to_json(orient="records", indent=1, force_ascii=False) + "\n")
    elif form == "markdown":
        console.print(figures_table(rows, title="", style=box.MARKDOWN), width=MARKDOWN_WIDTH, crop=False)
        console.print("\n".join(["", *(f"- {line}" for line in findings(rows))]), markup=False, soft_wrap=True)
    else:
        console.print(figures_table(rows, title=f"{study.name}: documented and measured", style=box.HEAVY_HEAD))
        console.print("\n".join(findings(rows)), markup=False)
    if left_out:
        notices.print(f"{len(left_out)} records of other settings or of stand-in data were not counted.")
    for problem in problems:
        notices.print(f"Set aside: {problem}", markup=False)


def figures_table(rows: Iterable[Reproduction], *, title: str, style: box.Box) -> Table:
    """Draw each documented figure with what was measured and whether it could be one more run's."""
    table = Table(title=title or None, title_justify="left", box=style)
    for heading in ("variant", "metric"):
        table.add_column(heading, no_wrap=True)
    for heading in ("epoch", "documented", "measured", "seeds", "95% interval for one more run"):
        table.add_column(heading, justify="right")
    table.add_column("plausible")
    table.add_column("note", overflow="fold")
    for row in rows:
        figure = row.figure
        table.add_row(
            figure.variant,
            figure.metric,
            "" if figure.epoch is None else str(figure.epoch),
            f"{figure.value:.{decimals(row)}f}",
            _measured(row),
            str(row.n or ""),
            f"{row.low:.4f} … {row.high:.4f}" if row.low is not None else "",
            _PLAUSIBLE[row.plausible] if row.n else "",
            row.note,
        )
    return table


def decimals(row: Reproduction) -> int:
    """Return how many decimals the notes print of a figure; rounding is half a unit of the last one."""
    return len(f"{2 * row.figure.rounding:.10f}".rstrip("0").partition(".")[2])


def _measured(row: Reproduction) -> str:
    exact = row.std is None and row.measured is not None and row.measured.is_integer()
    mean = number(row.measured, "g" if exact else ".4f")
    return mean if row.std is None else f"{mean} ± {row.std:.4f}"


def findings(rows: Sequence[Reproduction]) -> list[str]:
    """Say in plain sentences what the comparison found, and what the number of seeds leaves open."""
    lines = list(conclusions(rows))
    measured = [row for row in rows if row.n]
    if not measured:
        return ["Nothing is measured yet: run the study first."]
    fewest = min(row.n for row in measured)
    if fewest < 2:
        lines.append("With one seed no interval is possible: run at least 2, better 5.")
    elif fewest < FEWEST_SEEDS:
        lines.append(f"With fewer than {FEWEST_SEEDS} seeds no other variant is tried as an explanation.")
    return lines


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
