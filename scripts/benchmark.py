"""The benchmark: how fast the harness is on this machine, held against its goals.

    python scripts/benchmark.py                       all parts, about an hour on two cores
    python scripts/benchmark.py epoch cli             two of them
    python scripts/benchmark.py --quick --repeats 1   whether everything runs, in a few minutes

The sides of each comparison take turns, so that the machine's noise falls on both, and every figure is a median.
"""

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from math import nan
from pathlib import Path
from typing import Any

import click
from benchmarks import commands, epochs, executors, gpu, pipelines, scaling, suite, tab
from benchmarks.bench import Bench
from benchmarks.processes import PROJECT, Failed
from benchmarks.report import Figure, Profile, Report, to_json, to_markdown, to_tables

from harness.cli import make_console
from harness.records import commit, environment

SUITE, OVERHEAD = "suite", "overhead"
PARTS = (SUITE, "epoch", "pipelines", OVERHEAD, "scaling", "executors", "gpu", "memory", "cli", "tab")
OUTPUT = click.Path(path_type=Path, dir_okay=False)
Measured = tuple[Sequence[Figure], Sequence[Profile]]


@click.command(epilog="Parts: " + ", ".join(PARTS) + ". Without one, all are measured.")
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Measure all this often.")
@click.option("--json", "json_file", type=OUTPUT, help="Write the report as JSON.")
@click.option("--markdown", "markdown_file", type=OUTPUT, help="Write it as Markdown.")
@click.option("--quick", is_flag=True, help="Less of everything: shows that it runs, not how fast.")
def main(parts: tuple[str, ...], *, repeats: int, json_file: Path | None, markdown_file: Path | None, quick: bool) -> None:
    """Measure how fast the harness is on this machine, and hold it against its goals."""
    console = make_console()
    chosen = [part for part in PARTS if part in (parts or PARTS)]
    machine = describe_machine(repeats=repeats, quick=quick)
    with tempfile.TemporaryDirectory(prefix="harness-benchmark-") as folder:
        bench = Bench(Path(folder), repeats, os.cpu_count() or 1, quick)
        with console.status("…") as status:
            figures, profiles = measure(bench, chosen, announce=lambda part: status.update(f"Measuring: {part}"))
    report = Report(machine, figures, profiles)
    if json_file:
        json_file.write_text(json.dumps(to_json(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if markdown_file:
        markdown_file.write_text(to_markdown(report), encoding="utf-8")
    for table in to_tables(report):
        console.print(table)


def measure(bench: Bench, parts: Sequence[str], *, announce: Callable[[str], None]) -> Measured:
    """Measure the chosen parts; one that fails is a figure that says why, and the others go on."""
    figures: list[Figure] = []
    profiles: list[Profile] = []
    suite_runs: list[suite.SuiteRuns] = []  # overhead reads the runs that suite has made

    def runs() -> suite.SuiteRuns:
        if not suite_runs:
            suite_runs.append(suite.run_suite(bench, plain=SUITE in parts))
        return suite_runs[0]

    measures: dict[str, Callable[[], Measured]] = {
        SUITE: lambda: suite.speed(runs()),
        "epoch": lambda: epochs.measure(bench),
        "pipelines": lambda: pipelines.measure(bench),
        OVERHEAD: lambda: suite.overhead(bench, runs()),
        "scaling": lambda: scaling.measure(bench),
        "executors": lambda: executors.measure(bench),
        "gpu": lambda: gpu.measure(bench),
        "memory": lambda: suite.memory(bench),
        "cli": lambda: commands.measure(bench),
        "tab": lambda: tab.measure(bench),
    }
    for part in parts:
        announce(part)
        try:
            found = measures[part]()
        except Failed as error:
            found = [Figure("all", nan, "", note=str(error))], []
        figures += [_of_part(part, figure, bench) for figure in found[0]]
        profiles += found[1]
    return figures, profiles


def _of_part(part: str, figure: Figure, bench: Bench) -> Figure:
    # A goal is for the whole measurement: held against a quick one it would mislead.
    return replace(figure, part=part, goal=None if bench.quick else figure.goal)


def describe_machine(*, repeats: int, quick: bool) -> dict[str, Any]:
    """Say what the figures were measured on: machine, versions, commit, and how busy it was before."""
    found = environment()
    source = commit(PROJECT)
    return {
        "measured": datetime.now().astimezone().isoformat(timespec="minutes"),
        "machine": f"{found['cores']} × {found['processor']}, {_memory_gigabytes():.0f} GB, {found['system']}",
        "versions": ", ".join(f"{name} {found[name]}" for name in ("python", "tensorflow", "keras", "numpy")),
        "commit": source.get("commit", "")[:12] + (" with changes" if source.get("dirty") else ""),
        "load before": ", ".join(f"{load:.2f}" for load in os.getloadavg()),
        "repeats": f"{repeats}, quick: these figures mean little" if quick else str(repeats),
    }


def _memory_gigabytes() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


if __name__ == "__main__":
    main()
