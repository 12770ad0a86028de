"""A study's summary as the Text tab of TensorBoard shows it: what it has shown, in sentences, and the table."""

from typing import TYPE_CHECKING

from harness.analysis import conclude
from harness.results.formats import escape_markdown, to_markdown
from harness.results.naming import difference_of, one_metric, under_its_name
from harness.results.view import make_view, with_intervals

if TYPE_CHECKING:
    import pandas as pd


def findings_text(summary: "pd.DataFrame", *, trials: str) -> str:
    """Return what a study has shown as Markdown: the conclusion in sentences, the table, and what the verdicts mean.

    trials: what the trials of a variant are called: seeds, or folds.
    """
    found = conclude(summary.to_dict("records"), trials=trials)
    sentences = "\n".join(f"- {escape_markdown(sentence)}" for sentence in found.sentences)
    legend = "\n".join(f"- **{escape_markdown(word)}**: {escape_markdown(said)}" for word, said in found.legend.items())
    metric = one_metric([summary])
    named = under_its_name(summary, metric)
    wanted = ("variant", "change", "seeds", metric, f"{metric}_std", difference_of(metric), "ci_low", "ci_high", "verdict")
    columns = [name for name in wanted if name in named and (named[name].notna() & (named[name] != "")).any()]
    return "\n\n".join(filter(None, (sentences, to_markdown(with_intervals(make_view(named, columns))), legend)))
