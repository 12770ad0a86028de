"""One worker against as many as the machine has cores, on trials of one kind."""

from benchmarks.bench import Bench, StudyRun, run_study
from benchmarks.report import Figure, Goal, Profile, median_of

TRIALS, QUICK_TRIALS = 12, 4
GOAL_FOR_TWO = Goal(1.85)


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Train the base with twelve seeds on one worker and on all, in turn."""
    wall, trials_only = [], []
    for _ in range(bench.repeats):
        one, all_workers = _run(bench, jobs=1), _run(bench, jobs=bench.jobs)
        wall.append(one.run.seconds / all_workers.run.seconds)
        trials_only.append(_trial_span(one) / _trial_span(all_workers))
    goal = GOAL_FOR_TWO if bench.jobs == 2 else None
    what = f"{_trials(bench)} trials of the base, 1 worker / {bench.jobs}"
    return [
        median_of(f"{what}, whole command", wall, "×", goal=goal, note="start of TensorFlow included"),
        median_of(f"{what}, first trial's start to last one's end", trials_only, "×", goal=goal),
    ], []


def _run(bench: Bench, *, jobs: int) -> StudyRun:
    return run_study(bench, "course", "--only", "base", "--seeds", str(_trials(bench)), jobs=jobs)


def _trials(bench: Bench) -> int:
    return QUICK_TRIALS if bench.quick else TRIALS


def _trial_span(run: StudyRun) -> float:
    return run.ended - run.started
