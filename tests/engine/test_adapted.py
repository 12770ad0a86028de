"""What a model holds beside its configuration: what its Normalization was adapted to, and weights that were set."""

import keras
import numpy as np
import pytest
from calling import harness

from harness import Settings, Study
from harness.data.arrays import Arrays
from harness.engine import program_cache
from harness.engine.engine_choice import train
from harness.models.fingerprint import effect
from harness.models.layer_ablation import edit

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
    program_cache.forget()
    alone = losses(X * 2)
    program_cache.forget()
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


def decayed(settings):
    """AdamW, which spares the biases where the setting says so; also its initial rate may be set, or a step be its own."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer=keras.optimizers.AdamW(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if not settings.normalize:
        model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    if settings.optimizer == "sgd":
        model.optimizer.build(model.trainable_variables)
        model.optimizer.iterations.assign(7)
    return model


@pytest.mark.parametrize(
    ("changed", "alike"),
    [(Settings(batch_size=32), True), (Settings(normalize=False), False), (Settings(optimizer="sgd"), False)],
)
def test_what_no_configuration_says_is_an_effect_that_a_trace_tells(changed, alike):
    study = Study("s", base=Settings(), variants=(), build=decayed, arrays=lambda settings: Arrays(X, Y, X, Y))
    assert effect(study, Settings()) == effect(study, changed)
    plain, other = (effect(study, settings, traced=True) for settings in (Settings(), changed))
    assert plain.digest and (plain == other) is alike


def test_no_decay_of_biases_is_no_variant_that_changes_nothing(tmp_path):
    path = tmp_path / "decays.py"
    path.write_text(
        """
from harness import Arrays, Settings, Study, Variant

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
    return Arrays(x, (x[:, 0] > 0).astype("int64"), x, (x[:, 0] > 0).astype("int64"))

def build(settings):
    import keras
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    model.compile(optimizer="adamw", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if not settings.normalize:
        model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    return model

STUDY = Study("decays", base=Settings(epochs=1), build=build, arrays=arrays, question="Do biases decay?", variants=(
    Variant("no-decay-of-biases", normalize=False),
))
"""
    )
    result = harness("run", path, "--seeds", 1, "--logdir", tmp_path / "logs", "--dry-run")
    assert result.exit_code == 0, result.output
