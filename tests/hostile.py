"""Hostile and damaged input, and what every call must hold to: shared by the tests that feed it."""

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings, strategies as st

from harness.cli.app import main

PWNED = "pwned-by-evaluation"
NASTY = [
    *("", " ", ".", "..", "../x", "../../no/such/place", "/no/such/place", "~nobody", "a/b", "CON", "nul.txt"),
    *("a" * 300, "9" * 400, "9" * 5000, "1" + "0" * 308, "[" * 3000, "(" * 300, "not " * 300),
    *("1e999", "-1e999", "nan", "inf", "-0", "--help", "\0", "a\0b", "\n", "a\nb", "\r", "\t", "\x1b[31m", "\x7f"),
    *("\u2028", "\u202e", "\ufeff", "😀", "ａ", "\udcff", "İ", "Σς"),
    *("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"),
    *("%s%n", "{0}", "{self}", "$(id)", "`id`", "';--", '"', f"!!python/object/apply:os.mkdir ['{PWNED}']"),
    *(f"__import__('os').mkdir('{PWNED}')", f"$(mkdir {PWNED})", f"`mkdir {PWNED}`", f"{{open('{PWNED}','w')}}"),
    *("None", "True", "null", "[]", "{}", "0x10", "1_000", "١", "½", "1,,2", ",", "(1,2", "[red]x[/]"),
    *("[/]", "[bold", "\\[x", "-", "--", "-rf"),
]  # fmt: skip
texts = st.sampled_from(NASTY) | st.text(max_size=30) | st.text(alphabet="()'\"=<>!&|,. 019azé_-+\t\0", max_size=40)
names = texts | st.sampled_from(["test_accuracy", "seeds", "variant", "epochs", "hidden", "status"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def many(count: int) -> settings:
    """So many cases, without a limit that a busy machine would break, and none that takes longer than a hang would."""
    checks = [
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ]
    return settings(
        max_examples=count,
        deadline=timedelta(seconds=30),
        suppress_health_check=checks,
        derandomize=True,
        database=None,
    )


@contextmanager
def nothing_new(folder: Path) -> Iterator[None]:
    """Hold that no file appears below a folder, and that nothing was evaluated."""
    before = sorted(map(str, folder.rglob("*")))
    yield
    assert sorted(map(str, folder.rglob("*"))) == before
    assert not Path(PWNED).exists()


def call(*words: object) -> Result:
    """Call the command line; hold that it ended as it may end."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, repr(result.exception))
    assert result.exit_code in (0, 1, 2), (words, result.output)
    assert "Traceback" not in result.output
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(errors) == (1 if result.exit_code == 2 else 0), (words, result.output)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]", result.stderr), (words, result.stderr)
    return result


@st.composite
def damage(draw: st.DrawFn) -> list[tuple[str, int, bytes]]:
    """Draw some changes of a file: a kind, a place as a share of 10,000, and bytes."""
    kinds = st.sampled_from(["cut", "alter", "insert", "drop", "repeat"])
    return draw(st.lists(st.tuples(kinds, st.integers(0, 10_000), st.binary(min_size=1, max_size=6)), min_size=1, max_size=3))


def damaged(content: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    """Return a file's content after the changes."""
    for kind, share, piece in changes:
        at = share * len(content) // 10_001
        if kind == "cut":
            content = content[:at]
        elif kind == "alter":
            content = content[:at] + piece + content[at + len(piece) :]
        elif kind == "insert":
            content = content[:at] + piece + content[at:]
        elif kind == "drop":
            content = content[:at] + content[at + len(piece) :]
        else:
            content += content[at:]
    return content


def assert_no_formula(text: str) -> None:
    """Hold that no cell is a formula: what begins like one is a number."""
    for cell in (cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row):
        if cell[:1] in ("=", "+", "@", "\t", "\r", "-"):
            float(cell)


@contextmanager
def nothing_new_but(folder: Path, name: str) -> Iterator[None]:
    """Hold that nothing but this one entry lies in a folder afterwards."""
    yield
    assert [path.name for path in folder.iterdir()] == [name] and not Path(PWNED).exists()
