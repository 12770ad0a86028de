"""Seconds of an epoch: the harness's compiled one against `model.fit`, on one worker and on the whole machine."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, StudyRun, run_script, run_study
from benchmarks.report import Figure, Goal, Profile, format_metric, median_of

FIT_SCRIPT = Path(__file__).with_name("fit_epochs.py")
HARNESS_EPOCHS, FIT_EPOCHS = 8, 3  # counted; one more is trained first, in which each side compiles


@dataclass(frozen=True, slots=True)
class Network:
    """A network to time, and how many times faster than `fit` it should be."""

    name: str
    setting: str
    worker: float | None
    machine: float | None


NETWORKS = (
    Network("128", "hidden=128", 8.0, 14.0),
    Network("1024", "hidden=1024", 3.5, None),
    Network("512-256", "hidden=512,256", None, None),
    Network("LeNet-5", "network=lenet-5", 1.5, 3.0),
)


@dataclass(frozen=True, slots=True)
class Times:
    """Median seconds of an epoch, one number for each repeat; `engine` is what the harness chose."""

    fit: list[float]
    worker: list[float]
    together: list[float]  # of each of as many workers as fill the machine, all at once
    engine: str


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Time every network, the sides in turn."""
    figures, rows = [], []
    for network in NETWORKS:
        times = _times(bench, network)
        figures += _figures(network, times, bench.jobs)
        seconds = (format_metric(median(part), "s") for part in (times.fit, times.worker, times.together))
        rows.append((network.name, times.engine, *seconds))
    together = f"each of {bench.jobs} workers at once"
    return figures, [Profile("Seconds of an epoch", ("network", "engine", "fit", "one worker", together), rows)]


def _times(bench: Bench, network: Network) -> Times:
    fit, worker, together, engines = [], [], [], set()
    for _ in range(bench.repeats):
        alone = _harness(bench, network, jobs=1)
        fit.append(_fit(bench, network))
        beside = _harness(bench, network, jobs=bench.jobs)
        worker.append(_epoch_seconds(alone))
        together.append(_epoch_seconds(beside))
        engines |= {str(record.provenance["engine"]) for run in (alone, beside) for record in run.records}
    return Times(fit, worker, together, " and ".join(sorted(engines)))


def _harness(bench: Bench, network: Network, *, jobs: int) -> StudyRun:
    epochs = 1 + (2 if bench.quick else HARNESS_EPOCHS)
    options = ("--set", network.setting, "--set", f"epochs={epochs}", "--seeds", str(jobs))
    return run_study(bench, "epochs", *options, jobs=jobs)


def _epoch_seconds(run: StudyRun) -> float:
    return median(seconds for record in run.records for seconds in record.history["epoch_seconds"][1:])


def _fit(bench: Bench, network: Network) -> float:
    epochs = 1 if bench.quick else FIT_EPOCHS
    _, folder = run_script(bench, FIT_SCRIPT, network.setting, str(epochs), "seconds.json")
    return median(json.loads((folder / "seconds.json").read_text()))


def _figures(network: Network, times: Times, jobs: int) -> list[Figure]:
    def figure(what: str, ratios: Sequence[float], goal: float | None) -> Figure:
        held = Goal(goal) if goal else None
        return median_of(f"{network.name}, {what}", ratios, "×", goal=held, note=times.engine)

    worker = [fit / one for fit, one in zip(times.fit, times.worker, strict=True)]
    machine = [fit * jobs / each for fit, each in zip(times.fit, times.together, strict=True)]
    return [
        figure("one worker against fit", worker, network.worker),
        figure(f"{jobs} workers against fit", machine, network.machine),
    ]
