"""What a user reads, word for word: every command's screen at three widths lies in tests/cli/screens.

A change of wording shows there in review. Write the files anew, and read what changed, with

    HARNESS_WRITE_SCREENS=1 python -m pytest tests/cli/terminal/test_screen_texts.py
    git diff tests/cli/screens

The records are made up and nothing is trained, so that the figures are the same on every machine.
"""

import io
import os
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from course_plans import course_plan
from course_records import STUDY, course_record, course_records, write_all
from resulting import store_study
from rich.console import Console

from harness.cli import data, doctor, run_results, study_plans
from harness.cli.app import main
from harness.cli.terminal import summary
from harness.cli.terminal.progress import Outlook, RunProgress
from harness.data.resolve import DatasetLocation
from harness.maintenance.doctor import Finding, Section
from harness.records.record import Record
from harness.runs.executors.protocol import Progress
from harness.runs.plan import PlanResults
from harness.runs.request import RunRequest

pytestmark = pytest.mark.quick

SCREENS = Path(__file__).parents[1] / "screens"
WIDTHS = (80, 120, 200)
COMMANDS = {
    "help": "--help",
    "list": "list",
    "list-ablations": "list ablations",
    "compare": "compare logs/ablations",
    "compare-one-seed": "compare one/ablations",
    "compare-two-studies": "compare logs other",
    "compare-two-dates": "compare logs/ablations one/ablations",
    "compare-best-epoch": "compare logs/ablations --epoch best",
    "show": "show ablations/base/seed-0",
    "show-failed": "show ablations/no-flatten/seed-0",
    "diff": "diff ablations/base/seed-0 ablations/epochs-30/seed-0",
    "reproduce": "reproduce ablations",
    "reproduce-details": "reproduce ablations --details",
    "reproduce-nothing": "reproduce ablations --logdir none",
    "reproduce-other-settings": "reproduce ablations --logdir short",
    "questions": "questions",
    "questions-nothing": "questions --logdir none",
    "questions-2": "questions 2",
    "questions-2-chinese": "questions 2 --lang zh",
    "questions-3-nothing": "questions 3 --logdir none",
    "doctor": "doctor",
    "data": "data",
    "plan": "plan ablations --jobs 2",
    "plan-nothing": "plan ablations --logdir none --jobs 2",
}
ERRORS = (
    "run ablation",
    "run ablations --only neurons-51",
    "run ablations --set epoch=3",
    "run ablations --set epochs=three",
    "run ablations --dataset minst",
    "run ablations --vary inti",
    "run ablations --vary split",
    "variance ablations --sources init",
    "compare log",
    "compare logs --filter test_acuracy>0.9",
    "compare logs --sort test_acuracy",
    "compare logs --fail-on worse",
    "plan ablations --std nan",
    "show ablations/bas/seed-0",
    "diff base/seed-0 base/seed-9",
    "questions 10",
    "questions --quiz",
    "reproduce spirals",
    "remove",
    "restore",
    "board ablation",
    "report logs/ablation",
    "draw",
    "draw --model ablations/bas",
    "report logs/ablations --output report.doc",
    "rnu",
)
RUNS = ("run", "run-one-seed", "run-stand-in", "run-surprises")
LOCATIONS = [
    DatasetLocation("mnist", "files", Path("/data/mnist"), "verified", 11_300_000),
    DatasetLocation("fashion-mnist", "keras", Path("/root/.keras/datasets/fashion-mnist"), "absent", 0),
    DatasetLocation("iris", "bundled", None, "verified", 0),
    DatasetLocation(
        "california-housing", "files", Path("/data/california-housing"), "damaged", 60, "It is damaged: it is empty."
    ),
    DatasetLocation("digits", "cache", Path("/cache/digits"), "damaged", 1_400_000),
]
MACHINE = Section("machine", (("python", "3.11.7"), ("cores", "2")), ())
DAMAGED = Finding("base/seed-0 is damaged", "python -m harness run ablations --only base")
LOGS = Section("log folder", (("ablations", "85 records (75 ok, 10 expected-error), 85 attempts"),), (DAMAGED,))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    write_all(folder / "logs", course_records())
    write_all(folder / "one", course_records(seeds=range(1)))
    short = [replace(record, settings=record.settings | {"epochs": 2}) for record in course_records(seeds=range(2))]
    write_all(folder / "short", short)
    store_study(folder / "other")
    return folder


@pytest.fixture(autouse=True)
def terminal(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.delenv("HARNESS_PROGRAM", raising=False)
    for name, value in {"FORCE_COLOR": "1", "NO_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    for module in ("cli.list", "cli.terminal.plan", "runs.request"):
        monkeypatch.setattr(f"harness.{module}.default_jobs", lambda: 2)
    monkeypatch.setattr(data, "survey", lambda _: LOCATIONS)
    monkeypatch.setattr(doctor, "examine_machine", lambda *_, **__: MACHINE)
    monkeypatch.setattr(doctor, "examine_logs", lambda *_: LOGS)


def said(words: str) -> str:
    """Return what a command prints on both streams, without styles."""
    result = CliRunner().invoke(main, words.split(), prog_name="python -m harness")
    return plain(f"{result.output}(exit status {result.exit_code})\n")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", text).replace(" \n", "\n")


def held(name: str, text: str) -> None:
    """Compare a text with the file of this name, or write the file where that is asked for."""
    path = SCREENS / f"{name}.txt"
    text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    if os.environ.get("HARNESS_WRITE_SCREENS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"Another text than {path}; see {Path(__file__).name} on how to renew it."


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_this(name, monkeypatch):
    parts = []
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        parts.append(f"===== {COMMANDS[name]}   ({width} columns)\n{said(COMMANDS[name])}")
    held(name, "\n".join(parts))


def test_an_error_is_this_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    held("errors", "\n".join(f"$ {words}\n{said(words)}" for words in ERRORS))


def test_a_quiz_says_this(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("harness.cli.questions.require_answers", lambda: None)
    result = CliRunner().invoke(main, ["questions", "2", "--quiz"], input="b\n", prog_name="python -m harness")
    held("questions-quiz", plain(result.output))


def run_records(name: str) -> list[Record]:
    if name == "run-one-seed":
        return course_records(seeds=range(1))
    if name == "run-stand-in":
        data = {"used": "digits", "description": "digits (1,797 images), stand-in for mnist"}
        return [replace(one, data=one.data | data) for one in course_records(only=("base", "neurons-64", "fashion-baseline"))]
    if name == "run-surprises":
        lost = {"status": "diverged", "as_expected": False, "metrics": {}, "error": "Loss is not finite after epoch 2."}
        base = course_record("base", 0)
        passed = {"status": "unexpected-pass", "as_expected": False, "error": "", "metrics": base.metrics}
        return [
            *course_records(only=("base", "neurons-64", "epochs-15")),
            *(course_record("neurons-512", seed, **(lost if seed < 2 else {})) for seed in range(5)),
            *(course_record("no-flatten", seed, **passed) for seed in range(5)),
        ]
    return course_records()


@pytest.mark.parametrize("name", RUNS)
def test_a_run_ends_with_this(name, place, monkeypatch):
    found = PlanResults(tuple(run_records(name)), (), ())
    monkeypatch.setattr(run_results, "results", lambda _: found)
    changes = (("epochs", 5),) if name == "run-stand-in" else ()
    request = RunRequest(logdir=place / "logs", base_changes=changes)
    folder = place / "logs" / "ablations"
    plan = SimpleNamespace(study=STUDY, request=request, folder=folder, cached=found.records[:3], declared=STUDY)
    parts = []
    for width in WIDTHS:
        console = console_of(width)
        monkeypatch.setattr(summary, "make_console", lambda console=console, **_: console)
        status = run_results.print_results(plan, console)
        parts.append(f"===== {width} columns\n{plain(console.file.getvalue())}(exit status {status})\n")
    held(name, "\n".join(parts))


def console_of(width: int) -> Console:
    return Console(width=width, file=io.StringIO(), color_system=None, force_terminal=True, highlight=False)


def test_a_dry_run_says_this(place, monkeypatch):
    one, other = course_plan(place / "logs", done=2), course_plan(place / "logs", seeds=1)
    other = replace(other, study=replace(STUDY, name="another-study"))
    monkeypatch.setattr(study_plans, "sound_plans", lambda *_: [one, other])
    parts = []
    for width in WIDTHS:
        console = console_of(width)
        status = study_plans.print_plans([object(), object()], one.request, console)
        parts.append(f"===== run --dry-run   ({width} columns)\n{plain(console.file.getvalue())}(exit status {status})\n")
    held("run-dry-run", "\n".join(parts))


def test_progress_shows_this(place):
    values = {"train_loss": 0.0739, "test_loss": 0.0842, "test_accuracy": 0.9741}
    parts = []
    for width in WIDTHS:
        console, plan = console_of(width), course_plan(place / "logs", seeds=1)
        later = Outlook(later=[replace(plan, study=replace(STUDY, name="another-study"))])
        clock = Clock()
        progress = RunProgress(plan, console, jobs=2, outlook=later, clock=clock)

        clock.seconds = 5.0
        parts.append(f"===== starting   ({width} columns)\n{drawn(console, progress)}")
        clock.seconds = 9.0
        progress.epoch(Progress("epochs-30", 0, 0, {}, "compiling and training the first epoch"))
        progress.epoch(Progress("neurons-1024", 0, 1, values))
        clock.seconds = 13.0
        progress.epoch(Progress("neurons-1024", 0, 2, values))
        parts.append(f"===== two trials are under way   ({width} columns)\n{drawn(console, progress)}")
        clock.seconds = 29.0
        for record in course_records(seeds=range(1)):
            progress.ended(record)
        parts.append(f"===== all have ended   ({width} columns)\n{drawn(console, progress)}")
    held("progress", "\n".join(parts))


class Clock:
    """A clock that stands still until it is set."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def drawn(console: Console, progress: RunProgress) -> str:
    with console.capture() as captured:
        console.print(progress)
    return plain(captured.get())


def test_every_command_has_a_screen():
    shown = {words.split()[0] for words in (*COMMANDS.values(), *ERRORS)} | {"run"}
    elsewhere = {"new", "check", "rerun", "purge", "status", "attach", "cancel"}  # these say a line each, tested where they are
    assert set(main.commands) - shown <= elsewhere
