"""A study's summary as the Text tab of TensorBoard shows it, and its differences as a picture."""

import io
from typing import TYPE_CHECKING

from harness.analysis import INCONCLUSIVE
from harness.records import EXPECTED_ERROR
from harness.results.difference_plot import plot_differences
from harness.results.formats import escape_markdown, to_markdown
from harness.results.naming import difference_of, one_metric, under_its_name
from harness.results.view import make_view
from harness.study import BETTER, EQUIVALENT, WORSE, number_of

if TYPE_CHECKING:
    import pandas as pd

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
    return under_its_name(summary, one_metric([summary]))


def _columns(named: "pd.DataFrame") -> list[str]:
    metric = one_metric([named])
    wanted = ("variant", "change", "control", "status", "seeds", metric, difference_of(metric), "ci_low", "ci_high", "verdict")
    return [name for name in wanted if (named[name].notna() & (named[name] != "")).any()]
