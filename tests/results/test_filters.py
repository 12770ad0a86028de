import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from harness.errors import UsageError
from harness.results.filters import DEEPEST, LONGEST, parse_filter

pytestmark = pytest.mark.quick

TABLE = pd.DataFrame(
    {
        "variant": ["base", "wide", "broken"],
        "test_accuracy": [0.97, 0.98, float("nan")],
        "train_accuracy": [0.99, 0.97, float("nan")],
        "seeds": pd.array([5, 3, None], dtype="Int64"),
        "as_expected": [True, False, True],
        "error": ["", "", "ValueError: shape"],
    }
)


def chosen(text: str) -> list[str]:
    """Return the variants whose rows fit an expression."""
    return parse_filter(text, TABLE.columns).rows(TABLE)["variant"].tolist()


@pytest.mark.parametrize(
    ("text", "variants"),
    [
        ("test_accuracy > 0.97", ["wide"]),
        ("test_accuracy>=.97", ["base", "wide"]),
        ("test_accuracy < 9.75e-1 and seeds >= 3", ["base"]),
        ("seeds == 3 or variant == 'base'", ["base", "wide"]),
        ("variant == 'base' or variant == 'wide' and seeds > 100", ["base"]),
        ("(variant == 'base' or variant == 'wide') and seeds > 100", []),
        ('not (variant == "base")', ["wide", "broken"]),
        ("0.96 < test_accuracy < 0.975", ["base"]),
        ("test_accuracy > train_accuracy", ["wide"]),
        ("seeds in (3, 4)", ["wide"]),
        ("variant not in ('base', 'wide')", ["broken"]),
        ("'shape' in error", ["broken"]),
        ("'shape' not in error", ["base", "wide"]),
        ("as_expected", ["base", "broken"]),
        ("as_expected == false", ["wide"]),
        ("test_accuracy == none", ["broken"]),
        ("seeds != none", ["base", "wide"]),
        ("test_accuracy > -1", ["base", "wide"]),
    ],
)
def test_an_expression_chooses_rows(text, variants):
    assert chosen(text) == variants


def test_an_empty_cell_is_neither_equal_nor_unequal():
    assert chosen("test_accuracy != 0.5") == ["base", "wide"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tets_accuracy > 1", r"character 1: column 'tets_accuracy' is not known. Did you mean 'test_accuracy'\?"),
        ("seeds > 1 and varient == 'x'", r"character 15: column 'varient' is not known. Did you mean 'variant'\?"),
        ("seeds >", "character 8: found its end instead of a column, a number or a quoted text"),
        ("seeds = 3", "character 7: '= 3' cannot be read"),
        ("(seeds > 3", r"character 11: found its end instead of '\)'"),
        ("seeds > 3 4", "character 11: found '4' instead of 'and', 'or' or the end"),
        ("seeds", "character 1: 'seeds' is compared with nothing"),
        ("3", "instead of a comparison"),
        ("variant > 3", "character 1: 'base' cannot be compared with 3"),
        ("as_expected == 1", "True cannot be compared with 1"),
        ("seeds in seeds", "'in' takes a list"),
        ("seeds > 1e999", "character 9: the number is too large"),
        ("variant == 'x", r"character 12: \"'x\" cannot be read"),
        ("", "character 1: found its end"),
        ("seeds > " + "9" * LONGEST, f"expected at most {LONGEST}"),
        ("(" * (DEEPEST + 1), f"more than {DEEPEST} parentheses"),
        ("not " * (DEEPEST + 1) + "as_expected", f"more than {DEEPEST} parentheses"),
    ],
)
def test_a_wrong_expression_is_one_line_with_the_position(text, said):
    with pytest.raises(UsageError, match=said) as caught:
        chosen(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "seeds.__class__",
        "lambda: 1",
        "[x for x in seeds]",
        "exec('1')",
        "seeds ** 9 > 1",
        "@seeds > 1",
    ],
)
def test_python_is_refused(text):
    with pytest.raises(UsageError):
        chosen(text)


PIECES = "seeds variant error as_expected and or not in ( ) , < == != 3 -.5 'x' none true \x00".split(" ")


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))
def test_any_text_chooses_rows_or_is_refused_in_one_line(text):
    try:
        variants = chosen(text)
    except UsageError as error:
        assert str(error)
    else:
        assert set(variants) <= {"base", "wide", "broken"}
