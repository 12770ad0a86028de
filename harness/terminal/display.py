"""What the terminal shows: tables, drawn with rich."""

from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from harness.metrics import ACCURACY
from harness.variants import BASE

if TYPE_CHECKING:
    import pandas as pd

PLAIN_WIDTH = 160  # where the output is no terminal
TINY = 1e-99  # a p-value below this is shown as that
ROOMY_WIDTH = 148  # from here on the intervals have a place
SPREAD_WIDTH = 122  # from here on the standard deviations and the seconds have one
STATUS_STYLES = {
    "ok": "green",
    "expected-error": "cyan",
    "diverged": "magenta",
    "unexpected-pass": "red",
    "failed": "bold red",
    "timeout": "bold red",
    "interrupted": "yellow",
}
VERDICT_STYLES = {"better": "bold green", "worse": "bold red", "equivalent": "cyan", "inconclusive": "yellow"}


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for the tables where there is none."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def summary_view(frame: "pd.DataFrame", *, title: str, width: int) -> Group:
    """Draw the summary: one row a variant, the base first, and below it what needs a sentence."""
    from harness.evidence.verdicts import FEWEST_PAIRS

    rows = frame.to_dict("records")
    metric = rows[0]["metric"].replace("_", " ") if rows else ACCURACY.words
    if metric != ACCURACY.words:
        title = f"{title} ({metric}: {rows[0]['direction']} is better)"
    roomy, narrow = width >= ROOMY_WIDTH, width < SPREAD_WIDTH
    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, int(roomy), 0, 0), show_edge=False)
    table.add_column("variant", no_wrap=True)
    table.add_column("change", overflow="fold", min_width=12)
    table.add_column("status", overflow="fold", min_width=9)
    counts = ("seeds", "epochs", "params" if narrow else "parameters", metric.removeprefix("test ") if narrow else metric)
    for name in (*counts, "difference [95% interval]" if roomy else "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True, min_width=12)
    if not narrow:
        table.add_column("seconds", justify="right", no_wrap=True)
    for row in rows:
        cells = _summary_cells(row, roomy=roomy, narrow=narrow)
        table.add_row(*cells[: len(table.columns)], style="bold" if row["variant"] == BASE else "")
    notes = [Text.assemble((f"{row['variant']}: ", "bold"), note) for row in rows if (note := _note(row))]
    if any(present(row["pairs"]) and row["pairs"] < FEWEST_PAIRS for row in rows):
        sampled = " An interval from the test samples of one seed says nothing of other seeds."
        few = f"Verdicts need {FEWEST_PAIRS} seeds." + (sampled if any(present(row["mcnemar_p"]) for row in rows) else "")
        notes.append(Text(few, style="yellow"))
    return Group(table, *notes)


def _summary_cells(row: dict[str, Any], *, roomy: bool, narrow: bool) -> list[Text | str]:
    from harness.results.views import format_value

    value, deviation, difference, low, high = (
        format_value(name, row[name], metric=row["metric"]) for name in ("value", "value_std", "delta", "ci_low", "ci_high")
    )
    interval = f" [{low}, {high}]" if roomy and low else ""
    deviation = f" ± {deviation}" if not narrow and deviation else ""
    verdict = words(row["verdict"]) if row["verdict"] != row["status"] else ""  # an expected error is said once
    return [
        row["variant"],
        escape(row["change"]),
        Text(row["status"], style=STATUS_STYLES.get(row["status"], "")),
        str(row["seeds"]),
        number(row["epochs"], "g"),
        number(row["parameters"], ",.0f"),
        value + deviation,
        Text(difference + interval),
        Text(verdict, style=VERDICT_STYLES.get(verdict, "")),
        number(row["seconds"], ".1f"),
    ]


def _note(row: dict[str, Any]) -> str:
    parts = [row["error"], words(row["verdict_detail"]) if words(row["verdict"]) == "inconclusive" else "", words(row["pairs_note"])]
    if present(row["mcnemar_p"]):
        interval = f"[{row['sample_low']:+.4f}, {row['sample_high']:+.4f}]"
        p_value = f"= {row['mcnemar_p']:.2g}" if row["mcnemar_p"] >= TINY else f"< {TINY:g}"
        parts.append(f"test samples alone {interval}, McNemar p {p_value}")
    return "; ".join(part for part in parts if part)


def words(value: object) -> str:
    """Return a cell's text, empty where it has none."""
    return value if isinstance(value, str) else ""


def present(value: object) -> bool:
    """Say whether a cell holds a number."""
    import pandas as pd

    return not isinstance(value, str) and not pd.isna(value)


def number(value: object, form: str) -> str:
    """Write a number, or nothing where there is none."""
    return format(value, form) if present(value) else ""


def duration(seconds: float) -> str:
    """Write a duration as one would say it: 45 s, 3 min 20 s, 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
