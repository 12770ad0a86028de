"""Signals as wishes."""

import os
import signal

import pytest

from harness.runs.executors.protocol import StopRequest
from harness.runs.interrupts import Interrupts

pytestmark = pytest.mark.quick


@pytest.fixture
def hangup():
    """A terminal that may hang up: under nohup that is ignored from the start."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize(
    ("signals", "wish"),
    [
        ([], StopRequest.NONE),
        ([signal.SIGINT], StopRequest.AFTER_EPOCH),
        ([signal.SIGINT, signal.SIGINT], StopRequest.NOW),
        ([signal.SIGTERM], StopRequest.NOW),
        ([signal.SIGHUP], StopRequest.NOW),
    ],
)
def test_interruptions_become_wishes_while_they_are_deferred(signals, wish, hangup):
    with Interrupts() as interrupts, interrupts.deferred():
        for number in signals:
            os.kill(os.getpid(), number)
        assert interrupts.stop_request is wish


def test_a_third_ctrl_c_is_heard_wherever_the_program_stands():
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts, interrupts.deferred():
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)


def test_before_trials_run_a_sigterm_ends_the_program_as_ctrl_c_does():
    with pytest.raises(KeyboardInterrupt), Interrupts():
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_former_handlers_come_back():
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with Interrupts() as interrupts, interrupts.deferred():
            os.kill(os.getpid(), signal.SIGHUP)
            assert interrupts.stop_request is StopRequest.NONE
    finally:
        signal.signal(signal.SIGHUP, before)
