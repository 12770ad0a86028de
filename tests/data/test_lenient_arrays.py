"""Tables, lists, dicts and weights: taken as fit takes them, or refused in one line."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from harness.data.arrays import Arrays, hold_out
from harness.data.datasets import Data
from harness.data.training_view import TrainingView
from harness.engine.engine_choice import train
from harness.errors import UsageError
from harness.study.settings import Settings, to_json
from harness.study.study import Study

X = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
Y = (X[:, 0] > 0).astype("int64")
TABLE = pd.DataFrame(X, columns=["height", "width"])


def test_tables_and_lists_become_arrays_and_keep_their_names():
    arrays = Arrays(TABLE, pd.Series(Y), TABLE[:5], Y[:5].tolist())
    assert np.array_equal(arrays.x_train, X) and arrays.feature_names == ("height", "width")
    assert np.array_equal(arrays.y_train, Y) and np.array_equal(arrays.y_test, Y[:5])


def test_what_is_no_array_is_refused_with_what_to_write():
    from scipy.sparse import csr_matrix

    with pytest.raises(ValueError, match="x_test has the columns width, height; expected those of x_train in their order"):
        Arrays(TABLE, Y, TABLE[["width", "height"]], Y)
    with pytest.raises(TypeError, match=r"x_train is a csr_matrix; expected a dense array: toarray\(\)"):
        Arrays(csr_matrix(X), Y, X, Y)
    with pytest.raises(TypeError, match="x_train has columns that are no numbers: name"):
        Arrays(TABLE.assign(name="a"), Y, TABLE.assign(name="b"), Y)
    with pytest.raises(TypeError, match="x_train is a masked array, whose mask no model sees"):
        Arrays(np.ma.masked_greater(X, 0.5), Y, X, Y)
    with pytest.raises(TypeError, match=r"x_train is a generator, which is no array.* datasets\(settings, seed\)"):
        Arrays((row for row in X), Y, X, Y)
    with pytest.raises(TypeError, match="expected rows of one length"):
        Arrays([[1.0], [1.0, 2.0]], [0, 1], X, Y)


def test_random_and_stratified_validation_follow_from_the_seed():
    def held(by: str, seed: int) -> np.ndarray:
        return np.asarray(hold_out(Arrays(X, Y, X, Y), 10, by=by, seed=seed).x_validation)

    for by in ("random", "stratified"):
        assert np.array_equal(held(by, 0), held(by, 0)) and not np.array_equal(held(by, 0), held(by, 1))
    parted = hold_out(Arrays(X, Y, X, Y), 10, by="stratified", seed=3)
    assert parted.y_validation.mean() == pytest.approx(Y.mean(), abs=0.06) and len(parted.x_train) == 30
    with pytest.raises(ValueError, match="needs labels of classes; expected 'random'"):
        hold_out(Arrays(X, X[:, 0], X, X[:, 0]), 10, by="stratified")
    assert "validation_by" not in to_json(Settings()) and "validation_by" in to_json(Settings(validation_by="random"))


def named_model() -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((1,), name=name) for name in ("width", "height")}
    joined = layers.Concatenate()([inputs["height"], inputs["width"]])
    model = keras.Model(inputs, layers.Dense(2, activation="softmax")(joined))
    model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
    return model


def test_inputs_by_name_and_weights_for_measuring_are_as_in_fit():
    x, weights = {"height": X[:, :1], "width": X[:, 1:]}, np.linspace(0.1, 1.0, 40).astype("float32")
    arrays = Arrays(x, Y, x, Y, sample_weight_test=weights, shuffle=False)
    training = train(named_model(), arrays, batch_size=8, epochs=2, seed=0)
    last = [*training.epochs()][-1]
    reference = named_model()
    fitted = reference.fit(x, Y, batch_size=8, epochs=2, shuffle=False, verbose=0)
    measured = reference.evaluate(x, Y, batch_size=8, sample_weight=weights, verbose=0, return_dict=True)
    assert last.train["loss"] == pytest.approx(fitted.history["loss"][-1]) and dict(last.test) == pytest.approx(measured)
    np.testing.assert_allclose(training.predict(x), reference.predict(x, verbose=0), rtol=1e-5)
    with pytest.raises(
        ValueError, match="x_train goes by the names height, wide; expected those of the model's inputs: height"
    ):
        train(
            named_model(), Arrays(wrong := {"height": X[:, :1], "wide": X[:, 1:]}, Y, wrong, Y), batch_size=8, epochs=1, seed=0
        )


def test_nan_in_inputs_must_be_declared():
    gaps = np.where(X > 1, np.nan, X).astype("float32")
    model = keras.Sequential([keras.Input((2,)), layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    with pytest.raises(ValueError, match="NaN or infinite"):
        train(model, Arrays(gaps, Y, X, Y), batch_size=8, epochs=1, seed=0)
    train(model, Arrays(gaps, Y, X, Y, nan_inputs=True), batch_size=8, epochs=1, seed=0)


def test_build_sees_the_training_part_alone():
    view = TrainingView(Arrays(X, Y, X, Y))
    assert view.x_train is not None
    with pytest.raises(AttributeError, match=r"sees the training samples alone.*received data.x_test"):
        _ = view.x_test
    with pytest.raises(AttributeError, match="received data.test"):
        _ = TrainingView(Data(train=(X, Y), test=(X, Y))).test


def test_functions_that_ask_for_what_they_are_never_given_are_refused():
    def study(**functions: object) -> Study:
        return Study("own", base=Settings(), variants=(), **functions)

    with pytest.raises(UsageError, match=r"expected .* or arrays\(settings, seed\); received arrays\(settings, rng"):
        study(arrays=lambda settings, rng: None)
    with pytest.raises(UsageError, match=r"has both arrays\(settings\) and datasets\(settings, seed\); expected one"):
        study(arrays=lambda settings: None, datasets=lambda settings, seed: None)
    assert study(arrays=lambda settings, seed: None).data_by_seed and not study(arrays=lambda settings: None).data_by_seed
