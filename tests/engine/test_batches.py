import numpy as np
import pytest

from harness.engine.batches import BatchSchedule, epoch_order

pytestmark = pytest.mark.quick


def drawn(batches: BatchSchedule, samples: int, epochs: int) -> np.ndarray:
    return np.concatenate([batches.order(samples, 5, index) for index in range(epochs)])


def test_without_steps_an_epoch_is_every_sample_once():
    batches = BatchSchedule(32)
    assert (batches.drawn(100), batches.count(100)) == (100, 4)
    np.testing.assert_array_equal(batches.order(100, 5, 2), epoch_order(100, 5, 2))


@pytest.mark.parametrize(("size", "steps"), [(10, 7), (32, 1), (50, 9), (100, 1)])
def test_batches_are_drawn_on_through_one_permutation_after_another(size, steps):
    found = drawn(BatchSchedule(size, steps), 100, 6)
    permutations = np.concatenate([epoch_order(100, 5, number) for number in range(len(found) // 100 + 1)])
    np.testing.assert_array_equal(found, permutations[: 6 * size * steps])


def test_an_epoch_of_steps_has_no_short_batch():
    batches = BatchSchedule(32, 5)
    assert (batches.drawn(100), batches.count(100)) == (160, 5)
