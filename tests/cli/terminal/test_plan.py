"""What `list` and a plan look like in terminals of several widths, and how notes are broken."""

import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from rich.text import Text

from harness.cli import list as listing
from harness.cli.terminal import summary
from harness.cli.terminal.plan import plan_table
from harness.cli.terminal.table import Column, Table
from harness.errors import UsageError
from harness.runs.plan import Plan
from harness.runs.request import RunRequest
from harness.study.expectations import better_than_control
from harness.study.loading import load_study, study_files
from harness.study.settings import Settings
from harness.study.study import Study, Variant

pytestmark = pytest.mark.quick

WIDTHS = (60, 80, 100, 160)
LONGEST = "leaking-standardization"
STUDY = Study(
    "s",
    base=Settings(),
    variants=(
        Variant("longer", epochs=20, family="epochs"),
        Variant(LONGEST, normalize=False, expect=better_than_control()),
        Variant("learning-rate-0.01", learning_rate=0.01, control=LONGEST, together=True),
    ),
)
SECONDS = {"base": 3.0, "longer": 9.0, LONGEST: 3.0, "learning-rate-0.01": 3.0}


def drawn(table: Table, width: int) -> list[str]:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(table)
    return console.file.getvalue().splitlines()


def plan(**more: str) -> Plan:
    """Return a plan of one seed; more: of a variant, the id of the trial that it goes on from."""
    trials = tuple(SimpleNamespace(trial_id=name, variant=name, warm_start_from=more.get(name, "")) for name in STUDY.names)
    request = RunRequest(logdir=Path("logs"))
    return Plan(STUDY, STUDY, request, {}, trials, (), SECONDS, {"missing": len(trials)}, Path("elsewhere"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_plan_breaks_no_name_and_names_what_it_has_no_room_for(width):
    lines = drawn(plan_table(plan(), workers=1), width)
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines if line.split()[:1] in ([name] for name in STUDY.names)] == [*STUDY.names]
    shown = [heading for heading in ("epochs", "trials", "done", "each") if heading in f"{lines[1]} {lines[2]}".split()]
    assert ("Hidden, as the terminal is narrow:" in " ".join(lines)) == (len(shown) < 4) and "trials" in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", study_files())
def test_the_list_of_a_study_breaks_no_name(name, width, monkeypatch, tmp_path):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    monkeypatch.setattr(listing, "make_console", lambda: console)
    listing.print_study(name, logdir=tmp_path)
    text = console.file.getvalue()
    assert {*load_study(name).names} <= {*text.split()} and max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_of_studies_breaks_no_name(width, monkeypatch, tmp_path):
    console = Console(width=width, file=io.StringIO(), color_system=None)
    monkeypatch.setattr(listing, "make_console", lambda: console)
    listing.print_studies(tmp_path)
    text = console.file.getvalue()
    assert {*study_files()} <= {*text.split()} and max(map(len, text.splitlines())) <= width


def test_a_study_that_cannot_be_loaded_is_listed_with_its_error(monkeypatch, tmp_path):
    def broken(name: str) -> Study:
        raise UsageError(f"[b]{name}[/b] is broken: " + "many words " * 30)

    console = Console(width=80, file=io.StringIO(), color_system=None)
    monkeypatch.setattr(listing, "make_console", lambda: console)
    monkeypatch.setattr(listing, "load_study", broken)
    listing.print_studies(tmp_path)
    assert "[b]spirals[/b]" in console.file.getvalue()


def test_a_family_of_one_is_one_variant_and_shared_epochs_are_named():
    alone = " ".join(" ".join(drawn(plan_table(plan(), workers=1), 160)).split())
    assert "family epochs: 1 variant, about 9 s" in alone and "go on from shorter ones" not in alone
    tied = drawn(plan_table(plan(longer="base"), workers=1), 160)
    assert "about 6 s" in " ".join(tied) and "Longer trainings go on from shorter ones" in tied[-1]


def test_where_not_even_the_least_fits_everything_is_still_there():
    columns = (Column("name"), Column("number", justify="right", rank=1))
    lines = drawn(Table(columns, [("x" * 50, Text("12")), "others", ("y", "3")], title="t"), 20)
    assert max(map(len, lines)) <= 20 and "".join(lines).count("x") == 50
    assert lines[-4:] == ["  number: 12", "others", "y", "  number: 3"]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_note_is_broken_between_words_and_only_in_a_terminal(terminal, monkeypatch):
    console = Console(width=60, file=io.StringIO(), color_system=None, force_terminal=terminal, highlight=False)
    monkeypatch.setattr(summary, "make_console", lambda **_: console)
    note = "california-housing is absent, " * 5 + "so that [another] dataset stands in for it"
    summary.print_notes([note])
    lines = console.file.getvalue().splitlines()
    assert " ".join(line.strip() for line in lines) == f"Note: {note}" and (len(lines) > 1) == terminal
    assert not terminal or max(map(len, lines)) <= 60
