"""What driver and tasks of Slurm share, without Slurm: the queue, what is asked of a job, and who is believed."""

import os
import pickle
import signal
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_studies import plan_of

from harness.errors import UsageError
from harness.records.attempts import attempt_folder
from harness.records.record import read_record, write_record
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.slurm import executor as executor_module, task
from harness.runs.executors.slurm.entries import MOST_LOST, MOST_STALLS, Ended, Entry, entries_of
from harness.runs.executors.slurm.executor import SlurmExecutor, _is_wanted, require_resources
from harness.runs.executors.slurm.options import SlurmOptions
from harness.runs.executors.slurm.outlook import left_tasks, require_no_left_tasks
from harness.runs.executors.slurm.queue import Owner, Queue, entry_name
from harness.runs.executors.slurm.recovery import SILENT_SECONDS, recover
from harness.runs.plan import make_plan
from harness.runs.record_store import store
from harness.study import Resources

pytestmark = pytest.mark.quick

ONE, OTHER = Owner("7_0", 0), Owner("7_1", 0)


@pytest.fixture
def queue(tmp_path: Path) -> Queue:
    """Two trials that wait."""
    plan = plan_of(tmp_path, seeds=1)
    plan.folder.mkdir(parents=True)
    found = Queue(plan.folder)
    found.make()
    for position, entry in enumerate(entries_of(plan.trials)):
        found.put(entry_name(position, entry.trial.trial_id), entry)
    return found


def finished(entry: Entry, **changes):
    return replace(entry.record(entry.blank), status="ok", as_expected=True, error="", **changes)


def test_a_trial_is_taken_by_one_task_alone(queue):
    first, second = queue.take(ONE), queue.take(OTHER)
    assert first and second and first[1].trial.trial_id != second[1].trial.trial_id
    assert queue.take(ONE) is None and not queue.waiting() and len(queue.taken()) == 2


def test_a_task_records_all_that_its_driver_would(tmp_path):
    """What the driver alone knows must not be lost with it: by which seeds, design and options the trial was trained."""
    plan = plan_of(tmp_path, seeds=1)
    known = {"vary": "init", "design": {"looks": [5, 10]}, "engine_asked": "fit", "executor_asked": {"executor": "slurm"}}
    trial = replace(plan.trials[0], provenance=known)
    (entry,) = entries_of([trial])
    assert known.items() <= finished(entry).provenance.items()
    request = replace(plan.request, vary="init", design={"looks": [5]}, executor="slurm", origin={"command": "harness run"})
    made = make_plan(plan.declared, request, plan.data)
    assert made.trials and all(one.provenance == request.provenance for one in made.trials)


def test_a_task_that_another_one_outran_takes_the_next(queue, monkeypatch):
    names = queue.waiting()
    other = Queue(queue.study)
    rename = os.rename

    def outrun(source, target):
        monkeypatch.setattr(os, "rename", rename)
        other.take(OTHER)
        rename(source, target)

    monkeypatch.setattr(os, "rename", outrun)
    found = queue.take(ONE)
    assert found and found[0].name == f"{names[1]}@7_0@0"


def test_a_trial_that_goes_on_from_anothers_end_waits_for_it(queue):
    first, second = queue.waiting()
    entry = queue.read(queue.folder / "waiting" / second)
    queue.put(second, replace(entry, trial=replace(entry.trial, warm_start_from=first.partition("-")[2])))
    path, shorter = queue.take(ONE)
    assert queue.take(OTHER) is None and queue.waiting() == [second]
    queue.end(path, Ended(shorter.trial, finished(shorter)))
    assert queue.take(OTHER)


def test_a_trial_whose_task_died_waits_again_as_its_next_attempt_and_not_for_ever(queue):
    for count in range(1, MOST_LOST):
        _, entry = queue.take(Owner("7_0", count))
        assert len(entry.trial.lost) == count - 1 and entry.trial.attempt == count
        assert recover(queue, {"7_0"}) == 0  # it lives
        assert recover(queue, set()) == 1
        assert not queue.taken() and len(queue.waiting()) == 2
    queue.take(ONE)
    recover(queue, set())
    ((_, ended),) = queue.ended()
    assert isinstance(ended.outcome, WorkerFailure) and ended.outcome.died and "so did 2 before it" in ended.outcome.error
    assert len(ended.trial.lost) == MOST_LOST and len(queue.waiting()) == 1


def test_what_an_earlier_start_of_a_task_had_is_lost_although_the_task_lives(queue):
    queue.take(ONE)
    assert recover(queue, {"7_0"}, me=ONE) == 0 and recover(queue, {"7_0"}, me=Owner("7_0", 1)) == 1


def test_where_slurm_cannot_be_asked_silence_tells(queue):
    path, _ = queue.take(ONE)
    assert recover(queue, None) == 0
    long_ago = time.time() - SILENT_SECONDS - 5
    os.utime(path, (long_ago, long_ago))
    queue.beat(path)
    assert recover(queue, None) == 0
    os.utime(path, (long_ago, long_ago))
    assert recover(queue, None) == 1


def test_a_task_that_died_behind_its_record_or_its_word_costs_nothing(queue):
    _, entry = queue.take(ONE)
    write_record(entry.trial.folder, finished(entry))
    other, second = queue.take(OTHER)
    queue.end(other, Ended(second.trial, finished(second)))
    other.write_bytes(pickle.dumps(second))  # it said so, and died before it let go
    assert recover(queue, set()) == 2 and not queue.waiting() and not queue.taken()
    assert {ended.outcome.status for _, ended in queue.ended()} == {"ok"}


def test_a_trial_that_gets_nowhere_before_its_tasks_must_leave_stalls(queue):
    _, entry = queue.take(ONE)
    record = replace(finished(entry), history={"train_loss": (0.5,), "epoch": (1.0,)})
    entry = entry.handed_back(record)
    assert (entry.requeues, entry.stalls, entry.epochs) == (1, 0, 1)
    for _ in range(MOST_STALLS):
        entry = entry.handed_back(record)
    assert entry.stalls == MOST_STALLS and entry.record(finished(entry)).provenance["requeues"] == MOST_STALLS + 1
    assert entry.handed_back(None) is entry


def test_a_record_that_its_task_has_stored_is_not_put_aside_when_the_driver_stores_it_again(queue):
    _, entry = queue.take(ONE)
    folder = entry.trial.folder
    (attempt_folder(folder, 1) / "test").mkdir(parents=True)
    for seconds in (1.0, 2.0):
        record = finished(entry, cost={"seconds": seconds})
        store(folder, replace(record, provenance={**record.provenance, "started": 5.0}))
    assert read_record(folder / "record.json").cost["seconds"] == 2.0
    assert (folder / "test").is_dir() and not (folder / "attempt-1").exists()


def test_trials_come_home_in_the_order_in_which_they_ended(queue):
    first, second = queue.take(ONE), queue.take(OTHER)
    for moment, (path, entry) in ((1000, second), (2000, first)):
        name = path.name.partition("@")[0]
        queue.end(path, Ended(entry.trial, finished(entry)))
        os.utime(queue.folder / "ended" / name, (moment, moment))
    assert [ended.trial for _, ended in queue.ended()] == [second[1].trial, first[1].trial]


def test_progress_stop_and_faults_are_told_across(queue):
    name = queue.waiting()[0]
    queue.tell(name, Progress("base", 0, 3, {"train_loss": 0.5}))
    queue.fault("7_0", "Node n does not see it.")
    queue.ask(StopRequest.AFTER_EPOCH)
    assert queue.progress()[name].epoch == 3 and queue.faults() == ["Node n does not see it."]
    assert queue.stop_request() is StopRequest.AFTER_EPOCH
    queue.forget_stop()
    assert queue.stop_request() is StopRequest.NONE


def test_a_node_that_does_not_see_the_study_or_the_data_says_which(queue):
    _, entry = queue.take(ONE)
    assert task._blindness(entry) == ""
    gone = replace(entry, trial=replace(entry.trial, study_path=Path("/nowhere/study.py")))
    assert "does not see the study's file, /nowhere/study.py" in task._blindness(gone)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder to somebody else")
def test_nothing_is_unpickled_from_another_users_queue(queue):
    assert queue.folder.stat().st_mode & 0o077 == 0
    os.chown(queue.folder, 12345, -1)
    with pytest.raises(UsageError, match="another user's"):
        queue.make()


def test_a_result_counts_for_the_run_that_asks_for_its_trial(queue):
    _, entry = queue.take(ONE)
    trial = entry.trial
    later = {trial.trial_id: replace(trial, attempt=2)}
    good, bad = Ended(trial, finished(entry)), Ended(trial, WorkerFailure("failed", "WorkerLost: x.", died=True))
    assert _is_wanted(good, {trial.trial_id: trial}) and _is_wanted(good, later) and not _is_wanted(bad, later)
    assert not _is_wanted(good, {}) and not _is_wanted(
        good, {trial.trial_id: replace(trial, attempt=2, resumable=2)}
    )  # --force


def test_tasks_that_go_on_keep_other_executors_away(queue, monkeypatch):
    monkeypatch.setattr("harness.runs.executors.slurm.outlook.live_tasks", lambda found: {"7_0": "RUNNING|None"})
    queue.add_job("7")
    queue.take(ONE)
    left = left_tasks(queue.study)
    assert left and (str(left), left.training, left.waiting) == ("Slurm's job 7", 1, 1)
    with pytest.raises(UsageError, match="--executor slurm goes on with it"):
        require_no_left_tasks(queue.study)
    monkeypatch.setattr("harness.runs.executors.slurm.outlook.live_tasks", lambda found: {})
    require_no_left_tasks(queue.study)
    require_no_left_tasks(queue.study.parent / "never-run")


@pytest.mark.parametrize(
    ("gpus", "given", "seen"),
    [(0, None, ""), (0, "NoDevFiles", "NoDevFiles"), (1, "3", "3"), (1, None, None)],
)
def test_a_task_that_asked_for_no_gpu_takes_no_other_jobs(queue, monkeypatch, gpus, given, seen):
    environment = {"SLURM_JOB_ID": "7", **({} if given is None else {"CUDA_VISIBLE_DEVICES": given})}
    monkeypatch.setattr(task, "os", SimpleNamespace(environ=environment))
    monkeypatch.setattr(task, "live_tasks", lambda found: {})
    found = []

    class Executor:
        def __init__(self, **options):
            found.append(environment.get("CUDA_VISIBLE_DEVICES"))

        close = print

    monkeypatch.setattr(task, "LocalExecutor", Executor)
    for name in queue.waiting():
        queue.take_out(name)
    before = {number: signal.getsignal(number) for number in task._ASKED}
    try:
        assert task.Puller(queue.study, threads=1, gpus=gpus, max_seconds=None)() == 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert found == [seen]


def test_tasks_with_nothing_left_to_do_keep_nobody_away(queue, monkeypatch):
    monkeypatch.setattr("harness.runs.executors.slurm.outlook.live_tasks", lambda found: {"7_0": "RUNNING|None"})
    queue.add_job("7")
    for name in queue.waiting():
        queue.take_out(name)
    assert left_tasks(queue.study) is None


def test_tasks_that_have_not_begun_when_all_has_come_home_never_do(tmp_path, monkeypatch):
    plan = plan_of(tmp_path, seeds=1)
    plan.folder.mkdir(parents=True)
    cancelled = []
    monkeypatch.setattr(executor_module, "require_slurm", lambda: None)
    monkeypatch.setattr(executor_module, "scancel", lambda found, **options: cancelled.append((found, options)))
    monkeypatch.setattr(executor_module, "live_tasks", lambda found: {"7_0": "RUNNING|None"} if found else {})

    def trained(queue, tasks, options):
        queue.add_job("7")
        while found := queue.take(ONE):
            queue.end(found[0], Ended(found[1].trial, finished(found[1])))

    monkeypatch.setattr(executor_module, "submit", trained)
    with closing(SlurmExecutor()) as executor:
        assert len(list(executor.run(plan.trials, progress=print))) == 2
    assert cancelled == [(["7"], {"pending_only": True})]


def test_what_a_trial_is_declared_to_take_its_task_must_have(queue):
    _, entry = queue.take(ONE)
    for resources, said in ((Resources(cpus=4), "--slurm cpus=4"), (Resources(gpus=0.5), "--slurm gpus=1")):
        trials = [replace(entry.trial, resources=resources)]
        with pytest.raises(UsageError, match=said):
            require_resources(trials, SlurmOptions())
        require_resources(trials, SlurmOptions(cpus=4, gpus=1))


def test_a_job_that_its_cluster_can_never_start_ends_the_run(tmp_path, monkeypatch):
    plan = plan_of(tmp_path, seeds=1)
    plan.folder.mkdir(parents=True)
    monkeypatch.setattr(executor_module, "require_slurm", lambda: None)
    monkeypatch.setattr(executor_module, "submit", lambda queue, tasks, options: queue.add_job("7"))
    monkeypatch.setattr(executor_module, "scancel", lambda found, **options: cancelled.append(found))
    state, cancelled, told = {"7_0": "PENDING|Resources"}, [], []
    monkeypatch.setattr(executor_module, "live_tasks", lambda found: dict(state) if found else {})
    for name, seconds in (("LOOK_SECONDS", 0.0), ("STUCK_SECONDS", 0.2), ("POLL_SECONDS", 0.02)):
        monkeypatch.setattr(executor_module, name, seconds)

    def heard(progress):
        told.append(progress.doing)
        assert not progress.begun
        if len(told) == 20:  # what others use comes free; what no node has does not
            state["7_0"] = "PENDING|PartitionConfig"

    said = r"PartitionConfig, for 0 seconds\. No node .* \(--slurm cpus=99\); expected less"
    with closing(SlurmExecutor(options=SlurmOptions(cpus=99))) as executor, pytest.raises(UsageError, match=said):
        list(executor.run(plan.trials, progress=heard))
    assert told[0] == "waits for Slurm (Resources)" and cancelled == [["7"]]
