"""Trained models that trials have kept: found by their records, held against their hashes, loaded in Keras' safe mode."""

import hashlib
import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from harness.analysis import AnswersError, TestSamples, load_test_samples
from harness.data import CLASS_NAMES
from harness.draw.drawings import SIDE, moved
from harness.errors import UsageError, unknown
from harness.records import Record, attempt_folder, load_records, trial_folder

SHIFTS = range(-12, 13, 2)  # pixels to the right
MOST_SHIFTED = 200  # test images for each of them
MOST_COMPARED = 500  # test images among which two models' disagreements are sought


@dataclass(frozen=True, slots=True)
class SavedModel:
    """One trial's model file, as its record names it."""

    record: Record
    path: Path
    sha256: str
    scale: float


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
            given = [function(self._inputs(images, place)).numpy() for place, function in enumerate(self._functions)]
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


def disagreements(one: Ensemble, other: Ensemble) -> list[int]:
    """Return the numbers of test images that two ensembles give different classes, the clearest first."""
    kept = one._test_images(MOST_COMPARED)
    if kept is None:
        return []
    first, second = (each.probabilities(kept[0]).mean(axis=0) for each in (one, other))
    apart = np.flatnonzero(first.argmax(axis=1) != second.argmax(axis=1))
    clear = np.minimum(first.max(axis=1), second.max(axis=1))[apart]
    order: list[int] = apart[np.argsort(-clear, kind="stable")].tolist()
    return order


def saved_variants(logdir: Path) -> dict[str, list[SavedModel]]:
    """Return the models that trials below a log folder have kept, by STUDY/VARIANT, those of a variant by seed."""
    found: dict[str, list[SavedModel]] = {}
    records, _ = load_records(logdir)
    for record in sorted(records, key=lambda record: (record.study, record.position, record.seed)):
        note = record.provenance.get("model")
        if isinstance(note, dict) and record.finished and _is_image(note.get("input_shapes")):
            folder = attempt_folder(trial_folder(logdir, record.study, record.variant, record.seed), record.attempt)
            model = SavedModel(record, folder / str(note["file"]), str(note["sha256"]), float(note.get("scale", 1.0)))
            found.setdefault(f"{record.study}/{record.variant}", []).append(model)
    return found


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
    return [_load(name, found[name], logdir) for name in names]


def _load(name: str, saved: Sequence[SavedModel], logdir: Path) -> Ensemble:
    first = saved[0].record
    used = str(first.data.get("used", ""))
    try:
        samples = load_test_samples(logdir / first.study, str(first.data.get("test_sha256", "")))
    except AnswersError as error:
        raise UsageError(str(error)) from None
    os.environ["KERAS_BACKEND"] = "tensorflow"
    models = [_read(one) for one in saved]
    names = (samples.names if samples else ()) or CLASS_NAMES.get(used, ())
    shapes = [one.record.provenance["model"]["input_shapes"][0] for one in saved]
    ensemble = Ensemble(
        name, used, names, [one.record.seed for one in saved], models, [one.scale for one in saved], shapes, samples
    )
    answers = ensemble.probabilities(np.zeros((1, SIDE, SIDE), np.uint8))  # compiles what will answer
    if answers.ndim != 3 or not 2 <= answers.shape[2] <= 100:
        raise UsageError(f"Model {name} gives outputs of shape {answers.shape[2:]}; expected a probability for each class.")
    return ensemble


def _read(saved: SavedModel) -> Any:
    try:
        content = saved.path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"Model {saved.path} cannot be read ({error.strerror}). Run its study again with --force --save-models."
        ) from None
    if hashlib.sha256(content).hexdigest() != saved.sha256:
        raise UsageError(f"Model {saved.path} is not the file that its record names: its SHA-256 is another. It is not loaded.")
    import keras

    try:
        return keras.models.load_model(saved.path, compile=False, safe_mode=True)
    except Exception as error:  # whatever a layer of the user's own, or a lambda, raises
        why = " ".join(str(error).split())[:200]
        raise UsageError(f"Model {saved.path} cannot be loaded in Keras' safe mode ({type(error).__name__}: {why}).") from None
