"""Batches that a study's `datasets` gives train as plain fit trains on them: same first weights, same figures."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from harness.data.datasets import Data
from harness.engine.batches import BatchSchedule
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.look import Feeds, look_at
from harness.engine.training_loop import Training
from harness.errors import UsageError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
W = RANDOM.random(50).astype("float32")
BATCH, EPOCHS, SEED = 8, 3, 5


def pipeline(*, unknown: bool = False, repeat: bool = False, weights: bool = False, seed: int | None = None) -> Data:
    """Shuffled anew at each pass, augmented, in batches of which the last one is short."""
    rows = tf.data.Dataset.from_tensor_slices((X, Y, W) if weights else (X, Y)).shuffle(50, seed=seed)
    rows = rows.map(lambda x, *rest: (x + 0.1 * tf.random.uniform((3,)), *rest))
    rows = rows.filter(lambda x, *rest: x[0] < 100) if unknown else rows
    rows = rows.repeat() if repeat else rows
    held_out = tf.data.Dataset.from_tensor_slices((X[::-1], Y[::-1], W) if weights else (X[::-1], Y[::-1]))
    return Data(train=rows.batch(BATCH).prefetch(2), test=held_out.batch(7))


class Rows(keras.utils.PyDataset):
    """Batches of rows, as its own code draws them."""

    def __init__(self, x: np.ndarray = X, y: np.ndarray = Y) -> None:
        super().__init__()
        self.x, self.y = x, y

    def __len__(self) -> int:
        return -(-len(self.x) // BATCH)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return self.x[rows], self.y[rows]


def batches_of(x: np.ndarray = X, y: np.ndarray = Y) -> Any:
    yield from (Rows(x, y)[index] for index in range(len(Rows(x, y))))


def model(*, dropout: bool = False, optimizer: str = "sgd", outputs: int = 2) -> keras.Model:
    keras.utils.set_random_seed(1)
    hidden = [layers.Dense(8, activation="relu"), *([layers.Dropout(0.5, seed=3)] if dropout else [])]
    made = keras.Sequential([keras.Input((3,)), *hidden, layers.Dense(outputs, activation="softmax")])
    made.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=[])
    return made


def looked(make: Callable[[], Data], *, steps: int | None = None, seed: int = SEED) -> Feeds:
    def seeded() -> Data:
        keras.utils.set_random_seed(seed)
        return make()

    return look_at(seeded, batches=BatchSchedule(BATCH, steps), seed=seed)


def begun(make: Callable[[], Data], engine: str = "auto", *, steps: int | None = None, **options: Any) -> Training:
    feeds = looked(make, steps=steps)
    made = options.pop("model", None) or model()
    settings: dict[str, Any] = {"batch_size": BATCH, "epochs": EPOCHS, "seed": SEED, "steps_per_epoch": steps}
    return train(made, feeds, engine=engine, **(settings | options))  # type: ignore[arg-type]


def values_of(training: Training) -> dict[str, list[float]]:
    measured = [{**epoch.train, **{f"val_{n}": v for n, v in epoch.test.items()}} for epoch in training.epochs()]
    return {name: [values[name] for values in measured] for name in measured[0]}


def assert_same(training: Training, reference: keras.Model, history: dict[str, list[float]]) -> None:
    measured = values_of(training)
    assert measured.keys() == history.keys()
    for name, values in history.items():
        assert measured[name] == pytest.approx(values, rel=1e-5, abs=1e-7), name
    for mine, theirs in zip(training.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)


PIPELINES = {"shuffled": ({}, None), "unknown length": ({"unknown": True}, None), "weights": ({"weights": True}, None)}
PIPELINES |= {"steps of one without end": ({"repeat": True}, 5), "steps": ({"seed": 9}, 7)}


@pytest.mark.parametrize("case", PIPELINES)
def test_a_pipeline_trains_in_every_engine_as_plain_fit_on_the_same_pipeline(case: str) -> None:
    options, steps = PIPELINES[case]
    reference = model()
    keras.utils.set_random_seed(SEED)
    data = pipeline(**options)
    fitted = reference.fit(data.train, epochs=EPOCHS, steps_per_epoch=steps, validation_data=data.test, verbose=0)
    for engine in ("xla", "graph", "fit"):
        training = begun(lambda: pipeline(**options), engine, steps=steps)
        assert training.engine == engine, training.reason
        assert_same(training, reference, fitted.history)


def test_a_dense_model_runs_under_xla_by_itself_and_a_convolution_as_a_graph() -> None:
    assert begun(pipeline).engine == "xla"
    images = tf.data.Dataset.from_tensor_slices((np.zeros((16, 8, 8, 1), "float32"), np.zeros(16, "int64"))).batch(8)
    convolution = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(2)])
    convolution.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    training = begun(lambda: Data(images, images), model=convolution)
    assert (training.engine, training.reason) == ("graph", "Conv2D is slow under XLA on a CPU")


def plain(train_on: Any, *, steps: int | None = None, optimizer: str = "sgd") -> tuple[keras.Model, dict[str, list[float]]]:
    """Train by fit, an epoch a call, with the random states that the harness sets at each epoch's beginning."""
    from harness.engine.python_feeds import seed_epoch

    made, history = model(optimizer=optimizer), {}
    for index in range(EPOCHS):
        seed_epoch(SEED, index)
        batches = train_on() if callable(train_on) else train_on
        found = made.fit(batches, epochs=1, validation_data=Rows(X[::-1], Y[::-1]), verbose=0).history
        history = {name: [*history.get(name, []), *values] for name, values in found.items()}
    return made, history


@pytest.mark.parametrize("train_on", [Rows(), batches_of], ids=["PyDataset", "generator function"])
def test_what_python_gives_trains_by_fit_as_plain_fit_does(train_on: Any) -> None:
    training = begun(lambda: Data(train_on, Rows(X[::-1], Y[::-1])))
    assert training.engine == "fit" and "train is no tf.data.Dataset" in training.reason
    assert_same(training, *plain(train_on))


def test_arrays_in_a_file_train_as_arrays_in_memory_do_and_are_read_by_rows(tmp_path) -> None:
    from harness.data.arrays import Arrays

    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    training = begun(lambda: Data((mapped, Y), (mapped[::-1], Y[::-1])))
    arrays = Arrays(X, Y, X[::-1].copy(), Y[::-1].copy())
    expected = train(model(), arrays, batch_size=BATCH, epochs=EPOCHS, seed=SEED, engine="fit")
    measured, others = values_of(training), values_of(expected)
    assert training.engine == "fit" and measured.keys() == others.keys()
    assert all(measured[name] == pytest.approx(others[name]) for name in others)


def test_the_same_seed_gives_the_same_trial_bit_for_bit_and_another_seed_another() -> None:
    once, again = (values_of(begun(pipeline, "graph")) for _ in range(2))
    feeds = looked(pipeline, seed=6)
    other = train(model(), feeds, batch_size=BATCH, epochs=EPOCHS, seed=SEED, engine="graph")
    assert once == again != values_of(other)


@pytest.mark.parametrize(("options", "steps"), [({}, None), ({"unknown": True}, None), ({"repeat": True}, 5), ({}, 4)])
def test_a_training_that_stopped_goes_on_with_the_batches_that_it_would_have_had(options: dict[str, bool], steps: Any) -> None:
    def begin() -> Training:
        return begun(lambda: pipeline(**options), "graph", steps=steps, model=model(dropout=True))

    def measured(epochs: Iterator[Epoch]) -> list[Any]:
        return [(epoch.number, epoch.batches, epoch.train, epoch.test) for epoch in epochs]

    first = begin()
    drawing = first.epochs()
    next(drawing)
    state, expected = first.state(), measured(drawing)
    second = begin()
    second.resume(state)
    assert measured(second.epochs()) == expected and len(expected) == EPOCHS - 1


def test_a_state_that_python_holds_is_not_kept() -> None:
    from harness.engine.state import StateError

    training = begun(lambda: Data(batches_of, Rows()))
    next(training.epochs())
    with pytest.raises(StateError, match="train comes from Python"):
        training.state()


def test_labels_without_an_output_are_refused_wherever_they_come() -> None:
    late = np.where(np.arange(50) < 40, Y, 7)
    wrong = tf.data.Dataset.from_tensor_slices((X, late)).batch(BATCH)
    for engine in ("xla", "graph"):
        training = begun(lambda: Data(wrong, wrong), engine)
        with pytest.raises(ValueError, match=r"train of Data\(...\) holds a batch with 8 labels out of range: the model has 2"):
            list(training.epochs())
    training = begun(lambda: Data(lambda: batches_of(X, late), Rows()))
    with pytest.raises(ValueError, match="labels out of range"):
        list(training.epochs())


ROWS = tf.data.Dataset.from_tensor_slices((X, Y))
REFUSED: dict[str, tuple[Callable[[], Data], str]] = {
    "one pass": (lambda: Data(batches_of(), Rows()), r"which is empty after one epoch; expected a function"),
    "not batched": (lambda: Data(ROWS, ROWS), r"gives samples, not batches .* expected .batch\(settings.batch_size\)"),
    "without end": (lambda: Data(ROWS.batch(8).repeat(), ROWS.batch(8)), "without an end; expected steps_per_epoch"),
    "test without end": (lambda: Data(ROWS.batch(8), ROWS.batch(8).repeat()), r"test .* without an end; expected take"),
    "empty": (lambda: Data(ROWS.take(0).batch(8), ROWS.batch(8)), "train of .* is an empty"),
    "nothing in it": (lambda: Data(lambda: iter(()), Rows()), "train of .* gives no batch"),
    "a number": (lambda: Data(3, Rows()), "train of .* is a int; expected what fit takes"),
    "listed batches": (lambda: Data([(X, Y), (X, Y)], Rows()), "train of .* is a list of tuples; .* train=lambda: batches"),
    "four parts": (lambda: Data(ROWS.batch(8).map(lambda x, y: (x, y, y, y)), Rows()), "gives 4 parts a batch"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_trained_on_is_refused_with_what_to_write(case: str) -> None:
    make, said = REFUSED[case]
    with pytest.raises((UsageError, ValueError), match=said):
        looked(make)


def test_a_test_that_is_cut_from_what_reshuffles_is_refused() -> None:
    def leaking(*, anew: bool) -> Data:
        rows = ROWS.shuffle(50, reshuffle_each_iteration=anew)
        return Data(rows.skip(10).batch(8), rows.take(10).batch(8))

    with pytest.raises(UsageError, match="test samples would be trained on; expected .*reshuffle_each_iteration=False"):
        looked(lambda: leaking(anew=True))
    assert looked(lambda: leaking(anew=False)).not_reproducible == ""


def test_data_that_do_not_follow_from_the_seed_say_why() -> None:
    def unseeded() -> Any:
        yield from batches_of(X[np.random.default_rng().permutation(50)])

    assert looked(lambda: Data(batches_of, Rows())).not_reproducible == ""
    assert looked(lambda: Data(lambda: batches_of(X[np.random.permutation(50)]), Rows())).not_reproducible == ""
    assert "train: other batches each time" in looked(lambda: Data(unseeded, Rows())).not_reproducible
    hidden = tf.data.Dataset.from_generator(unseeded, output_types=("float32", "int64")).batch(1)
    assert looked(lambda: Data(hidden, Rows())).not_reproducible != ""
    noisy = ROWS.map(lambda x, y: (x + tf.random.uniform((3,)), y), num_parallel_calls=4).batch(8)
    assert "several calls at once" in looked(lambda: Data(noisy, Rows())).not_reproducible
    clean = ROWS.map(lambda x, y: (x * 2, y), num_parallel_calls=4).batch(8)
    assert looked(lambda: Data(clean, Rows())).not_reproducible == ""


def test_data_are_told_by_their_version_or_by_what_they_hold(tmp_path) -> None:
    def named(path: Any) -> tf.data.Dataset:
        return tf.data.Dataset.list_files(str(path), shuffle=False).map(tf.io.read_file).map(lambda text: (text, 0)).batch(1)

    def hashes(make: Callable[[], Data]) -> str:
        return looked(make).identity

    assert hashes(pipeline) == hashes(pipeline) != hashes(lambda: pipeline(weights=True))
    first = [tmp_path / f"{number}.txt" for number in range(5)]
    for path in first:
        path.write_text("a")
    before = hashes(lambda: Data(named(tmp_path / "*.txt"), Rows()))
    first[-1].write_text("b")  # beyond the batches that are looked at
    assert hashes(lambda: Data(named(tmp_path / "*.txt"), Rows())) != before
    versions = [hashes(lambda rows=rows: Data(Rows(rows), Rows(), version="1")) for rows in (X, X[::-1])]
    assert versions[0] == versions[1] != hashes(lambda: Data(Rows(), Rows(), version="2"))
