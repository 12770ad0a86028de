"""What callbacks may do to a training with the meaning of fit, and what is refused rather than done otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from harness.engine.held_values import python_values
from harness.errors import UsageError, unknown

SAVING = (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)  # at epochs, unless they are told otherwise
BATCH_HOOKS = tuple(f"on_{kind}batch_{edge}" for kind in ("", "train_", "test_") for edge in ("begin", "end"))


def batch_hook(callback: keras.callbacks.Callback) -> str:
    """Return the first hook at batches that a callback needs, empty where it needs none."""
    return next((name for name in BATCH_HOOKS if not _does_nothing(callback, name)), "")


def monitored(callback: keras.callbacks.Callback) -> str:
    """Return the name of the value by which one of Keras' own callbacks decides, empty where it needs none."""
    if isinstance(callback, keras.callbacks.ModelCheckpoint) and not callback.save_best_only:
        return ""
    monitors = (keras.callbacks.EarlyStopping, keras.callbacks.ModelCheckpoint, keras.callbacks.ReduceLROnPlateau)
    return str(callback.monitor) if isinstance(callback, monitors) else ""


def validation_fault(callbacks: Sequence[keras.callbacks.Callback], *, held_out: bool) -> str:
    """Say that a callback decides by samples that a training without validation does not have; empty where none does.

    Callbacks of a user's own may measure such values themselves, and add them to the others.
    """
    if held_out or not all(type(callback).__module__.startswith("keras.") for callback in callbacks):
        return ""
    named = ((callback, monitored(callback)) for callback in callbacks)
    return next((unmonitored(callback, name, ()) for callback, name in named if name.startswith(("val_", "test_"))), "")


def require_monitored(callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Raise UsageError for a callback that decides by a value which none of them was told: Keras would but warn of it.

    The history, which is always the last of them, has what others have added to an epoch's values, too.
    """
    names = list(next(callback for callback in callbacks if isinstance(callback, keras.callbacks.History)).history)
    for callback in callbacks:
        name = monitored(callback)
        if name and name not in names:
            raise UsageError(unmonitored(callback, name, names))


def unmonitored(callback: keras.callbacks.Callback, name: str, names: Sequence[str]) -> str:
    """Say that a callback decides by what is not measured, and what to write instead."""
    who = f"{type(callback).__name__} monitors {name!r}"
    if name.startswith(("val_", "test_")) and not any(known.startswith("val_") for known in names):
        return (
            f"{who}, but no samples are held out for validation; expected validation=N among the settings (or x_validation in "
            "the arrays), and a name such as val_loss, or a value of the training such as loss. Test samples are for judging."
        )
    return f"{who}. {unknown('Value', name, names)}"


class BeforeFirstBatch:
    """Knows what a compiled program was made of, and what callbacks may no longer change before its first batch.

    fit traces its step behind on_train_begin and the first on_epoch_begin, this engine before them.
    """

    def __init__(self, model: keras.Model, *, compiled: bool) -> None:
        self._model = model
        self._values = self._now() if compiled else None

    def check(self) -> None:
        """Raise UsageError if callbacks have changed what is a constant of the program."""
        if self._values is None:
            return
        (before, now), self._values = (self._values, self._now()), None
        changed = [place for place, value in before.items() if place in now and now[place] != value]
        if changed:
            raise UsageError(
                f"A callback changed {changed[0]} before the first batch, and the compiled epoch has it as it was; expected "
                "it to be set in build(settings), or the trial to run with --engine fit."
            )

    def _now(self) -> Mapping[str, Any]:
        return python_values([("model", self._model)])


def require_going_on(model: keras.Model) -> None:
    """Raise UsageError where a callback asks to stop before a batch: fit would train one more and stop there."""
    if model.stop_training:
        raise UsageError(
            "A callback set stop_training before an epoch's first batch, behind which fit would stop in the middle of the "
            "epoch; expected it in on_epoch_end."
        )


def require_same_compile(model: keras.Model, optimizer: Any) -> None:
    """Raise UsageError where a callback has compiled the model anew, which ends fit with an error of its own."""
    if model.optimizer is not optimizer:
        raise UsageError(
            "A callback compiled the model anew between two epochs, which a running training does not heed; expected "
            "phases(settings), which begin with a compile each."
        )


def hears_tests(callback: keras.callbacks.Callback) -> bool:
    """Say whether a callback lends a test its weights, and so is asked for them even where only the engine tests."""
    return isinstance(callback, keras.callbacks.SwapEMAWeights)


def _does_nothing(callback: keras.callbacks.Callback, name: str) -> bool:
    if name in vars(callback):
        return False
    method = getattr(type(callback), name)
    if method is getattr(keras.callbacks.Callback, name):
        return True
    # What these do at batches, they do only where they save every so many of them.
    saving = any(method is getattr(kind, name) for kind in SAVING)
    return saving and getattr(callback, "save_freq", None) == "epoch"
