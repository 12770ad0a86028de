"""The optimizers of a model after its layers were edited: what they know of its variables, for the ones there are now."""

from collections.abc import Iterable
from typing import Any

import keras

from harness.engine import keras_internals

Pairs = Iterable[tuple[Any, Any]]  # of the variables of layers that were made anew: the old one, the new one


def renew_optimizers(model: keras.Model, pairs: Pairs) -> None:
    """Give each optimizer that a model holds the variables that it has now, and what it was told of the old ones.

    One that has not run yet takes them as they come. One that has is followed by a new one, with all that it noted.
    """
    pairs = list(pairs)
    for name, optimizer in list(vars(model).items()):
        if isinstance(optimizer, keras.optimizers.Optimizer):
            new = _renewed(optimizer, model.trainable_variables)
            _except_alike(optimizer, new, pairs)
            setattr(model, name, new)
            config = keras_internals.compile_arguments(model)
            if config.get("optimizer") is optimizer:
                config["optimizer"] = new


def _renewed(optimizer: Any, variables: list[Any]) -> Any:
    if not optimizer.built or keras_internals.knows_all(optimizer, variables):
        return optimizer
    new = type(optimizer).from_config(optimizer.get_config())
    new.build(variables)
    noted = {variable.path: variable for variable in optimizer.variables}
    for variable in new.variables:
        old = noted.get(variable.path)
        if old is not None and old.shape == variable.shape:
            variable.assign(old)
    return new


def _except_alike(optimizer: Any, new: Any, pairs: list[tuple[Any, Any]]) -> None:
    """Except from weight decay what was excepted: variables by themselves, or in the place of such, or by their names."""
    for one, other in ((optimizer, new), (getattr(optimizer, "inner_optimizer", None), getattr(new, "inner_optimizer", None))):
        keras_internals.except_from_decay_alike(one, other, pairs)
