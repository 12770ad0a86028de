"""A layer whose input changes its shape is made anew by its configuration, or refused where that does not say all."""

import keras
import numpy as np
import pytest
from keras import layers
from ownmodels import Scaled

from harness.models.layer_ablation import edit
from harness.models.layer_factory import LayerError


class Column(Scaled):
    """A layer with weights of its input's size, whose configuration says all."""

    def build(self, shape) -> None:
        self.scale = self.add_weight(shape=(shape[-1],), initializer="ones", name="scale")

    def get_config(self):
        return super().get_config() | {"factor": self.factor}


class Forgetful(Column):
    def get_config(self):
        return layers.Layer.get_config(self)


class Unsaid(Column):
    def get_config(self):
        raise NotImplementedError("no configuration")


class Noted(Column):
    """Its size shows in training alone."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.noise = 0.1


def before(layer: layers.Layer, *, narrow: int = 6) -> keras.Model:
    """Return a model in which a layer stands behind one that narrows its input, to be removed."""
    given = keras.Input((4,), name="given")
    hidden = layer(layers.Dense(narrow, name="narrow")(given))
    return keras.Model(given, layers.Dense(2, name="outputs")(hidden), name="own")


def test_a_layer_of_the_users_is_made_anew():
    once = edit(before(Column(3.0, name="own")), insert_after=["own=Dropout(0.1)"])
    edited = edit(once, remove=["narrow"])
    assert edited.get_layer("own").scale.shape == (4,) and edited.get_layer("own").factor == 3.0


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda: Forgetful(3.0, name="own"), "one made by its configuration gives another output"),
        (lambda: Unsaid(name="own"), "its class gives no configuration to do so: no configuration"),
    ],
)
def test_a_configuration_that_does_not_say_all_is_refused(layer, said: str):
    with pytest.raises(LayerError) as caught:
        edit(before(layer()), remove=["narrow"])
    assert str(caught.value).startswith("Layer 'own' has to be made anew, since the edit changes the shape of its input")
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_layer_of_which_nothing_hangs_on_shapes_stays_though_no_configuration_says_it():
    model = before(layers.Lambda(lambda x: x * 2.0, name="own"))
    own = model.get_layer("own")
    assert edit(model, remove=["narrow"]).get_layer("own") is own


@pytest.mark.parametrize("later", [{"noise": 0.5}, {"more": [1, 2]}, {"call": lambda x: x}])
def test_what_was_set_later_is_refused_even_where_no_output_shows_it(later: dict):
    model = before(Noted(name="own"))
    for name, value in later.items():
        setattr(model.get_layer("own"), name, value)
    with pytest.raises(LayerError, match=f"does not say its attribute '{next(iter(later))}'"):
        edit(model, remove=["narrow"])


def test_a_regularizer_given_to_a_variable_goes_along_and_so_does_that_it_does_not_learn():
    model = before(layers.Dense(3, name="own"))
    own = model.get_layer("own")
    own.kernel.regularizer, own.bias.trainable = keras.regularizers.L2(0.5), False
    edited = edit(model, remove=["narrow"])
    new = edited.get_layer("own")
    assert new is not own and new.kernel.regularizer is own.kernel.regularizer and not new.bias.trainable
    assert float(sum(edited.losses)) == pytest.approx(0.5 * float(keras.ops.sum(new.kernel**2)))


def test_what_was_adapted_to_other_columns_is_refused():
    normalization = layers.Normalization(name="own")
    normalization.adapt(np.random.default_rng(0).normal(size=(9, 6)))
    with pytest.raises(LayerError, match="what it has adapted to does not fit these"):
        edit(before(normalization), remove=["narrow"])


def test_state_of_the_same_shape_is_carried_to_the_layer_made_anew():
    given = keras.Input((8, 8, 2), name="image")
    pooled = layers.MaxPooling2D(2, name="pool")(layers.Conv2D(3, 3, padding="same", name="first")(given))
    convolved = layers.BatchNormalization(name="norm")(layers.Conv2D(3, 3, name="second")(pooled))
    model = keras.Model(given, layers.Dense(2, name="outputs")(layers.GlobalAveragePooling2D(name="mean")(convolved)))
    model.get_layer("norm").moving_mean.assign([1.0, 2.0, 3.0])
    kernel = model.get_layer("second").kernel.numpy()
    edited = edit(model, remove=["pool"])
    assert (edited.get_layer("second").kernel.numpy() == kernel).all()
    assert edited.get_layer("norm").moving_mean.numpy().tolist() == [1.0, 2.0, 3.0]
    assert edited.get_layer("second").output.shape == (None, 6, 6, 3)


WIDTH = {
    "Dense": lambda: layers.Dense(3),
    "LSTM": lambda: layers.LSTM(3, return_sequences=True),
    "Bidirectional": lambda: layers.Bidirectional(layers.GRU(2, return_sequences=True)),
    "TimeDistributed": lambda: layers.TimeDistributed(layers.Dense(3)),
    "Conv1D": lambda: layers.Conv1D(3, 2),
    "SeparableConv1D": lambda: layers.SeparableConv1D(3, 2),
    "BatchNormalization": layers.BatchNormalization,
    "LayerNormalization": layers.LayerNormalization,
    "EinsumDense": lambda: layers.EinsumDense("abc,cd->abd", output_shape=(None, 3)),
    "PReLU": layers.PReLU,
    "SpectralNormalization": lambda: layers.SpectralNormalization(layers.Dense(3)),
    "GroupNormalization": lambda: layers.GroupNormalization(2),
    "Normalization": lambda: layers.Normalization(mean=0.5, variance=2.0),
    "Reshape": lambda: layers.Reshape((-1, 2)),
    "GaussianDropout": lambda: layers.GaussianDropout(0.2),
}


@pytest.mark.parametrize("kind", WIDTH)
def test_layers_of_keras_are_made_anew(kind: str):
    given = keras.Input((5, 4), name="given")
    hidden = WIDTH[kind]()(layers.Dense(6, name="narrow")(given))
    inner = keras.Model(given, layers.GlobalAveragePooling1D(name="mean")(hidden), name="inner")
    outside = keras.Input((5, 4))
    model = keras.Model(outside, layers.Dense(1, name="outputs")(inner(outside)))
    edited = edit(model, remove=["inner/narrow"])
    assert edited.output.shape == (None, 1) and np.isfinite(edited(np.ones((2, 5, 4), "float32"))).all()


def test_a_tied_layer_is_not_torn_apart_as_it_is_made_anew():
    dense = layers.Dense(4, name="own")
    given = keras.Input((4,), name="given")
    hidden = dense(layers.Dense(6, name="narrow")(given))
    tied = layers.Lambda(lambda x: x @ keras.ops.transpose(dense.kernel), output_shape=(6,), name="back")(hidden)
    with pytest.raises(LayerError, match="'back' uses layer 'own' in its function"):
        edit(keras.Model(given, layers.Dense(2, name="outputs")(tied)), remove=["narrow"])


def test_a_shared_layer_is_made_anew_once():
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    shared = layers.Dense(3, name="shared")
    ends = [shared(layers.Dense(6, name=f"narrow-{part.name}")(part)) for part in (one, two)]
    model = keras.Model([one, two], layers.Dense(2, name="outputs")(layers.Subtract(name="less")(ends)))
    edited = edit(model, remove=["narrow-*"])
    x = np.ones((2, 4), "float32")
    assert edited.get_layer("shared").kernel.shape == (4, 3) and edited.count_params() == 15 + 8
    np.testing.assert_allclose(edited([x, x]), 0 * x[:, :2], atol=1e-6)


def test_what_draws_anew_each_time_is_not_held_against_a_model():
    import tensorflow as tf

    given = keras.Input((4,), name="given")
    noise = layers.Lambda(lambda x: x + tf.random.normal(tf.shape(x)), name="noise")(given)
    model = keras.Model(given, layers.Dense(2, name="outputs")(layers.Dropout(0.1, name="drop")(noise)))
    assert edit(model, remove=["drop"]).layers[-1].name == "outputs"


def test_a_model_that_is_another_one_when_put_together_again_is_refused_by_the_layers_name():
    class Counting(layers.Layer):
        """Adds how often it was called in the graph: Python's own state, which no variable holds."""

        times = 0

        def call(self, x):
            return x + self.times

        def compute_output_spec(self, x):
            self.times += 1
            return keras.KerasTensor(x.shape, x.dtype)

    given = keras.Input((4,), name="given")
    counted = Counting(name="counting")(layers.Dense(4, name="first")(given))
    model = keras.Model(given, layers.Dense(2, name="outputs")(layers.Dropout(0.1, name="drop")(counted)))
    with pytest.raises(LayerError, match="put together again, and unedited, gives another output than before at 'counting'"):
        edit(model, remove=["drop"])


def test_trying_a_model_leaves_its_state_as_it_was():
    given = keras.Input((4,), name="given")
    hidden = layers.Dropout(0.5, name="noise")(given, training=True)
    model = keras.Model(given, layers.Dense(2, name="outputs", activity_regularizer="l2")(layers.Dense(4, name="own")(hidden)))
    before = [variable.numpy() for variable in model.variables]
    edited = edit(model, replace=["own=Dense(4, activation='relu')"])
    held = {id(variable) for variable in model.get_layer("noise").variables}
    after = [variable.numpy() for variable in edited.variables if id(variable) in held]
    assert len(after) == 1 and any(np.array_equal(after[0], value) for value in before) and edited.losses == []
