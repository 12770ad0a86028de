"""Torture: a study of tiny trials whose workers and driver are killed at random and whose disk fills up at random.

    python tests/torture.py --seconds 60 --trials 200 --seed 1

The study is run again and again until all is done. Then every trial must have exactly one record that counts, with the
numbers of a run that nobody disturbed, and both tables must be whole. The disturbances go on for the seconds given;
what is still missing then is run in peace.
"""

import csv
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
from faulty_study import descendant_workers, gone
from small_disk import mounted_disk

from harness.records.record import Record, load_records

PROJECT = Path(__file__).resolve().parent.parent
VARIANTS = 20
PACE = 3.5  # seconds between two disturbances, on average: about what a worker takes to start
CLOCKS = ("epoch_seconds", "test_seconds")  # of the history: what differs from run to run

STUDY = f"""
from harness import Arrays, Settings, Study, Variant

def arrays(settings):
    import numpy as np
    random = np.random.default_rng(0)
    x = random.normal(size=(160, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:128], y_train=y[:128], x_test=x[128:], y_test=y[128:])

def build(settings):
    import keras
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])

BASE = Settings(outputs=2, epochs=4, optimizer="sgd", learning_rate=0.1)
VARIANTS = [Variant(f"rate-{{number}}", learning_rate=0.1 + number / 100) for number in range(1, {VARIANTS})]
STUDY = Study("torture", base=BASE, build=build, arrays=arrays, variants=VARIANTS)
"""


class Broken(AssertionError):
    """The harness broke a promise."""


@dataclass
class Torture:
    """One study under torture: where it lies, and what has been done to it."""

    folder: Path
    disk: Path
    trials: int
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    fillable: bool = False
    stored: set[tuple[str, int]] = field(default_factory=set)  # trials whose results have been seen on disk
    peace: dict[tuple[str, int], dict[str, object]] = field(default_factory=dict)  # each trial's numbers, undisturbed

    @property
    def logdir(self) -> Path:
        return self.disk / "logs"

    def start(self, logdir: Path) -> subprocess.Popen:
        """Start the study as a process of its own."""
        command = [sys.executable, "-m", "harness", "run", self.folder / "torture.py", "--logdir", logdir]
        command += ["--seeds", str(self.trials // VARIANTS), "--jobs", "2", "--engine", "graph"]
        environment = os.environ | {"PYTHONPATH": str(PROJECT), "TMPDIR": str(self.folder / "tmp")}
        with open(self.folder / "output", "a") as output:
            return subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def disturb(self, driver: subprocess.Popen, until: float) -> None:
        """Do something terrible every now and then, until the driver has ended or the time has come."""
        while driver.poll() is None and time.monotonic() < until:
            time.sleep(0.1 + self.chance.expovariate(1 / PACE))
            workers = descendant_workers(driver.pid)
            choice = self.chance.random()
            if choice < 0.7 and workers:
                self.kill(self.chance.choice(workers), "worker killed")
            elif choice < 0.8 and self.fillable:
                self.fill_disk()
            elif choice < 0.92 and driver.poll() is None:
                self.kill(driver.pid, "driver killed")
                driver.wait()
                self.require_gone(workers)

    def kill(self, pid: int, what: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
            self.done[what] += 1

    def fill_disk(self) -> None:
        """Leave no room on the disk for a moment."""
        filler = self.disk / "filler"
        with suppress(OSError), open(filler, "wb", buffering=0) as file:
            while True:
                file.write(bytes(65536))
        time.sleep(self.chance.uniform(0.1, 1.0))
        filler.unlink()
        self.done["disk filled"] += 1

    def require_gone(self, workers: list[int]) -> None:
        deadline = time.monotonic() + 10
        while not all(map(gone, workers)):
            if time.monotonic() > deadline:
                raise Broken(f"workers {workers} outlived their driver")
            time.sleep(0.05)

    def run(self, seconds: float) -> None:
        """Run the study until all is done, disturbed for so long."""
        until = time.monotonic() + seconds
        while True:
            peace = time.monotonic() > until
            driver = self.start(self.logdir)
            try:
                self.disturb(driver, until)
                status = driver.wait(timeout=600)
            finally:
                if driver.poll() is None:
                    driver.kill()
            self.done["run"] += 1
            self.check_records(whole=False)
            if status == 0 and self.count() == self.trials:
                if peace or (self.done["run"] > 1 and time.monotonic() > until):
                    return
                self.begin_anew()
            elif peace and self.done["run in peace"] > 2:
                raise Broken(f"the study does not come to an end: status {status}")
            self.done["run in peace"] += peace

    def count(self) -> int:
        return len(load_records(self.logdir)[0])

    def begin_anew(self) -> None:
        """Check a study that is done, and take away a part of it: there is time left for torture."""
        self.check_end()
        self.done["study finished"] += 1
        for variant in (self.logdir / "torture").glob("rate-*"):
            if self.chance.random() < 0.7:
                shutil.rmtree(variant)
        shutil.rmtree(self.logdir / "torture" / "base", ignore_errors=True)
        self.stored = {(record.variant, record.seed) for record in load_records(self.logdir)[0]}

    def check_records(self, *, whole: bool) -> dict[tuple[str, int], Record]:
        """Require that what lies there is right: no record twice, none damaged, all numbers those of peace."""
        records, problems = load_records(self.logdir)
        if problems:
            raise Broken(f"damaged records: {problems}")
        found = {(record.variant, record.seed): record for record in records}
        if len(found) != len(records) or (whole and len(found) != self.trials):
            raise Broken(f"{len(records)} records of {len(found)} trials; expected {self.trials}")
        finished = {key for key, record in found.items() if record.status == "ok"}
        if lost := self.stored - finished:
            raise Broken(f"results that were stored are gone: {sorted(lost)}")
        self.stored = finished
        for key, record in found.items():
            if record.status == "ok" and numbers(record) != self.peace[key]:
                raise Broken(f"{key}: {numbers(record)} is not {self.peace[key]}")
            if whole and record.status != "ok":
                raise Broken(f"{key}: {record.status} {record.error}")
        return found

    def check_end(self) -> None:
        """Require that each trial has its record and each table its rows."""
        found = self.check_records(whole=True)
        runs, summary = rows(self.logdir / "torture/runs.csv"), rows(self.logdir / "torture/summary.csv")
        keys = Counter((row["variant"], int(row["seed"])) for row in runs)
        if keys != Counter(found.keys()):
            raise Broken("runs.csv is not one row a trial")
        for row in runs:
            if float(row["test_loss"]) != found[row["variant"], int(row["seed"])].metrics["test_loss"]:
                raise Broken(f"runs.csv: {row}")
        if len(summary) != VARIANTS or any(int(row["seeds"]) != self.trials // VARIANTS for row in summary):
            raise Broken("summary.csv is not one row a variant")

    def learn_peace(self) -> None:
        """Run the study once undisturbed and keep its numbers."""
        logdir = self.folder / "peace"
        if self.start(logdir).wait() != 0:
            raise Broken(f"the undisturbed run failed; see {self.folder / 'output'}")
        self.peace = {(record.variant, record.seed): numbers(record) for record in load_records(logdir)[0]}


def numbers(record: Record) -> dict[str, object]:
    """Return a record's numbers that no clock decides."""
    return {"metrics": dict(record.metrics)} | {
        name: list(values) for name, values in record.history.items() if name not in CLOCKS
    }


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def torture(*, seconds: float, trials: int, seed: int, folder: Path) -> Counter[str]:
    """Torture a study for so long; return what was done to it. Broken says which promise did not hold."""
    (folder / "tmp").mkdir(parents=True)
    (folder / "torture.py").write_text(STUDY)
    with mounted_disk(folder / "disk", megabytes=max(16, trials // 4)) as mounted:
        victim = Torture(folder, folder / "disk", trials, random.Random(seed), fillable=mounted)
        victim.learn_peace()
        victim.run(seconds)
        victim.check_end()
    return victim.done


@click.command(help=__doc__)
@click.option("--seconds", type=float, default=60.0, show_default=True, help="How long to disturb.")
@click.option("--trials", type=click.IntRange(min=VARIANTS), default=200, show_default=True, help="A multiple of 20.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of what happens and when.")
def main(seconds: float, trials: int, seed: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="harness-torture-"))
    began = time.monotonic()
    try:
        done = torture(seconds=seconds, trials=trials, seed=seed, folder=folder)
    except Broken as broken:
        click.echo(f"BROKEN: {broken} (all of it lies in {folder})", err=True)
        raise SystemExit(1) from None
    shutil.rmtree(folder)
    done = +done
    survived = sum(count for what, count in done.items() if what in ("worker killed", "driver killed", "disk filled"))
    details = ", ".join(f"{count} × {what}" for what, count in sorted(done.items()))
    click.echo(f"interruptions survived: {survived} ({details}); records lost: 0; {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
