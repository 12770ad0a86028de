"""The Ablations tab and the report in a real browser, over a study that has really run."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import chromium, visit
from calling import harness
from plain_records import record

from harness.records.record import RECORD_FILE, read_record, trial_folder, write_record
from harness.tensorboard.server import Board, serve
from harness.tensorboard.trial_writer import TrialWriter

pytestmark = [pytest.mark.slow, pytest.mark.processes]

HOSTILE = "<script>document.title = 'hacked'</script>"
STUDY = "ablations"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    """A study with an expected failure, a seed that diverged with an error that would be markup."""
    logdir = tmp_path_factory.mktemp("tab") / "logs"
    only = [word for name in ("no-flatten", "learning-rate-0.1", "neurons-512") for word in ("--only", name)]
    run = harness("run", STUDY, "--dataset", "digits", "--logdir", logdir, "--seeds", 2, "--set", "epochs=2", *only)
    assert run.exit_code == 0, run.output
    alter(logdir, "learning-rate-0.1", 1, status="diverged", as_expected=False, error=f"loss is nan {HOSTILE}")
    return logdir


def alter(logdir: Path, variant: str, seed: int, **changes: Any) -> None:
    folder = trial_folder(logdir, STUDY, variant, seed)
    write_record(folder, replace(read_record(folder / RECORD_FILE), **changes))


@pytest.fixture(scope="module")
def board(logdir) -> Iterator[Board]:
    with serve(logdir) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as running:
        yield running


@pytest.fixture
def tab(board, browser) -> Iterator[Any]:
    """The tab's own page, drawn."""
    with visit(browser) as visited:
        visited.page.goto(f"{board.url}data/plugin_entry.html?name=ablations")
        visited.page.wait_for_selector(".overview section")
        yield visited
        assert visited.errors == []


def variants(page: Any) -> list[str]:
    return [text.strip() for text in page.locator("table.variants tbody tr:not(.out) th").all_inner_texts()]


def test_it_is_the_first_tab_and_its_links_open_the_other_tabs_on_these_runs(board, browser):
    with visit(browser) as visited:
        page = visited.page
        page.goto(board.url)
        inside = page.frame_locator("iframe")
        inside.locator(".overview section").first.wait_for(timeout=60_000)
        assert inside.locator("table.variants tbody tr").count() == 5
        for name, drawn in (
            ("Scalars", "tf-scalar-card, tf-line-chart-data-loader"),
            ("Images", "tf-image-loader"),
            ("Graphs", "tf-graph-scene"),
        ):
            page.goto(board.url)
            inside.locator(".elsewhere a", has_text=re.compile(f"^{name}$")).click(timeout=60_000)
            page.locator(drawn).first.wait_for(timeout=60_000, state="attached")
        page.goto(f"{board.url}#hparams")
        page.get_by_text("neurons-512").first.wait_for(timeout=60_000, state="attached")


def test_the_link_that_board_prints_opens_its_study(browser, tmp_path):
    for name in ("first", "second"):
        folder = trial_folder(tmp_path, name, "base", 0)
        with TrialWriter(folder) as writer:
            writer.text("data", "digits")
        write_record(folder, record("base", 0, study=name))
    with serve(tmp_path) as running, visit(browser) as visited:
        address = next(view.address for view in running.views if view.study == "second")
        visited.page.goto(running.url + address)
        visited.page.frame_locator("iframe").get_by_role("heading", name="second").wait_for(timeout=60_000)


def test_what_records_hold_is_text_and_an_expected_failure_is_no_fault(tab):
    page = tab.page
    row = page.locator("tr[data-variant='learning-rate-0.1']")
    assert HOSTILE in row.inner_text() and page.title() == "Ablations"
    assert "as-meant" in page.locator("tr[data-variant='no-flatten'] td[data-key=status]").get_attribute("class")
    assert "wrong" in page.locator("tr[data-variant='learning-rate-0.1'] td[data-key=status]").get_attribute("class")


def test_rows_are_sorted_searched_and_filtered_and_columns_chosen(tab):
    page = tab.page
    before = variants(page)
    heading = page.get_by_role("button", name="difference [95% interval]")
    heading.focus()
    page.keyboard.press("Enter")
    assert variants(page)[0] == "learning-rate-0.1" and variants(page) != before
    assert page.locator("th[aria-sort=ascending]").count() == 1
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert variants(page) == before
    page.get_by_label("Search").fill("flatten")
    assert variants(page) == ["no-flatten"]
    page.get_by_label("Search").fill("")
    page.get_by_label("Filter").fill("parameters > 1000 and delta < 0")
    page.keyboard.press("Enter")
    page.get_by_text("of 5 rows fit").wait_for()
    assert "learning-rate-0.1" in variants(page) and "base" not in variants(page)
    page.get_by_label("Filter").fill("delta <")
    page.keyboard.press("Enter")
    page.locator(".filter-said.wrong").wait_for()
    page.get_by_text("Columns", exact=True).click()
    page.get_by_label("hidden", exact=True).check()
    assert page.locator("th[data-key=setting_hidden]").is_visible()


def test_chosen_variants_show_curves_settings_flips_and_records(tab):
    page = tab.page
    page.get_by_label("show learning-rate-0.1").check()
    page.locator(".key li", has_text="learning-rate-0.1").wait_for()
    page.locator("select[name=curve]").select_option("test_loss")
    page.get_by_text("test loss: the mean over seeds").wait_for()
    detail = page.locator("details.variant-detail[data-variant='neurons-512']")
    detail.locator("summary").first.click()
    detail.get_by_text("Samples that flip").wait_for()
    assert detail.locator(".confusion").count() == 2 and detail.get_by_role("row", name="hidden 128 512").count() == 1
    detail.get_by_role("button", name="record").first.click()
    assert '"trial_id"' in detail.locator("pre.record-text").inner_text()


def test_charts_and_tables_are_saved_as_files(tab, tmp_path):
    page = tab.page
    wanted = {"save as SVG": b"<svg", "save as PNG": b"\x89PNG", "save as LaTeX": b"\\begin{table}", "save as CSV": b"hidden"}
    for words, beginning in wanted.items():
        place = page.locator(".pivot")
        with page.expect_download() as waiting:
            place.get_by_role("button", name=words).first.click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        assert beginning in path.read_bytes()[:400], words


def test_what_changes_in_the_folder_is_followed(tab, logdir):
    page = tab.page
    page.get_by_label("show no-flatten").check()
    late = trial_folder(logdir, STUDY, "late", 0)
    late.mkdir(parents=True)
    base = read_record(trial_folder(logdir, STUDY, "base", 0) / RECORD_FILE)
    settings = {**base.settings, "hidden": [7]}
    write_record(late, replace(base, variant="late", position=40, settings=settings, changes={"hidden": [7]}, control="base"))
    page.locator("tr[data-variant=late]").wait_for(timeout=60_000)
    assert page.get_by_label("show no-flatten").is_checked()
    (late / RECORD_FILE).write_text("{ torn")
    page.locator(".notes", has_text="late/seed-0").wait_for(timeout=60_000)
    (late / RECORD_FILE).unlink()
    page.locator("tr[data-variant=late]").wait_for(state="detached", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_on_it_is_out_of_reach(board, browser, scheme):
    with visit(browser, color_scheme=scheme) as visited:
        visited.page.goto(f"{board.url}data/plugin_entry.html?name=ablations")
        visited.page.wait_for_selector(".overview section")
        for summary in visited.page.locator("details > summary").all():
            summary.evaluate("summary => { summary.parentElement.open = true }")
        visited.page.get_by_text("Samples that flip").first.wait_for()
        assert ("dark" in (visited.page.locator("html").get_attribute("class") or "")) == (scheme == "dark")
        assert visited.serious() == [] and visited.errors == []


def test_at_a_phones_width_only_tables_scroll_sideways(tab):
    tab.page.set_viewport_size({"width": 380, "height": 800})
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 380


def test_an_empty_folder_says_that_nothing_is_recorded_yet(browser, tmp_path):
    with serve(tmp_path) as empty, visit(browser) as visited:
        visited.page.goto(f"{empty.url}data/plugin_entry.html?name=ablations")
        visited.page.get_by_text("No trial is recorded yet").wait_for()
        folder = trial_folder(tmp_path, "s", "base", 0)
        folder.mkdir(parents=True)
        write_record(folder, record("base", 0))
        visited.page.locator("table.variants").wait_for(timeout=60_000)
        assert visited.errors == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_from_disk_with_the_network_off(logdir, browser, tmp_path, scheme):
    written = harness("report", logdir / STUDY, "--output", tmp_path / "report.html")
    assert written.exit_code == 0, written.output
    with visit(browser, color_scheme=scheme, offline=True) as visited:
        page = visited.page
        page.goto((tmp_path / "report.html").as_uri())
        assert all(url.startswith(("file:", "data:")) for url in visited.requests)
        assert page.locator("table.variants tbody tr").count() == 5 and page.locator(".samples img").count() > 0
        page.get_by_role("button", name="variant", exact=True).click()
        found = variants(page)
        assert found[:2] == ["base", "learning-rate-0.1"] and found.index("neurons-64") < found.index("neurons-512")
        assert visited.serious() == [] and visited.errors == []


def test_the_report_is_readable_without_script_and_prints(logdir, browser, tmp_path):
    assert harness("report", logdir / STUDY, "--output", tmp_path / "report.html").exit_code == 0
    with visit(browser, java_script_enabled=False) as visited:
        visited.page.goto((tmp_path / "report.html").as_uri())
        assert visited.page.locator("svg.forest").count() > 2 and visited.page.locator("svg.chart").first.is_visible()
        assert not visited.page.get_by_label("Search").is_visible()
    assert harness("report", logdir / STUDY, "--output", tmp_path / "report.pdf").exit_code == 0
    assert (tmp_path / "report.pdf").read_bytes()[:5] == b"%PDF-"
