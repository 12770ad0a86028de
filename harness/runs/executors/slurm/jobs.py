"""Slurm itself: jobs submitted by submitit, and asked for by Slurm's own programs."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import redirect_stderr
from io import StringIO
from typing import Any

from harness.errors import UsageError, clean
from harness.runs.executors.slurm.options import SlurmOptions
from harness.runs.executors.slurm.queue import Queue

CALL_SECONDS = 60.0
_NO_ARRAY = "unset SLURM_ARRAY_JOB_ID SLURM_ARRAY_TASK_ID"
MOST_TIMEOUTS = 10_000  # how often a task may be requeued: whether a trial gets on is looked at by what it trains
# States in which a task's process may be there.
_THERE = frozenset("RUNNING COMPLETING CONFIGURING SUSPENDED STOPPED SIGNALING STAGE_OUT RESIZING".split())

# Reasons by which a task waits that its cluster as it is set up, or its user's rights, do not let it have.
_NEVER = frozenset("PartitionConfig PartitionTimeLimit BadConstraints InvalidAccount InvalidQOS".split())


def require_slurm() -> None:
    """Raise UsageError, saying what to install, where submitit or Slurm's programs are missing."""
    try:
        import submitit  # noqa: F401
    except ImportError:
        raise UsageError(
            "--executor slurm needs submitit: python -m pip install 'ablation-harness[slurm]' (from a clone: -e '.[slurm]')."
        ) from None
    if missing := [name for name in ("sbatch", "srun", "squeue", "scancel") if not shutil.which(name)]:
        raise UsageError(f"--executor slurm needs Slurm's programs; not found: {', '.join(missing)}. Run it on a login node.")


def submit(queue: Queue, tasks: Sequence[Any], options: SlurmOptions) -> None:
    """Submit an array job, or a single one for a single task; UsageError with Slurm's reason where it is not taken."""
    import submitit

    executor = submitit.SlurmExecutor(folder=queue.folder / "slurm", max_num_timeout=MOST_TIMEOUTS)
    paths = os.pathsep.join(os.path.abspath(path or ".") for path in sys.path)
    executor.update_parameters(
        job_name=f"harness-{queue.study.name}",
        signal_delay_s=signal_delay(options),
        array_parallelism=len(tasks),
        # A task finds what this process finds; a single one is not of the array that its driver may itself be a task of.
        setup=[f"export PYTHONPATH={shlex.quote(paths)}", *([_NO_ARRAY] if len(tasks) == 1 else [])],
        **_with_requeue(options.parameters),
    )
    try:
        with redirect_stderr(StringIO()):  # submitit prints what it raises
            jobs = executor.map_array(_pulled, tasks) if len(tasks) > 1 else [executor.submit(tasks[0])]
    except (submitit.core.utils.FailedJobError, subprocess.CalledProcessError, OSError) as error:
        raise UsageError(f"Slurm does not take the job: {_why(error)}") from None
    for job in {job.job_id.partition("_")[0] for job in jobs}:
        queue.add_job(job)


def live_tasks(jobs: Collection[str]) -> dict[str, str] | None:
    """Return the tasks of these jobs that wait or run in Slurm, with their states; None where it cannot be asked."""
    if not jobs:
        return {}
    states: dict[str, str] = {}
    for job in jobs:
        words = ["squeue", "--noheader", "--array", f"--jobs={job}", "--format=%i|%T|%r"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=CALL_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if done.returncode and "Invalid job id" not in done.stderr:  # of one that Slurm has forgotten
            return None
        for line in done.stdout.splitlines():
            task, _, state = line.strip().partition("|")
            states[task] = state
    return states


def running(states: dict[str, str]) -> set[str]:
    """Return those of Slurm's tasks whose processes may be there."""
    return {task for task, state in states.items() if state.partition("|")[0] in _THERE}


def reason_of(states: dict[str, str]) -> str:
    """Return why tasks wait in Slurm, by its own word."""
    reasons = {state.partition("|")[2] for state in states.values() if state.startswith("PENDING")}
    return ", ".join(sorted(reasons - {"None", ""}))


def never_starts(states: dict[str, str]) -> bool:
    """Say whether all of Slurm's tasks wait for what waiting does not bring."""
    return all(state.startswith("PENDING|") and state.partition("|")[2] in _NEVER for state in states.values())


def scancel(jobs: Collection[str], *, pending_only: bool = False) -> None:
    """End these jobs, or those of their tasks that have not begun."""
    for job in jobs:
        words = ["scancel", *(["--state=PENDING"] if pending_only else []), job]
        try:
            subprocess.run(words, capture_output=True, timeout=CALL_SECONDS)
        except (OSError, subprocess.TimeoutExpired):
            return


def signal_delay(options: SlurmOptions) -> int:
    """Return how many seconds before its time limit a task hears of it: enough to end an epoch, and not most of the time."""
    return min(120, options.time * 60 // 3)


def _pulled(task: Any) -> Any:
    return task()


def _with_requeue(parameters: dict[str, Any]) -> dict[str, Any]:
    return {**parameters, "additional_parameters": {**parameters.get("additional_parameters", {}), "requeue": True}}


def _why(error: Exception) -> str:
    """Return what sbatch said, without submitit's words around it."""
    said = str(getattr(error, "stderr", "") or error)
    lines = [clean(line).removeprefix("sbatch: error: ").strip() for line in said.splitlines()]
    told = [line for line in lines if line and not line.startswith(("subprocess", "Traceback"))]
    return (told[-1] if told else type(error).__name__).rstrip(".") + "."
