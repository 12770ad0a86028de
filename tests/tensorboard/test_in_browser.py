"""The links of `board` opened in a real browser, over more runs than TensorBoard ticks by itself."""

import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_views import PNG, add, make_study

from harness.tensorboard.server import Board, serve
from harness.tensorboard.summaries import image_summary

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from browser import Browser

pytestmark = [pytest.mark.slow, pytest.mark.processes]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
def browser(tmp_path_factory) -> Iterator[Browser]:
    """Headless Chromium."""
    if CHROMIUM is None:
        warnings.warn("NO CHROMIUM HERE: the links of `board` were opened in no browser.", stacklevel=1)
        pytest.skip("no Chromium: ./scripts/screenshots installs it on Debian")
    with Browser(os.fspath(CHROMIUM), tmp_path_factory.mktemp("profile")) as running:
        yield running


@pytest.mark.parametrize("study", ["many", "few"])
@pytest.mark.parametrize("title", DRAWN)
def test_each_link_opens_a_page_with_something_on_it(board, browser, study, title):
    address = next((view.address for view in board.views if (view.study, view.title) == (study, title)), None)
    if address is None:
        assert (study, title) == ("few", "pictures of seed 0")
        return
    browser.open(board.url + address, asking="/data/plugin/")
    assert browser.count(DRAWN[title]) > 0


def test_without_a_link_the_older_tabs_show_nothing_of_so_many_runs(board, browser):
    browser.open(f"{board.url}#custom_scalars", asking="/data/plugin/")
    assert browser.count("paper-checkbox[checked]") <= 1  # of settings alone
