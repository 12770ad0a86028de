import io

import pandas as pd
import pytest
from rich.console import Console

from harness.results.drawing import print_view
from harness.results.views import make_view

TABLE = pd.DataFrame(
    {
        "variant": ["base", "learning-rate-0.0001"],
        "change": ["", "learning_rate=0.0001 and a rather long text beside it"],
        "test_accuracy": [0.9712, 0.98],
        "test_accuracy_std": [0.001, 0.002],
        "seconds": [1234.5, 2.0],
        "note": ["", "a note of many words, which has to be broken over several lines " * 2],
    }
)
COLUMNS = ["variant", "change", "test_accuracy", "seconds", "note"]


def lines_at(width: int) -> list[str]:
    """Draw the table for a terminal of this width; return its lines."""
    file = io.StringIO()
    print_view(make_view(TABLE, COLUMNS), Console(file=file, width=width, force_terminal=True, color_system=None))
    return file.getvalue().splitlines()


@pytest.mark.parametrize("width", range(44, 200, 7))
def test_no_number_and_no_name_is_ever_cut_short(width):
    lines = lines_at(width)
    assert any("base" in line and "0.9712 ± 0.0010" in line for line in lines)
    assert any("learning-rate-0.0001" in line and "0.9800 ± 0.0020" in line for line in lines)
    assert max(map(len, lines)) <= width


def test_every_word_of_a_broken_text_is_there():
    assert " ".join(lines_at(120)).count("broken") == 2


def test_what_there_is_no_room_for_is_named():
    assert "No room for: change, seconds, note." in " ".join(" ".join(lines_at(44)).split())
    assert "No room" not in " ".join(lines_at(200))


def test_where_nothing_fits_the_terminal_breaks_plain_lines():
    assert "0.9712 ± 0.0010" in "".join(lines_at(20)) and "1234.5" in "".join(lines_at(20))
