"""Which packages' imports a process waits for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.processes import Failed, run_python
from benchmarks.report import Profile, format_metric

SHOWN_PACKAGES = 8


def imports_profile(title: str, commands: Mapping[str, Sequence[str]], *, folder: Path) -> Profile:
    """Run each command (Python's arguments, by name) once, and say what it imports; one that fails is left out."""
    rows = []
    for name, arguments in commands.items():
        try:
            run = run_python(["-X", "importtime", *arguments], folder=folder)
        except Failed:
            continue
        packages = seconds_by_package(run.output)
        most = ", ".join(f"{package} {seconds:.3f} s" for package, seconds in packages.most_common(SHOWN_PACKAGES))
        rows.append((name, format_metric(run.seconds, "s"), format_metric(packages.total(), "s"), most))
    return Profile(title, ("process", "wall time", "of it imports", "of these"), rows)


def seconds_by_package(output: str) -> Counter[str]:
    """Add up the lines of `-X importtime`: import time: own microseconds | with those below | module.

    >>> seconds_by_package("import time:  1500000 |  2000000 | numpy.linalg")
    Counter({'numpy': 1.5})
    """
    seconds: Counter[str] = Counter()
    for line in output.splitlines():
        head, _, module = line.rpartition("|")
        own = head.removeprefix("import time:").partition("|")[0].strip()
        if line.startswith("import time:") and own.isdigit():
            seconds[module.strip().partition(".")[0]] += int(own) / 1e6  # type: ignore[assignment]  # a Counter adds up any numbers
    return seconds
