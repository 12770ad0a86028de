"""A PyTorch training bears what others bear: a killed worker, Ctrl-C, a limit of time, with a DataLoader's own processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from calling import harness
from pytorches import needs_pytorch

from harness.records.record import INTERRUPTED, OK, TIMEOUT, Record, load_records

pytestmark = [pytest.mark.processes, needs_pytorch]

STUDY = """
import io, os, pathlib, time
from harness import Study, Variant

class Rows:
    def __len__(self):
        return 64

    def __getitem__(self, place):
        import torch
        return torch.sin(torch.arange(8.0) + place), place % 2

def train(settings, trial):
    import torch
    model = torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.Dropout(0.2), torch.nn.Linear(8, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=settings.rate)
    rows = torch.utils.data.DataLoader(Rows(), batch_size=16, shuffle=True, num_workers=2)
    parts, done = (model, optimizer), 0
    if kept := trial.resume():
        done = kept["epoch"]
        for part, state in zip(parts, torch.load(io.BytesIO(kept["parts"]))):
            part.load_state_dict(state)
    for epoch in range(done + 1, 6):
        for x, y in rows:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
        trial.log(epoch, train_loss=loss.detach(), test_accuracy=0.5)
        states = io.BytesIO()
        torch.save([part.state_dict() for part in parts], states)
        trial.checkpoint({"epoch": epoch, "parts": states.getvalue()})
        place = pathlib.Path(os.environ.get("DEADLY_FOLDER", "/nowhere"))
        if epoch == 3 and place.is_dir() and not (place / "there").exists():
            (place / "there").touch()
            os.kill(os.getpid(), 9) if "DEADLY" in os.environ else time.sleep(600)

STUDY = Study("faulty", base={"rate": 0.01}, variants=[], train=train)
"""
OPTIONS = ("--seeds", "1", "--jobs", "1", "--checkpoint-seconds", "0")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("faulty") / "faulty.py"
    path.write_text(STUDY)
    return path


@pytest.fixture(scope="module")
def whole(study: Path) -> Record:
    """The record of a trial that nothing has befallen."""
    result = harness("run", study, *OPTIONS, "--logdir", study.parent / "whole")
    assert result.exit_code == 0, result.output
    return record_of(study.parent / "whole")


def record_of(logdir: Path) -> Record:
    ((record,), problems) = load_records(logdir)
    assert not problems
    return record


def test_a_killed_worker_costs_nothing_but_time(study, whole, tmp_path, monkeypatch):
    monkeypatch.setenv("DEADLY_FOLDER", str(tmp_path))
    monkeypatch.setenv("DEADLY", "1")
    result = harness("run", study, *OPTIONS, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    record = record_of(tmp_path / "logs")
    assert (record.status, record.provenance["resumed_from"]) == (OK, 3)
    assert record.history["train_loss"] == whole.history["train_loss"]


def test_after_two_times_ctrl_c_the_next_run_ends_in_the_same_numbers_and_nothing_runs_on(study, whole, tmp_path):
    words, logs = ["run", str(study), *OPTIONS, "--logdir", str(tmp_path / "logs")], tmp_path / "logs"
    environment = os.environ | {"DEADLY_FOLDER": str(tmp_path)}
    with (tmp_path / "said").open("w") as said:
        run = subprocess.Popen([sys.executable, "-m", "harness", *words], stdout=said, stderr=said, env=environment)
    begun = time.monotonic()
    while not (tmp_path / "there").exists() and time.monotonic() < begun + 300:
        time.sleep(0.1)
    below = psutil.Process(run.pid).children(recursive=True)
    assert len(below) > 3  # the server, the worker, the loader's processes
    for _ in range(2):
        run.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert run.wait(300) == 130, (tmp_path / "said").read_text()
    assert record_of(logs).status == INTERRUPTED
    left = [one for one in psutil.wait_procs(below, timeout=60)[1] if one.status() != psutil.STATUS_ZOMBIE]
    assert not left, left
    assert harness(*words).exit_code == 0
    record = record_of(logs)
    assert (record.status, record.provenance["resumed_from"]) == (OK, 3)
    assert record.history["train_loss"] == whole.history["train_loss"]


def test_a_limit_of_time_ends_it_with_its_processes(study, tmp_path, monkeypatch):
    monkeypatch.setenv("DEADLY_FOLDER", str(tmp_path))
    before = set(psutil.Process().children(recursive=True))
    result = harness("run", study, *OPTIONS, "--max-seconds", 60, "--logdir", tmp_path / "logs")
    assert result.exit_code == 1 and record_of(tmp_path / "logs").status == TIMEOUT, result.output
    new = [one for one in psutil.Process().children(recursive=True) if one not in before]
    left = [one for one in psutil.wait_procs(new, timeout=60)[1] if "forkserver" not in " ".join(one.cmdline())]
    assert not left, left
