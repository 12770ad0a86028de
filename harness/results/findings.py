"""A study's summary as the Text tab of TensorBoard shows it: what it has shown, in sentences, and the table."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.analysis import conclude
from harness.results.formats import escape_markdown, to_markdown
from harness.results.naming import one_metric, under_its_name
from harness.results.view import make_view
from harness.study import number_of

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = "difference [95% interval]"


def findings_text(summary: "pd.DataFrame", *, trials: str) -> str:
    """Return what a study has shown as Markdown: the conclusion in sentences, the table, and what the verdicts mean.

    trials: what the trials of a variant are called: seeds, or folds.
    """
    found = conclude(summary.to_dict("records"), trials=trials)
    sentences = "\n".join(f"- {escape_markdown(sentence)}" for sentence in found.sentences)
    legend = "\n".join(f"- **{escape_markdown(word)}**: {escape_markdown(said)}" for word, said in found.legend.items())
    metric = one_metric([summary])
    named = under_its_name(summary, metric).assign(**{DIFFERENCE: list(map(_difference, summary.to_dict("records")))})
    wanted = ("variant", "change", "seeds", metric, DIFFERENCE, "verdict")
    columns = [name for name in wanted if (named[name].notna() & (named[name] != "")).any()]
    return "\n\n".join(filter(None, (sentences, to_markdown(make_view(named, columns)), legend)))


def _difference(row: Mapping[str, Any]) -> str:
    """Return a row's difference with its interval in one cell: the page has no room for three."""
    numbers = (number_of(row[name]) for name in ("delta", "ci_low", "ci_high"))
    delta, low, high = ("" if number is None else f"{number:+.4f}" for number in numbers)
    return f"{delta} [{low}, {high}]" if low and high else delta
