"""A study's page, and the files that are made of it: all that records hold is text there, and nothing is asked of a network."""

import html
import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from plain_records import record
from screened_records import helped_by_a
from shown_studies import LABELS, answered, read_small, small_study, store

from harness.analysis.design import Design, declare
from harness.cli.app import main
from harness.errors import UsageError
from harness.records.record import RECORD_FILE, trial_folder
from harness.report.bundle import write_bundle
from harness.report.document import to_html, to_markdown, to_notebook, write_report
from harness.report.exporting import exported
from harness.report.pages import overview_html, selection_html, study_html, variant_html
from harness.report.study_data import Studies, read_study
from harness.study.metrics import ACCURACY

pytestmark = pytest.mark.quick

HOSTILE = "<img src=x onerror=alert(1)>"
VOID = {"img", "input", "br", "meta"}


class Outline(HTMLParser):
    """The elements of a page, with its attributes; a page whose elements are not closed in order is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def hostile_study(logdir: Path) -> Path:
    folder = small_study(logdir)
    bad = [
        record("bad", seed, 0.9, position=7, change=HOSTILE, error=HOSTILE, settings={"hidden": [7], HOSTILE: HOSTILE},
               changes={"hidden": [7], HOSTILE: HOSTILE}, history={"test_accuracy": [0.5, 0.9]}, traceback=HOSTILE)
        for seed in range(2)
    ]  # fmt: skip
    store(logdir, *bad, record(HOSTILE, 0))  # the last one is set aside: no variant has such a name
    answered(folder, "base", *[LABELS.tolist()] * 5)
    return folder


def test_nothing_that_a_record_holds_becomes_markup(tmp_path):
    study = read_study(hostile_study(tmp_path))
    parts = [study_html(study), selection_html(study, ["base", "bad"]), overview_html(study, down="hidden")]
    for text in (*parts, variant_html(study, "bad"), variant_html(study, "no-flatten"), to_html(study)):
        elements = Outline(text).elements
        assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
        assert all((attributes["src"] or "").startswith("data:") for tag, attributes in elements if tag == "img")
        assert "<b>do not</b>" not in text
    assert "&lt;two&gt;" in variant_html(study, "base")
    assert "&lt;img src=x" in parts[0] and "&lt;img src=x" in variant_html(study, "bad")
    assert any(HOSTILE in note for note in study.notes)


def test_the_page_says_what_the_study_shows_and_marks_expected_failures_as_passed(tmp_path):
    text = study_html(read_small(tmp_path))
    assert "hidden=64" in text and "fails, as expected" in text and 'class="as-meant' in text
    assert "no-flatten fails, as expected." in text and "diverged" in text


def test_names_that_the_study_has_not_are_refused(tmp_path):
    study = read_small(tmp_path, seeds=1)
    for ask in (lambda: variant_html(study, "../base"), lambda: exported(study, "secrets", "csv")):
        with pytest.raises(UsageError):
            ask()
    with pytest.raises(UsageError, match="at most 12"):
        selection_html(study, ["base"] * 13)
    with pytest.raises(UsageError, match="expected one of last, best, validation"):
        selection_html(study, ["base"], mark="first")
    with pytest.raises(UsageError, match="no study"):
        Studies(tmp_path).read("../s")


def test_a_study_all_of_whose_trials_failed_has_a_page(tmp_path):
    failed = [
        record("base", seed, metrics={}, history={}, status="failed", as_expected=False, error="OSError: no disk")
        for seed in (0, 1)
    ]
    study = read_study(store(tmp_path, *failed))
    text = study_html(study) + selection_html(study, ["base"]) + overview_html(study) + to_html(study) + to_markdown(study)
    assert "OSError: no disk" in text and "failed" in text and "Learning curves" not in text


def test_a_control_without_a_record_is_not_replaced_by_another(tmp_path):
    folder = small_study(tmp_path)
    shutil.rmtree(folder / "base")
    study = read_study(folder)
    text = variant_html(study, "small")
    assert "Its control base has no record here" in text and "Samples that flip" not in text and "What it changes" not in text
    assert "The base has no record here" in study_html(study) and 'class="base"' not in study_html(study)


def test_stand_ins_and_a_changed_base_are_said_first(tmp_path):
    data = {"name": "mnist", "used": "digits"}
    folder = store(tmp_path, record("base", 0, data=data, provenance={"base_changes": {"epochs": 1}}))
    text = study_html(read_study(folder))
    assert "Trained on digits, a stand-in for mnist" in text and "The base was changed for this run: epochs=1." in text


def test_a_damaged_record_and_one_of_a_newer_version_are_told_of(tmp_path):
    folder = small_study(tmp_path)
    damaged, newer = (trial_folder(tmp_path, "s", "small", seed) / RECORD_FILE for seed in (3, 4))
    damaged.write_bytes(damaged.read_bytes()[:-40])
    newer.write_text(newer.read_text().replace('"schema": 1', '"schema": 99', 1))
    study = read_study(folder)
    assert len(study.records["small"]) == 3
    assert len(study.notes) == 2
    assert "small/seed-3" in study_html(study) and "small/seed-4" in study_html(study)


def test_studies_are_read_again_where_a_record_has_changed_and_only_there(tmp_path, monkeypatch):
    folder = small_study(tmp_path, seeds=2)
    studies, read = Studies(tmp_path), []
    monkeypatch.setattr(
        "harness.report.study_data.read_study", lambda folder, **options: read.append(folder) or read_study(folder, **options)
    )
    first = studies.read("s")
    assert studies.read("s") is first and len(read) == 1
    store(tmp_path, record("late", 0, position=9, settings={"hidden": [9]}, changes={"hidden": [9]}))
    assert "late" in studies.read("s").records and len(read) == 2
    assert Studies(folder).read("s").name == "s"  # served alone
    assert Studies(tmp_path / "nowhere").folders() == {}


def test_the_file_asks_nothing_of_anybody_and_has_the_numbers_without_script(tmp_path):
    study = read_study(hostile_study(tmp_path))
    text = to_html(study)
    without = re.sub(r"<script.*?</script>|<style>.*?</style>", "", text, flags=re.DOTALL)
    outline = Outline(without)
    for tag, attributes in outline.elements:
        for name in ("src", "href", "action", "data"):
            value = attributes.get(name) or ""
            assert not value or value.startswith("data:"), (tag, value)
    assert "url(" not in text and "@import" not in text and "default-src 'none'" in text
    assert "0.9520" in without and "-0.0498" in without and without.count("<svg") > 4
    assert "harness run" in without and "Holm" in without
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)[1]
    assert "import " not in re.sub(r"//.*", "", script) and "\nexport" not in script


def test_markdown_and_notebook_hold_the_findings(tmp_path):
    study = read_study(small_study(tmp_path))
    assert "| small | hidden=64 | 5 |" in to_markdown(study)
    notebook = json.loads(to_notebook(study))
    kinds = [cell["cell_type"] for cell in notebook["cells"]]
    assert kinds == ["markdown", "code", "code", "markdown"] and notebook["nbformat"] == 4
    assert notebook["cells"][1]["outputs"][0]["data"]["text/html"].count("<tr") == 5
    assert len(notebook["cells"][2]["outputs"][0]["data"]["image/png"]) > 1000


def test_a_study_with_a_design_says_so_in_every_form_and_how_to_make_it_again(tmp_path):
    folder = small_study(tmp_path)
    looks, family = (5, 12), ("small", "hot")
    declare(folder, Design(looks, "obrien-fleming", family, ACCURACY.column, ACCURACY.margin))
    study = read_study(folder)
    for written in (to_html(study), to_markdown(study), to_notebook(study)):
        assert "there is no verdict. Judged by the study" in html.unescape(written)
        assert "looks at 5, 12 seeds, obrien-fleming spending" in written
        assert "--until-settled --looks 5,12 --spending obrien-fleming" in written
    declare(folder, Design(family=family, metric=ACCURACY.column, margin=ACCURACY.margin))
    assert "--until-settled\npython" in to_markdown(read_study(folder))
    assert "Judged by the study" not in to_markdown(read_small(tmp_path / "fixed"))


def test_exports_are_those_of_compare_and_the_pivot(tmp_path):
    study = read_small(tmp_path)
    assert exported(study, "table", "csv").startswith("study,variant,change,status,")
    assert "\\toprule" in exported(study, "table", "latex") and "small" in exported(study, "table", "markdown")
    pivot = exported(study, "pivot", "csv", down="hidden", across="flatten").splitlines()
    assert pivot[0].startswith("hidden \\ flatten") and any("0.9520" in line for line in pivot)
    assert "\\begin{tabular}" in exported(study, "pivot", "latex")


def test_a_bundle_lists_its_studies_and_leaves_other_files(tmp_path):
    store(tmp_path / "logs", record("base", 0, study="other"))
    small_study(tmp_path / "logs")
    site = tmp_path / "site"
    site.mkdir()
    (site / "mine.txt").write_text("mine")
    found = CliRunner().invoke(main, ["report", str(tmp_path / "logs"), "--bundle", str(site)])
    assert found.exit_code == 0, found.output
    assert {path.name for path in site.iterdir()} == {"index.html", "other.html", "s.html", "mine.txt"}
    links = [attributes["href"] for tag, attributes in Outline(
        re.sub(r"<script.*?</script>|<style>.*?</style>", "", (site / "index.html").read_text(), flags=re.DOTALL)
    ).elements if tag == "a"]  # fmt: skip
    assert links == ["other.html", "s.html"]


def test_a_study_named_index_is_no_page_of_a_bundle(tmp_path):
    study = read_study(store(tmp_path, record("base", 0, study="index")))
    with pytest.raises(UsageError, match="'index'"):
        write_bundle([study], tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "study 'nowhere' is not known"),
        (["empty"], "no recorded trial"),
        (["logs"], "holds 2 studies: other, s"),
        (["logs/s", "-o", "x.doc"], "Ending '.doc'"),
        (["logs", "--bundle", "site", "-o", "x.html"], "neither --output"),
        (["logs/s", "-o", "logs/s"], "cannot be written"),
        (["logs/s", "-o", "x.html", "--format", "md"], "two kinds of file"),
        (["logs/s", "-o", "-"], "goes into a file"),
    ],
)
def test_a_report_that_cannot_be_made_is_one_clear_line(tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    store(tmp_path / "logs", record("base", 0, study="other"))
    small_study(tmp_path / "logs")
    before = sorted(tmp_path.rglob("*"))
    found = CliRunner().invoke(main, ["report", *words])
    assert found.exit_code == 2 and said in found.output and len(found.output.strip().splitlines()) == 1, found.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_pdf_without_a_browser_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="needs a browser"):
        write_report(read_small(tmp_path, seeds=1), tmp_path / "r.pdf", "pdf")
    assert not (tmp_path / "r.pdf").exists()


def screened_study(logdir: Path, **changes: object) -> Path:
    return store(logdir, *(replace(one, screen=one.screen and {**one.screen, **changes}) for one in helped_by_a()))


def test_what_the_parts_of_a_screen_do_is_drawn_and_told_in_every_form(tmp_path):
    study = read_study(screened_study(tmp_path))
    text = study_html(study)
    (effects,) = re.findall(r'<section aria-label="effects".*?</section>', text, flags=re.S)
    assert "What each part does, over all variants of f" in effects and effects.count('class="forest better"') == 1
    assert "what it does to test accuracy, points" in effects and "A × B" in effects and "98%: +2.0" in effects
    assert "All together +2" in effects and Outline(text).elements
    assert "<li>Over all variants of f: better with A (+2" in text
    for written in (to_markdown(study), to_notebook(study)):
        assert "Over all variants of f: better with A (+2" in written and "too small to matter: " in written
    assert 'aria-label="effects"' not in study_html(read_small(tmp_path / "none"))


def test_effects_are_of_the_epoch_that_the_page_is_of_in_every_form(tmp_path):
    records = helped_by_a()  # whose best epoch is the one before, in which no part does anything
    noise = {one.seed: 0.9 + one.seed / 1000 for one in records}
    store(
        tmp_path,
        *(replace(one, history={"test_accuracy": [noise[one.seed], one.metrics["test_accuracy"]]}) for one in records),
    )
    last, best = (read_study(tmp_path / "s", epoch=epoch) for epoch in ("last", "best"))
    for form in (study_html, to_markdown):
        assert "better with A (+2" in form(last) and "better with A" not in form(best)


def test_a_screen_without_effects_says_why_and_its_words_are_text(tmp_path):
    folder = screened_study(tmp_path, family=HOSTILE)
    assert HOSTILE not in study_html(read_study(folder))
    shutil.rmtree(folder / "AB")
    text = study_html(read_study(folder))
    assert "no effects: 7 of its 8 variants have records" in text and HOSTILE not in text
    assert text.count("<table") == 1
