"""Trials that a command trains: what their records hold, in whatever form the script leaves it, and what is refused."""

import math
import os
import time
from pathlib import Path

import pytest
from own_trials import HEAD, planned, ran

from harness.records.attempts import attempt_folder
from harness.records.record import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, OK, Record

START = """import csv, json, os, pathlib, sys, time
rate, seed, out = float(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
"""
LINE = "python train.py {rate} {seed} {folder}"
ROWS = (
    '(out / "metrics.json").write_text(json.dumps([{"epoch": n, "train_loss": 1 / n, "test_accuracy": rate} for n in (1, 2)]))'
)


def written(folder: Path, script: str, *, options: str = "", line: str = LINE, study: str = "") -> Path:
    (folder / "train.py").write_text(START + script)
    path = folder / "own.py"
    base = 'base={"rate": 0.5}, variants=[Variant("fast", rate=0.25)]'
    path.write_text(f"{HEAD}STUDY = Study('own', command=Command({line!r}, {options}), {base}, {study})\n")
    return path


def record_of(folder: Path, script: str, **options: str) -> Record:
    return ran(planned(written(folder, script, **options)))


def test_a_script_leaves_its_epochs_in_the_record_with_what_was_run(tmp_path):
    trial = planned(written(tmp_path, f"print('hello', os.getcwd(), seed)\n{ROWS}"), "fast", seed=1)
    record = ran(trial)
    assert (record.status, record.epochs, record.error) == (OK, 2, "")
    assert record.metrics == {"train_loss": 0.5, "test_accuracy": 0.25} and record.history["train_loss"] == [1.0, 0.5]
    assert record.provenance["engine"] == "command" and "train.py 0.25 1 " in record.provenance["ran"]
    assert "parameters" not in record.cost and math.isnan(record.cost["peak_memory_mb"])
    assert (attempt_folder(trial.folder, 1) / "output.txt").read_text() == f"hello {tmp_path} 1\n"


CSV = '(out / "log.csv").write_text("{}")'
JSON = '(out / "metrics.json").write_text({!r})'
KERAS_CSV = CSV.format("epoch,loss,val_acc\\n0,2.0,0.4\\n1,1.0,0.5\\n")
# A row for what is measured while it trains, one for what is measured behind the epoch.
LIGHTNING_CSV = CSV.format("epoch,step,loss,val_acc\\n0,9,2.0,\\n0,9,,0.4\\n1,19,1.0,\\n1,19,,0.5\\n")
NAMED = "names={'loss': 'train_loss', 'val_acc': 'test_accuracy'}"
OTHER_FILE = JSON.format('{"acc": 0.5}').replace("metrics.json", "m.json")
HALF, BOTH = {"test_accuracy": 0.5}, {"train_loss": 1.0, "test_accuracy": 0.5}
PERCENT = "last_lines='acc=(?P<test_percent>[0-9]+) %', names={'test_percent': 'test_accuracy'}"


@pytest.mark.parametrize(
    ("script", "options", "metrics", "epochs"),
    [
        (JSON.format('{"test_accuracy": 0.5, "note": "fine"}'), "", HALF, 1),
        (OTHER_FILE, "json='m.json', names={'acc': 'test_accuracy'}", HALF, 1),
        (KERAS_CSV, f"csv='log.csv', {NAMED}", BOTH, 2),
        (LIGHTNING_CSV, f"csv='log.csv', {NAMED}", BOTH, 2),
        ("print('accuracy: 0.1\\nDone, accuracy: 5.0000e-01.')", "last_lines='accuracy: {test_accuracy}.'", HALF, 1),
        ("sys.stdout.write('\\x1b[1m10%\\r 99%\\r\\x1b[0mtest 0.5')", "last_lines='test {test_accuracy}'", HALF, 1),
        ("print('acc=50 %')", PERCENT, None, 1),
    ],
)
def test_metrics_are_read_in_the_form_in_which_the_script_leaves_them(tmp_path, script, options, metrics, epochs):
    record = record_of(tmp_path, script, options=options)
    if metrics is None:
        assert "test_accuracy is 50; expected a share between 0 and 1 (of percent, divide by 100)" in record.error
        return
    assert (record.status, record.epochs, record.error) == (OK, epochs, "")
    assert record.metrics == metrics


@pytest.mark.parametrize(("tag", "options"), [
    ("val/acc", "names={'val/acc': 'test_accuracy'}"), ("test_accuracy", ""), ("acc", "names={'acc': 'test_accuracy'}"),
])  # fmt: skip
def test_event_files_of_any_framework_are_read_at_the_steps_of_the_studys_metric(tmp_path, tag, options):
    script = f"""
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from harness.tensorboard.event_file import EventFile
with EventFile(out / "run") as file:
    for step in range(1, 31):
        file.add_summary(Summary(value=[Summary.Value(tag="loss", simple_value=1 / step)]), step=step)  # as PyTorch writes it
        if step % 10 == 0:
            file.add_summary(scalar_pb({tag!r}, step / 100), step=step)
"""
    both = options.replace("}", ", 'loss': 'train_loss'}") or "names={'loss': 'train_loss'}"
    record = record_of(tmp_path, script, options=f"events='*', {both}")
    assert (record.status, record.epochs, record.error) == (OK, 3, "")
    assert record.history["test_accuracy"] == pytest.approx([0.1, 0.2, 0.3])
    assert record.history["train_loss"] == pytest.approx([1 / 10, 1 / 20, 1 / 30])


ACC = "csv='log.csv', names={'acc': 'test_accuracy'}"


@pytest.mark.parametrize(
    ("script", "options", "said"),
    [
        ("pass", "", "the command ended well and left no metrics.json in {folder}"),
        (JSON.format("[1"), "", "metrics.json is no JSON"),
        (JSON.format("[1]"), "", "metrics.json holds '[1]'; expected {\"test_error\": 0.1}, or a list"),
        (JSON.format('{"acc": 1}'), "", "metrics.json names no metric; it has acc; expected names such as"),
        (
            JSON.format('{"acc": 1}'),
            "",
            """Command(..., names={"acc": "test_accuracy"}), in TOML metrics = {names = {"acc" = "test_ac""",
        ),
        (JSON.format('{"test_loss": 1}'), "", "judged by test_accuracy, which the command does not give"),
        (JSON.format('{"test_accuracy": "1"}'), "", "test_accuracy is '1', of type str; expected one number"),
        (CSV.format("epoch,acc\\n1,x\\n"), ACC, "log.csv, line 2: test_accuracy is 'x'"),
        (CSV.format("epoch,acc\\n"), ACC, "log.csv has a header and no line"),
        (CSV.format("epoch,ac\\n1,1\\n"), ACC, "names has 'acc', which log.csv lacks; it has epoch, ac"),
        ("pass", "events='*'", "left no event files that match '*'"),
        (
            "print('fine')",
            "last_lines='acc {test_accuracy}'",
            "in none of the last 1 lines of its output; the last one is 'fine'",
        ),
        ("print('acc 1.2e-01')", "last_lines='acc (?P<test_accuracy>[0-9.]+)'", "takes '1.2' for test_accuracy, which goes on"),
    ],
)
def test_what_a_script_does_not_leave_fails_the_trial_in_one_line(tmp_path, script, options, said):
    record = record_of(tmp_path, script, options=options)
    assert (record.status, record.error_type) == (FAILED, "UsageError")
    assert said in record.error


def test_metrics_of_an_earlier_attempt_are_never_taken_for_this_ones(tmp_path):
    trial = planned(written(tmp_path, f"if not (pathlib.Path('done')).exists():\n    pathlib.Path('done').touch()\n    {ROWS}"))
    assert ran(trial).status == OK
    assert "left no metrics.json" in ran(trial, attempt=2).error


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("raise ValueError('shapes differ\\nlook')", "ValueError: shapes differ"),
        ("class Odd(Exception): pass\nraise SystemExit('no luck')", "CommandFailed: the command ended with status 1: no luck"),
        ("sys.exit(3)", "CommandFailed: the command ended with status 3: it wrote nothing"),
        ("os.kill(os.getpid(), 9)", "CommandFailed: the command was killed by SIGKILL"),
        ("import json.nothing", "ModuleNotFoundError: No module named 'json.nothing'"),
    ],
)
def test_a_script_that_fails_is_a_failure_with_its_own_last_error(tmp_path, script, error):
    record = record_of(tmp_path, f"print('before')\n{ROWS}\n{script}" if "nothing" not in error else script)
    assert (record.status, record.error) == (FAILED, error) and not record.metrics
    assert "Last lines of output.txt:" in record.traceback


def test_an_error_of_the_script_may_be_the_expected_one(tmp_path):
    script = "raise ValueError('first\\nthe shapes differ')"
    assert record_of(tmp_path, script, study="expect=raises('ValueError', match='shapes')").status == EXPECTED_ERROR


def test_a_loss_that_is_not_finite_is_a_divergence(tmp_path):
    rows = '(out / "metrics.json").write_text(\'[{"train_loss": 1.0}, {"train_loss": NaN}]\')'
    record = record_of(tmp_path, rows)
    assert (record.status, record.epochs, record.error) == (DIVERGED, 2, "Loss is not finite after epoch 2.")


def test_what_is_not_finite_is_named_where_it_is_no_loss(tmp_path):
    rows = '(out / "metrics.json").write_text(\'{"train_loss": 0.3, "test_accuracy": NaN}\')'
    record = record_of(tmp_path, rows)
    assert (record.status, record.error) == (DIVERGED, "Test accuracy is not finite after epoch 1.")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"line": "pythn train.py {rate}"}, "program 'pythn' is not found"),
        ({"line": "./train.py {rate}"}, "'./train.py' may not be run; expected a program, as in 'sh ./train.py'"),
        ({"line": "python train.py {rate} {gpu}"}, "names {gpu}, and this machine has none"),
        ({"options": "working_folder='{study}/nowhere'"}, "/nowhere' is not found"),
    ],
)
def test_what_the_command_needs_and_is_not_there_is_named(tmp_path, options, said):
    assert said in record_of(tmp_path, "", **options).error


def test_a_script_is_given_the_allowed_variables_and_the_declared_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_SECRET", "hidden")
    monkeypatch.setenv("MY_TOKEN", "passed")
    script = f"{ROWS}\nprint(sorted(name for name in os.environ if name.startswith('MY_')), os.environ['MY_RATE'])"
    trial = planned(written(tmp_path, script, options="environment=['MY_TOKEN', 'MY_RATE=r{rate}', 'NOT_SET']"))
    assert ran(trial).status == OK
    assert (attempt_folder(trial.folder, 1) / "output.txt").read_text() == "['MY_RATE', 'MY_TOKEN'] r0.5\n"


@pytest.mark.parametrize("deaf", [False, True])
def test_a_script_that_is_to_stop_is_interrupted_and_ended_where_it_does_not_hear(tmp_path, monkeypatch, deaf):
    monkeypatch.setattr("harness.training.command_process.GRACE_SECONDS", 0.3)
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" if deaf else ""
    child = "import subprocess; child = subprocess.Popen(['sleep', '600']); print(child.pid, flush=True)\n"
    catching = "try:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    child.kill(); print('heard', flush=True)\n"
    trial = planned(written(tmp_path, ignoring + child + catching))
    output = attempt_folder(trial.folder, 1) / "output.txt"
    record = ran(trial, stop=lambda: output.exists() and bool(output.read_text()))
    assert (record.status, record.error) == (INTERRUPTED, "Interrupted: the command was stopped.")
    pid, *said = output.read_text().split()
    assert said == ([] if deaf else ["heard"])
    for _ in range(50):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().split()[2] == "Z":
            break
        time.sleep(0.1)
    else:
        os.kill(int(pid), 9)
        pytest.fail("what the script had started outlived it")
