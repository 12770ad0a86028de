"""Models as users write them: built on the arrays, with or without targets, scaled as they are meant."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from ownmodels import TEST_X, X, Y, assert_as_fit, by_fit, by_harness, regression

from harness import Arrays, Metric, Settings, Study
from harness.engine.building import build
from harness.engine.engine_choice import train
from harness.models.build import count_parameters, make_model
from harness.models.fingerprint import effect


class Plain(keras.Model):
    """Layers made in advance, shapes known when it is called, a part that only training uses."""

    def __init__(self, units: int = 4) -> None:
        super().__init__()
        self.hidden, self.out, self.second = layers.Dense(units, "relu"), layers.Dense(1), layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        return self.out(self.hidden(inputs))

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None, training: bool = True) -> Any:
        return ops.mean(ops.square(y - y_pred)) + ops.mean(ops.square(y - self.second(self.hidden(x))))


class Autoencoder(keras.Model):
    """Targets are its inputs: add_loss in its call."""

    def __init__(self) -> None:
        super().__init__()
        self.narrow, self.wide = layers.Dense(2), layers.Dense(3)

    def call(self, inputs: Any) -> Any:
        outputs = self.wide(self.narrow(inputs))
        self.add_loss(ops.mean(ops.square(inputs - outputs)))
        return outputs


class Adversaries(keras.Model):
    """Two networks with an optimizer each, and no call."""

    def __init__(self) -> None:
        super().__init__()
        self.judge, self.forger = layers.Dense(1), layers.Dense(3)

    def compile(self, judging: Any, forging: Any) -> None:
        super().compile()
        self.judging, self.forging = judging, forging

    def train_step(self, data: Any) -> dict[str, Any]:
        assert not isinstance(data, tuple)  # fit hands bare inputs to a step where there are no targets
        noise = tf.ones((tf.shape(data)[0], 2))
        with tf.GradientTape() as tape:
            judged = tf.reduce_mean((self.judge(data) - 1.0) ** 2) + tf.reduce_mean(self.judge(self.forger(noise)) ** 2)
        weights = self.judge.trainable_weights
        self.judging.apply_gradients(zip(tape.gradient(judged, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            forged = tf.reduce_mean((self.judge(self.forger(noise)) - 1.0) ** 2)
        weights = self.forger.trainable_weights
        self.forging.apply_gradients(zip(tape.gradient(forged, weights), weights, strict=True))
        return {"d_loss": judged, "g_loss": forged}

    def test_step(self, data: Any) -> dict[str, Any]:
        return {"d_loss": tf.reduce_mean((self.judge(data) - 1.0) ** 2)}


def seeded(make: Any, **compiling: Any) -> Any:
    def made() -> keras.Model:
        keras.utils.set_random_seed(1)
        model = make()
        model.compile(**({"optimizer": keras.optimizers.SGD(0.1), "loss": "mse"} | compiling))
        return model

    return made


def deferred() -> keras.Sequential:
    return keras.Sequential([layers.Dense(4, "relu"), layers.Dense(1, name="out")])


def adversaries() -> keras.Model:
    keras.utils.set_random_seed(1)
    model = Adversaries()
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.05))
    return model


def without_targets() -> Arrays:
    return regression(y_train=None, y_test=None)


def study_of(make: Any, arrays: Arrays) -> Study:
    metric = Metric("loss", margin=0.1, higher_is_better=False)
    made = {"arrays": lambda settings: arrays, "build": lambda settings: make()}
    return Study("s", base=Settings(), variants=(), metric=metric, **made)


@pytest.mark.parametrize("kind", [deferred, Plain])
def test_models_that_do_not_know_their_shapes_learn_what_fit_learns(kind: Any) -> None:
    training = assert_as_fit(seeded(kind), regression(), engine="graph")
    assert training.engine == "graph", training.reason


@pytest.mark.parametrize("engine", ["xla", "fit"])
def test_an_autoencoder_by_add_loss_needs_no_targets(engine: str) -> None:
    training = assert_as_fit(seeded(Autoencoder, loss=None), without_targets(), engine=engine)
    assert training.engine == engine, training.reason


def test_a_model_of_two_networks_and_optimizers_without_call_needs_no_targets() -> None:
    training = assert_as_fit(adversaries, without_targets(), engine="graph")
    assert training.engine == "graph", training.reason
    assert int(training.model.judging.iterations) == 6


@pytest.mark.parametrize(("make", "parameters"), [(deferred, 21), (seeded(Plain), 26), (adversaries, 13)])
def test_a_model_is_built_before_anything_looks_at_it(make: Any, parameters: int) -> None:
    arrays = without_targets() if make is adversaries else regression()
    model = make_model(study_of(make, arrays), Settings(optimizer="sgd"), seed=0, arrays=arrays)
    assert count_parameters(model) == parameters
    assert list(model.layers[0].kernel.shape) == [3, model.layers[0].units]


def test_weights_that_building_makes_follow_from_the_seed_and_the_layers_path() -> None:
    def kernels(make: Any, seed: int) -> list[np.ndarray]:
        model = make_model(study_of(make, regression()), Settings(optimizer="sgd"), seed=seed, arrays=regression())
        return [layer.kernel.numpy() for layer in model.layers]

    def declared() -> keras.Sequential:
        return keras.Sequential([keras.Input((3,)), *deferred().layers])

    for mine, theirs in zip(kernels(deferred, 5), kernels(declared, 5), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert not np.array_equal(kernels(deferred, 5)[0], kernels(deferred, 6)[0])
    second = [kernels(seeded(Plain), seed)[2] for seed in (5, 5, 6)]  # made by the training step alone
    assert np.array_equal(second[0], second[1]) and not np.array_equal(second[0], second[2])


def test_building_trains_nothing_and_a_sequential_takes_batches_of_any_size() -> None:
    model = seeded(deferred)()
    build(model, regression(), batch_size=8)
    assert tuple(model.inputs[0].shape) == (None, 3)
    assert int(model.optimizer.iterations) == 0


def test_effects_are_told_of_models_that_do_not_know_their_shapes() -> None:
    def found(units: int) -> Any:
        make = seeded(lambda: keras.Sequential([layers.Dense(units), layers.Dense(1)]))
        return effect(study_of(make, regression()), Settings())

    assert found(4).digest and found(4) == found(4) != found(5)


def test_layers_of_a_sequential_without_input_can_be_edited() -> None:
    arrays = regression()
    settings = Settings(remove=("dense",), optimizer="sgd")
    model = make_model(study_of(deferred, arrays), settings, seed=0, arrays=arrays)
    assert count_parameters(model) == 4


def test_several_inputs_come_as_fit_hands_them_over() -> None:
    class Two(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.out = layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            assert isinstance(inputs, tuple)
            return self.out(ops.concatenate(inputs, axis=-1))

    halves = {name: (part[:, :1], part[:, 1:]) for name, part in (("x_train", X), ("x_test", TEST_X))}
    assert assert_as_fit(seeded(Two), regression(**halves), engine="xla").engine == "xla"


def test_targets_on_one_side_alone_and_weights_without_any_are_refused() -> None:
    with pytest.raises(ValueError, match="one of y_train and y_test; expected both, or None for both"):
        regression(y_test=None)
    with pytest.raises(ValueError, match="weights without targets"):
        regression(y_train=None, y_test=None, sample_weight=np.ones(20))


IMAGES, WORDS = (X * 40).astype("uint8"), np.arange(40, dtype="int32").reshape(20, 2) % 7


def worded(dtype: str) -> keras.Model:
    """Pictures beside the numbers of words."""
    keras.utils.set_random_seed(1)
    image, words = keras.Input((3,)), keras.Input((2,), dtype=dtype)
    parts = [layers.Dense(4)(image), layers.Flatten()(layers.Embedding(7, 2, name="words")(words))]
    model = keras.Model([image, words], layers.Dense(1)(layers.Concatenate()(parts)))
    model.compile(keras.optimizers.SGD(0.1), loss="mse")
    return model


def test_the_scale_leaves_what_an_input_takes_as_integers() -> None:
    arrays = regression(x_train=(IMAGES, WORDS), x_test=(IMAGES[:12], WORDS[:12]), scale=255.0)
    _, measured = by_harness(worded("int32"), arrays)
    floats = IMAGES.astype("float32") / 255.0
    expected = by_fit(worded("int32"), regression(x_train=(floats, WORDS), x_test=(floats[:12], WORDS[:12])))
    for mine, theirs in zip(measured, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-5)


def test_a_scale_that_would_divide_the_numbers_of_words_is_refused() -> None:
    arrays = regression(x_train=(IMAGES, WORDS), x_test=(IMAGES[:12], WORDS[:12]), scale=255.0)
    with pytest.raises(ValueError, match=r"scale=255 divides integer inputs, and layer 'words'.*dtype='int32'"):
        train(worded("float32"), arrays, batch_size=8, epochs=1, seed=0)


def test_positions_of_the_models_own_making_are_none_of_the_scales_business() -> None:
    class Positioned(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.places, self.out = layers.Embedding(3, 1), layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.out(inputs + ops.reshape(self.places(ops.arange(3)), (1, 3)))

    arrays = regression(x_train=IMAGES, x_test=IMAGES[:12], scale=255.0)
    training, _ = by_harness(seeded(Positioned)(), arrays, epochs=1)
    assert training.engine == "xla", training.reason


@pytest.mark.parametrize("engine", ["xla", "fit"])
def test_floats_are_what_floatx_says_as_in_fit(engine: str) -> None:
    far = {"y_train": Y.astype("float64") + 1e8, "y_test": Y[:12].astype("float64") + 1e8}
    arrays = regression(x_train=X.astype("float64"), x_test=TEST_X.astype("float64"), **far)

    def near_them() -> keras.Model:
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((3,)), layers.Dense(1, bias_initializer=keras.initializers.Constant(1e8))])
        model.compile(keras.optimizers.SGD(0.1), loss="mse")
        return model

    keras.config.set_floatx("float64")
    try:
        assert_as_fit(near_them, arrays, rel=1e-9, engine=engine)
    finally:
        keras.config.set_floatx("float32")
