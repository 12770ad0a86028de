"""Functions called one after another in a worker, for tests of what a worker is like between its jobs."""

from typing import Any

from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.processes import Job
from harness.runs.executors.protocol import StopRequest


def perform(executor: LocalExecutor, *calls: tuple[Any, ...]) -> list[Any]:
    """Return what calls come to, made one after another in the worker."""
    jobs = [Job(number, function, args) for number, (function, *args) in enumerate(calls)]
    results = dict(executor._perform(jobs, progress=lambda _: None, stop_request=lambda: StopRequest.NONE))
    return [results[number] for number in range(len(calls))]
