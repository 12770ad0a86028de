"""A plan carried out by an executor that trains nothing: what the driver itself does meanwhile."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from tiny_studies import plan_of

from harness.records import OK, Record
from harness.runs import execution
from harness.runs.execution import TABLE_SECONDS, TABLE_SHARE, execute
from harness.runs.executors.protocol import StopRequest
from harness.training import Trial, blank_record

pytestmark = pytest.mark.quick


class Passing:
    """Brings every trial home at once, by a clock that says how long each took."""

    def __init__(self, pass_time: Callable[[], None], study: object) -> None:
        self._pass_time, self._study = pass_time, study

    def run(self, trials: Sequence[Trial], **_: object) -> Iterator[tuple[Trial, Record]]:
        for trial in trials:
            self._pass_time()
            yield trial, replace(blank_record(trial, self._study), status=OK, as_expected=True)


@pytest.mark.parametrize("taken", [0.0, 3.0])
def test_tables_that_take_long_are_made_rarely(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: float) -> None:
    (tmp_path / "logs" / "one").mkdir(parents=True)
    now, written = [100.0], []

    def write(*_: object) -> None:
        written.append(now[0])
        now[0] += taken

    monkeypatch.setattr(execution, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(execution, "write_judged", write)
    plan = plan_of(tmp_path, seeds=40)
    watcher = SimpleNamespace(epoch=print, ended=lambda record: None, notice=print)
    executor = Passing(lambda: now.__setitem__(0, now[0] + 1.0), plan.study)
    execute(plan, executor, watcher, stop_request=lambda: StopRequest.NONE)
    gaps = [later - earlier - taken for earlier, later in pairwise(written[:-1])]
    assert len(gaps) >= 2 and min(gaps) >= max(TABLE_SECONDS, TABLE_SHARE * taken) and len(written) < 40
