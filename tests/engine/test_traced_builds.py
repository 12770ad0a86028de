"""What is made of a model of one's own by tracing it: layers that it says are built, and batches whose size it reads."""

from typing import Any

import keras
import pytest
from keras import layers, ops
from ownmodels import regression

from harness.data.arrays import Arrays
from harness.engine.building import build
from harness.engine.engine_choice import train
from harness.engine.overrides import refusal
from harness.models.build import count_parameters


class SaysBuilt(keras.Model):
    """Its build makes none of its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = layers.Dense(4), layers.Dense(1)

    def build(self, shape: Any) -> None:
        self.built = True

    def call(self, inputs: Any) -> Any:
        return self.out(self.hidden(inputs))


class ReadsSize(keras.Model):
    """Its code needs to know how many samples a batch has."""

    def __init__(self) -> None:
        super().__init__()
        self.out = layers.Dense(1)

    def call(self, inputs: Any) -> Any:
        samples, numbers = inputs.shape
        return self.out(ops.reshape(inputs, (samples, numbers)))


def made(kind: type[keras.Model]) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = kind()
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    return model


@pytest.mark.parametrize("compiled", [True, False])
def test_layers_are_made_also_where_the_model_says_that_it_is_built(compiled: bool) -> None:
    model = made(SaysBuilt) if compiled else SaysBuilt()
    model.build((None, 3))
    assert count_parameters(model) == 0
    build(model, regression(), batch_size=8)
    assert count_parameters(model) == 21


def test_a_model_that_reads_its_batchs_size_is_trained_as_by_fit() -> None:
    arrays = regression()
    whole = Arrays(arrays.x_train[:16], arrays.y_train[:16], arrays.x_test[:8], arrays.y_test[:8])
    build(model := made(ReadsSize), whole, batch_size=8)
    assert count_parameters(model) == 4
    training = train(made(ReadsSize), whole, batch_size=8, epochs=2, seed=3, engine="graph")
    reference = made(ReadsSize)
    reference.fit(whole.x_train, whole.y_train, batch_size=8, epochs=1, verbose=0)  # does not fail
    assert training.engine == "graph", training.reason
    assert [epoch.number for epoch in training.epochs()] == [1, 2]
    assert training.predict(whole.x_test).shape == (8, 1)
    assert training.predict(whole.x_test[:5]).shape == (5, 1)


def test_an_own_predict_on_batch_for_convenience_is_no_reason_to_refuse_a_model() -> None:
    class Convenient(SaysBuilt):
        def predict_on_batch(self, x: Any) -> Any:
            return super().predict_on_batch(x) * 1.0

    assert refusal(made(Convenient)) == ""


def test_what_is_wrong_in_a_call_is_what_is_raised() -> None:
    class Wrong(SaysBuilt):
        def call(self, inputs: Any) -> Any:
            raise ZeroDivisionError("in its call")

    with pytest.raises(ZeroDivisionError, match="in its call"):
        build(made(Wrong), regression(), batch_size=8)
