"""How long a run will still take: by expectations at first, by what its trials show from then on."""

from types import SimpleNamespace

import pytest

from harness.runs.time_left import BELIEVED_SECONDS, Pace, TimeLeft

pytestmark = pytest.mark.quick


class Clock:
    """A clock that stands where it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def trials(*names: str, seeds: int = 1) -> list[SimpleNamespace]:
    return [
        SimpleNamespace(trial_id=f"{name}-{seed}", variant=name, seed=seed, warm_start_from="")
        for seed in range(seeds)
        for name in names
    ]


def left(found, seconds, *, workers=1, machine=1, epochs=None, pace=None):
    clock = Clock()
    return clock, TimeLeft(found, seconds, slots=(workers, machine), epochs=epochs or {}, pace=pace or Pace(), clock=clock)


def test_before_anything_ran_it_is_what_is_expected_shared_by_the_workers():
    _, one = left(trials("base", "wide", seeds=2), {"base": 10.0, "wide": 20.0})
    _, two = left(trials("base", "wide", seeds=2), {"base": 10.0, "wide": 20.0}, workers=2, machine=2)
    assert (one.seconds(), two.seconds()) == (60.0, 30.0)


def test_the_longest_trial_bounds_it_from_below():
    _, one = left(trials("base", "huge"), {"base": 1.0, "huge": 90.0}, workers=2, machine=2)
    assert one.seconds() == 90.0


def test_more_workers_than_the_machine_can_run_gain_nothing():
    _, two = left(trials("base", seeds=100), {"base": 1.0}, workers=2, machine=2)
    _, many = left(trials("base", seeds=100), {"base": 1.0}, workers=99, machine=2)
    assert many.seconds() == pytest.approx(two.seconds())


def test_it_counts_down_while_a_trial_runs():
    clock, one = left(trials("base", seeds=2), {"base": 10.0})
    one.told(("base", 0), 0)
    clock.now = 4.0
    assert one.seconds() == 16.0
    clock.now = 30.0  # it takes longer than was expected: the others are still to come
    assert one.seconds() == 10.0


def test_ended_trials_show_how_far_the_expectations_were_off():
    pace = Pace()
    clock, one = left(trials("base", seeds=2), {"base": 100.0}, pace=pace)
    one.told(("base", 0), 0)
    clock.now = 20.0
    one.ended(("base", 0), finished=True)
    assert one.seconds() == pytest.approx(100 * (20 + BELIEVED_SECONDS) / (100 + BELIEVED_SECONDS))
    # The next study of the same run knows.
    _, other = left(trials("other"), {"other": 50.0}, pace=pace)
    assert other.seconds() == pytest.approx(50 * (20 + BELIEVED_SECONDS) / (100 + BELIEVED_SECONDS))


def test_a_trial_that_failed_at_once_says_nothing_of_the_others():
    clock, one = left(trials("base", "fails"), {"base": 100.0, "fails": 100.0})
    one.told(("fails", 0), 0)
    clock.now = 0.1
    one.ended(("fails", 0), finished=False)
    assert one.seconds() == 100.0


def test_measured_epochs_count_more_than_what_was_expected():
    clock, one = left(trials("base"), {"base": 1000.0}, epochs={"base": 10})
    one.told(("base", 0), 0)
    clock.now = 30.0  # compiled, too
    one.told(("base", 0), 1)
    clock.now = 32.0
    one.told(("base", 0), 2)
    assert one.seconds() == 16.0
    clock.now = 33.0
    assert one.seconds() == 15.0


def test_nothing_is_left_when_all_have_ended():
    _, one = left(trials("base"), {"base": 10.0})
    one.told(("base", 0), 0)
    one.ended(("base", 0), finished=True)
    assert one.seconds() == 0.0
