"""What new layers draw: the same in a variant and in a control that has the same new layer, and else not."""

import random

import keras
import numpy as np
from keras import layers

from harness import Settings, Study
from harness.models.build import make_model

TANH = "hidden-1=Dense(16, activation='tanh')"


def branches(settings: Settings | None = None) -> keras.Model:
    given = keras.Input((6,), name="given")
    left, right = layers.Dense(8, name="left-1")(given), layers.Dense(8, name="right-1")(given)
    joined = layers.Concatenate(name="joined")([left, right])
    block = keras.Sequential([keras.Input((16,)), layers.Dense(16, name="one"), layers.Dense(16, name="two")], name="block")
    hidden = layers.Dropout(0.5, name="drop")(layers.Dense(16, name="hidden-1")(block(joined)))
    return keras.Model(given, layers.Dense(2, activation="softmax", name="outputs")(hidden))


def summed(settings: Settings | None = None) -> keras.Model:
    given = keras.Input((6,), name="given")
    left, right = layers.Dense(8, name="left")(given), layers.Dense(8, name="right")(given)
    joined = layers.Concatenate(name="joined")([left, right])
    block = keras.Sequential([keras.Input((None,)), layers.Dropout(0.5, name="drop")], name="block")
    hidden = layers.Dense(8, name="hidden")(block(joined))
    return keras.Model(given, layers.Dense(2, activation="softmax", name="outputs")(hidden))


def starts(build, *, seed: int = 0, **edits: object) -> dict[str, list[np.ndarray]]:
    """Return what each layer starts with, the states of dropout included."""
    settings = Settings(**edits)
    model = make_model(Study("own", base=settings, variants=(), build=build), settings, seed=seed)
    return {layer.name: [variable.numpy() for variable in layer.variables] for layer in model.layers}


def differing(one: dict[str, list[np.ndarray]], other: dict[str, list[np.ndarray]]) -> list[str]:
    shared = [name for name in one if name in other]
    return [name for name in shared if not all(map(np.array_equal, one[name], other[name]))]


def test_a_new_layer_starts_as_it_does_in_a_control_that_has_it_too():
    control = starts(branches, replace=TANH)
    variant = starts(branches, replace=TANH, insert_after=("left-1=Dense(8)", "right-1=Dropout(0.1)"))
    assert len(variant) == len(control) + 2 and differing(control, variant) == []


def test_a_layer_whose_shapes_change_starts_as_it_does_in_a_control_where_they_change_too():
    control = starts(summed, replace="joined=Add()")
    assert control["hidden"][0].shape == (8, 8) and starts(summed)["hidden"][0].shape == (16, 8)
    assert differing(control, starts(summed, replace="joined=Add()", remove="block")) == []


def test_layers_that_draw_as_they_are_built_do_so_by_their_path_too():
    def attending(settings: Settings) -> keras.Model:
        given = keras.Input((5, 6), name="given")
        pair = (layers.Dense(6, name="left")(given), layers.Dense(6, name="right")(given))
        seen = layers.MultiHeadAttention(1, 4, name="attend")(*pair)
        return keras.Model(given, layers.Dense(2, name="outputs")(layers.Flatten(name="flat")(seen)))

    attend = "attend=MultiHeadAttention(2, 4)"
    control, other = starts(attending, replace=attend), starts(attending, replace=attend, seed=1)
    assert differing(control, starts(attending, replace=attend, insert_after="left=Dense(6)")) == []
    assert "attend" in differing(control, other)


def test_two_new_layers_of_one_shape_start_apart_and_so_do_two_seeds():
    edits = {"insert_after": ("left-1=Dense(8)", "left-1=Dense(8)", "right-1=Dense(8)")}
    first, second = starts(branches, **edits), starts(branches, seed=1, **edits)
    new = ("left-1-dense", "left-1-dense-2", "right-1-dense")
    assert len({drawn[name][0].tobytes() for drawn in (first, second) for name in new}) == 6


def test_what_is_drawn_after_an_edit_is_what_is_drawn_without_it():
    def drawn(**edits: object) -> float:
        settings = Settings(**edits)
        make_model(Study("own", base=settings, variants=(), build=branches), settings, seed=3)
        return random.random()

    assert drawn() == drawn(replace=TANH) == drawn(insert_after="left-1=Dropout(0.5)", remove="drop")
