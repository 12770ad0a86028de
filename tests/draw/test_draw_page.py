"""The notes' lesson on the page, in a real browser, by trained models: a digit at the edge, and the same one centred."""

import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import chromium, visit
from calling import harness

pytestmark = [pytest.mark.slow, pytest.mark.processes]

ONE = [[(0.5, 0.2), (0.5, 0.8)]]
EDGE = [[(0.93, 0.2), (0.93, 0.8)]]
SEVEN = [[(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]]
ZERO = [[(0.5 + 0.17 * math.cos(turn / 12 * math.pi), 0.5 + 0.28 * math.sin(turn / 12 * math.pi)) for turn in range(25)]]

SEEN = "document.getElementById('seen').toDataURL()"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    """Two dense networks on the full MNIST, two seeds each, and one on clothes."""
    import os

    if not os.environ.get("HARNESS_DATA_DIR"):
        pytest.skip("HARNESS_DATA_DIR is not set: no model is trained on real digits here")
    logdir = tmp_path_factory.mktemp("drawn") / "logs"
    only = [word for name in ("neurons-512", "fashion-baseline") for word in ("--only", name)]
    run = harness("run", "ablations", *only, "--seeds", 2, "--set", "epochs=3", "--save-models", "--logdir", logdir)
    assert run.exit_code == 0, run.output
    return logdir


def served(logdir: Path, *models: str, language: str = "en") -> Iterator[str]:
    """The page, served by a process of its own as a user starts it."""
    words = [word for model in models for word in ("--model", f"ablations/{model}")]
    command = [sys.executable, "-m", "harness", "draw", "--logdir", str(logdir), "--lang", language, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Draw at "):
                    break
            assert len(lines) == 2, lines  # what it loads, and where it is: TensorFlow says nothing
            yield lines[-1].split()[2]
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def address(logdir) -> Iterator[str]:
    yield from served(logdir, "base", "neurons-512")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def drawn(address, browser) -> Iterator[Any]:
    with visit(browser) as visited:
        visited.page.goto(address)
        visited.page.locator("#shift svg").wait_for(timeout=60_000)
        yield visited
        assert visited.errors == []


def draw(page: Any, strokes: list[list[tuple[float, float]]]) -> list[str]:
    """Draw with the mouse; return what each model answers."""
    page.click("#clear")
    box = page.locator("#paper").bounding_box()
    for points in strokes:
        for place, (x, y) in enumerate(points):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=1 if place == 0 else 6)
            if place == 0:
                page.mouse.down()
        page.mouse.up()
    return answers(page)


def answers(page: Any) -> list[str]:
    page.locator("#summary[aria-busy=false]").wait_for()
    return page.locator("#summary .said").all_inner_texts()


def test_digits_drawn_with_the_mouse_are_recognised(drawn):
    page = drawn.page
    page.check("#centre")
    assert [draw(page, strokes) for strokes in (ONE, SEVEN, ZERO)] == [["1", "1"], ["7", "7"], ["0", "0"]]
    votes = page.locator("#summary tbody tr").first.inner_text()
    assert "0 · 0" in votes  # one answer a seed
    page.get_by_text("All probabilities").click()
    assert page.locator("#all tbody tr").count() == 10


def test_a_one_at_the_edge_is_lost_and_centred_it_is_found(drawn):
    page = drawn.page
    assert draw(page, EDGE) != ["1", "1"]  # at least one of the two is lost
    assert "never seen" in page.locator("#why").inner_text()
    page.check("#centre")
    assert answers(page) == ["1", "1"] and "20 × 20" in page.locator("#why").inner_text()
    page.get_by_role("button", name="1 at the right edge").click()
    assert answers(page) == ["1", "1"]
    page.uncheck("#centre")
    assert answers(page) != ["1", "1"]
    assert float(page.locator("#shift .here").get_attribute("x1")) > 400  # to the right on the curve


def test_the_page_is_worked_by_the_keyboard(drawn):
    page = drawn.page
    page.locator("#paper").focus()
    for _ in range(8):
        page.keyboard.press("ArrowUp")
    for _ in range(16):
        page.keyboard.press("Shift+ArrowDown")
    assert answers(page) == ["1", "1"]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # Clear
    page.get_by_text("nothing is drawn yet").first.wait_for()


def test_a_disagreement_and_where_they_look_are_shown(drawn):
    page = drawn.page
    page.get_by_role("button", name="a test image they disagree on").click()
    page.get_by_text("its true class:").wait_for()
    first, second = answers(page)
    assert first != second
    page.check("#look")
    page.locator("canvas.looked").nth(1).wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_on_the_page_is_out_of_reach(address, browser, scheme):
    with visit(browser, color_scheme=scheme) as visited:
        page = visited.page
        page.goto(address)
        page.locator("#shift svg").wait_for(timeout=60_000)
        page.get_by_role("button", name="7 with a bar").click()
        page.get_by_text("All probabilities").click()
        assert visited.serious() == [] and visited.errors == []
        page.set_viewport_size({"width": 380, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 380


def test_clothes_are_erased_in_chinese(logdir, browser):
    for address in served(logdir, "fashion-baseline", language="zh"):
        with visit(browser) as visited:
            page = visited.page
            page.goto(address)
            page.get_by_role("button", name="一件衣物").click(timeout=60_000)
            page.get_by_text("真实类别").wait_for()
            answers(page)
            before = page.evaluate(SEEN)
            page.get_by_label("橡皮").check()
            box = page.locator("#paper").bounding_box()
            page.mouse.move(box["x"] + 20, box["y"] + 150)
            page.mouse.down()
            page.mouse.move(box["x"] + 320, box["y"] + 190, steps=8)
            page.mouse.up()
            answers(page)
            assert page.evaluate(SEEN) != before
            assert visited.errors == []
