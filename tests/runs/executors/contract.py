"""What every executor must do with trials, whatever it runs them on: one suite for all of them.

A test file imports `shared` and `alone`, says in a fixture `make` of the scope of a module how its executor is made, and has a
class that inherits `ExecutorContract`.
"""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
from acting_study import Silent, acting, chain, collected, no_stop, pid_of, status_of, trials_of
from faulty_study import gone, wait_until

from harness.records import FAILED, INTERRUPTED, OK, TIMEOUT, Record, attempt_folder, attempts_in, read_record
from harness.runs import execute
from harness.runs.executors.channel import OUTPUT_FILE
from harness.runs.executors.protocol import Executor, Progress, StopRequest, WorkerFailure
from harness.tensorboard import event_files
from harness.training import Trial

SECONDS = 60.0  # of a test, after which it is taken to hang
LATEST = 5.0  # seconds that curves may come home behind the epoch that they show
LONGEST = 6.0  # seconds of a trial
OUTCOME = tuple[Trial, Record | WorkerFailure]


class Make(Protocol):
    """Makes an executor of the kind that is tested; the fixture closes it."""

    def __call__(self, *, jobs: int = 1, max_seconds: float | None = None) -> Executor: ...


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
            found[name] = collected(shared, trials_of(chain(tmp_path / name), *variants))
        both, alone = found["both"]["longer"], found["alone"]["longer"]
        assert isinstance(both, Record) and isinstance(alone, Record), (both, alone)
        shorter = both.provenance["continues"]
        assert shorter == found["both"]["base"].trial_id and both.provenance["continues_from"] == 1
        assert "continues" not in alone.provenance
        assert both.history["train_loss"] == alone.history["train_loss"] and both.metrics == alone.metrics

    def test_what_variants_come_to_is_found_in_a_worker(self, shared: Executor, tmp_path: Path) -> None:
        plan = chain(tmp_path)
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
