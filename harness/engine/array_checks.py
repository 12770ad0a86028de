"""Which arrays a model cannot take, which is refused before training, since compiled code would not notice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from harness.data import Arrays, Samples, each, titled
from harness.engine.building import first_inputs
from harness.engine.keras_internals import Functional, input_structure, output_structure
from harness.engine.overrides import has_call, own
from harness.engine.sample_checks import check_samples, parts_of
from harness.engine.scaling import check_scale

SPARSE = "sparse_categorical_crossentropy"
IDENTITIES = ("circle",)  # losses of labels that say which samples belong together, whatever the output's shape
CATEGORICAL_PAIRS = ("crossentropy", "ce")  # names that Keras resolves by the labels' shape
NO_NUMBERS = "OSUVM"  # NumPy's kinds of texts, objects and dates
STEPS = ("train_step", "test_step", "compute_loss")
CHANCES = ("binary_crossentropy", "categorical_crossentropy", *CATEGORICAL_PAIRS)  # losses of labels in [0, 1]


def check_arrays(model: keras.Model, arrays: Arrays) -> None:
    """Raise ValueError for arrays that model.fit would refuse, or that would train to rubbish in silence.

    XLA clamps a label out of range instead of failing, and checks no shape again once compiled.
    """
    check_samples(arrays)
    for name in parts_of(arrays):
        _check_inputs(model, f"x_{name}", getattr(arrays, f"x_{name}"))
    if not has_call(model):
        return
    check_scale(model, arrays)
    if arrays.y_train is None:
        return
    outputs = keras.tree.flatten(_outputs(model, arrays))
    structure = output_structure(model) if isinstance(model, Functional) else None
    for name in parts_of(arrays):
        y = getattr(arrays, f"y_{name}")
        if isinstance(y, Mapping) and isinstance(structure, Mapping):
            _by_name(f"y_{name}", "outputs", y, structure)
        elif isinstance(y, Mapping) and isinstance(model, Functional):
            raise ValueError(
                f"y_{name} goes by names ({', '.join(sorted(y))}), the model's outputs do not; expected a tuple by order."
            )
        _check_targets(model, outputs, f"y_{name}", getattr(arrays, f"y_{name}"))


def _check_inputs(model: keras.Model, label: str, x: Samples) -> None:
    expected = getattr(model, "inputs", None)
    if not expected:
        return  # a subclassed model states no shapes: calling it, just below, is the check
    if isinstance(x, Mapping):
        expected = _by_name(label, "inputs", x, _named_inputs(model))
    if len(expected) != len(each(x)):
        raise ValueError(f"{label} holds {len(each(x))} arrays; expected {len(expected)}, one for each model input.")
    for (title, array), tensor in zip(titled(label, x), expected, strict=True):
        if array.dtype.kind in NO_NUMBERS and tensor.dtype != "string":
            raise ValueError(f"{title} holds {array.dtype} values; the model's input {tensor.name!r} expects {tensor.dtype}.")
        shape = tuple(tensor.shape)
        # Keras itself adds or drops a last axis of one.
        fitting = (array.shape, (*array.shape, 1), array.shape[:-1] if array.shape[-1] == 1 else array.shape)
        if not any(_fits(candidate[1:], shape[1:]) for candidate in fitting):
            raise ValueError(
                f"{title} has samples of shape {array.shape[1:]}; the model's input {tensor.name!r} expects shape {shape[1:]}."
            )


def _named_inputs(model: keras.Model) -> Mapping[str, Any]:
    """Return a model's inputs by the names that it takes them by: of its dict of inputs, or else of its Input layers."""
    structure = input_structure(model) if isinstance(model, Functional) else None
    return structure if isinstance(structure, Mapping) else {tensor.name: tensor for tensor in model.inputs}


def _by_name(label: str, kind: str, given: Mapping[str, Any], named: Mapping[str, Any]) -> list[Any]:
    """Return what the names stand for, in the names' order; ValueError unless they are the model's."""
    if set(given) != set(named):
        received, expected = (", ".join(sorted(map(str, names))) for names in (given, named))
        raise ValueError(f"{label} goes by the names {received}; expected those of the model's {kind}: {expected}.")
    return [named[name] for name in sorted(given)]


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        want is None or size is None or size == want for size, want in zip(shape, expected, strict=True)
    )


def _check_targets(model: keras.Model, outputs: Sequence[Any], label: str, y: Samples) -> None:
    losses, same = _losses(model, len(outputs)), len(outputs) == len(each(y))
    if own(model, *STEPS):
        # What such a step makes of targets and outputs before it compares them, only its code knows.
        losses = [loss if loss == SPARSE and same else None for loss in losses]
    elif not same:
        raise ValueError(f"{label} holds {len(each(y))} arrays; expected {len(outputs)}, one for each model output.")
    for (title, array), output, loss in zip(titled(label, y), outputs, losses, strict=False):
        shape = tuple(output.shape)
        if loss is not None and array.dtype.kind in NO_NUMBERS:
            raise ValueError(f"{title} holds {array.dtype} values; {loss} expects numbers, as of a class's place in a list.")
        if _is_class_loss(loss, array, shape):
            _check_classes(title, array, shape)
        elif loss in IDENTITIES:
            _check_identities(title, array, loss)
        elif loss is not None and not _fits(_squeezed(array.shape[1:]), _squeezed(shape[1:])):
            raise ValueError(
                f"{title} has labels of shape {_batch(array.shape)}; the model's output has shape {shape}, and {loss} "
                "expects the same shape for both."
            )
        elif loss in CHANCES:
            _check_probabilities(title, array, loss)


def class_limits(model: keras.Model, arrays: Arrays) -> tuple[int | None, ...]:
    """Return for each output how many classes its labels may name, None where they are no class numbers of Keras' own loss."""
    if arrays.y_train is None or not has_call(model):
        return ()
    outputs = keras.tree.flatten(_outputs(model, arrays))
    labels = each(arrays.y_train)
    if len(outputs) != len(labels):
        return ()
    return tuple(
        output.shape[-1] if _is_class_loss(loss, array, tuple(output.shape)) else None
        for output, array, loss in zip(outputs, labels, _losses(model, len(outputs)), strict=True)
    )


def _is_class_loss(loss: str | None, labels: np.ndarray, output: tuple[int | None, ...]) -> bool:
    return loss == SPARSE or (loss in CATEGORICAL_PAIRS and labels.shape[1:] in ((), (1,)) and output[-1] != 1)


def _check_identities(title: str, labels: np.ndarray, loss: str) -> None:
    fractional = np.issubdtype(labels.dtype, np.floating) and (labels != np.round(labels)).any()
    if labels.shape[1:] not in ((), (1,)) or fractional:
        raise ValueError(
            f"{title} has labels of shape {_batch(labels.shape)}; {loss} expects one whole number for each sample."
        )


def _check_probabilities(title: str, labels: np.ndarray, loss: str) -> None:
    wrong = int(((labels < 0) | (labels > 1)).sum())
    if wrong:
        raise ValueError(
            f"{title} holds {wrong} labels outside of [0, 1], from {labels.min():g} to {labels.max():g}; "
            f"{loss} expects 0 and 1, or probabilities."
        )


def _squeezed(shape: tuple[Any, ...]) -> tuple[Any, ...]:
    return shape[:-1] if shape and shape[-1] == 1 else shape


def _batch(shape: tuple[int, ...]) -> tuple[int | None, ...]:
    return (None, *shape[1:])


def _outputs(model: keras.Model, arrays: Arrays) -> Any:
    if getattr(model, "inputs", None):
        return model.outputs
    one = first_inputs(model, arrays, 1)

    def outputs(shape: Callable[[Any], Any]) -> Any:
        # TensorFlow is asked for the shapes alone; nothing is computed.
        return model.compute_output_spec(
            keras.tree.map_structure(lambda values: keras.KerasTensor(shape(values.shape), dtype=values.dtype.name), one)
        )

    try:
        return outputs(_batch)
    except Exception:  # its code may need to know how many samples there are
        return outputs(tuple)


def _losses(model: keras.Model, outputs: int) -> list[str | None]:
    """Return for each output the name of its loss if it is one of Keras' own, else None: its rules are not known."""
    loss = model.loss
    if isinstance(loss, dict):
        names = list(getattr(model, "output_names", ()))
        return [_loss_name(loss.get(name)) for name in names] if len(names) == outputs else [None] * outputs
    if isinstance(loss, (list, tuple)):
        return [_loss_name(one) for one in loss] if len(loss) == outputs else [None] * outputs
    return [_loss_name(loss)] * outputs


def _loss_name(loss: Any) -> str | None:
    if loss is None:
        return None
    if isinstance(loss, str) and loss.lower() in CATEGORICAL_PAIRS:
        return loss.lower()
    found = keras.losses.get(loss) if isinstance(loss, (str, dict)) else loss
    kind = found if callable(found) and hasattr(found, "__name__") else type(found)
    if not kind.__module__.startswith("keras."):
        return None
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("_")


def _check_classes(title: str, labels: np.ndarray, output: tuple[int | None, ...]) -> None:
    classes = output[-1]
    squeezed = _squeezed(labels.shape[1:])
    if not _fits(labels.shape[1:], output[1:-1]) and not _fits(squeezed, output[1:-1]):
        raise ValueError(
            f"The model's output has shape {output}, but {title} has labels of shape {_batch(labels.shape)}; "
            f"sparse categorical cross-entropy expects an output of shape {(None, *squeezed, classes)}."
        )
    if np.issubdtype(labels.dtype, np.floating):
        fractional = int((labels != np.round(labels)).sum())
        if fractional:
            raise ValueError(f"{title} holds {fractional} labels that are not whole numbers; expected class numbers.")
    wrong = int(((labels < 0) | (labels >= classes)).sum()) if classes else 0
    if wrong:
        raise ValueError(
            f"{title} holds {wrong} labels out of range: labels run from {labels.min():g} to {labels.max():g}, "
            f"but the model has {classes} outputs; expected labels in [0, {classes})."
        )
