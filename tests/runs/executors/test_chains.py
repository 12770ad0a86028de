"""Trials that continue each other, three and more in a row: each waits for the end that it goes on from."""

from collections.abc import Iterator
from multiprocessing import Pipe

import pytest

from harness.runs.executors import local
from harness.runs.executors.processes import Job, Result
from harness.runs.executors.protocol import StopRequest, WorkerFailure

pytestmark = pytest.mark.quick

CHAIN = [("A", ""), ("B", "A"), ("C", "B"), ("D", "C")]


class Slot:
    """A worker without a process: what it is given ends when the executor looks at it the next time but one."""

    log: list[str]
    dying: str

    def __init__(self, context: object, folder: object, *, threads: int, slot: int) -> None:
        self.loaded = True
        self.slot, self.ready, self.job, self.deadline, self.seconds, self.pid = slot, True, None, float("inf"), 0.0, 0
        self.connection, self._far = Pipe()
        self.sentinel = self._far
        self._far.send_bytes(b"awake")  # so that the executor never waits
        self._looks = 0

    def give(self, job: Job, *, seconds: float | None) -> None:
        self.job, self._looks = job, 0
        self.log.append(f"{job.name} starts")

    def receive(self) -> object:
        self._looks += 1
        if self.job is None or self.job.name == self.dying or self._looks < 2:
            return None
        done, self.job = self.job, None
        self.log.append(f"{done.name} ends")
        return Result(f"{done.name} done")

    def died(self) -> bool:
        gone = self.job is not None and self.job.name == self.dying
        if gone:
            self.log.append(f"{self.job.name} ends")
        return gone

    def death(self) -> str:
        return "the worker was killed"

    def end(self) -> None:
        self.connection.close()


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[local.LocalExecutor]:
    """An executor of three slots; `Slot.log` says what started and ended, `Slot.dying` which job takes its worker along."""
    Slot.log, Slot.dying = [], ""
    monkeypatch.setattr(local, "Worker", Slot)
    made = local.LocalExecutor(jobs=3)
    yield made
    made.close()


def perform(executor: local.LocalExecutor, chain: list[tuple[str, str]]) -> dict[str, object]:
    jobs = [Job(name, print, (), name=name, after=after) for name, after in chain]
    return dict(executor._perform(jobs, progress=lambda _: None, stop_request=lambda: StopRequest.NONE))


def one_after_another(names: str) -> list[str]:
    return [f"{name} {what}" for name in names for what in ("starts", "ends")]


def test_each_waits_for_the_one_before_it_though_slots_are_free(executor: local.LocalExecutor) -> None:
    assert list(perform(executor, CHAIN)) == ["A", "B", "C", "D"]
    assert Slot.log == one_after_another("ABCD")


def test_in_whatever_order_they_are_handed_over(executor: local.LocalExecutor) -> None:
    perform(executor, CHAIN[::-1])
    assert Slot.log == one_after_another("ABCD")


def test_what_depends_on_nothing_takes_the_free_slots(executor: local.LocalExecutor) -> None:
    perform(executor, [*CHAIN[:3], ("free", "")])
    assert Slot.log[:2] == ["A starts", "free starts"]
    assert [line for line in Slot.log if "free" not in line] == one_after_another("ABC")


def test_the_rest_goes_on_when_one_is_lost_or_was_never_handed_over(executor: local.LocalExecutor) -> None:
    Slot.dying = "B"
    found = perform(executor, CHAIN[1:])
    assert [WorkerFailure, str, str] == [type(executor._outcome(found["B"])), type(found["C"]), type(found["D"])]
    assert Slot.log == one_after_another("BCD")


def test_a_chain_whose_beginning_is_lost_each_time_is_still_worked_off(executor: local.LocalExecutor) -> None:
    for name in "AB":
        Slot.dying, Slot.log = name, []
        assert len(perform(executor, CHAIN)) == 4
        assert Slot.log == one_after_another("ABCD")
