"""A layer edit changes what it says and nothing else: what stays is the very layer that it was."""

import keras
import numpy as np
import pytest
from keras import layers
from ownmodels import Scaled

from harness import Settings, Study
from harness.models.build import describe_layers, make_model, summary_text
from harness.models.layer_ablation import edit
from harness.models.layer_factory import LayerError

X = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")


class Tied(layers.Layer):
    """Gives scores over the words of an embedding, by its weights."""

    def __init__(self, embedding, **options) -> None:
        super().__init__(**options)
        self.embedding = embedding

    def call(self, x):
        return keras.ops.matmul(x, keras.ops.transpose(self.embedding.embeddings))

    def get_config(self):
        return layers.Layer.get_config(self)


class Bounds(layers.Layer):
    def call(self, x, upper=1.0):
        return keras.ops.minimum(x, upper), keras.ops.maximum(x, upper)


def chain(*parts, **compiled) -> keras.Model:
    given = hidden = keras.Input((4,), name="given")
    for part in (*parts, layers.Dense(4, name="one"), layers.Dropout(0.5, name="drop"), layers.Dense(2, name="outputs")):
        hidden = part(hidden)
    model = keras.Model(given, hidden, name="chain")
    if compiled:
        model.compile(**compiled)
    return model


def values(model: keras.Model) -> np.ndarray:
    return np.asarray(model(X, training=False))


def test_what_a_layer_has_adapted_to_stays():
    normalization = layers.Normalization(name="norm")
    normalization.adapt(X * 3 + 5)
    model = chain(normalization)
    before = values(model)
    np.testing.assert_array_equal(values(edit(model, remove=["drop"])), before)


def test_an_argument_that_a_configuration_forgets_stays():
    model = chain(Scaled(3.0, name="scaled"))
    before = values(model)
    assert edit(model, remove=["drop"]).get_layer("scaled").factor == 3.0
    np.testing.assert_array_equal(values(model), before)


def test_an_attribute_and_a_method_set_later_stay():
    model = chain(Scaled(name="scaled"))
    model.get_layer("scaled").factor = 7.0
    one = model.get_layer("one")
    original = one.call
    one.call = lambda x, training=None: original(x) + 1
    before = values(model)
    np.testing.assert_array_equal(values(edit(model, remove=["drop"])), before)


def words(tied: bool = True) -> keras.Model:
    ids = keras.Input((3,), dtype="int32", name="ids")
    embedding = layers.Embedding(9, 4, name="embed")
    hidden = layers.Dropout(0.1, name="drop")(layers.Dense(4, name="hidden")(embedding(ids)))
    return keras.Model(ids, Tied(embedding, name="scores")(hidden))


def test_tied_weights_stay_tied():
    edited = edit(words(), remove=["hidden"])
    embedding, scores = edited.get_layer("embed"), edited.get_layer("scores")
    assert scores.embedding is embedding and len(edited.trainable_weights) == 1
    edited.compile("sgd", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = embedding.embeddings.numpy()
    edited.fit(np.ones((4, 3)), np.ones((4, 3)), verbose=0)
    assert (embedding.embeddings.numpy() != before).all(axis=1).sum() == 9  # by the scores; the inputs name one word alone


@pytest.mark.parametrize("edits", [{"replace": ["embed=Embedding(9, 4, mask_zero=True)"]}, {"remove": ["embed", "hidden"]}])
def test_weights_are_not_torn_apart(edits):
    with pytest.raises((LayerError, ValueError), match="uses layer 'embed' in its embedding|incompatible|shape") as caught:
        edit(words(), **edits)
    assert "replace" not in edits or isinstance(caught.value, LayerError)


def test_a_function_that_uses_a_layer_does_not_go_on_with_the_old_one():
    dense = layers.Dense(4, name="dense")
    given = keras.Input((4,))
    again = layers.Lambda(lambda x: dense(x) * 2, name="again", output_shape=(4,))
    model = keras.Model(given, layers.Dense(2, name="outputs")(again(dense(given))))
    with pytest.raises(LayerError, match="'again' uses layer 'dense' in its function"):
        edit(model, replace=["dense=Dense(4, activation='relu')"])


def test_single_variables_that_do_not_learn_stay_so():
    model = chain()
    model.get_layer("one").kernel.trainable = False
    edited = edit(model, remove=["drop"])
    assert [weight.path for weight in edited.trainable_weights] == ["one/bias", "outputs/kernel", "outputs/bias"]


def test_a_model_frozen_in_part_stays_so_and_computes_as_it_did():
    parts = (layers.Dense(4, name="a"), layers.BatchNormalization(name="norm"))
    inner = keras.Sequential([keras.Input((4,)), *parts], name="inner")
    inner.trainable = False
    inner.get_layer("norm").trainable = True
    model = chain(inner)
    before = [weight.path for weight in model.trainable_weights]
    edited = edit(model, insert_after=["inner/a=Dropout(0.1)"])
    assert not edited.get_layer("inner").trainable and edited.get_layer("inner").get_layer("norm").trainable
    assert [weight.path for weight in edited.trainable_weights] == before


def test_compile_options_that_no_configuration_has_stay():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    model = chain(optimizer=optimizer, loss="mse", loss_weights=[3.0], auto_scale_loss=False, jit_compile=False)
    optimizer.exclude_from_weight_decay(var_list=[model.get_layer("one").kernel])
    edited = edit(model, remove=["drop"])
    assert edited.optimizer is optimizer and not optimizer._use_weight_decay(edited.get_layer("one").kernel)
    assert optimizer._use_weight_decay(edited.get_layer("outputs").kernel)
    assert edited._compile_loss._user_loss_weights == [3.0] and edited.jit_compile is False


def test_a_layer_made_anew_is_excepted_from_weight_decay_as_the_old_one_was():
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    model = chain(layers.Dense(6, name="wide"), optimizer=optimizer, loss="mse")
    optimizer.exclude_from_weight_decay(var_list=[model.get_layer("one").kernel])
    edited = edit(model, remove=["wide"])
    assert edited.get_layer("one").kernel.shape == (4, 4) and not optimizer._use_weight_decay(edited.get_layer("one").kernel)


def test_an_optimizer_that_has_run_keeps_what_it_noted():
    model = chain(layers.Dense(6, name="wide"), optimizer=keras.optimizers.Adam(0.01), loss="mse")
    model.fit(X, X[:, :2], verbose=0)
    momentum = {variable.path: variable.numpy() for variable in model.optimizer.variables}
    edited = edit(model, remove=["wide"])
    assert int(edited.optimizer.iterations) == 1
    kept = {variable.path: variable.numpy() for variable in edited.optimizer.variables if "outputs_kernel" in variable.path}
    assert len(kept) == 2 and all((momentum[path] == value).all() for path, value in kept.items())
    edited.fit(X, X[:, :2], verbose=0)


def test_a_training_step_of_the_users_and_what_the_model_holds_stay():
    class Own(keras.Model):
        def train_step(self, data):
            return {"told": keras.ops.convert_to_tensor(self.told)}

    given = keras.Input((4,))
    model = Own(given, layers.Dense(2, name="outputs")(layers.Dense(4, name="one")(given)))
    model.told = 42.0
    model.compile("sgd", "mse")
    assert edit(model, remove=["one"]).fit(X, X[:, :2], verbose=0).history["told"] == [42.0]


def test_a_training_step_that_uses_the_edited_layer_itself_is_refused():
    class Own(keras.Model):
        def train_step(self, data):
            return {"loss": keras.ops.sum(self.first(data[0]))}

    given, first = keras.Input((4,)), layers.Dense(4, name="one")
    model = Own(given, layers.Dense(2, name="outputs")(first(given)))
    model.first = first
    with pytest.raises(LayerError, match="uses layer 'one' in its first, beside the connections of the model"):
        edit(model, remove=["one"])


def test_a_model_whose_class_runs_it_in_a_way_of_its_own_is_refused():
    class Own(keras.Model):
        def call(self, inputs, training=None):
            return super().call(inputs, training=training) * 2

    given = keras.Input((4,))
    with pytest.raises(LayerError, match="of the class Own, whose connections only its code knows"):
        edit(Own(given, layers.Dense(2, name="outputs")(layers.Dense(4, name="one")(given))), remove=["one"])


def test_models_with_tables_can_be_edited():
    vectorize = layers.TextVectorization(output_mode="multi_hot", name="vectorize")
    vectorize.adapt(["red green", "blue red"])
    lookup = layers.StringLookup(vocabulary=["a", "b"], output_mode="multi_hot", name="lookup")
    text, letter = keras.Input((), dtype="string", name="text"), keras.Input((1,), dtype="string", name="letter")
    joined = layers.Concatenate(name="joined")([vectorize(text), lookup(letter)])
    hidden = layers.Dropout(0.5, name="drop")(layers.Dense(4, name="hidden")(joined))
    model = keras.Model([text, letter], layers.Dense(1, name="outputs")(hidden))
    x = [keras.ops.convert_to_tensor(["red blue", "green"]), keras.ops.convert_to_tensor([["a"], ["z"]])]
    before = np.asarray(model(x))
    np.testing.assert_array_equal(np.asarray(edit(model, remove=["drop"])(x)), before)


def test_a_layer_that_no_longer_masks_masks_no_more():
    def build() -> keras.Model:
        given = keras.Input((5, 3))
        masked = layers.Masking(name="masking")(given)
        return keras.Model(given, layers.Dense(1, name="outputs")(layers.LSTM(4, name="lstm")(masked)))

    x = np.zeros((2, 5, 3), "float32")
    x[:, :2] = 1
    model = build()
    lstm, outputs = model.get_layer("lstm"), model.get_layer("outputs")
    masked, unmasked = np.asarray(model(x)), np.asarray(outputs(lstm(x)))
    np.testing.assert_allclose(edit(model, remove=["masking"])(x), unmasked, rtol=1e-5)
    assert not np.allclose(masked, unmasked)
    added = edit(build(), remove=["masking"])
    added = edit(added, insert_after=["lstm=Dropout(0.1)"])
    assert not [layer for layer in added.layers if layer.name == "masking"]


def test_a_mask_that_an_edit_puts_in_reaches_the_layers_behind():
    given = keras.Input((5, 3))
    hidden = layers.Identity(name="same")(given)
    model = keras.Model(given, layers.GRU(4, name="gru")(hidden))
    x = np.zeros((2, 5, 3), "float32")
    x[:, :2] = 1
    short = np.asarray(model.get_layer("gru")(x[:, :2]))
    np.testing.assert_allclose(edit(model, replace=["same=Masking()"])(x), short, rtol=1e-5)


def test_arguments_of_calls_operations_and_dict_inputs_stay():
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    low, high = Bounds(name="bounds")(one, upper=0.5)
    summed = keras.ops.relu((low - high) * 2.0 + two) @ keras.ops.ones((4, 3))
    model = keras.Model({"one": one, "two": two}, {"y": layers.Dense(2, name="y")(layers.Dropout(0.1, name="drop")(summed))})
    x = {"one": X, "two": X[::-1]}
    before = np.asarray(model(x)["y"])
    np.testing.assert_array_equal(np.asarray(edit(model, remove=["drop"])(x)["y"]), before)


def test_an_edited_model_is_a_whole_one_that_can_be_read_and_edited_again():
    model = chain(layers.Dense(4, name="zero"))
    edited = edit(edit(model, remove=["drop"]), remove=["zero"])
    assert [layer["output"] for layer in describe_layers(edited)] == ["(None, 4)", "(None, 4)", "(None, 2)"]
    assert "drop" not in summary_text(edited) and "zero" not in summary_text(edited)
    part = keras.Model(edited.inputs, edited.get_layer("one").output)
    np.testing.assert_allclose(part(X), edited.get_layer("one")(X), rtol=1e-5)
    again = keras.Model.from_config(edited.get_config())
    again.set_weights(edited.get_weights())
    np.testing.assert_allclose(values(again), values(edited), rtol=1e-5)
    assert edited.count_params() == 30 and len(edited.weights) == 4


def test_a_new_layer_computes_in_the_precision_of_the_one_in_whose_place_it_stands():
    given = keras.Input((4,), dtype="float64")
    hidden = layers.Dense(4, dtype="float64", name="one")(given)
    model = keras.Model(given, layers.Dense(2, dtype="float64", name="outputs")(hidden))
    edited = edit(model, replace=["one=Dense(4, activation='relu')"], insert_after=["one=Dense(4)"])
    assert {layer.dtype for layer in edited.layers} == {"float64"}


def unnamed(settings: Settings) -> keras.Model:
    shared = keras.initializers.HeNormal()
    parts = [layers.Dense(4, kernel_initializer=shared), layers.Dropout(0.5), layers.Dense(4, kernel_initializer=shared)]
    rest = (layers.Dropout(0.5), layers.Dense(2))
    block = keras.Sequential([keras.Input((4,)), layers.Dense(4)], name="block")
    return keras.Sequential([keras.Input((4,)), block, *parts, *rest])


def test_layers_without_names_and_with_a_shared_initializer_draw_as_in_the_control():
    def made(**edits) -> keras.Model:
        settings = Settings(**edits)
        return make_model(Study("own", base=settings, variants=(), build=unnamed), settings, seed=3)

    control, edited = made(), made(remove=("dense", "dropout"), insert_after="dense_1=Dense(4, name='dense_3')")
    for name in ("dense_1", "dropout_1", "dense_2"):
        for mine, its in zip(edited.get_layer(name).variables, control.get_layer(name).variables, strict=True):
            np.testing.assert_array_equal(mine.numpy(), its.numpy())
    new = edited.get_layer("dense_3").kernel.numpy()
    assert all(not np.array_equal(new, control.get_layer(name).kernel.numpy()) for name in ("dense", "dense_1"))
