"""A branch that goes in front of a merge: never doubled in silence, and cut off where that is meant."""

import keras
import numpy as np
import pytest
from keras import layers

from harness import Settings, Study, leave_one_out
from harness.errors import UsageError
from harness.models.build import make_model
from harness.models.fingerprint import effect
from harness.models.layer_ablation import edit
from harness.models.layer_factory import LayerError
from harness.study.loading import load_study
from harness.study.settings import parse

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def dense(name: str) -> layers.Layer:
    return layers.Dense(4, name=name)


def residual(merge: layers.Layer | None = None, *, branches: int = 1) -> keras.Model:
    keras.utils.clear_session()
    given = keras.Input((4,), name="given")
    stem = dense("stem")(given)
    parts = [stem, *(dense(f"deep-{number}")(dense(f"branch-{number}")(stem)) for number in range(1, branches + 1))]
    joined = merge(parts) if merge else parts[0] + parts[1]
    return keras.Model(given, layers.Dense(2, name="outputs")(joined), name="residual")


def without(model: keras.Model) -> np.ndarray:
    return np.asarray(model.get_layer("outputs")(model.get_layer("stem")(X)))


MERGES = {name: getattr(layers, name) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")}


@pytest.mark.parametrize("kind", MERGES)
def test_a_removed_branch_does_not_double_what_is_left(kind: str):
    with pytest.raises(LayerError) as caught:
        edit(residual(MERGES[kind](name="joined")), remove=["branch-1", "deep-1"])
    assert str(caught.value) == (
        f"remove: without deep-1, 'joined' ({kind}) would take one tensor twice, in place of the outputs of stem and deep-1: "
        "to take that input away, say cut=joined:deep-1; to let it do so, say replace=deep-1=Identity()."
    )


def test_an_addition_of_tensors_does_not_either():
    with pytest.raises(LayerError, match="'add' .Add. would take one tensor twice, .* say cut=add:deep-1; to let"):
        edit(residual(), remove=["branch-1", "deep-1"])


@pytest.mark.parametrize("edits", [{"remove": ["branch-1", "deep-1"]}, {}])
@pytest.mark.parametrize("merge", [None, *(kind for kind in MERGES if kind != "Concatenate")])
def test_a_merge_that_is_left_with_one_input_becomes_that_input(merge: str | None, edits: dict):
    model = residual(MERGES[merge](name="add") if merge else None)
    edited = edit(model, cut=["add:deep-1"], **edits)
    assert [layer.name for layer in edited.layers] == ["given", "stem", "outputs"] and edited.count_params() == 30
    np.testing.assert_allclose(edited(X), without(edited), rtol=1e-5)


def test_both_ways_that_the_refusal_names_can_be_gone():
    model = residual(layers.Add(name="joined"))
    doubled = np.asarray(model.get_layer("outputs")(2 * model.get_layer("stem")(X)))
    edited = edit(model, remove=["branch-1"], replace=["deep-1=Identity()"])
    np.testing.assert_allclose(edited(X), doubled, rtol=1e-5)


def test_of_three_inputs_two_are_left():
    model = residual(layers.Average(name="joined"), branches=2)
    part = keras.Model(model.input, [model.get_layer(name).output for name in ("stem", "deep-2")])
    expected = np.asarray(model.get_layer("outputs")(sum(part(X)) / 2))
    edited = edit(model, cut=["joined:deep-1"])
    np.testing.assert_allclose(edited(X), expected, rtol=1e-5)
    assert edited.get_layer("joined").output.shape == (None, 4)


def test_a_cut_concatenation_is_narrower_and_the_layer_behind_it_made_anew():
    edited = edit(residual(layers.Concatenate(name="joined"), branches=2), cut=["joined:deep-*"])
    assert edited.get_layer("outputs").kernel.shape == (4, 2)


def test_what_was_doubled_on_purpose_stays():
    given = keras.Input((4,), name="given")
    hidden = dense("hidden")(given)
    doubled = layers.Multiply(name="square")([layers.Add(name="twice")([hidden, hidden])] * 2)
    model = keras.Model(given, layers.Dense(2, name="outputs")(layers.Dropout(0.1, name="drop")(doubled)))
    before = np.asarray(model(X))
    np.testing.assert_array_equal(np.asarray(edit(model, remove=["drop"])(X)), before)
    edited = edit(model, remove=["hidden"])
    np.testing.assert_allclose(edited(X), edited.get_layer("outputs")((2 * X) ** 2), rtol=1e-5)


def gated() -> keras.Model:
    """A network that weighs its channels: squeeze and excite."""
    given = keras.Input((6, 6, 4), name="given")
    features = layers.Conv2D(4, 3, padding="same", name="conv")(given)
    weight = layers.GlobalAveragePooling2D(name="squeeze")(features)
    weight = layers.Dense(4, activation="sigmoid", name="excite")(layers.Dense(2, name="narrow")(weight))
    scaled = layers.Multiply(name="scale")([features, layers.Reshape((1, 1, 4), name="gate")(weight)])
    return keras.Model(given, layers.Dense(2, name="outputs")(layers.GlobalAveragePooling2D(name="pool")(scaled)))


def test_features_are_not_multiplied_with_themselves():
    with pytest.raises(LayerError, match=r"without gate, 'scale' .Multiply. would take one tensor twice.* cut=scale:gate"):
        edit(gated(), remove=["squeeze", "narrow", "excite", "gate"])
    edited = edit(gated(), cut=["scale:gate"])
    assert [layer.name for layer in edited.layers] == ["given", "conv", "pool", "outputs"]


def test_inputs_of_a_merge_are_not_stretched_to_each_other():
    given = keras.Input((4,), name="given")
    narrow = layers.Dense(1, name="narrow")(given)
    joined = layers.Add(name="joined")([dense("wide")(narrow), dense("stem")(given)])
    model = keras.Model(given, layers.Dense(2, name="outputs")(joined))
    with pytest.raises(ValueError, match=r"'joined' would stretch tensors of the shapes \(None, 1\) and \(None, 4\)") as caught:
        edit(model, remove=["wide"])
    assert not isinstance(caught.value, LayerError)


def nested() -> keras.Model:
    inner = keras.Input((4,))
    block = keras.Model(inner, layers.Add(name="sum")([inner, dense("twist")(inner)]), name="block")
    given = keras.Input((4,), name="given")
    return keras.Model(given, layers.Dense(2, name="outputs")(block(dense("stem")(given))))


def test_edges_of_a_nested_model_are_named_behind_it():
    said = "without block/twist, 'block/sum' .* cut=block/sum:twist; .* replace=block/twist=Identity"
    with pytest.raises(LayerError, match=said):
        edit(nested(), remove=["block/twist"])
    edited = edit(nested(), cut=["block/sum:twist"])
    np.testing.assert_allclose(edited(X), without(edited), rtol=1e-5)


def test_a_nested_model_is_not_emptied():
    given = keras.Input((4,), name="given")
    block = keras.Sequential([keras.Input((4,)), dense("one")], name="block")
    model = keras.Model(given, layers.Dense(2, name="outputs")(layers.Add()([given, block(given)])))
    with pytest.raises(LayerError, match="no layer of the model 'block' is left; expected at least one, or it removed"):
        edit(model, remove=["block/one"])


def test_two_outputs_do_not_become_one():
    given = keras.Input((4,), name="given")
    hidden = dense("hidden")(given)
    with pytest.raises(LayerError, match="Two outputs of model .* would be one and the same"):
        edit(keras.Model(given, [dense("a")(hidden), dense("b")(hidden)]), remove=["a", "b"])


def attending() -> keras.Model:
    given = keras.Input((3, 4), name="given")
    seen = layers.MultiHeadAttention(1, 2, name="attend")(dense("query")(given), dense("value")(given))
    return keras.Model(given, layers.Subtract(name="less")([seen, dense("shift")(given)]))


@pytest.mark.parametrize(
    ("model", "edits", "said"),
    [
        (residual, {"cut": ["add:deep"]}, "cut: Edge 'add:deep' is not known. Did you mean 'add:deep-1'?"),
        (residual, {"cut": ["deep-1"]}, "Expected MERGE:INPUT: "),
        (residual, {"cut": ["add:*"]}, "nothing is left that 'add' would take"),
        (residual, {"cut": ["add:deep-1"], "freeze": ["branch-1"]}, "'branch-1' is edited, and falls away with what is cut"),
        (
            residual,
            {"cut": ["add:deep-1"], "replace": ["deep-1=Dense(9)"]},
            "'deep-1' is edited, and falls away with what is cut",
        ),
        (attending, {"cut": ["attend:value"]}, "what 'attend' (MultiHeadAttention) means without one of its inputs is open"),
        (attending, {"cut": ["less:attend"]}, "without its first input, 'less' (Subtract) is another thing; cut the other one"),
        (
            attending,
            {"remove": ["query", "value"]},
            "would take one tensor twice, in place of the outputs of query and value: to let",
        ),
        (nested, {"cut": ["sum:twist"]}, "Did you mean 'block/sum:twist'?"),
    ],
)
def test_a_cut_that_cannot_be_meant_is_refused_in_one_line(model, edits, said):
    with pytest.raises(LayerError) as caught:
        edit(model(), **edits)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_edges_can_be_left_out_one_at_a_time():
    names = [variant.name for variant in leave_one_out(Settings(), cut=("add:left", "add:right"))]
    assert names == ["cut-add-left", "cut-add-right"]


def straight_or_not(settings: Settings) -> keras.Model:
    given = keras.Input((4,))
    joined = layers.Add(name="sum")([given, dense("branch")(given)])
    return keras.Model(given, layers.Dense(2, activation="softmax", name="outputs")(joined))


def test_edges_are_cut_in_toml_and_by_set(tmp_path):
    (tmp_path / "ours.toml").write_text('[variants.straight]\ncut = "sum:branch"\n')
    settings = load_study(str(tmp_path / "ours.toml")).settings("straight")
    assert settings.edits == {"cut": ("sum:branch",)} == Settings(**dict([parse("cut=sum:branch", Settings)])).edits
    study = Study("own", base=settings, variants=(), build=straight_or_not)
    assert [layer.name for layer in make_model(study, settings, seed=0).layers][1:] == ["outputs"]


def test_a_doubled_branch_is_refused_in_the_plan():
    study = Study("own", base=Settings(), variants=(), build=straight_or_not)
    fault = effect(study, Settings(remove="branch")).fault
    assert (
        fault.startswith("remove: without branch, 'sum' (Add) would take one tensor twice") and "say cut=sum:branch;" in fault
    )


def test_an_edge_without_a_name_is_refused():
    with pytest.raises(UsageError, match="cut must be names or patterns of layers; received an empty one"):
        Settings(cut=("",))
