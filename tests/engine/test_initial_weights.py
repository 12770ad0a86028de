"""What layers draw at first follows from the seed and their paths: not from what stands beside them."""

import keras
import numpy as np
import pytest
from keras import layers

from harness import Settings, Study
from harness.engine.initial_weights import layers_by_path
from harness.models.build import make_model


def starts(build, *, seed: int = 0, **edits: object) -> dict[str, list[np.ndarray]]:
    """Return what each layer of the model starts with by its path, the states of dropout included."""
    settings = Settings(**edits)
    model = make_model(Study("own", base=settings, variants=(), build=build), settings, seed=seed)
    return {
        path: [variable.numpy() for variable in layer.variables]
        for path, layer in layers_by_path(model)
        if layer.variables and not layer._layers
    }


def alike(one: dict[str, list[np.ndarray]], other: dict[str, list[np.ndarray]]) -> dict[str, bool]:
    shared = [path for path in one if path in other]
    return {path: all(map(np.array_equal, one[path], other[path])) for path in shared}


def stack(*, dropout: bool = True, named: bool = True, before: bool = True):
    def build(settings: Settings) -> keras.Model:
        given = keras.Input((6,))
        hidden = layers.Dense(8, name="first" if named else None)(given)
        if before:
            hidden = layers.Dense(8, name="second" if named else None)(hidden)
        if dropout:
            hidden = layers.Dropout(0.5, name="drop" if named else None)(hidden)
        hidden = layers.GaussianNoise(0.1, name="noise" if named else None)(hidden)
        return keras.Model(given, layers.Dense(2, name="outputs" if named else None)(hidden))

    return build


@pytest.mark.parametrize("gone", [{"dropout": False}, {"before": False}, {"dropout": False, "before": False}])
def test_a_layer_that_a_setting_switches_off_leaves_the_others_as_they_are(gone: dict[str, bool]):
    kept = alike(starts(stack()), starts(stack(**gone)))
    assert {"first", "noise", "outputs"} <= set(kept) and all(kept.values())


def test_a_layer_switched_off_by_a_setting_is_the_same_ablation_as_one_that_is_removed():
    by_setting, by_edit = starts(stack(before=False)), starts(stack(), remove="second")
    assert set(by_setting) == set(by_edit) and all(alike(by_setting, by_edit).values())


def test_without_names_a_layer_of_another_kind_changes_nothing():
    kept = alike(starts(stack(named=False)), starts(stack(named=False, dropout=False)))
    assert len(kept) == 4 and all(kept.values())


def test_layers_of_one_shape_and_name_in_two_blocks_start_apart_and_so_do_two_seeds():
    def build(settings: Settings) -> keras.Model:
        given = keras.Input((6,))
        blocks = [keras.Sequential([keras.Input((6,)), layers.Dense(6, name="one")], name=name) for name in ("left", "right")]
        return keras.Model(given, layers.Add(name="sum")([block(given) for block in blocks]))

    first, second = starts(build), starts(build, seed=1)
    drawn = {values["kernel"].tobytes() for values in ({"kernel": part[0]} for run in (first, second) for part in run.values())}
    assert set(first) == {"left/one", "right/one"} and len(drawn) == 4


def test_a_subclassed_model_goes_by_its_attributes():
    class Own(keras.Model):
        def __init__(self, *, extra: bool) -> None:
            super().__init__()
            self.extra = layers.Dense(6) if extra else None
            self.hidden, self.last = layers.Dense(6), layers.Dense(2)
            self.scale = self.add_weight(shape=(2,), initializer="glorot_uniform", name="scale")

        def call(self, inputs):
            return self.last(self.hidden(self.extra(inputs) if self.extra else inputs)) * self.scale

    def build(*, extra: bool):
        def made(settings: Settings) -> keras.Model:
            model = Own(extra=extra)
            model(np.zeros((1, 6), np.float32))
            return model

        return made

    kept = alike(starts(build(extra=True)), starts(build(extra=False)))
    assert set(kept) == {"hidden", "last"} and all(kept.values())


def test_what_the_study_gives_stays():
    given = np.arange(48, dtype=np.float32).reshape(6, 8)

    def build(settings: Settings) -> keras.Model:
        model = stack()(settings)
        model.get_layer("first").set_weights([given, np.ones(8)])
        return model

    assert np.array_equal(starts(build)["first"][0], given)
    assert alike(starts(build), starts(stack())) == {
        "first": False,
        "second": True,
        "drop": True,
        "noise": True,
        "outputs": True,
    }


def test_a_seed_of_its_own_and_a_shared_initializer_keep_their_meaning():
    def build(settings: Settings) -> keras.Model:
        shared = keras.initializers.HeNormal()
        return keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(4, name="own", kernel_initializer=keras.initializers.GlorotUniform(seed=7)),
                layers.Dense(4, name="one", kernel_initializer=shared),
                layers.Dense(4, name="two", kernel_initializer=shared),
            ]
        )

    first, second = starts(build), starts(build, seed=1)
    assert np.array_equal(first["own"][0], keras.initializers.GlorotUniform(seed=7)((4, 4)))
    assert alike(first, second) == {"own": True, "one": False, "two": False}
    assert np.array_equal(first["one"][0], first["two"][0])  # as Keras has it


@pytest.mark.parametrize("draw", ["keras", "numpy", "tensorflow"])
def test_a_function_that_draws_is_asked_by_path_too(draw: str):
    import tensorflow as tf

    draws = {
        "keras": lambda shape, dtype=None: keras.random.normal(shape),
        "numpy": lambda shape, dtype=None: np.random.normal(size=shape).astype("float32"),
        "tensorflow": lambda shape, dtype=None: tf.random.normal(shape),
    }

    def build(*, both: bool):
        def made(settings: Settings) -> keras.Model:
            names = ("one", "two") if both else ("two",)
            parts = [layers.Dense(4, name=name, kernel_initializer=draws[draw]) for name in names]
            return keras.Sequential([keras.Input((4,)), *parts])

        return made

    first = starts(build(both=True))
    assert alike(first, starts(build(both=False))) == {"two": True}
    assert not np.array_equal(first["one"][0], first["two"][0])
    assert alike(first, starts(build(both=True), seed=1)) == {"one": False, "two": False}


def test_keras_is_as_it_was_afterwards():
    original = keras.src.backend.Variable._initialize_with_initializer
    with pytest.raises(TypeError):
        starts(lambda settings: "no model")
    assert keras.src.backend.Variable._initialize_with_initializer is original


def test_weights_given_to_a_model_that_was_built_by_a_call_stay():
    def build(settings: Settings) -> keras.Model:
        model = keras.Sequential([layers.Dense(8, name="one"), layers.Dense(2, name="two")])
        model.predict(np.zeros((4, 6), np.float32), verbose=0)  # its variables are made while a function is traced
        model.set_weights([np.full_like(weight, 0.5) for weight in model.get_weights()])
        return model

    assert all((part == 0.5).all() for values in starts(build).values() for part in values)


def test_what_is_computed_from_initial_weights_fits_them():
    def build(settings: Settings) -> keras.Model:
        online, target = (keras.Sequential([keras.Input((4,)), layers.Dense(3)], name=name) for name in ("online", "target"))
        target.set_weights(online.get_weights())
        given = keras.Input((4,))
        return keras.Model(given, layers.Subtract(name="apart")([online(given), target(given)]))

    for values in zip(*starts(build).values(), strict=True):
        assert np.array_equal(*values)
    assert alike(starts(build), starts(build, seed=1)) == {"online/dense": False, "target/dense": False}


def test_an_initializer_of_the_users_own_is_called_once_and_keeps_its_seed():
    class Mine(keras.initializers.VarianceScaling):
        pass

    def build(settings: Settings) -> keras.Model:
        values = iter([np.full((4, 4), 3.0, np.float32)])
        once = layers.Dense(4, name="once", kernel_initializer=lambda shape, dtype=None: next(values))
        return keras.Sequential([keras.Input((4,)), once, layers.Dense(4, name="own", kernel_initializer=Mine(seed=7))])

    found = starts(build)
    assert (found["once"][0] == 3.0).all() and np.array_equal(found["own"][0], Mine(seed=7)((4, 4)))


def test_names_that_look_like_those_of_keras_are_names():
    def build(*, both: bool):
        def made(settings: Settings) -> keras.Model:
            names = ("dense_1", "dense_2") if both else ("dense_2",)
            return keras.Sequential([keras.Input((4,)), *(layers.Dense(4, name=name) for name in names)])

        return made

    kernels = []
    for both in (True, False):
        settings = Settings()
        model = make_model(Study("own", base=settings, variants=(), build=build(both=both)), settings, seed=0)
        kernels.append(model.get_layer("dense_2").kernel.numpy())
    assert np.array_equal(*kernels)
