"""The links of `board` opened in a real browser, over more runs than TensorBoard ticks by itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import chromium, visit
from test_views import PNG, add, make_study

from harness.tensorboard.server import Board, serve
from harness.tensorboard.summaries import image_summary

pytestmark = [pytest.mark.slow, pytest.mark.processes]

# What a tab draws where it has something to show.
DRAWN = {
    "differences and mean curves": "scalar-card",
    "summary and verdicts": "tf-text-loader",
    "means with 95% intervals": "tf-custom-scalar-margin-chart-card",
    "test curves": "scalar-card",
    "pictures of seed 0": "tf-image-loader",
}


@pytest.fixture(scope="module")
def board(tmp_path_factory) -> Iterator[Board]:
    """TensorBoard over two studies, one of them of 45 variants, 276 runs in all."""
    logdir = tmp_path_factory.mktemp("logs")
    add(make_study(logdir, "many", variants=45) / "base/seed-0/test", image_summary("mistakes", PNG))
    make_study(logdir, "few")
    with serve(logdir) as running:
        yield running


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """A page of headless Chromium."""
    with chromium() as running, visit(running) as visited:
        yield visited.page


def opened(page: Any, address: str, selector: str, *, at_least: int = 1) -> None:
    page.goto("about:blank")  # else a change behind the # would load nothing
    page.goto(address)
    page.locator(selector).nth(at_least - 1).wait_for(state="attached", timeout=60_000)


@pytest.mark.parametrize("study", ["many", "few"])
@pytest.mark.parametrize("title", DRAWN)
def test_each_link_opens_a_page_with_something_on_it(board, page, study, title):
    address = next((view.address for view in board.views if (view.study, view.title) == (study, title)), None)
    if address is None:
        assert (study, title) == ("few", "pictures of seed 0")
        return
    opened(page, board.url + address, DRAWN[title])


def test_without_a_link_the_older_tabs_show_nothing_of_so_many_runs(board, page):
    opened(page, f"{board.url}#custom_scalars", "paper-checkbox", at_least=41)
    assert page.locator("paper-checkbox[checked]").count() <= 1  # of settings alone
