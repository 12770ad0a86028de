"""The optimizers of a model after its layers were edited: what they know of its variables, for the ones there are now."""

from collections.abc import Iterable
from typing import Any

import keras

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
            config = model._compile_config.config if model.compiled else {}
            if config.get("optimizer") is optimizer:
                config["optimizer"] = new


def _renewed(optimizer: Any, variables: list[Any]) -> Any:
    known = {optimizer._var_key(variable) for variable in optimizer._trainable_variables} if optimizer.built else set()
    if not optimizer.built or all(optimizer._var_key(variable) in known for variable in variables):
        return optimizer
    new = type(optimizer).from_config(optimizer.get_config())
    new.build(variables)
    noted = {variable.path: variable for variable in optimizer.variables}
    for variable in new.variables:
        old = noted.get(variable.path)
        if old is not None and old.shape == variable.shape:
            variable.assign(old)
    return new


def _except_alike(optimizer: Any, new: Any, pairs: Pairs) -> None:
    """Except from weight decay what was excepted: variables by themselves, or in the place of such, or by their names."""
    inner: tuple[Any, Any] = (getattr(optimizer, "inner_optimizer", None), getattr(new, "inner_optimizer", None))
    for one, other in ((optimizer, new), inner):
        if hasattr(one, "_exclude_from_weight_decay"):
            excepted = set(one._exclude_from_weight_decay)
            excepted |= {other._var_key(variable) for old, variable in pairs if one._var_key(old) in excepted}
            other._exclude_from_weight_decay = excepted
            other._exclude_from_weight_decay_pattern = one._exclude_from_weight_decay_pattern
            other._exclude_from_weight_decay_cache = {}
