"""The film of the terminal: what a program writes there, as an SVG that moves by itself, small enough for a README."""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip(
    "pyte", reason="NOT TESTED that a run can be filmed: pyte is not installed; ./scripts/recording installs it"
)

from film.capture import Output, Size, capture
from film.frames import Frame, Pace, Piece, replay
from film.svg import draw

SMALL = Size(20, 4)


def texts(frame: Frame) -> list[str]:
    return ["".join(piece.text for piece in line) for line in frame.lines]


def test_a_program_believes_that_it_writes_to_a_terminal_of_that_size(tmp_path):
    program = "import os, sys; print(sys.stdout.isatty(), *os.get_terminal_size()); print('late'); sys.exit(3)"
    written, status = capture([sys.executable, "-c", program], folder=tmp_path, size=SMALL, environment={})
    assert b"".join(output.content for output in written).decode().split() == ["True", "20", "4", "late"]
    assert status == 3
    assert written == sorted(written, key=lambda output: output.seconds)


def test_a_line_that_is_written_over_is_two_frames_of_one_line():
    written = [Output(0.0, b"one"), Output(1.0, b"\r\x1b[2Ktwo"), Output(2.0, b"")]
    frames = replay(written, SMALL, Pace())
    assert [(frame.seconds, texts(frame)[0]) for frame in frames] == [(0.0, "one"), (1.0, "two")]


def test_colours_faint_and_bold_are_seen():
    text = b"\x1b[1;31mred\x1b[0m \x1b[2mgrey\x1b[0m \x1b[38;5;2mg\x1b[0m"
    (line, *_) = replay([Output(0.0, text)], SMALL, Pace())[-1].lines
    assert line == (
        Piece(0, "red", "red", "default", True, False),
        Piece(4, "grey", "brightblack", "default", False, False),
        Piece(9, "g", "00cd00", "default", False, False),
    )


def test_a_burst_of_lines_is_shown_line_by_line():
    burst = "".join(f"line {number}\r\n" for number in range(30)).encode()
    frames = replay([Output(0.0, burst)], SMALL, Pace(line_seconds=0.1, rate=20))
    assert len(frames) > 25
    assert texts(frames[-1])[:3] == ["line 27", "line 28", "line 29"]
    assert frames[-1].seconds == pytest.approx(2.9)


def test_a_longer_run_is_shown_faster():
    frames = replay([Output(0.0, b"a"), Output(60.0, b"b")], SMALL, Pace(speed=6.0))
    assert [frame.seconds for frame in frames] == [0.0, 10.0]


def test_a_character_that_two_reads_share_is_whole():
    first, last = "é".encode()[:1], "é".encode()[1:]
    assert texts(replay([Output(0.0, b"beaut" + first), Output(1.0, last)], SMALL, Pace())[-1])[0] == "beauté"


def film() -> str:
    written = [Output(0.0, b"a < b"), Output(1.0, b"\r\na < b"), Output(2.0, b"\r\n\x1b[7mdone\x1b[0m")]
    return draw(replay(written, SMALL, Pace()), SMALL, title="A & B", hold=2.0)


def test_the_film_is_one_svg_that_needs_nothing_else_and_names_itself():
    root = ElementTree.fromstring(film())
    assert root.find("{http://www.w3.org/2000/svg}title").text == "A & B"
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)|<script|url\(", film())


def test_each_frame_has_its_time_and_the_last_one_stays_for_readers_without_motion():
    stops = re.findall(r"([\d.]+)%\{transform:translateY\((-?\d+)px\)\}", film())
    assert stops == [("0.000", "0"), ("25.000", "-72"), ("50.000", "-144")]
    assert "animation:film 4.00s step-end infinite" in film()
    assert ".strip{transform:translateY(-144px);" in film() and "prefers-reduced-motion" in film()


def test_a_line_that_comes_again_is_drawn_once():
    assert film().count("a &lt; b") == 1


def test_the_readmes_film_is_small():
    path = Path(__file__).resolve().parents[2] / "docs" / "recording.svg"
    assert path.stat().st_size <= 300_000
    ElementTree.parse(path)
