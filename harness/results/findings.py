"""A study's summary as the Text tab of TensorBoard shows it, and its differences as a picture."""

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.analysis import INCONCLUSIVE
from harness.records import EXPECTED_ERROR
from harness.results.difference_plot import plot_differences
from harness.results.formats import escape_markdown, to_markdown
from harness.results.naming import one_metric, under_its_name
from harness.results.view import make_view
from harness.study import BETTER, EQUIVALENT, WORSE, number_of

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = "difference [95% interval]"
_SAID = {
    BETTER: "Better than the control",
    WORSE: "Worse than the control",
    EQUIVALENT: "No difference that matters",
    INCONCLUSIVE: "Too close to call",
    EXPECTED_ERROR: "Failed, as expected",
}


def findings_text(summary: "pd.DataFrame") -> str:
    """Return what a study has shown as Markdown: the variants by their verdicts, and the table."""
    return f"{conclusion(summary)}\n\n{to_markdown(make_view(named := _named(summary), _columns(named)))}"


def conclusion(summary: "pd.DataFrame") -> str:
    """Return the variants of each verdict in a line of its own, as Markdown, with their differences."""
    by_verdict: dict[str, list[str]] = {}
    for row in summary.to_dict("records"):
        delta = number_of(row["delta"])
        name = f"**{escape_markdown(str(row['variant']))}**" + ("" if delta is None else f" ({delta:+.4g})")
        by_verdict.setdefault(row["verdict"] if isinstance(row["verdict"], str) else "", []).append(name)
    lines = [f"- {said}: {', '.join(by_verdict[word])}" for word, said in _SAID.items() if word in by_verdict]
    return "\n".join(lines) or "No verdicts: they need five seeds."


def differences_png(summary: "pd.DataFrame") -> bytes:
    """Return the differences from the controls with their intervals as a PNG; empty where there is nothing to compare."""
    if not any(number_of(delta) is not None for delta in summary["delta"]):
        return b""
    plot_differences(summary).savefig(file := io.BytesIO(), format="png", dpi=110)
    return file.getvalue()


def _named(summary: "pd.DataFrame") -> "pd.DataFrame":
    return under_its_name(summary, one_metric([summary])).assign(
        **{DIFFERENCE: list(map(_difference, summary.to_dict("records")))}
    )


def _difference(row: Mapping[str, Any]) -> str:
    """Return a row's difference with its interval in one cell: the page has no room for three."""
    numbers = (number_of(row[name]) for name in ("delta", "ci_low", "ci_high"))
    delta, low, high = ("" if number is None else f"{number:+.4f}" for number in numbers)
    return f"{delta} [{low}, {high}]" if low and high else delta


def _columns(named: "pd.DataFrame") -> list[str]:
    metric = one_metric([named])
    wanted = ("variant", "change", "seeds", metric, DIFFERENCE, "verdict")
    return [name for name in wanted if (named[name].notna() & (named[name] != "")).any()]
