"""A study's callbacks(settings) → Keras callbacks for one trial, or one line on why they cannot be trusted with it."""

import inspect
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.study import Settings, Study, value_text

if TYPE_CHECKING:
    import keras

CALL = "callbacks(settings)"
FOLDER = "the folder that callbacks(settings, folder) is given"
WRITERS = {"BackupAndRestore": "backup_dir", "CSVLogger": "filename", "ModelCheckpoint": "filepath", "TensorBoard": "log_dir"}
GIVEN = ("_model", "_params", "model", "params")  # what Keras gives a callback when it trains


class CallbackError(UsageError):
    """Callbacks that would not do in a trial what they do in fit: found in the plan, before anything trains."""


def make_callbacks(study: Study, settings: Settings, folder: Path) -> "list[keras.callbacks.Callback]":
    """Return a trial's callbacks, the study's own before the one of `stop_below_loss`.

    folder: where they may write, made if the study's function asks for it. CallbackError for what is no callback, has been
    used before, or writes elsewhere.
    """
    callbacks = own_callbacks(study, settings, folder)
    for callback in callbacks:
        if callback.model is not None:
            raise CallbackError(_shared(callback))
    stop = settings.stop_below_loss
    return callbacks if stop is None else [*callbacks, stop_below(stop)]


def own_callbacks(study: Study, settings: Settings, folder: Path) -> "list[keras.callbacks.Callback]":
    """Return what the study's function gives, none where it has no such function."""
    import keras

    if study.callbacks is None:
        return []
    if _takes_folder(study.callbacks):
        folder.mkdir(parents=True, exist_ok=True)
        made = study.callbacks(settings, folder)
    else:
        made = study.callbacks(settings)
    if not isinstance(made, (list, tuple)):
        raise CallbackError(f"{CALL} must return a list of keras.callbacks.Callback; received {_kind(made)}.")
    for callback in made:
        if not isinstance(callback, keras.callbacks.Callback):
            raise CallbackError(f"{CALL} must return a list of keras.callbacks.Callback; received one with {_kind(callback)}.")
        _require_inside(callback, folder)
    return list(made)


def callbacks_text(study: Study, settings: Settings) -> tuple[list[Any], str]:
    """Return the study's callbacks as nothing is to train with them, and a text that two share if they do the same.

    CallbackError as of `make_callbacks`, and where one of them is not made anew at each call.
    """
    if study.callbacks is None:
        return [], ""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve() / "callbacks"
        once, again = (own_callbacks(study, settings, folder) for _ in range(2))
        known = {id(callback) for callback in once}
        for callback in again:
            if id(callback) in known:
                raise CallbackError(_shared(callback))
        return once, "\n".join(map(_text, once)).replace(str(folder), "FOLDER")


def unmeasured(callbacks: "Sequence[keras.callbacks.Callback]", names: Sequence[str] | None, *, held_out: bool) -> str:
    """Say that one of Keras' callbacks decides by a value that will not be measured; empty where none does, as far as known.

    names: which values the model reports, None where only its code knows. held_out: whether there are validation samples.
    """
    from harness.engine import monitored, unmonitored, validation_fault

    if fault := validation_fault(callbacks, held_out=held_out):
        return f"{CALL}: {fault}"
    # A callback of a user's own may add values to those.
    if names is None or not all(type(callback).__module__.startswith("keras.") for callback in callbacks):
        return ""
    known = [*names, *(f"val_{name}" for name in names if held_out), "learning_rate"]
    wrong = ((callback, name) for callback in callbacks if (name := monitored(callback)) and name not in known)
    return next((f"{CALL}: {unmonitored(callback, name, known)}" for callback, name in wrong), "")


def stop_below(loss: float) -> "keras.callbacks.Callback":
    """Return the course's callback: training stops at the end of the first epoch whose loss is below this."""
    import keras

    class StopBelow(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            if (logs or {}).get("loss", loss) < loss:
                self.model.stop_training = True

    return StopBelow()


def _takes_folder(function: Callable[..., Any]) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin
        return False
    needed = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return len([one for one in needed if one.default is one.empty]) > 1 or any(one.name == "folder" for one in needed)


def _require_inside(callback: "keras.callbacks.Callback", folder: Path) -> None:
    """Raise CallbackError for one of Keras' callbacks that writes outside of the folder, where all trials would meet."""
    import keras

    for name, attribute in WRITERS.items():
        if isinstance(callback, getattr(keras.callbacks, name)):
            path = Path(str(getattr(callback, attribute)))
            if not path.is_absolute() or not path.is_relative_to(folder):
                raise CallbackError(
                    f"{CALL}: {type(callback).__name__} writes to {str(path)!r}, which all trials would share; expected a "
                    f"place in {FOLDER}, as in folder / {path.name!r}."
                )


def unkept(callbacks: "Sequence[keras.callbacks.Callback]", folder: Path) -> str:
    """Say why a later attempt cannot go on with these callbacks' state: what they wrote lies in this one's folder."""
    for callback in callbacks:
        if any(str(folder) in str(value) for value in vars(callback).values() if isinstance(value, (str, Path))):
            return f"{type(callback).__name__} writes into its attempt's own folder"
    return ""


def _text(callback: "keras.callbacks.Callback") -> str:
    held = {name: value for name, value in vars(callback).items() if name not in GIVEN}
    return value_text([type(callback), held])


def _shared(callback: "keras.callbacks.Callback") -> str:
    return (
        f"{CALL} gave the same {type(callback).__name__} twice, and what it remembers of one trial would go on in the next; "
        "expected it to be made anew within the function."
    )


def _kind(value: object) -> str:
    return "None" if value is None else f"a {type(value).__name__}"
