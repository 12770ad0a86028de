"""What each command looks like in terminals of three widths: no word broken, no line too long, nothing left out unsaid."""

import re
from pathlib import Path

import pytest
from calling import harness
from course_records import course_records, write_all
from resulting import store_study

from harness.cli import doctor
from harness.maintenance.doctor import Section

WIDTHS = (80, 120, 200)
SCREENS = {
    "compare": "compare logs/ablations",
    "compare of two": "compare logs/ablations other",
    "reproduce": "reproduce ablations --details",
    "diff": "diff ablations/base/seed-0 ablations/epochs-30/seed-0",
    "show": "show ablations/base/seed-0",
    "list": "list",
    "list of one": "list ablations",
    "questions": "questions",
    "question": "questions 3",
    "question in Chinese": "questions 3 --lang zh",
    "data": "data --data-dir other",
    "doctor": "doctor",
}
PIECE = re.compile(r"[\s=/,]+|(?<=[\u4e00-\u9fff，。；：、！？”）])|(?=[\u4e00-\u9fff“（])")  # a line may end there
SCALE = re.compile(r"\s+[-+][\d.,]+ +0( +[-+][\d.,]+)?")  # below the differences: where the axis ends at this width
UNSAID = {*"Hidden as the terminal is narrow: standard deviation 95% interval".split(), *"终端太窄，已省略标准", "差。"}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screens")
    write_all(folder / "logs", course_records())
    store_study(folder / "other")
    return folder


@pytest.fixture(autouse=True)
def terminal(logdir, monkeypatch):
    monkeypatch.chdir(logdir)
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(doctor, "examine_machine", lambda *_, **__: Section("machine", (), ()))  # TensorFlow takes seconds


def screen(name: str, width: int, monkeypatch) -> list[str]:
    """Return the lines of a command in a terminal of this width, without their styles."""
    monkeypatch.setenv("COLUMNS", str(width))
    result = harness(*SCREENS[name].split())
    assert result.exit_code in (0, 1) and result.stdout, result.output
    return re.sub(r"\x1b\[[\d;]*m", "", result.stdout).splitlines()


def pieces(lines: list[str]) -> set[str]:
    return {piece.rstrip(".:") for line in lines if not SCALE.fullmatch(line) for piece in PIECE.split(line) if piece}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SCREENS)
def test_no_word_is_broken_and_no_line_too_long(name, width, monkeypatch):
    lines = screen(name, width, monkeypatch)
    whole = pieces(screen(name, 2000, monkeypatch)) | {word.rstrip(".:") for word in UNSAID}
    broken = {piece for piece in pieces(lines) - whole if not set(piece) <= set("─●░│┼◀▶") and len(piece) < 20}
    assert not broken  # of 20 characters and more: checksums
    if name != "doctor":  # the commands that mend what it found are single lines to be copied
        assert max(map(len, lines)) <= width


def headings(lines: list[str]) -> str:
    """Return the words above the first rule of a table."""
    rule = next(place for place, line in enumerate(lines) if line.startswith("───"))
    return " ".join(" ".join(lines[:rule]).split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", ["compare", "compare of two", "reproduce", "diff", "list", "list of one"])
def test_what_is_left_out_is_named(name, width, monkeypatch):
    lines = screen(name, width, monkeypatch)
    missing = set(re.split(r"[ \[\]]+", headings(screen(name, 2000, monkeypatch)))) - set(
        re.split(r"[ \[\]]+", headings(lines))
    )
    named = " ".join(" ".join(lines).split()).partition("Hidden, as the terminal is narrow: ")[2]
    assert all(word in named for word in missing)


@pytest.mark.parametrize(
    ("width", "shown"), [(80, ()), (120, ("p value", "change")), (200, ("p value", "change", "test loss"))]
)
def test_compare_shows_interval_and_verdict_first_and_errors_below(width, shown, monkeypatch):
    lines = screen("compare", width, monkeypatch)
    text = headings(lines)
    assert all(word in text for word in ("test accuracy", "difference [95% interval]", "verdict", *shown))
    assert sum(line.startswith("no-flatten") for line in lines) == 2  # its row, and its error below
    assert "no-flatten: ValueError" in "\n".join(lines)


@pytest.mark.parametrize("width", WIDTHS)
def test_reproduce_has_one_line_a_figure(width, monkeypatch):
    lines = screen("reproduce", width, monkeypatch)
    rows = [line.split() for line in lines if line.startswith("train loss")]
    assert len(rows) == 22 and all(row[-1] in ("yes", "no") and "±" in row and "…" in row for row in rows)


@pytest.mark.parametrize("width", WIDTHS)
def test_diff_has_one_line_a_number(width, monkeypatch):
    lines = screen("diff", width, monkeypatch)
    row = next(line.split() for line in lines if line.startswith("test accuracy "))
    assert len(row) == 5 and float(row[3]) - float(row[2]) == pytest.approx(float(row[4]), abs=1e-5)
    assert {"trial:", "settings:", "metrics:"} <= set(lines)


def test_studies_without_a_common_variant_stand_one_below_the_other(monkeypatch):
    lines = screen("compare of two", 80, monkeypatch)
    assert {"ablations", "s"} <= set(lines) and "variant" in lines[0] and "verdict" in lines[0]
    assert "one stands below the other" in " ".join(" ".join(lines).split())
