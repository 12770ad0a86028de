"""Arrays told by their hashes: all of them in a record, and the test samples by themselves."""

import numpy as np
import pytest

from harness.data.arrays import Arrays
from harness.models.array_hashes import arrays_sha256, judged_sha256
from harness.study.source import value_text


def arrays_of(values: np.ndarray) -> Arrays:
    return Arrays(x_train=values[:5], y_train=values[:5], x_test=values[5:], y_test=values[5:])


def test_the_test_samples_are_told_by_their_targets_however_these_are_stored():
    labels, x = np.array([0, 2, 1, 2]), np.arange(8.0).reshape(4, 2)

    def judged(y, inputs=x) -> str:
        return judged_sha256(Arrays(x_train=x, y_train=labels, x_test=inputs, y_test=y))

    same = [labels.astype("uint8"), labels.astype("float32")[:, None], np.eye(3)[labels], (labels, x)]
    assert {judged(labels), judged(labels, x / 255), *map(judged, same)} == {judged(labels)}
    others = [labels[::-1], labels[:3], labels[:0], x, np.ones((4, 2, 2)), np.array(1.0), np.array(["a", "b", "c", "d"])]
    assert len({judged(labels), *map(judged, others)}) == 8


def test_test_samples_that_are_measured_with_other_weights_are_others():
    labels, x = np.array([0, 2, 1, 2]), np.arange(8.0).reshape(4, 2)

    def judged(weights) -> str:
        return judged_sha256(Arrays(x_train=x, y_train=labels, x_test=x, y_test=labels, sample_weight_test=weights))

    some = np.array([1.0, 2.0, 1.0, 2.0])
    assert judged(some) == judged(some.astype("float32")) and len({judged(None), judged(some), judged(some[::-1])}) == 3


RANDOM = np.random.default_rng(5)
SAY_LITTLE = {
    "sorted": np.sort(RANDOM.integers(0, 10, 200)),
    "constant": np.full(200, 0.5),
    "in turn": np.arange(200) % 7,
    "alternating": np.arange(200) % 2,
    "one of each": np.arange(200),
    "twice sorted": np.tile(np.repeat(np.arange(10), 10), 2),
    "one-hot": np.eye(4)[np.repeat(np.arange(4), 50)],
    "words": np.repeat(["cat", "dog"], 100).astype(object),
    "masks": np.ones((200, 3, 3)),
}
SAY_ENOUGH = {
    "shuffled": RANDOM.integers(0, 10, 200),
    "few": RANDOM.permutation(np.arange(40) % 2),
    "many classes": RANDOM.permutation(np.arange(200) % 100),
    "rare": (RANDOM.random(2000) < 0.01).astype(int),
    "one-hot": np.eye(4)[RANDOM.integers(0, 4, 200)],
    "fractions": RANDOM.normal(size=200),
    "sorted fractions": np.sort(RANDOM.normal(size=(200, 1)), axis=0),
    "prices": RANDOM.integers(100, 900, 200) * 1000,
    "words": RANDOM.permutation(["cat", "dog"] * 100),
    "masks": RANDOM.integers(0, 2, (50, 3, 3)),
}


def judged_on(inputs: object, targets: np.ndarray) -> str:
    return judged_sha256(Arrays(x_train=np.ones(4), y_train=np.ones(4), x_test=inputs, y_test=targets))


@pytest.mark.parametrize("targets", SAY_LITTLE.values(), ids=SAY_LITTLE.keys())
def test_targets_that_other_samples_share_tell_the_samples_only_with_the_inputs(targets):
    one, other = RANDOM.normal(size=(2, len(targets), 3))
    assert judged_on(one, targets) == judged_on(one.astype("float32"), targets) != judged_on(other, targets)


@pytest.mark.parametrize("targets", SAY_ENOUGH.values(), ids=SAY_ENOUGH.keys())
def test_targets_that_no_other_samples_have_tell_them_whatever_becomes_of_the_inputs(targets):
    inputs = RANDOM.normal(size=(len(targets), 3))
    assert judged_on(inputs, targets) == judged_on((inputs / 9, inputs[:, :1]), targets) != judged_on(inputs, targets[::-1])


def test_texts_are_hashed_by_their_content():
    first, same, other = (
        arrays_sha256(arrays_of(np.array([f"{word}{number}" for number in range(9)], object))) for word in ("a", "a", "b")
    )
    assert first == same != other


def test_arrays_of_objects_are_hashed_by_all_that_each_holds():
    def ragged(value: float = 0.0, *, made=np.array) -> np.ndarray:
        long = np.zeros(5000)
        long[2500] = value  # NumPy shows neither this one
        rows = np.empty(9, object)
        rows[:] = [long, np.zeros(3), "text", None, (1, [2.0]), *(made([number]) for number in range(4))]
        return rows

    class Sentence:  # nor what this one holds
        def __init__(self, words: list[int]) -> None:
            self.words = words

    class Other(Sentence):
        def __init__(self, words: list[int]) -> None:
            self.words = [9, *words]

    arrays = [ragged(), ragged(), ragged(1.0), ragged(made=Sentence), ragged(made=Sentence), ragged(made=Other)]
    hashes = [arrays_sha256(arrays_of(array)) for array in arrays]
    assert [hashes.index(one) for one in hashes] == [0, 0, 2, 3, 3, 5]
    texts = [value_text(array) for array in arrays]
    assert [texts.index(one) for one in texts] == [0, 0, 2, 3, 3, 5]
