"""Plans of runs of the course's study, as they would be made on a machine of two cores; nothing is looked for or written."""

from pathlib import Path
from types import SimpleNamespace

from course_records import STUDY, course_records

from harness.runs.plan import Plan
from harness.runs.request import RunRequest

SECONDS = {"neurons-1024": 21.0, "epochs-30": 14.0, "no-flatten": 1.0, "output-5": 1.0}  # of a trial; of all others 4


def course_plan(logdir: Path, *, seeds: int = 5, done: int = 0) -> Plan:
    """Return the plan of a run with two workers; done: how many of the seeds are recorded."""
    trials = tuple(
        SimpleNamespace(trial_id=f"{name}-{seed}", variant=name, seed=seed, warm_start_from="")
        for seed in range(done, seeds)
        for name in STUDY.names
    )
    request = RunRequest(logdir=logdir, seeds=seeds, jobs=2)
    each = {name: SECONDS.get(name, 4.0) for name in STUDY.names}
    cached = tuple(course_records(seeds=range(done)))
    return Plan(STUDY, STUDY, request, {}, trials, cached, each, {"missing": len(trials)}, logdir / "elsewhere")
