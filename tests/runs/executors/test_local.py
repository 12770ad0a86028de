"""The executor of this machine keeps the contract of all executors."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from acting_study import acting, trials_of
from contract import ExecutorContract, Make, alone, shared

from harness.runs.executors.channel import Sender
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.protocol import Progress

__all__ = ["alone", "shared"]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(LocalExecutor(**{"jobs": 1, **options})))


class TestLocalExecutor(ExecutorContract):
    def test_what_a_trial_tells_is_told_before_its_end_and_in_no_other_run(
        self, shared: LocalExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wait, received, missed, told = shared._wait, shared._channel.received, [False], []

        def wait_and_miss() -> None:
            wait()
            missed[0] = True

        def received_late() -> Iterator[Progress]:
            """Have the first look miss what is sent just behind it."""
            if not missed[0]:
                yield from received()
            missed[0] = False

        monkeypatch.setattr(shared, "_wait", wait_and_miss)
        monkeypatch.setattr(shared._channel, "received", received_late)
        trials = trials_of(acting(tmp_path, "prints"), "prints", "base")
        for trial, _ in shared.run(trials, progress=lambda said: told.append((said.variant, said.epoch))):
            told.append((trial.variant, "ended"))
        epochs = [(name, moment) for name, moment in told if moment]
        assert epochs == [(name, moment) for name in ("prints", "base") for moment in (1, 2, "ended")]
        told.clear()
        Sender(shared.folder).send(Progress("base", 0, 2, {}))
        monkeypatch.undo()
        again = trials_of(acting(tmp_path / "again", "prints"), "prints")
        assert [trial.variant for trial, _ in shared.run(again, progress=lambda said: told.append(said.variant))] == ["prints"]
        assert {*told} == {"prints"}
