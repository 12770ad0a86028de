"""Models as users write them: each trains as plain Keras does, from the same weights, on the same samples in their order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from harness.data.arrays import Arrays, each, training_weights
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.training_loop import Training
from harness.models.build import make_model
from harness.study.loading import load_study
from harness.study.study import Study

STUDIES = {path.stem: path for path in sorted((Path(__file__).parents[1] / "studies").glob("*.py"))}
CONVOLUTIONAL = ("residual", "squeeze_excite")
ROUNDED = ("mixed_precision",)  # to eleven bits of a float16, after every operation or after several at once
REFUSED: dict[str, str] = {}
# fit reports 0, the tracker that the test step never updates; the harness reports what the step returned for the last batch.
UNTRACKED = ("own_step_logs",)
AVERAGED = ("averaged_weights",)  # the weights that fit hands back are not those of its last epoch
# One of each kind. By xla, random numbers are others; all that has none in it trains by auto as it does by xla.
ENGINES = [
    *(("own_state", "graph"), ("own_state", "fit"), ("weight_decay", "graph"), ("several_outputs", "fit")),
    ("averaged_weights", "fit"),
]
SEED, BATCH = 3, 32


@pytest.fixture(autouse=True)
def as_keras_was() -> Iterator[None]:
    """Give back what a study sets for all models, so that the next test has it as Keras has it."""
    policy, floatx = keras.mixed_precision.dtype_policy(), keras.config.floatx()
    yield
    keras.config.set_floatx(floatx)
    keras.mixed_precision.set_global_policy(policy)


def tolerance(name: str) -> float:
    return 1e-2 if name in ROUNDED else 1e-3 if name in CONVOLUTIONAL else 1e-5


def trained(study: Study, arrays: Arrays, engine: str) -> tuple[Training, list[np.ndarray], list[Epoch]]:
    """Train by the harness; return what the model's variables held at first, too."""
    model = make_model(study, study.base, seed=SEED)
    options: dict[str, Any] = {"batch_size": BATCH, "epochs": study.base.epochs, "seed": SEED, "engine": engine}
    training = train(model, arrays, **options)
    start = [variable.numpy() for variable in training.model.variables]
    return training, start, list(training.epochs())


def as_given(samples: Any, scale: float = 1.0) -> Any:
    if isinstance(samples, (tuple, list)):
        return tuple(as_given(part, scale) for part in samples)
    return samples if scale == 1.0 else samples.astype("float32") / scale


def batches(arrays: Arrays, *, epochs: int) -> tf.data.Dataset:
    """Return the training batches of all epochs, each in the order in which the harness takes its samples."""
    parts = (as_given(arrays.x_train, arrays.scale), as_given(arrays.y_train), training_weights(arrays))
    parts = parts[:1] if arrays.y_train is None else parts if parts[2] is not None else parts[:2]
    count = len(tf.nest.flatten(parts)[0])
    found = None
    for number in range(epochs):
        rows = epoch_order(count, SEED, number)
        ordered = tf.nest.map_structure(lambda part, rows=rows: part[rows], parts)
        epoch = tf.data.Dataset.from_tensor_slices(ordered).batch(BATCH)
        found = epoch if found is None else found.concatenate(epoch)
    return found


def plain(
    study: Study, arrays: Arrays, start: list[np.ndarray]
) -> tuple[keras.Model, dict[str, list[float]], dict[str, float]]:
    """Train with nothing but Keras; return the model, its history, and what it measures in the end."""
    model = make_model(study, study.base, seed=SEED)
    model.run_eagerly = True  # so few batches take less than a graph of them
    test = (as_given(arrays.x_test, arrays.scale), as_given(arrays.y_test))[: 1 if arrays.y_test is None else 2]
    held_out = tf.data.Dataset.from_tensor_slices(test).batch(BATCH)
    model(next(iter(held_out))[0])
    for variable, value in zip(model.variables, start, strict=True):
        variable.assign(value)
    epochs = study.base.epochs
    steps = -(-len(each(arrays.x_train)[0]) // BATCH)
    fitted = model.fit(
        batches(arrays, epochs=epochs), epochs=epochs, steps_per_epoch=steps, shuffle=False, validation_data=held_out, verbose=0
    )
    return model, fitted.history, model.evaluate(held_out, verbose=0, return_dict=True)


@pytest.mark.parametrize(("name", "engine"), [*((name, "auto") for name in STUDIES if name not in REFUSED), *ENGINES])
def test_a_users_model_trains_as_plain_keras_does(name: str, engine: str) -> None:
    study = load_study(str(STUDIES[name]))
    arrays = study.arrays(study.base)
    training, start, epochs = trained(study, arrays, engine)
    reference, history, final = plain(study, arrays, start)
    close = tolerance(name)
    for number, epoch in enumerate(epochs):
        found = {**epoch.train, **{f"val_{measure}": value for measure, value in epoch.test.items()}}
        expected = {measure: values[number] for measure, values in history.items()}
        if name in AVERAGED:
            found, expected = dict(epoch.train), {measure: expected[measure] for measure in epoch.train}
        if name in UNTRACKED:
            del found["val_loss"], expected["val_loss"]
        assert found == pytest.approx(expected, rel=close, abs=close / 10), training.reason
    assert len(epochs) == study.base.epochs
    if name in AVERAGED:  # what is recorded is of the weights that fit hands back
        assert dict(training.final.test) == pytest.approx(final, rel=close)
    if name in UNTRACKED:
        last = reference.test_step((arrays.x_test[-BATCH:], arrays.y_test[-BATCH:]))
        assert epochs[-1].test["loss"] == pytest.approx(float(last["loss"]), rel=close) and final["loss"] == 0.0
    for mine, its in zip(training.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=100 * close, atol=10 * close)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_with_the_reason(name: str) -> None:
    study = load_study(str(STUDIES[name]))
    with pytest.raises((TypeError, ValueError), match=REFUSED[name]):
        study.arrays(study.base)


@pytest.mark.parametrize("name", ["residual", "squeeze_excite", "recurrent"])
def test_the_studies_that_edit_layers_can_be_built_in_all_their_variants(name: str) -> None:
    study = load_study(str(STUDIES[name]))
    models = [make_model(study, study.settings(variant), seed=0) for variant in study.names]
    assert all(model.compiled for model in models) and len(models) > 1
