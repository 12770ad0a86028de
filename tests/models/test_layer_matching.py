import keras
import numpy as np
import pytest
from keras import layers

from harness.models.layer_ablation import edit
from harness.models.layer_factory import LayerError


def scaled_error(truth, outputs):
    return 2 * keras.losses.mean_squared_error(truth, outputs)


def lenet() -> keras.Model:
    keras.utils.set_random_seed(3)
    image = keras.Input((12, 12, 1), name="image")
    x = layers.Conv2D(4, 3, activation="tanh", name="conv-1")(image)
    x = layers.AveragePooling2D(2, name="pool-1")(x)
    x = layers.Conv2D(8, 3, activation="tanh", name="conv-2")(x)
    x = layers.AveragePooling2D(2, padding="same", name="pool-2")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    x = layers.Dense(6, name="hidden")(x)
    model = keras.Model(image, layers.Dense(3, activation="softmax", name="outputs")(x), name="lenet")
    model.compile(keras.optimizers.SGD(0.03, momentum=0.5), loss=scaled_error, metrics=["accuracy"])
    return model


def two_inputs() -> keras.Model:
    wide, deep = keras.Input((5,), name="wide"), keras.Input((6,), name="deep")
    shared = layers.Dense(6, activation="relu", name="shared")
    hidden = shared(shared(layers.Dense(6, name="first")(deep)))
    joined = layers.Concatenate(name="joined")([wide, hidden])
    outputs = {"main": layers.Dense(1, name="main")(joined), "aux": layers.Dense(1, name="aux")(hidden)}
    model = keras.Model({"wide": wide, "deep": deep}, outputs)
    model.compile("sgd", loss={"main": "mse", "aux": "mse"}, metrics={"main": ["mae"]})
    return model


def nested() -> keras.Model:
    block = keras.Sequential([keras.Input((8,)), layers.Dense(8, name="dense"), layers.Dropout(0.2, name="drop")], name="block")
    given = keras.Input((8,), name="given")
    return keras.Model(given, layers.Dense(2, name="outputs")(block(block(given)) + given))


def plain() -> keras.Model:
    given, dense = keras.Input((8,)), layers.Dense
    model = keras.Sequential([given, dense(8, name="one"), dense(8, name="two"), dense(2, name="outputs")], name="plain")
    model.compile("adam", "mse")
    return model


class Own(keras.Model):
    def __init__(self):
        super().__init__(name="own")
        self.dense = layers.Dense(2, name="dense")

    def call(self, inputs):
        return self.dense(inputs)


def names(model: keras.Model) -> list[str]:
    return [layer.name for layer in model.layers]


def kinds(model: keras.Model) -> dict[str, str]:
    return {layer.name: type(layer).__name__ for layer in model.layers}


def test_a_removed_layer_is_gone_and_shapes_are_inferred_anew():
    whole, edited = lenet(), edit(lenet(), remove=["pool-2"])
    assert names(edited) == [name for name in names(whole) if name != "pool-2"]
    assert whole.get_layer("flatten").output.shape == (None, 32) and edited.get_layer("flatten").output.shape == (None, 72)


def test_a_pattern_removes_every_layer_that_it_fits():
    assert not [name for name in names(edit(lenet(), remove=["pool-*"])) if name.startswith("pool")]


def test_a_replaced_layer_leaves_its_name_to_the_new_one():
    edited = edit(lenet(), replace=["pool-*=MaxPooling2D(2, padding='same')"])
    assert kinds(edited)["pool-1"] == kinds(edited)["pool-2"] == "MaxPooling2D"
    assert edited.get_layer("pool-2").padding == "same"


def test_inserted_layers_follow_in_the_order_in_which_they_are_given():
    edited = edit(lenet(), insert_after=["conv-*=BatchNormalization()", "conv-1=Dropout(0.1)", "conv-1=Dropout(0.2)"])
    assert names(edited)[1:5] == ["conv-1", "conv-1-batch-normalization", "conv-1-dropout", "conv-1-dropout-2"]
    assert "conv-2-batch-normalization" in names(edited)


def test_frozen_weights_stay_while_the_others_learn():
    edited = edit(lenet(), freeze=["conv-*"])
    before = {layer.name: [weight.numpy() for weight in layer.weights] for layer in edited.layers}
    x = np.random.default_rng(0).random((8, 12, 12, 1))
    edited.fit(x, np.eye(3)[np.arange(8) % 3], verbose=0)
    for name in ("conv-1", "conv-2", "hidden"):
        same = all((old == new.numpy()).all() for old, new in zip(before[name], edited.get_layer(name).weights, strict=True))
        assert same == name.startswith("conv")


def test_a_layer_can_be_replaced_and_frozen_at_once():
    edited = edit(lenet(), replace=["hidden=Dense(5)"], freeze=["hid*", "conv-1"])
    assert [layer.name for layer in edited.layers if layer.trainable_weights] == ["conv-2", "outputs"]


def test_layers_that_stay_start_as_they_do_in_the_control():
    whole, edited = lenet(), edit(lenet(), remove=["pool-2"])
    for name in ("conv-1", "conv-2", "dropout", "outputs"):
        for mine, its in zip(whole.get_layer(name).variables, edited.get_layer(name).variables, strict=True):
            assert (mine.numpy() == its.numpy()).all()


def test_a_layer_whose_shapes_change_draws_weights_that_follow_from_the_seed():
    first, second = (edit(lenet(), remove=["pool-2"]).get_layer("hidden").kernel.numpy() for _ in range(2))
    assert first.shape == (72, 6) and first.std() > 0 and (first == second).all()


def test_loss_metrics_and_optimizer_are_the_given_models():
    edited = edit(lenet(), remove=["pool-2"])
    assert edited.loss is scaled_error and edited.compiled
    assert edited.optimizer.momentum == 0.5 and float(edited.optimizer.learning_rate) == pytest.approx(0.03)


def test_an_optimizer_that_has_run_is_not_shared():
    model = lenet()
    model.fit(np.zeros((4, 12, 12, 1)), np.zeros((4, 3)), verbose=0)
    edited = edit(model, remove=["pool-2"])
    edited.fit(np.zeros((4, 12, 12, 1)), np.zeros((4, 3)), verbose=0)
    assert edited.optimizer.momentum == 0.5


def test_several_inputs_outputs_and_shared_layers_are_kept():
    edited = edit(two_inputs(), remove=["first"], insert_after=["shared=Dropout(0.3)"])
    x, y = {"wide": np.zeros((4, 5)), "deep": np.zeros((4, 6))}, {"main": np.zeros(4), "aux": np.zeros(4)}
    assert {"main_loss", "aux_loss", "main_mae"} < set(edited.evaluate(x, y, verbose=0, return_dict=True))
    assert edited.count_params() == two_inputs().count_params() - 42
    assert names(edited).count("shared") == names(edited).count("shared-dropout") == 1


def test_layers_of_a_nested_model_are_named_behind_it():
    assert names(edit(nested(), remove=["block/drop"]).get_layer("block")) == ["dense"]
    assert kinds(edit(nested(), replace=["block/dense=Activation('relu')"]).get_layer("block"))["dense"] == "Activation"
    assert edit(nested(), freeze=["block"]).get_layer("block").trainable_weights == []


def test_a_nested_model_can_be_removed_whole():
    block = keras.Sequential([keras.Input((8,)), layers.Dense(8)], name="block")
    assert names(edit(keras.Sequential([keras.Input((8,)), block, layers.Dense(2, name="outputs")]), remove=["block"])) == [
        "outputs"
    ]


def test_a_sequential_model_stays_one():
    edited = edit(plain(), remove=["two"], insert_after=["one=Dropout(0.5)"])
    assert type(edited) is keras.Sequential and names(edited) == ["one", "one-dropout", "outputs"]
    assert (edited.get_layer("one").kernel.numpy() != 0).any() and edited.loss == "mse"


def test_shapes_that_do_not_fit_are_keras_own_error():
    with pytest.raises(ValueError, match="incompatible with the layer") as caught:
        edit(lenet(), replace=["pool-2=Flatten()"], insert_after=["flatten=Conv2D(2, 3)"])
    assert not isinstance(caught.value, LayerError)


@pytest.mark.parametrize("model", [lenet, plain])
def test_without_its_last_layer_a_model_is_an_error_of_the_variant_and_not_one_of_other_labels(model):
    with pytest.raises(ValueError, match=r"without outputs, .* the shape \(None, \d+\); expected \(None, \d+\)") as caught:
        edit(model(), remove=["outputs"])
    assert not isinstance(caught.value, LayerError)


@pytest.mark.parametrize("other", [{"replace": ["one=Dense(7)"]}, {"insert_after": ["one=Dropout(0.5)"]}])
def test_an_edit_elsewhere_does_not_excuse_a_removed_output(other):
    with pytest.raises(ValueError, match="without outputs"):
        edit(plain(), remove=["outputs"], **other)


def test_an_output_that_is_replaced_may_have_another_shape():
    assert edit(lenet(), replace=["outputs=Dense(5)"], remove=["pool-2"]).output.shape == (None, 5)


def test_a_layer_is_removed_from_a_sequential_model_and_from_one_that_does_not_know_its_input():
    assert names(edit(plain(), remove=["two"])) == ["one", "outputs"]
    open_ended = keras.Sequential([layers.Dense(3, name="one"), layers.Dense(2, name="outputs")])
    assert names(edit(open_ended, remove=["outputs"])) == ["one"]


@pytest.mark.parametrize(
    ("model", "edits", "said"),
    [
        (lenet, {"remove": ["pol-2"]}, "remove: Layer 'pol-2' is not known. Did you mean 'pool-2'?"),
        (lenet, {"replace": ["pool-1=Nosuch()"]}, "Keras layer 'Nosuch' is not known. Known, the nearest first: "),
        (lenet, {"freeze": ["lstm*"]}, "freeze: Layer 'lstm*' is not known. Known: conv-1"),
        (lenet, {"remove": ["image"]}, "'image' is an input of the model; expected one of its layers: conv-1"),
        (lenet, {"remove": ["*"]}, "no layer of the model 'lenet' is left"),
        (lenet, {"replace": ["pool-2=MaxPool2d(2)"]}, "Keras layer 'MaxPool2d' is not known. Did you mean 'MaxPool2D'?"),
        (lenet, {"replace": ["hidden=Dense(6, actvation='relu')"]}, "'actvation' is not known. Did you mean 'activation'?"),
        (lenet, {"replace": ["hidden=Dense(-6)"]}, "Keras does not take these arguments"),
        (lenet, {"replace": ["hidden=Dense(6)"]}, "changes nothing: layer 'hidden' is that already"),
        (lenet, {"replace": ["hidden=Dense(7)", "hid*=Dense(8)"]}, "'hidden' is replaced twice"),
        (lenet, {"insert_after": ["pool-1=Dropout(0.1, name='dropout')"]}, "has a layer 'dropout' already"),
        (lenet, {"freeze": ["pool-2"]}, "'pool-2' matches no layer that learns"),
        (lenet, {"remove": ["hidden"], "freeze": ["hidden"]}, "'hidden' is removed as well"),
        (two_inputs, {"remove": ["joined"]}, "'joined' (Concatenate) takes or gives several tensors"),
        (nested, {"remove": ["drop"]}, "Layer 'drop' is not known. Did you mean 'block/drop'?"),
        (lenet, {"replace": ["hidden=Dropout(0.1)"], "freeze": ["hidden"]}, "'hidden' matches no layer that learns"),
        (nested, {"remove": ["block"], "freeze": ["block/dense"]}, "'block' goes, and layers within it are edited"),
        (Own, {"remove": ["dense"]}, "of the class Own, whose connections only its code knows"),
    ],
)
def test_an_edit_that_cannot_be_meant_is_refused_in_one_line(model, edits, said):
    with pytest.raises(LayerError) as caught:
        edit(model(), **edits)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def shared_with_a_nested_model() -> keras.Model:
    given, dense = keras.Input((8,)), layers.Dense(8, name="dense")
    block = keras.Sequential([keras.Input((8,)), dense, layers.Dropout(0.1, name="drop")], name="block")
    return keras.Model(given, layers.Dense(1, name="outputs")(layers.Dense(8, name="last")(dense(block(given)))))


@pytest.mark.parametrize("edits", [{"remove": ["dense"]}, {"replace": ["block/dense=Dense(8, activation='relu')"]}])
def test_a_layer_shared_with_a_nested_model_is_refused_before_it_is_torn_in_two(edits):
    with pytest.raises(LayerError, match="'dense' is the same as 'block/dense'|'block/dense' is the same as 'dense'"):
        edit(shared_with_a_nested_model(), **edits)


def test_an_edit_elsewhere_leaves_a_layer_shared_with_a_nested_model_in_both():
    edited = edit(shared_with_a_nested_model(), remove=["last", "block/drop"])
    assert edited.get_layer("dense") is edited.get_layer("block").get_layer("dense")
    x = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    dense, outputs = edited.get_layer("dense"), edited.get_layer("outputs")
    np.testing.assert_allclose(edited(x), outputs(dense(dense(x))), rtol=1e-5)
