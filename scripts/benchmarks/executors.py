"""The executors on trials that only sleep: what a trial costs beside itself, on this machine, through Ray and through Slurm."""

import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from shutil import which

from benchmarks.bench import Bench, StudyRun, run_study
from benchmarks.report import Figure, Goal, Profile, median_of

EXECUTORS = ("local", "ray", "slurm")
GOAL = Goal(1.15, at_most=True)  # Ray's wall time, as a multiple of the local pool's
COMPARED = 2.0  # seconds of the trials for which it is to hold


@dataclass(frozen=True, slots=True)
class _Load:
    """So many trials of so many seconds."""

    trials: int
    seconds: float


LOADS = (_Load(200, 0.1), _Load(100, 1.0), _Load(40, COMPARED), _Load(12, 10.0))
QUICK_LOADS = (_Load(6, 0.1), _Load(4, COMPARED))


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Run each load on the same number of workers through each executor, in turn."""
    executors = [name for name in EXECUTORS if _is_there(name)]
    figures: list[Figure] = []
    for load in QUICK_LOADS if bench.quick else LOADS:
        runs: dict[str, list[StudyRun]] = {name: [] for name in executors}
        for _ in range(bench.repeats):
            for name in executors:
                runs[name].append(_run(bench, name, load))
        figures += _of_load(load, runs)
    return figures, []


def _is_there(executor: str) -> bool:
    """Say whether trials can be run so here; through Slurm: whether a controller answers."""
    if executor == "slurm":
        asked = ["sinfo", "--noheader"]
        return bool(find_spec("submitit") and which("sbatch")) and not subprocess.run(asked, capture_output=True).returncode
    return executor == "local" or find_spec(executor) is not None


def _of_load(load: _Load, runs: dict[str, list[StudyRun]]) -> list[Figure]:
    figures = []
    for name, found in runs.items():
        spans = [run.ended - run.started for run in found]
        each = [1000 * (span * run.jobs / load.trials - load.seconds) for span, run in zip(spans, found, strict=True)]
        what = f"{name}: {load.trials} trials of {load.seconds:g} s on {found[0].jobs} workers"
        figures.append(median_of(f"{what}, beside each trial", each, "ms"))
        figures.append(median_of(f"{what}, whole command", [run.run.seconds for run in found], "s"))
    if "ray" in runs and load.seconds >= COMPARED:
        ratios = [_span(ray) / _span(local) for ray, local in zip(runs["ray"], runs["local"], strict=True)]
        what = f"{load.trials} trials of {load.seconds:g} s, first one's start to last one's end, Ray / local"
        figures.append(median_of(what, ratios, "×", goal=GOAL))
    return figures


def _span(run: StudyRun) -> float:
    return run.ended - run.started


def _run(bench: Bench, executor: str, load: _Load) -> StudyRun:
    words = ("--executor", executor, "--seeds", str(load.trials), "--set", f"sleeps={load.seconds}")
    return run_study(bench, "sleeping", *words, jobs=bench.jobs, environment={"RAY_USAGE_STATS_ENABLED": "0"})
