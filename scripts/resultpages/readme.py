"""The few results that the README shows, in both of its languages: a table of eight variants, and their differences drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.errors import UsageError
from harness.results import plot_differences
from resultpages.pictures import smaller
from resultpages.published import ENOUGH_SEEDS, Published

# What matters, what takes more seeds to tell, what makes no difference, what was given up, and what must fail.
SHOWN = (
    *("base", "no-normalization", "learning-rate-0.0001", "epochs-15", "neurons-512"),
    *("extra-hidden-layer", "fashion-512", "no-flatten"),
)
PICTURE = Path("docs/differences.png")
MARKERS = ("<!-- table: scripts/results.py -->", "<!-- end of table -->")


@dataclass(frozen=True, slots=True)
class Words:
    """What a README says in its language; verdicts: what it calls each, with the value of the column where it has no word."""

    headings: tuple[str, str, str, str, str, str]
    verdicts: Mapping[str, str]
    missing: str


ENGLISH = Words(
    ("variant", "change", "seeds", "test accuracy", "difference [95% interval]", "verdict"),
    {"expected-error": "fails, as it must"},
    "–",
)
CHINESE = Words(
    ("变体", "改动", "种子", "测试准确率", "差值 [95% 区间]", "结论"),
    {
        "better": "更好",
        "worse": "更差",
        "equivalent": "相当",
        "identical": "相同",
        "inconclusive": "尚无定论",
        "expected-error": "按预期报错",
    },
    "–",
)
READMES = {"README.md": ENGLISH, "README.zh.md": CHINESE}


def write_readmes(found: Published, root: Path) -> list[Path]:
    """Put the table into both READMEs, between their markers, and write the picture; return what was written.

    UsageError for a study of too few seeds, or run with another base: nothing is written.
    """
    if found.caution:
        expected = f"expected the study as it is, with {ENOUGH_SEEDS} seeds, for the README."
        raise UsageError(f"{found.folder}: {found.caution}; {expected}")
    rows = shown_rows(found.summary)
    texts = {
        root / name: with_table(root / name, results_table(rows, found.study.metric.column, words))
        for name, words in READMES.items()
    }
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    (root / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    plot_differences(rows[rows["control"].notna()]).savefig(root / PICTURE, dpi=110)
    (root / PICTURE).write_bytes(smaller((root / PICTURE).read_bytes()))
    return [*texts, root / PICTURE]


def shown_rows(summary: pd.DataFrame) -> pd.DataFrame:
    """Return the summary's rows that the README shows, in its order; UsageError where one is missing."""
    by_name = summary.set_index("variant", drop=False)
    if missing := [name for name in SHOWN if name not in by_name.index]:
        raise UsageError(f"The summary lacks {', '.join(missing)}; expected all that the README shows.")
    return by_name.loc[list(SHOWN)].reset_index(drop=True)


def results_table(rows: pd.DataFrame, column: str, words: Words) -> str:
    """Return the rows as a table of six columns in Markdown; column: of the study's metric."""
    lines = ["| " + " | ".join(words.headings) + " |", "| :--- | :--- | ---: | ---: | ---: | :--- |"]
    for found in rows.to_dict("records"):
        row = {name: "" if pd.isna(value) else value for name, value in found.items()}
        cells = (
            f"`{row['variant']}`",
            _change(row),
            f"{row['seeds']}",
            _value(row, column, words),
            _difference(row, column, words),
        )
        lines.append("| " + " | ".join((*cells, _verdict(row, words))) + " |")
    return "\n".join(lines)


def with_table(readme: Path, table: str) -> str:
    """Return a README's text with the table between its two markers; UsageError where they do not stand once."""
    first, last = map(re.escape, MARKERS)
    text = readme.read_text(encoding="utf-8")
    replaced, count = re.subn(f"{first}.*?{last}", lambda _: f"{MARKERS[0]}\n{table}\n{MARKERS[1]}", text, flags=re.DOTALL)
    if count != 1:
        raise UsageError(f"{readme} has {count} places for the table; expected one, between {MARKERS[0]} and {MARKERS[1]}.")
    return replaced


def _change(row: Mapping[Any, Any]) -> str:
    return f"`{row['change']}`" if row["change"] else ""


def _value(row: Mapping[Any, Any], column: str, words: Words) -> str:
    return words.missing if row[column] == "" else f"{row[column]:.4f} ± {row['value_std']:.4f}"


def _difference(row: Mapping[Any, Any], column: str, words: Words) -> str:
    if row[f"delta_{column}"] == "":
        return "" if not row["control"] else words.missing
    delta, low, high = (round(row[name], 4) + 0.0 for name in (f"delta_{column}", "ci_low", "ci_high"))  # no -0.0000
    return f"{delta:+.4f} [{low:+.4f}, {high:+.4f}]"


def _verdict(row: Mapping[Any, Any], words: Words) -> str:
    verdict = str(row["verdict"])
    text = words.verdicts.get(verdict, verdict)
    return f"**{text}**" if verdict in ("better", "worse") else text
