"""What a model holds beside its configuration: what its Normalization was adapted to, and weights that were set."""

import keras
import numpy as np
import pytest

from harness import Settings, Study
from harness.arrays import Arrays
from harness.compiled import programcache
from harness.engine import train
from harness.inspection import effect
from harness.layers import edit

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(50, 10, (64, 3)).astype("float32")
Y = (X[:, 0] > 50).astype("int64")


def adapted_to(data: np.ndarray) -> keras.Model:
    """A model whose inputs are normalized by what these data are."""
    keras.utils.set_random_seed(0)
    normalization = keras.layers.Normalization(name="normalization")
    normalization.adapt(data)
    layers = [keras.Input((3,)), normalization, keras.layers.Dense(2, activation="softmax", name="out")]
    model = keras.Sequential(layers)
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    return model


def losses(data: np.ndarray) -> list[float]:
    training = train(adapted_to(data), Arrays(X, Y, X, Y), batch_size=16, epochs=2, seed=0, engine="graph")
    return [epoch.test["loss"] for epoch in training.epochs()]


def test_a_model_adapted_to_other_data_is_not_trained_by_the_program_of_the_first():
    programcache.forget()
    alone = losses(X * 2)
    programcache.forget()
    losses(X)
    assert losses(X * 2) == alone


def test_an_edit_leaves_a_layer_adapted_to_what_it_was():
    model = adapted_to(X)
    edited = edit(model, freeze=("out",))
    assert np.array_equal(edited.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize("bias", [0.0, 1.0])
def test_weights_that_a_study_sets_itself_are_an_effect(bias):
    def build(settings):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
        model.layers[0].bias.assign([bias if settings.normalize else 0.0] * 2)
        return model

    study = Study("s", base=Settings(), variants=(), build=build, arrays=lambda settings: Arrays(X, Y, X, Y))
    plain, changed = (effect(study, Settings(normalize=normalize)) for normalize in (False, True))
    assert plain.digest and (plain == changed) is (bias == 0.0)
