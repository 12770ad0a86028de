"""Each source of randomness follows from its own seed alone: held in a network with dropout."""

import keras
import numpy as np
import pytest

from harness.data import Arrays
from harness.engine import train
from harness.models import make_model
from harness.study import Settings, Study

SETTINGS = Settings(hidden=(8,), epochs=2, batch_size=8, insert_after=("hidden-1=Dropout(0.5)",))


@pytest.fixture(scope="module")
def arrays():
    random = np.random.default_rng(0)
    x = random.random((64, 28, 28)).astype(np.float32)
    y = random.integers(0, 10, 64)
    return Arrays(x, y, x[:16], y[:16])


def trained(arrays, *, init: int, order: int, dropout: int | None, engine: str = "graph"):
    """Return the first weights and the losses of a training."""
    model = make_model(Study("s", SETTINGS, ()), SETTINGS, seed=init, arrays=arrays, drawn_by=dropout)
    first = [weight.copy() for weight in model.get_weights()]
    training = train(model, arrays, batch_size=8, epochs=2, seed=order, drawn_by=dropout, engine=engine)
    return first, list(training.epochs()), model.get_weights()


def same(one, other) -> bool:
    return all(np.array_equal(mine, its) for mine, its in zip(one, other, strict=True))


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_each_seed_moves_what_it_is_of_and_nothing_else(arrays, engine):
    base = trained(arrays, init=0, order=0, dropout=0, engine=engine)
    again = trained(arrays, init=0, order=0, dropout=None, engine=engine)
    assert same(base[0], again[0]) and same(base[2], again[2])  # one number for all is what it was
    for moved in ({"order": 1}, {"dropout": 1}):
        other = trained(arrays, **{"init": 0, "order": 0, "dropout": 0, **moved}, engine=engine)
        assert same(base[0], other[0]) and not same(base[2], other[2])
    assert not same(base[0], trained(arrays, init=1, order=0, dropout=0, engine=engine)[0])
    keras.backend.clear_session()
