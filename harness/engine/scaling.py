"""What a scale must not divide: the numbers that stand for words, items or classes."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest import mock

import keras
import numpy as np

from harness.data import Arrays
from harness.engine.building import first_inputs
from harness.engine.keras_internals import all_layers

NUMBERED = (keras.layers.Embedding, keras.layers.CategoryEncoding, keras.layers.IntegerLookup)  # they cut off fractions
SAMPLES = 256


def check_scale(model: keras.Model, arrays: Arrays) -> None:
    """Raise ValueError if the scale would give a layer fractions where it takes whole numbers, and cuts off in silence.

    The model is called on the first samples, and such layers are watched: one that is given numbers of the model's own
    making, such as positions, is none of the scale's business.
    """
    layers = [layer for layer in all_layers(model) if isinstance(layer, NUMBERED)]
    if arrays.scale == 1.0 or not layers:
        return
    cut: list[str] = []
    with ExitStack() as watching:
        for layer in layers:
            watching.enter_context(mock.patch.object(layer, "call", _watched(layer, cut)))
        model(first_inputs(model, arrays, SAMPLES), training=False)
    if cut:
        raise ValueError(
            f"scale={arrays.scale:g} divides integer inputs, and layer {cut[0]!r}, which takes whole numbers, is given "
            "fractions; expected an Input of integers for them, as in keras.Input(shape, dtype='int32'), which the scale "
            "leaves as they are, or scale=1.0."
        )


def _watched(layer: keras.Layer, cut: list[str]) -> Callable[..., Any]:
    call = layer.call

    def watched(inputs: Any, *arguments: Any, **options: Any) -> Any:
        if hasattr(inputs, "numpy"):  # not while a function of the model's own is traced
            values = np.asarray(inputs)
            if (values != np.round(values)).any():
                cut.append(layer.name)
        return call(inputs, *arguments, **options)

    return watched
