"""What a study's own train(settings, trial) is given beside its settings: the seed, a folder, and who is to hear what."""

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.tensorboard import image_summary
from harness.training.context import Interrupted, TrialContext
from harness.training.function_checkpoints import FunctionCheckpoints
from harness.training.own_epochs import OwnEpochs

WHO = "train(settings, trial)"
_FIGURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")


class FunctionTrial:
    """One trial under way, as the study's own function sees it.

    Once it is asked to stop, the function may see so in `stop` and return; it may keep its state, where the trial ends;
    at the latest it ends at its next `log`.
    """

    def __init__(self, context: TrialContext) -> None:
        self.seed = context.trial.seed
        self.ended: Exception | None = None  # why it was ended, should the function catch that
        self._context = context
        self._epochs = OwnEpochs(context, who=WHO)
        self._checkpoints = FunctionCheckpoints(context)
        self._asked = self._seen = False  # to stop; and the function knows it
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """A folder of this attempt's own, for files; it stays beside the attempt's event files."""
        if self._folder is None:
            self._folder = self._context.board.folder / "files"
            self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    @property
    def stop(self) -> bool:
        """Whether the training is asked to stop, by Ctrl-C: what it has kept is then where the next attempt goes on."""
        self._asked = self._asked or self._context.stop_asked()
        self._seen |= self._asked
        return self._asked

    def log(self, epoch: int, /, **values: Any) -> None:
        """Tell what was measured behind an epoch: trial.log(1, train_loss=0.4, test_accuracy=0.9).

        epoch: from 1, above the last one's. A loss that is not finite ends the training: the trial has diverged.
        """
        if self._asked:
            raise self._ending(Interrupted(f"stopped after epoch {self._epochs.last}."))
        try:
            self._checkpoints.go_on(epoch, self._epochs)
            self._asked |= self._epochs.add(epoch, values)
        except Exception as error:
            raise self._ending(error) from None
        self._checkpoints.logged(epoch, values)

    def checkpoint(self, state: Mapping[str, Any], /) -> None:
        """Keep what the next attempt is to go on from, behind the epoch that was logged last; gone once the trial succeeds.

        state: a dict of numbers, texts, bytes, lists, dicts and NumPy arrays. It is written at most as often as
        --checkpoint-seconds says, and always where the trial is asked to stop, which it does here then.
        """
        self._checkpoints.keep(state, last=self._epochs.last, ending=self.stop)
        if self._asked:
            raise self._ending(Interrupted(f"stopped after epoch {self._epochs.last}."))

    def resume(self) -> dict[str, Any] | None:
        """Return what an earlier attempt has kept, the epochs up to which are then logged already; None: begin anew."""
        return self._checkpoints.resume()

    def figure(self, name: str, figure: Any, /) -> None:
        """Show a picture in TensorBoard: a Matplotlib figure, a PNG's bytes, or an array of shape (height, width[, 1|3|4]).

        An array's numbers are bytes, or fractions from 0 to 1.
        """
        if not isinstance(name, str) or not _FIGURE.fullmatch(name):
            raise UsageError(f"trial.figure: name is {name!r}; expected letters, digits, spaces and . _ - between.")
        self._context.board.add(image_summary(name, png_of(figure)), step=self._epochs.last)

    def end(self, returned: Any) -> None:
        """Take what the function has returned: the values that it ends with, or None. Interrupted where it was stopped."""
        if self.ended is not None:
            raise self.ended
        if self._asked and self._seen:
            raise Interrupted(f"stopped after epoch {self._epochs.last}.")
        if returned is not None and not isinstance(returned, Mapping):
            expected = "expected a mapping such as {'test_accuracy': 0.9}, or None where trial.log has told it"
            raise UsageError(f"{WHO} returned {str(returned)[:60]!r}, of type {type(returned).__name__}; {expected}.")
        self._epochs.end(dict(returned or {}))

    def _ending(self, error: Exception) -> Exception:
        self.ended = error
        return error


def png_of(figure: Any) -> bytes:
    """Return a figure, a PNG's bytes or an array as a PNG's bytes; UsageError for what is none of them."""
    if isinstance(figure, bytes):
        if figure.startswith(b"\x89PNG"):
            return figure
        raise UsageError(f"trial.figure: received {len(figure)} bytes that are no PNG; expected those of a PNG file.")
    if callable(getattr(figure, "savefig", None)):
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return file.getvalue()
    pixels = np.asarray(figure)
    shape = pixels.shape[2:] or (1,)
    if pixels.dtype.kind not in "uif" or pixels.ndim not in (2, 3) or shape[0] not in (1, 3, 4) or 0 in pixels.shape:
        expected = (
            "expected a Matplotlib figure, a PNG's bytes, or an array of shape (height, width), or with 1, 3 or 4 channels"
        )
        raise UsageError(f"trial.figure: received a {type(figure).__name__} of shape {pixels.shape}; {expected}.")
    if pixels.dtype.kind == "f":
        if not np.all((pixels >= 0) & (pixels <= 1)):
            raise UsageError(
                "trial.figure: an array of fractions has values that are not from 0 to 1; expected these, or bytes."
            )
        pixels = np.round(pixels * 255)
    if pixels.min() < 0 or pixels.max() > 255:
        raise UsageError(f"trial.figure: an array has values from {pixels.min()} to {pixels.max()}; expected 0 to 255.")
    import tensorflow as tf

    encoded: bytes = tf.io.encode_png(pixels.astype(np.uint8).reshape(*pixels.shape[:2], shape[0])).numpy()
    return encoded
