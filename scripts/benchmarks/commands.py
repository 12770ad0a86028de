"""How long the command line takes to answer: --help, list, and compare over many recorded trials."""

from collections.abc import Mapping, Sequence
from math import nan

from benchmarks.bench import Bench
from benchmarks.imports import imports_profile
from benchmarks.made_records import make_records
from benchmarks.processes import Failed, run_python
from benchmarks.report import Figure, Goal, Profile, median_of

COUNTS, QUICK_COUNTS = (100, 1_000, 10_000), (20, 100, 400)
ANSWER = Goal(0.2, at_most=True)
COMPARE = Goal(2.0, at_most=True)
LINEAR = Goal(1.1, at_most=True)  # 1 is linear; a tenth of it is left for noise
RUNS_EACH = 3  # an answer is short, so it is timed this many times in each repeat


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Time each command in fresh processes; all in turn, as often as asked for."""
    counts = QUICK_COUNTS if bench.quick else COUNTS
    commands = {"--help": ["-m", "harness", "--help"], "list": ["-m", "harness", "list"]}
    for count in counts:
        folder = bench.fresh_folder(f"records-{count}")
        make_records(folder, count)
        commands[_compare(count)] = ["-m", "harness", "compare", str(folder)]
    samples, failures = _timed(bench, commands)
    goals = {"--help": ANSWER, "list": ANSWER, _compare(counts[-1]): COMPARE}
    figures = [
        median_of(name, seconds, "s", goal=goals.get(name), note=failures.get(name, "")) for name, seconds in samples.items()
    ]
    return [*figures, _growth(counts, samples)], [imports_profile("What the commands import", commands, folder=bench.folder)]


def _compare(count: int) -> str:
    return f"compare, {count:,} trials"


def _timed(bench: Bench, commands: Mapping[str, Sequence[str]]) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return each command's seconds, none for one that fails, and why it failed."""
    samples: dict[str, list[float]] = {name: [] for name in commands}
    failures: dict[str, str] = {}
    for turn in range(1 + bench.repeats * RUNS_EACH):
        for name in [name for name in commands if name not in failures]:
            try:
                run = run_python(commands[name], folder=bench.folder)
            except Failed as error:
                failures[name] = str(error)
                samples[name].clear()
                continue
            if turn > 0:  # the first fills the caches of bytecode and files
                samples[name].append(run.seconds)
    return samples, failures


def _growth(counts: Sequence[int], samples: Mapping[str, Sequence[float]]) -> Figure:
    """Return how much more one further trial costs among many than among few: 1 where time grows linearly."""
    what = f"compare: cost of a further trial from {counts[1]:,} on, against from {counts[0]:,} on"
    if not all(samples[_compare(count)] for count in counts):
        return Figure(what, nan, "×", LINEAR, "compare did not run")
    # Differences of medians drown in noise; the fastest run is the one with the least of it.
    few, more, many = (min(samples[_compare(count)]) for count in counts)
    before, after = (more - few) / (counts[1] - counts[0]), (many - more) / (counts[2] - counts[1])
    note = f"{before * 1000:.3f} ms, then {after * 1000:.3f} ms a trial, by the fastest runs; 1 is linear"
    if before <= 0:
        return Figure(what, nan, "×", LINEAR, f"too few trials to stand out of the noise: {note}")
    return Figure(what, after / before, "×", LINEAR, note)
