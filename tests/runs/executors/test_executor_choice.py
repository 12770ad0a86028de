"""Which executor a run's trials go to: the one that the request names, started when it is needed and not before."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.runs.executors import executor_choice
from harness.runs.executors.executor_choice import Workers
from harness.runs.request import RunRequest

pytestmark = pytest.mark.quick


class Elsewhere:
    """An executor that only knows how it was asked for."""

    def __init__(self, request: RunRequest, jobs: int) -> None:
        self.asked = request.max_seconds, jobs
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_the_executor_that_is_named_is_started_once_and_anew_after_it_was_closed(monkeypatch):
    monkeypatch.setattr(executor_choice, "EXECUTORS", {"elsewhere": Elsewhere})
    found = Workers(RunRequest(Path(), executor="elsewhere", jobs=4, max_seconds=9.0), most=3)
    first = found.executor()
    assert first.asked == (9.0, 3) and found.executor() is first
    found.close()
    assert first.closed and found.executor() is not first


def test_how_many_workers_there_are_is_asked_of_a_cluster_and_starts_none_on_this_machine(monkeypatch):
    monkeypatch.setattr(executor_choice, "EXECUTORS", {"local": pytest.fail, "elsewhere": Elsewhere})
    monkeypatch.setattr(Elsewhere, "workers", 512, raising=False)
    assert Workers(RunRequest(Path(), jobs=4), most=3).count == 3
    assert Workers(RunRequest(Path(), executor="elsewhere")).count == 512


def test_an_executor_that_there_is_not_is_refused_with_the_nearest_name():
    with pytest.raises(UsageError, match="Executor 'locall' is not known. Did you mean 'local'"):
        Workers(RunRequest(Path(), executor="locall"))
