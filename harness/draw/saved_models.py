"""Trained models that trials have kept: found by their records, held against their hashes, loaded in Keras' safe mode."""

import hashlib
import math
import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from harness.analysis import AnswersError, TestSamples, load_answers, load_test_samples
from harness.draw.drawings import SIDE, moved
from harness.errors import UsageError, unknown
from harness.records import MODEL_FILE, Record, attempt_folder, folders_in, read_folder, trial_folder

SHIFTS = range(-12, 13, 2)  # pixels to the right
MOST_SHIFTED = 200  # test images for each of them
ALIKE = 0.98  # of a trial's answers that its model must give again: elsewhere, a sum may be rounded otherwise
MOST_CLASSES = 100
AGAIN = "Run its study again with --force --save-models."
MOST_COMPARED = 500  # test images among which two models' disagreements are sought


@dataclass(frozen=True, slots=True)
class SavedModel:
    """One trial's model file, as its record names it."""

    record: Record
    study: Path  # the study's folder
    folder: Path  # the attempt's
    sha256: str
    scale: float

    @property
    def path(self) -> Path:
        """The model's file."""
        return self.folder / MODEL_FILE


@dataclass
class Ensemble:
    """One variant's models, a seed each, that answer together.

    name: STUDY/VARIANT. models: Keras models; scales: what each one's integer inputs are divided by. samples: its test set,
    where it is kept. One thread at a time asks them.
    """

    name: str
    data: str
    class_names: Sequence[str]
    seeds: Sequence[int]
    models: Sequence[Any]
    scales: Sequence[float]
    shapes: Sequence[Sequence[int]]
    samples: TestSamples | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def _functions(self) -> list[Any]:
        import tensorflow as tf

        def compiled(model: Any, shape: Sequence[int]) -> Any:
            given = tf.TensorSpec((None, *shape), tf.float32)
            return tf.function(lambda x: model(x, training=False), input_signature=[given])

        return list(map(compiled, self.models, self.shapes))

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Return what each seed's model gives each class: (seeds, n, classes); images: uint8 (n, 28, 28)."""
        with self.lock:
            given = [_array(function(self._inputs(images, place)), self.name) for place, function in enumerate(self._functions)]
        answers: np.ndarray = np.stack(given)
        return answers

    def saliency(self, image: np.ndarray) -> np.ndarray:
        """Return how much each pixel moves the likeliest class's probability, mean over seeds, from 0 to 1: (28, 28)."""
        import tensorflow as tf

        found = np.zeros((SIDE, SIDE))
        with self.lock:
            for place, model in enumerate(self.models):
                inputs = tf.convert_to_tensor(self._inputs(image[None], place))
                with tf.GradientTape() as tape:
                    tape.watch(inputs)
                    likeliest = tf.reduce_max(model(inputs, training=False))
                slope = np.abs(tape.gradient(likeliest, inputs).numpy()).reshape(SIDE, SIDE)
                found += slope / max(slope.max(), 1e-12)
        shown: np.ndarray = found / max(found.max(), 1e-12)
        return shown

    def by_shift(self) -> dict[int, float] | None:
        """Return the accuracy, mean over seeds, on the first test images moved to the right; None without test images."""
        kept = self._test_images(MOST_SHIFTED)
        if kept is None:
            return None
        images, labels = kept
        return {shift: float((self.probabilities(moved(images, shift)).argmax(axis=2) == labels).mean()) for shift in SHIFTS}

    def _inputs(self, images: np.ndarray, place: int) -> np.ndarray:
        values = images.astype(np.float32) / np.float32(self.scales[place])
        return values.reshape(len(images), *self.shapes[place])

    def _test_images(self, most: int) -> tuple[np.ndarray, np.ndarray] | None:
        if self.samples is None or self.samples.images.shape[1:] != (SIDE, SIDE):
            return None
        images = self.samples.images[:most]
        return images, self.samples.labels[: len(images)]


def _array(outputs: Any, name: str) -> np.ndarray:
    if isinstance(outputs, (list, tuple, dict)):
        raise UsageError(f"Model {name} has {len(outputs)} outputs; expected one, a probability for each class.")
    found: np.ndarray = outputs.numpy()
    return found


def disagreements(one: Ensemble, other: Ensemble) -> list[int]:
    """Return the numbers of test images that two ensembles give different classes, the clearest first."""
    kept = one._test_images(MOST_COMPARED)
    if kept is None or other.samples is None or not np.array_equal(other.samples.images[: len(kept[0])], kept[0]):
        return []
    first, second = (each.probabilities(kept[0]).mean(axis=0) for each in (one, other))
    apart = np.flatnonzero(first.argmax(axis=1) != second.argmax(axis=1))
    clear = np.minimum(first.max(axis=1), second.max(axis=1))[apart]
    order: list[int] = apart[np.argsort(-clear, kind="stable")].tolist()
    return order


def saved_variants(logdir: Path) -> dict[str, list[SavedModel]]:
    """Return the models that trials below a log folder have kept, by STUDY/VARIANT, those of a variant by seed.

    A study goes by the name of its folder. What a record says of its model in another form than the harness's is passed over.
    """
    found: dict[str, list[SavedModel]] = {}
    for study in folders_in(logdir):
        for record in sorted(read_folder(study).records, key=lambda record: (record.position, record.seed)):
            note = record.provenance.get("model")
            if record.finished and isinstance(note, dict) and _is_usable(note):
                trial = trial_folder(logdir, study.name, record.variant, record.seed)
                folder = attempt_folder(trial, record.attempt)
                model = SavedModel(record, study, folder, str(note["sha256"]), float(note["scale"]))
                found.setdefault(f"{study.name}/{record.variant}", []).append(model)
    return found


def _is_usable(note: Mapping[str, Any]) -> bool:
    known = note.get("file") == MODEL_FILE and isinstance(note.get("sha256"), str)
    return known and isinstance(note.get("scale"), (int, float)) and _is_image(note.get("input_shapes"))


def _is_image(shapes: Any) -> bool:
    return isinstance(shapes, list) and len(shapes) == 1 and math.prod(shapes[0]) == SIDE * SIDE


def load_ensembles(names: Sequence[str], logdir: Path) -> list[Ensemble]:
    """Return the models of variants, each named STUDY/VARIANT.

    UsageError for a variant that has kept none, a file that is not the one its record names, and what Keras' safe mode does
    not load.
    """
    found = saved_variants(logdir)
    for name in names:
        if name not in found:
            raise unknown("Saved model", name, found)
    data = {name: found[name][0].record.data.get("used", "") for name in names}
    if len({*data.values()}) > 1:
        told = ", ".join(f"{name} of {used}" for name, used in data.items())
        raise UsageError(f"These models answer about different things: {told}. Expected models of one dataset.")
    return [_load(name, found[name]) for name in names]


def _load(name: str, saved: Sequence[SavedModel]) -> Ensemble:
    first = saved[0].record
    keys = {str(one.record.provenance.get("test_samples", "")) for one in saved}
    try:
        samples = [load_test_samples(saved[0].study, key) for key in keys]
        answers = [load_answers(one.folder) for one in saved]
    except AnswersError as error:
        raise UsageError(str(error)) from None
    if len(keys) > 1 or samples[0] is None or samples[0].images.shape[1:] != (SIDE, SIDE):
        raise UsageError(f"Model {name}: no images of {SIDE} × {SIDE} are kept of one test set for all its seeds. {AGAIN}")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    models = [_read(one) for one in saved]
    shapes = [one.record.provenance["model"]["input_shapes"][0] for one in saved]
    seeds, scales = [one.record.seed for one in saved], [one.scale for one in saved]
    used = str(first.data.get("used", ""))
    ensemble = Ensemble(name, used, samples[0].names, seeds, models, scales, shapes, samples[0])
    _require_its_answers(ensemble, answers)
    return ensemble


def _require_its_answers(ensemble: Ensemble, answers: Sequence[tuple[np.ndarray, np.ndarray] | None]) -> None:
    """Raise UsageError unless each model gives probabilities, and says of kept images what its trial has recorded.

    A study may have inverted, standardised or moved what its models were given: a drawing would be none of that.
    """
    assert ensemble.samples is not None
    images = ensemble.samples.images[:MOST_SHIFTED]
    given = ensemble.probabilities(images)
    if given.ndim != 3 or not 2 <= given.shape[2] <= MOST_CLASSES:
        raise UsageError(
            f"Model {ensemble.name} gives outputs of shape {given.shape[2:]}; expected a probability for each class."
        )
    if not (np.isfinite(given).all() and given.min() >= 0 and np.abs(given.sum(axis=2) - 1).max() < 1e-3):
        raise UsageError(f"Model {ensemble.name} gives outputs that are no probabilities; expected a softmax at its end.")
    for seed, mine, recorded in zip(ensemble.seeds, given, answers, strict=True):
        if recorded is None or (mine.argmax(axis=1) == recorded[0][: len(images)]).mean() < ALIKE:
            raise UsageError(
                f"Model {ensemble.name}, seed {seed}, does not answer to kept test images as its trial did: its study gives it "
                f"other inputs than pixels from 0 to 255, divided by {ensemble.scales[0]:g}. A drawing would mislead it."
            )


def _read(saved: SavedModel) -> Any:
    try:
        content = saved.path.read_bytes()
    except OSError as error:
        raise UsageError(f"Model {saved.path} cannot be read ({error.strerror}). {AGAIN}") from None
    if hashlib.sha256(content).hexdigest() != saved.sha256:
        raise UsageError(f"Model {saved.path} is not the file that its record names: its SHA-256 is another. It is not loaded.")
    import keras

    with tempfile.TemporaryDirectory() as scratch:  # the very bytes that were checked are loaded
        copy = Path(scratch, MODEL_FILE)
        copy.write_bytes(content)
        try:
            return keras.models.load_model(copy, compile=False, safe_mode=True)
        except Exception as error:  # whatever a layer of the user's own, or a lambda, raises
            why = " ".join(str(error).split())[:200]
            raise UsageError(
                f"Model {saved.path} cannot be loaded in Keras' safe mode ({type(error).__name__}: {why})."
            ) from None
