"""What a model's loss is told by: two that measure otherwise are told apart, two spellings of one are not."""

from typing import Any

import keras
import pytest
from keras import layers, losses

from harness.models.compiled_loss import loss_text


def told(penalty: Any = None, **compiled: Any) -> str:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, kernel_regularizer=penalty)])
    model.compile(**compiled)
    return loss_text(model)


@pytest.mark.parametrize("loss", ["mse", "mean_squared_error", losses.mean_squared_error, losses.MeanSquaredError()])
def test_one_loss_is_one_however_it_is_given(loss: Any) -> None:
    assert told(loss=loss) == "mean_squared_error" == told(keras.regularizers.L2(0.0), loss=loss)


def test_losses_that_measure_otherwise_are_told_apart() -> None:
    found = [
        told(loss="mse"),
        told(loss="huber"),
        told(loss=losses.Huber(0.5)),
        told(loss=losses.CategoricalCrossentropy()),
        told(loss=losses.CategoricalCrossentropy(label_smoothing=0.1)),
        told(loss=losses.MeanSquaredError(reduction="sum")),
        told(loss={"main": "mse", "aux": "mae"}),
        told(loss=["mse"], loss_weights=[0.5]),
        told("l2", loss="mse"),
        told(keras.regularizers.L2(0.3), loss="mse"),
        told(loss=lambda truth, answer: truth - answer),
        told(),
    ]
    assert len(set(found)) == len(found)
    entropies = (losses.SparseCategoricalCrossentropy(from_logits=True), "sparse_categorical_crossentropy")
    assert {told(loss=loss) for loss in entropies} == {"categorical_crossentropy"} == {found[3]}
    own = type("OwnLoss", (losses.Loss,), {"__init__": lambda self: losses.Loss.__init__(self)})
    assert told(loss=own()) == "own_loss"
    assert told(loss="huber") == told(loss=losses.Huber()) == "huber"
    assert found[2] == "huber delta=0.5" and found[6] == "{aux: mean_absolute_error, main: mean_squared_error}"
