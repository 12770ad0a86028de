"""How long the Ablations tab takes to show a study of many trials for the first time, and again once one was added."""

import json

from benchmarks.bench import Bench
from benchmarks.made_records import STUDY, make_records
from benchmarks.processes import run_python
from benchmarks.report import Figure, Goal, Profile, median_of

TRIALS, QUICK_TRIALS = 2_000, 200
FIRST = Goal(1.0, at_most=True)
RUNS_EACH = 3
PROGRAM = """
import json, sys, time
from pathlib import Path
began = time.perf_counter()
from harness.report import Studies, study_html
studies = Studies(Path(sys.argv[1]))
study_html(studies.read(sys.argv[2]))
first = time.perf_counter()
record = next(Path(sys.argv[1]).rglob("record.json"))
record.touch()
study_html(studies.read(sys.argv[2]))
print(json.dumps([first - began, time.perf_counter() - first]))
"""


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Time what the tab's route does, in fresh processes of Python: imports, reading, verdicts, the page."""
    count = QUICK_TRIALS if bench.quick else TRIALS
    folder = bench.fresh_folder("tab")
    make_records(folder, count)
    runs = [
        json.loads(run_python(["-c", PROGRAM, str(folder), STUDY], folder=bench.folder).output)
        for _ in range(1 + bench.repeats * RUNS_EACH)
    ]
    first, again = zip(*runs[1:], strict=True)  # the first fills the caches of bytecode and files
    figures = [
        median_of(f"first table, {count:,} trials", list(first), "s", goal=FIRST),
        median_of(f"table after a change, {count:,} trials", list(again), "s"),
    ]
    return figures, []
