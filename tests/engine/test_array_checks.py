"""Arrays that would train to rubbish in silence are refused before training."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from digitnets import TRAIN, dense, digit_arrays
from keras import layers

from harness.data.arrays import Arrays
from harness.engine.array_checks import check_arrays
from harness.engine.engine_choice import train

Build = Callable[[], keras.Model]


@pytest.fixture(scope="module")
def digits() -> Arrays:
    return digit_arrays()


def five_outputs() -> keras.Model:
    model = keras.Sequential([keras.Input((8, 8)), layers.Flatten(), layers.Dense(5, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def unflattened() -> keras.Model:
    parts = [keras.Input((8, 8)), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential(parts)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def bad(array: np.ndarray, place: Any, value: Any, dtype: Any = None) -> np.ndarray:
    changed = array.astype(dtype or array.dtype)
    changed[place] = value
    return changed


def test_labels_outside_the_outputs_are_refused(digits: Arrays) -> None:
    wrong = int((digits.y_train >= 5).sum())
    message = rf"y_train holds {wrong} labels out of range: labels run from 0 to 9.* 5 outputs"
    with pytest.raises(ValueError, match=message):
        check_arrays(five_outputs(), digits)


def test_a_model_without_flatten_is_refused_with_both_shapes(digits: Arrays) -> None:
    with pytest.raises(ValueError, match=r"shape \(None, 8, 10\).*y_train has labels of shape \(None,\)"):
        check_arrays(unflattened(), digits)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("y_train", lambda old: bad(old, 4, -1, np.int64), r"1 labels out of range.*from -1"),
        ("y_test", lambda old: bad(old, 4, 10), r"y_test holds 1 labels out of range.*to 10"),
        ("y_train", lambda old: bad(old, [1, 2], 0.5, np.float32), r"y_train holds 2 labels that are not whole"),
        ("x_train", lambda old: bad(old, (0, 0, 0), np.nan, np.float32), r"x_train holds 1 values that are NaN"),
        ("x_test", lambda old: bad(old, (0, 0, 0), np.inf, np.float64), r"x_test holds 1 values that are NaN"),
        ("y_train", lambda old: old[:-1], r"received x_train 330, y_train 329"),
        ("x_train", lambda old: old[:, :7], r"x_train has samples of shape \(7, 8\).*expects shape \(8, 8\)"),
        ("x_train", lambda old: (old, old), r"x_train holds 2 arrays; expected 1"),
        ("y_train", lambda old: (old, old), r"y_train holds 2 arrays; expected 1"),
        ("sample_weight", lambda old: np.ones(3), r"sample_weight has shape \(3,\)"),
        ("sample_weight", lambda old: np.full(TRAIN, np.nan), r"sample_weight holds 330 values"),
        ("y_train", lambda old: old.astype(str), r"y_train holds <U3 values; sparse_categorical_crossentropy expects numbers"),
        (
            "x_train",
            lambda old: old.astype(str),
            r"x_train holds <U3 values; the model's input 'keras_tensor.*' expects float32",
        ),
        ("x_test", lambda old: old.astype(object), r"x_test holds object values; the model's input"),
        ("class_weight", lambda old: {"1": 2.0}, r"class_weight has a weight for '1'; expected class numbers"),
        ("class_weight", lambda old: {1: "2"}, r"class_weight gives class 1 the weight '2'; expected a number"),
    ],
)
def test_arrays_that_would_train_to_rubbish_are_refused(
    digits: Arrays, field: str, value: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_arrays(dense(32), replace(digits, **{field: value(getattr(digits, field))}))


def test_empty_arrays_are_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="x_train holds no samples"):
        check_arrays(dense(32), replace(digits, x_train=digits.x_train[:0], y_train=digits.y_train[:0]))


def test_targets_of_another_shape_than_the_output_are_refused(digits: Arrays) -> None:
    model = dense(32)
    model.compile(optimizer="adam", loss="mse")
    with pytest.raises(ValueError, match=r"labels of shape \(None,\).*shape \(None, 10\), and mean_squared_error"):
        check_arrays(model, digits)


def test_one_hot_labels_are_accepted(digits: Arrays) -> None:
    model = dense(32)
    model.compile(optimizer="adam", loss=keras.losses.CategoricalCrossentropy())
    check_arrays(model, replace(digits, y_train=np.eye(10)[digits.y_train], y_test=np.eye(10)[digits.y_test]))


def test_labels_that_say_which_samples_belong_together_need_no_output_of_their_shape(digits: Arrays) -> None:
    model = dense(32)
    for loss in (keras.losses.Circle(), "circle"):
        model.compile(optimizer="adam", loss=loss)
        check_arrays(model, digits)
        with pytest.raises(ValueError, match="circle expects one whole number for each sample"):
            check_arrays(model, replace(digits, y_train=digits.y_train + 0.5))
        with pytest.raises(ValueError, match="circle expects one whole number for each sample"):
            check_arrays(model, replace(digits, y_test=np.eye(10)[digits.y_test]))


def test_weights_of_another_form_are_refused(digits: Arrays) -> None:
    for classes in ([1.0, 2.0], "balanced"):
        with pytest.raises(TypeError, match="class_weight is a (list|str); expected a weight by class number"):
            check_arrays(dense(32), replace(digits, class_weight=classes))
    with pytest.raises(TypeError, match="sample_weight is a dict of 1 arrays; expected one array, of one weight for"):
        check_arrays(dense(32), replace(digits, sample_weight={"digit": np.ones(TRAIN)}))


def test_both_kinds_of_weights_at_once_are_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="both class_weight and sample_weight"):
        check_arrays(dense(32), replace(digits, class_weight={1: 2.0}, sample_weight=np.ones(TRAIN)))


def test_a_model_that_was_not_compiled_is_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="not compiled"):
        train(keras.Sequential([keras.Input((8, 8)), layers.Flatten()]), digits, batch_size=32, epochs=1, seed=0)
