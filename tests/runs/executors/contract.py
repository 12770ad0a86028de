"""What every executor must do with trials, whatever it runs them on: one suite for all of them.

A test file imports `shared` and `alone`, says in a fixture `make` of the scope of a module how its executor is made, and has a
class that inherits `ExecutorContract`.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from faulty_study import gone, wait_until

from harness.data import prepare
from harness.records import FAILED, INTERRUPTED, OK, TIMEOUT, Record, attempt_folder, attempts_in, read_record
from harness.runs import RunRequest, execute, make_plan
from harness.runs.executors.channel import OUTPUT_FILE
from harness.runs.executors.protocol import Executor, Progress, StopRequest, WorkerFailure
from harness.runs.plan import Plan
from harness.study import load_study
from harness.tensorboard import event_files
from harness.training import Trial

SECONDS = 60.0  # of a test, after which it is taken to hang
LATEST = 5.0  # seconds that curves may come home behind the epoch that they show
LONGEST = 6.0  # seconds of a trial
OUTCOME = tuple[Trial, Record | WorkerFailure]

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


class Make(Protocol):
    """Makes an executor of the kind that is tested; the fixture closes it."""

    def __call__(self, *, jobs: int = 1, max_seconds: float | None = None) -> Executor: ...


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
    path.parent.mkdir(exist_ok=True)
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


@pytest.fixture(scope="module")
def shared(make: Make) -> Executor:
    """One executor for the tests that leave it as it was: two workers."""
    return make(jobs=2)


@pytest.fixture(scope="module")
def alone(make: Make) -> Executor:
    """One of a single worker, whose trials may not take long; the last test of the suite closes it."""
    return make(jobs=1, max_seconds=LONGEST)


class ExecutorContract:
    """The suite; `make` is the module's own fixture."""

    def test_trials_come_home_in_the_order_in_which_they_end(self, shared: Executor, tmp_path: Path) -> None:
        plan = acting(tmp_path, "last", "prints")
        found = collected(shared, trials_of(plan, "last", "base", "prints"))
        assert set(found) == {"last", "base", "prints"} and list(found).index("base") < list(found).index("last")
        assert {status_of(outcome) for outcome in found.values()} == {(OK, "")}
        assert all(outcome.metrics == {"test_error": 0.25} for outcome in found.values() if isinstance(outcome, Record))

    def test_what_a_trial_leaves_lies_in_its_folder_in_the_log_folder(self, shared: Executor, tmp_path: Path) -> None:
        plan = acting(tmp_path, "prints")
        collected(shared, trials_of(plan, "prints"))
        folder = tmp_path / "logs" / "acting" / "prints" / "seed-0"
        assert (folder / OUTPUT_FILE).read_text() == "said by the trial\n"
        assert event_files(folder / "test")

    def test_a_workers_death_costs_its_own_trial_alone(self, shared: Executor, tmp_path: Path) -> None:
        plan = acting(tmp_path, "dies", "longer")
        found = collected(shared, trials_of(plan, "dies", "longer", "base"))
        lost = found.pop("dies")
        assert isinstance(lost, WorkerFailure) and lost.died and lost.status == FAILED, lost
        assert lost.error == "WorkerLost: the worker was killed by SIGKILL." and lost.seconds > 0
        assert {outcome.status for outcome in found.values()} == {OK} and len(found) == 2

    def test_what_cannot_be_pickled_and_what_would_end_the_process_are_the_trials_own_errors(
        self, shared: Executor, tmp_path: Path
    ) -> None:
        found = collected(shared, trials_of(acting(tmp_path, "raises", "exits"), "raises", "exits"))
        assert status_of(found["raises"]) == (FAILED, "Odd: what cannot be pickled")
        assert status_of(found["exits"]) == (FAILED, "SystemExit: 7")

    def test_progress_is_heard_while_the_trial_runs(self, shared: Executor, tmp_path: Path) -> None:
        told: list[Progress] = []

        def heard(said: Progress) -> None:
            told.append(said)
            if said.epoch == 1:
                (tmp_path / "heard").touch()

        found = collected(shared, trials_of(acting(tmp_path, "heard"), "heard"), progress=heard)
        assert status_of(found["heard"]) == (OK, "")
        first = next(said for said in told if said.epoch == 1)
        assert first.values == {"test_error": 0.5} and (first.variant, first.seed) == ("heard", 0)
        assert any(said.epoch == 0 and said.doing for said in told)

    def test_nothing_of_a_trial_is_left_for_the_next(self, alone: Executor, tmp_path: Path) -> None:
        plan = acting(tmp_path, "stains", "prints")
        found = collected(alone, trials_of(plan, "stains", "prints"))
        assert all(outcome.metrics["test_error"] == 0.25 for outcome in found.values() if isinstance(outcome, Record))
        assert pid_of(tmp_path, "stains") != pid_of(tmp_path, "prints"), "its thread runs on beside the next trial"

    def test_a_trial_that_overruns_its_time_is_ended(self, alone: Executor, tmp_path: Path) -> None:
        plan = acting(tmp_path, "hangs")
        found = collected(alone, trials_of(plan, "hangs", "base"))
        assert status_of(found["hangs"]) == (TIMEOUT, "TimeoutError: ran longer than 6 s and was ended.")
        assert found["base"].status == OK
        wait_until(lambda: gone(pid_of(tmp_path, "hangs")), seconds=SECONDS)

    def test_asked_once_to_stop_the_running_trials_end_with_their_epoch_and_no_other_starts(
        self, shared: Executor, tmp_path: Path
    ) -> None:
        plan, wanted = acting(tmp_path, "endless", seeds=1), [StopRequest.NONE]
        trials = trials_of(plan, "endless") + trials_of(acting(tmp_path, "hangs", "longer", seeds=3), "hangs", "longer")

        def heard(said: Progress) -> None:
            if said.epoch >= 3:
                wanted[0] = StopRequest.AFTER_EPOCH

        found = collected(shared, [trials[0]], progress=heard, stop_request=lambda: wanted[0])
        outcome = found["endless"]
        assert isinstance(outcome, Record) and outcome.status == INTERRUPTED and outcome.epochs >= 3, outcome
        assert collected(shared, trials, stop_request=lambda: StopRequest.AFTER_EPOCH) == {}
        assert collected(shared, trials_of(plan, "base"))["base"].status == OK, "the request outlived its run"

    def test_asked_twice_to_stop_the_running_trials_are_ended_at_once(self, alone: Executor, tmp_path: Path) -> None:
        plan, wanted = acting(tmp_path, "hangs"), [StopRequest.NONE]

        def heard(said: Progress) -> None:
            wanted[0] = StopRequest.NOW if said.epoch else wanted[0]

        found = collected(alone, trials_of(plan, "hangs", "base"), progress=heard, stop_request=lambda: wanted[0])
        assert list(found) == ["hangs"] and isinstance(found["hangs"], WorkerFailure)
        assert status_of(found["hangs"]) == (INTERRUPTED, "Interrupted: ended at once.") and not found["hangs"].died
        wait_until(lambda: gone(pid_of(tmp_path, "hangs")), seconds=SECONDS)

    def test_a_trial_whose_worker_died_is_tried_once_more_and_both_attempts_are_seen(
        self, shared: Executor, tmp_path: Path
    ) -> None:
        plan, watcher = acting(tmp_path, "dies", "dies-once"), Silent()
        assert execute(plan, shared, watcher, stop_request=no_stop) == ()
        folder = tmp_path / "logs" / "acting" / "dies-once" / "seed-0"
        record = read_record(folder / "record.json")
        assert (record.status, record.attempt, record.provenance["retries"]) == (OK, 2, 1)
        assert record.provenance["lost_attempts"] == ["WorkerLost: the worker was killed by SIGKILL."]
        assert attempts_in(folder) == [1, 2] and event_files(attempt_folder(folder, 2) / "test")
        both = [record for record in watcher.records if record.variant == "dies"]
        assert [(one.status, one.attempt) for one in both] == [(FAILED, 2)]
        assert len(watcher.records) == 3 and len(watcher.notices) == 2

    def test_another_attempt_goes_on_from_the_state_that_the_lost_one_has_kept(self, shared: Executor, tmp_path: Path) -> None:
        plan, watcher = acting(tmp_path, "keeps"), Silent()
        assert execute(replace(plan, trials=tuple(trials_of(plan, "keeps"))), shared, watcher, stop_request=no_stop) == ()
        record = read_record(tmp_path / "logs" / "acting" / "keeps" / "seed-0" / "record.json")
        assert (record.status, record.attempt, record.provenance["resumed_from"]) == (OK, 2, 1)
        assert record.history["test_error"] == [0.5, 0.25]
        assert not list((tmp_path / "logs").rglob("checkpoint-*")), "what nobody goes on from any more is gone"

    def test_curves_can_be_looked_at_while_the_trial_runs(self, shared: Executor, tmp_path: Path) -> None:
        plan, told, late = acting(tmp_path, "endless"), [math.inf], [math.inf]
        folder = tmp_path / "logs" / "acting" / "endless" / "seed-0" / "test"

        def heard(said: Progress) -> None:
            told[0] = min(told[0], time.monotonic()) if said.epoch else told[0]

        def seen() -> StopRequest:
            if any(b"epoch_error" in path.read_bytes() for path in event_files(folder)):
                late[0] = min(late[0], time.monotonic() - told[0])
            waited = time.monotonic() - told[0] > SECONDS
            return StopRequest.AFTER_EPOCH if waited or late[0] < math.inf else StopRequest.NONE

        collected(shared, trials_of(plan, "endless"), progress=heard, stop_request=seen)
        assert late[0] <= LATEST, "the curves came home later than they may"

    def test_a_longer_trial_goes_on_from_the_end_of_a_shorter_one(self, shared: Executor, tmp_path: Path) -> None:
        found = {}
        for name, variants in (("alone", ["longer"]), ("both", ["longer", "base"])):
            found[name] = collected(shared, trials_of(_chain(tmp_path / name), *variants))
        both, alone = found["both"]["longer"], found["alone"]["longer"]
        assert isinstance(both, Record) and isinstance(alone, Record), (both, alone)
        shorter = both.provenance["continues"]
        assert shorter == found["both"]["base"].trial_id and both.provenance["continues_from"] == 1
        assert "continues" not in alone.provenance
        assert both.history["train_loss"] == alone.history["train_loss"] and both.metrics == alone.metrics

    def test_what_variants_come_to_is_found_in_a_worker(self, shared: Executor, tmp_path: Path) -> None:
        plan = _chain(tmp_path)
        both = shared.fingerprints(plan.trials)
        assert both[0].digest and both[0].digest != both[1].digest and shared.faults(plan.trials) == ["", ""]

    def test_closing_ends_what_runs_whoever_still_waits_for_it(self, alone: Executor, tmp_path: Path) -> None:
        plan, begun = acting(tmp_path, "hangs"), [False]

        def heard(said: Progress) -> None:
            begun[0] |= bool(said.epoch)
            if begun[0]:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            collected(alone, trials_of(plan, "hangs"), progress=heard)
        alone.close()
        wait_until(lambda: gone(pid_of(tmp_path, "hangs")), seconds=SECONDS)


def _chain(folder: Path) -> Plan:
    folder.mkdir(exist_ok=True)
    path = folder / "chain.py"
    path.write_text(CHAIN)
    study = load_study(str(path))
    (folder / "logs" / study.name).mkdir(parents=True)
    return make_plan(study, RunRequest(folder / "logs", seeds=1), {"digits": prepare("digits")})
