"""A study whose variants do something while they train, for the suite of all executors, and how it is run and watched."""

from collections.abc import Callable
from pathlib import Path

from harness.data import prepare
from harness.records import Record
from harness.runs import RunRequest, make_plan
from harness.runs.executors.protocol import Executor, Progress, StopRequest, WorkerFailure
from harness.runs.plan import Plan
from harness.study import load_study
from harness.training import Trial

# Each variant does something while it trains. Its files lie in PLACE, where the test looks for them.
ACTING = """
import os, signal, sys, threading, time
from dataclasses import dataclass
from pathlib import Path
from harness import Metric, Settings, Study, Variant

PLACE = Path("PLACE")

@dataclass(frozen=True, slots=True)
class Acting(Settings):
    does: str = "nothing"

class Odd(Exception):
    def __init__(self, text):
        super().__init__(text)
        self.held = lambda: text

def train(settings, trial):
    does, seen = settings.does, os.environ.get("LEFT_BY_A_TRIAL", "")
    (PLACE / f"{does}-{trial.seed}.pid").write_text(str(os.getpid()))
    state = trial.resume() if does == "keeps" else None
    if state is None:
        trial.log(1, test_error=0.5)
    if does == "longer":
        time.sleep(1.5)
    begun = time.monotonic()
    while does == "heard" and not (PLACE / "heard").exists():
        if time.monotonic() - begun > 60:
            raise TimeoutError("nothing of it was heard while it ran")
        time.sleep(0.05)
    if does == "last":
        while not (PLACE / "base-ended").exists():
            time.sleep(0.05)
        time.sleep(0.5)
    if does == "endless":
        for epoch in range(2, 6000):
            time.sleep(0.1)
            trial.log(epoch, test_error=1 / epoch)
    if does == "hangs":
        time.sleep(600)
    died_before = (PLACE / f"{does}.died").exists()
    if does == "dies" or does == "dies-once" and not died_before:
        (PLACE / f"{does}.died").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if does == "keeps" and state is None:
        trial.checkpoint({"so": "far"})
        os.kill(os.getpid(), signal.SIGKILL)
    if does == "raises":
        raise Odd("what cannot be pickled")
    if does == "exits":
        sys.exit(7)
    if does == "prints":
        print("said by the trial")
    if does == "stains":
        os.environ["LEFT_BY_A_TRIAL"] = "yes"
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    trial.log(2, test_error=1.0 if seen else 0.25)
    if does == "nothing":
        (PLACE / "base-ended").touch()

NAMES = "last longer heard endless hangs dies dies-once keeps raises exits prints stains".split()
STUDY = Study("acting", base=Acting(), train=train, metric=Metric("error", 0.01, False),
              variants=[Variant(name, does=name) for name in NAMES])
"""
CHAIN = """
from harness import Settings, Study, Variant
STUDY = Study("chain", base=Settings(dataset="digits", epochs=1, hidden=(8,)), variants=[Variant("longer", epochs=3)])
"""


class Silent:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.records: list[Record] = []

    def epoch(self, epoch: Progress) -> None:
        pass

    def ended(self, record: Record) -> None:
        self.records.append(record)

    def notice(self, text: str) -> None:
        self.notices.append(text)


def no_stop() -> StopRequest:
    """Let a run go on to its end."""
    return StopRequest.NONE


def acting(folder: Path, *names: str, seeds: int = 1) -> Plan:
    """Return the plan of a study whose variants do these things, its own folder in its place."""
    path = folder / "study" / "acting.py"  # it may go to another machine, and so does not name its own folder
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(ACTING.replace('PLACE")', f'{folder}")'))
    study = load_study(str(path))
    (folder / "logs" / study.name).mkdir(parents=True, exist_ok=True)
    return make_plan(study, RunRequest(folder / "logs", seeds=seeds, only=names, checkpoint_seconds=0.0), {})


def trials_of(plan: Plan, *names: str) -> list[Trial]:
    """Return a plan's trials of these variants, in this order."""
    return [trial for name in names for trial in plan.trials if trial.variant == name]


def collected(
    executor: Executor,
    trials: list[Trial],
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    stop_request: Callable[[], StopRequest] = no_stop,
) -> dict[str, Record | WorkerFailure]:
    """Return what became of each trial by its variant, in the order in which they ended."""
    outcomes = list(executor.run(trials, progress=progress, stop_request=stop_request))
    assert len({trial.trial_id for trial, _ in outcomes}) == len(outcomes), "a trial came home twice"
    return {trial.variant: outcome for trial, outcome in outcomes}


def pid_of(folder: Path, does: str) -> int:
    """Return the process that a variant of seed 0 trained in."""
    return int((folder / f"{does}-0.pid").read_text())


def status_of(outcome: Record | WorkerFailure) -> tuple[str, str]:
    """Return how a trial ended, and why."""
    return outcome.status, outcome.error


def chain(folder: Path) -> Plan:
    """Return the plan of a study with a trial that can go on from the end of another one."""
    folder.mkdir(exist_ok=True)
    path = folder / "chain.py"
    path.write_text(CHAIN)
    study = load_study(str(path))
    (folder / "logs" / study.name).mkdir(parents=True)
    return make_plan(study, RunRequest(folder / "logs", seeds=1), {"digits": prepare("digits")})
