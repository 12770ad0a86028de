"""A fault in a table, a picture or the output ends no run and loses no record."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from calling import harness
from faulty_study import PROJECT
from resulting import make_record, store, store_study
from rich.console import Console
from tiny_studies import plan_of

from harness.analysis.summary import summary_table
from harness.cli.run_results import print_results
from harness.cli.terminal.lasting_output import LastingStream, lasting_output
from harness.records.record import Record, load_records
from harness.runs.execution import execute
from harness.runs.executors.protocol import StopRequest
from harness.runs.plan import Plan
from harness.runs.record_store import RecordStore
from harness.training.trial import Trial, blank_record

pytestmark = pytest.mark.quick


class AtOnce:
    """An executor whose trials are done as soon as they are handed out."""

    def __init__(self, plan: Plan) -> None:
        self._study = plan.study

    def run(self, trials: list[Trial], *, progress: Any, stop_request: Any = None) -> Iterator[tuple[Trial, Record]]:
        for trial in trials:
            progress(None)
            metrics = {"test_loss": 0.5, "test_accuracy": 97.5}  # in percent
            found = replace(blank_record(trial, self._study), status="ok", as_expected=True, metrics=metrics)
            yield trial, replace(found, cost={"test_samples": 1000.0})


class Broken:
    """A watcher whose terminal is gone."""

    def __getattr__(self, name: str) -> Any:
        def gone(*_: object) -> None:
            raise OSError(5, "Input/output error")

        return gone


class Quiet:
    """A watcher who says nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


def test_every_record_is_stored_though_the_display_fails(tmp_path):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    problems = execute(plan, AtOnce(plan), Broken(), stop_request=lambda: StopRequest.NONE)
    assert len(load_records(plan.folder)[0]) == 4
    assert problems == ("The progress could not be shown (OSError: [Errno 5] Input/output error).",)


@pytest.mark.parametrize("broken", ["summary_table", "runs_table"])
def test_every_record_is_stored_though_a_table_cannot_be_made(tmp_path, monkeypatch, broken):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of a table")

    monkeypatch.setattr(f"harness.analysis.table_files.{broken}", fault)
    monkeypatch.setattr("harness.cli.run_results.summary_table", fault)
    monkeypatch.setattr("harness.runs.execution.write_study_board", fault)
    problems = execute(plan, AtOnce(plan), Quiet(), stop_request=lambda: StopRequest.NONE)
    assert len(load_records(plan.folder)[0]) == 4
    assert [problem.partition(" could not")[0] for problem in problems] == ["The tables", "TensorBoard's summary"]
    assert (plan.folder / "runs.csv").exists() == (broken == "summary_table")
    console = Console(file=io.StringIO(), width=200)
    assert print_results(plan, console, problems=problems) == 1
    assert "Not shown: the summary (ZeroDivisionError: of a table)" in console.file.getvalue()


def test_an_accuracy_in_percent_has_no_interval_of_shares_and_ends_nothing(tmp_path):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    assert execute(plan, AtOnce(plan), Quiet(), stop_request=lambda: StopRequest.NONE) == ()
    table = summary_table(load_records(plan.folder)[0])
    assert table["test_accuracy"].tolist() == [97.5, 97.5] and table["test_set_low"].isna().all()


def test_a_record_that_cannot_be_written_as_json_is_told_of_and_ends_nothing(tmp_path):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    store = RecordStore(plan.folder, tmp_path / "fallback")
    record = replace(blank_record(plan.trials[0], plan.study), status="ok", settings={"odd": object()})
    store.keep(plan.trials[0], replace(record, metrics={"test_loss": 0.25}))
    (problem,) = store.problems
    assert "TypeError" in problem and "test_loss 0.25" in problem


@pytest.mark.parametrize("command", [["remove", "s/wide"], ["restore", "s/wide"]])
def test_what_was_moved_stays_moved_and_is_said_though_the_tables_fail(tmp_path, monkeypatch, command):
    logdir = store_study(tmp_path / "logs", seeds=2)
    if command[0] == "restore":
        harness("remove", "s/wide", "--logdir", logdir)

    def fault(*_: object, **__: object) -> None:
        raise ZeroDivisionError("of a table")

    monkeypatch.setattr("harness.cli.trash.make_tables_again", fault)
    result = harness(*command, "--logdir", logdir)
    assert result.exit_code == 1 and "could not be made again (ZeroDivisionError: of a table)" in result.output
    assert "2 folders" in result.output
    assert (logdir / "s" / "wide" / "seed-0").exists() == (command[0] == "restore")


def test_removing_works_with_an_accuracy_in_percent(tmp_path):
    values = {"metrics": {"test_accuracy": 97.0}, "cost": {"test_samples": 100.0, "seconds": 1.0}}
    logdir = store(tmp_path / "logs", *(make_record(seed=seed, **values) for seed in range(3)))
    (logdir / "s" / "runs.csv").write_text("trial_id\n" + "".join(f"{make_record(seed=seed).trial_id}\n" for seed in range(3)))
    result = harness("remove", "s/base/seed-0", "--logdir", logdir)
    assert result.exit_code == 0, result.output
    assert "97.0" in (logdir / "s" / "summary.csv").read_text()


class Gone(io.StringIO):
    """A standard output that nobody takes anything from any more."""

    error: OSError

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), OSError(28, "No space"), OSError(5, "EIO")])
def test_output_that_is_gone_is_dropped(monkeypatch, error):
    stream = Gone()
    stream.error = error
    monkeypatch.setattr(sys, "stdout", stream)
    with lasting_output():
        assert isinstance(sys.stdout, LastingStream)
        print("of no use", flush=True)
        Console().print("[bold]neither")
    assert sys.stdout is stream


def run_python(code: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=PROJECT, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.processes
def test_a_run_to_a_full_device_or_a_closed_pipe_ends_as_its_results_say(tmp_path):
    code = (
        "import click\nfrom harness import cli\nfrom harness.cli import study_runs\n"
        "def studies(names, request):\n"
        "    [click.echo('x' * 10_000) for _ in range(100)]\n"
        "    open(names[0], 'w').close()\n"
        "    return 0\n"
        "study_runs.run_studies = studies\ncli.main(['run', '{}'])"
    )
    read, pipe = os.pipe()
    os.close(read)
    for number, output in enumerate((os.open("/dev/full", os.O_WRONLY), pipe)):
        done = tmp_path / str(number)
        ended = run_python(code.format(done), stdout=output)
        os.close(output)
        assert (ended.returncode, ended.stderr) == (0, "") and done.exists()


@pytest.mark.processes
def test_a_table_to_a_full_device_is_an_error_in_one_line():
    with open("/dev/full", "w") as full:
        ended = run_python("from harness.cli.app import main; main(['list'])", stdout=full)
    assert ended.returncode == 1
    assert ended.stderr == "Error: The output could not be written (No space left on device).\n"


@pytest.mark.processes
def test_a_standard_output_that_is_closed_gives_its_number_to_no_file(tmp_path):
    code = (
        "import os, sys\nfrom harness.cli.terminal.lasting_output import open_standard_streams\n"
        f"os.close(1)\nsys.stdout = None\nopen_standard_streams()\nfile = open({str(tmp_path / 'file')!r}, 'w')\n"
        "assert file.fileno() > 2\nprint('into nothing', flush=True)"
    )
    assert run_python(code).returncode == 0 and (tmp_path / "file").read_text() == ""
