"""What a trial shows beside its curves: the study's pictures, and histograms, PR curves and embeddings on request."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from harness.analysis import most_images, samples_file, samples_key, write_test_samples
from harness.data import CLASS_NAMES, Arrays, Samples, each
from harness.errors import failure_text
from harness.figures import (
    FigureData,
    NotApplicable,
    Plane,
    Surface,
    answers,
    as_grey,
    first_kernel,
    first_output,
    images_of,
    named_weights,
    names_of,
    plane,
)
from harness.records import LAST_EPOCH
from harness.study import (
    ALL_PICTURES,
    DECISION_SURFACE,
    DRAWN_SEED,
    EMBEDDINGS,
    FIRST_LAYER_WEIGHTS,
    HISTOGRAMS,
    PICTURES,
    PR_CURVES,
    TEST,
    TRAIN,
    Study,
)
from harness.tensorboard import (
    FailoverWriter,
    as_table,
    histogram_summary,
    image_summary,
    pr_curve_summary,
    write_embedding,
)
from harness.training.trial import Trial

MOST_SURFACES = 25  # steps of the slider in the Images tab, a tenth of a second each

Predict = Callable[[Samples], Any]
Write = Callable[[], None]


class Measured(Protocol):
    """An epoch that was measured, as harness.engine.Epoch."""

    @property
    def number(self) -> int:
        """Its number, from 1."""

    @property
    def step(self) -> int:
        """Its place in TensorBoard's charts."""

    @property
    def test(self) -> Mapping[str, float]:
        """What was measured on the test samples."""


@dataclass(frozen=True, slots=True)
class _Recalled:
    """The last epoch of a trial that was taken up again behind it."""

    number: int
    step: int
    test: Mapping[str, float] = field(default_factory=dict)


class FigureLogger:
    """Draws one trial, once it is trained; while it trains, only numbers are taken down.

    A picture that does not fit the trial, or that fails, is named in the text `pictures` and in `notes`; it never
    costs the trial. Only OSError is raised, where the board's files cannot be written.
    """

    def __init__(self, trial: Trial, study: Study, arrays: Arrays, board: FailoverWriter) -> None:
        self.notes: dict[str, Any] = {}  # for the record's provenance
        self.seconds = 0.0  # spent so far, which is no part of training
        self._log = frozenset(trial.log)
        self._seeded = trial.seed == DRAWN_SEED
        self._named = frozenset(study.pictures)
        self._wanted: Sequence[str] = ()
        if self._seeded:
            self._wanted = tuple(PICTURES) if ALL_PICTURES in self._log else study.pictures
        self._subject = FigureData(
            title=f"{trial.study} · {trial.variant} · seed {trial.seed}",
            arrays=arrays,
            predict=lambda x: None,
            class_names=arrays.class_names or (CLASS_NAMES.get(trial.data.used, ()) if trial.data else ()),
            metric=study.metric,
            counted="step" if study.settings(trial.variant).steps_per_epoch else "epoch",
        )
        self._board = board
        self._plane: Plane | None = None
        self._surfaces: list[Surface] = []
        self._last: Measured | None = None
        self._reasons: dict[str, str] = {}  # why something was not drawn

    def show(self, arrays: Arrays) -> None:
        """Draw of these samples, where they were not known before the training."""
        self._subject = replace(self._subject, arrays=arrays)

    def keep_samples(self, study: Path, test_sha256: str, labels: np.ndarray, *, classes: int) -> None:
        """Keep the test samples beside the study's trials, where no trial has kept these; `notes` name them for the record.

        labels: (n,) class numbers. classes: how many the model tells apart. What cannot be written costs no trial.
        """
        started = time.perf_counter()
        x = self._subject.arrays.x_test
        key = samples_key(test_sha256, [np.asarray(part) for part in each(x)])
        try:
            if not samples_file(study, key).exists():
                names = names_of(self._subject.class_names, classes)
                write_test_samples(study, key, labels, names=names, images=_grey_images(x, len(labels)))
            self.notes["test_samples"] = key
        except OSError as error:
            self.notes["test_samples_not_kept"] = error.strerror or str(error)
        self.seconds += time.perf_counter() - started

    def epoch(self, model: Any, predict: Predict, epoch: Measured, *, planned: int) -> None:
        """Take down what is shown of single epochs, after one was measured; planned: how many there may be."""
        started = time.perf_counter()
        self._last = epoch
        if HISTOGRAMS in self._log:
            self._attempt(HISTOGRAMS, partial(self._histograms, model, epoch.step))
        if DECISION_SURFACE in self._wanted and self._due(epoch.number, planned):
            self._attempt(DECISION_SURFACE, partial(self._take_surface, predict, epoch))
        self.seconds += time.perf_counter() - started

    def end(
        self,
        model: Any,
        predict: Predict,
        history: Mapping[str, Sequence[float]],
        outputs: Any,
        *,
        weights: str = LAST_EPOCH,
    ) -> None:
        """Draw and write the rest, after training.

        outputs: for the test samples, None where it diverged. weights: which ones the model has now, in words.
        """
        started = time.perf_counter()
        last = self._last or _recalled(history)
        if DECISION_SURFACE in self._wanted and not (self._surfaces and self._surfaces[-1].step == last.step):
            self._attempt(DECISION_SURFACE, partial(self._take_surface, predict, last))
        subject = replace(
            self._subject,
            title=self._subject.title if weights == LAST_EPOCH else f"{self._subject.title} · {weights}",
            weights=weights,
            predict=predict,
            outputs=outputs,
            history=history,
            surfaces=tuple(self._surfaces),
        )
        for name in self._wanted:
            self._attempt(name, partial(self._drawn, name, subject, model, last.step))
        if PR_CURVES in self._log:
            self._attempt(PR_CURVES, partial(self._pr_curves, subject, last.step))
        if EMBEDDINGS in self._log and self._seeded:
            self._attempt(EMBEDDINGS, partial(self._embedding, subject, model))
        self._report(time.perf_counter() - started)

    def _due(self, number: int, planned: int) -> bool:
        """Say whether an epoch is the first to be measured in its share of the planned ones: the slider's next step."""
        share = planned / MOST_SURFACES
        return not self._surfaces or (number - 1) // share > (self._surfaces[-1].epoch - 1) // share

    def _take_surface(self, predict: Predict, epoch: Measured) -> list[Write]:
        self._plane = self._plane or plane(self._subject.arrays)
        metric = self._subject.metric
        value = next((epoch.test[name] for name in (metric.name, *metric.aliases) if name in epoch.test), None)
        self._surfaces.append(Surface(epoch.number, epoch.step, first_output(predict(self._plane.points)), value))
        return []

    def _histograms(self, model: Any, step: int) -> list[Write]:
        made = [histogram_summary(f"weights/{name}", values) for name, values in named_weights(model).items()]
        return [partial(self._board.add, *made, step=step, run=TRAIN)]

    def _drawn(self, name: str, subject: FigureData, model: Any, last: int) -> list[Write]:
        from harness.figures import draw  # matplotlib takes half a second to import, once a worker

        if name == FIRST_LAYER_WEIGHTS:
            subject = replace(subject, kernel=first_kernel(model))
        writes: list[Write] = []
        for drawing in draw(name, subject):
            step = last if drawing.step is None else drawing.step
            writes.append(partial(self._board.add, image_summary(name, drawing.png), step=step))
            if drawing.values:
                self.notes[name] = dict(drawing.values)
                table = as_table({title: f"{value:.4f}" for title, value in drawing.values.items()})
                writes.append(partial(self._board.text, f"{name}-values", table))
        return writes

    def _pr_curves(self, subject: FigureData, step: int) -> list[Write]:
        found = answers(subject)
        classes = range(len(found.names)) if len(found.names) > 2 else [1]
        # A slash would make the rest of a name, as in T-shirt/top, a tag of a group.
        tags = {number: f"pr-curves/{found.names[number].replace('/', '-')}" for number in classes}
        made = [pr_curve_summary(tag, found.truth == number, found.probabilities[:, number]) for number, tag in tags.items()]
        return [partial(self._board.add, *made, step=step, run=TEST)]

    def _embedding(self, subject: FigureData, model: Any) -> list[Write]:
        from harness.figures import point_cloud

        embedding = point_cloud(subject, model)
        return [partial(self._board.write, lambda _, folder: write_embedding(folder / TEST, embedding))]

    def _attempt(self, name: str, make: Callable[[], list[Write]]) -> None:
        """Make something and write it; where either fails, keep the reason."""
        if name in self._reasons:
            return
        try:
            writes = make()
        except NotApplicable as reason:
            # Of all pictures only those that fit were asked for.
            self._reasons[name] = f"not drawn: {reason}" if name in self._named or name not in PICTURES else ""
            return
        except Exception as error:
            self._reasons[name] = _failed(error)
            return
        try:
            for write in writes:
                write()
        except OSError:  # of the board's own files, which is no fault of the picture
            raise
        except Exception as error:
            self._reasons[name] = _failed(error)

    def _report(self, seconds: float) -> None:
        self.seconds += seconds
        if told := {name: reason for name, reason in self._reasons.items() if reason}:
            self._board.text("pictures", as_table(told))
            self.notes["pictures"] = told
        if self._wanted or self._log:
            self.notes["picture_seconds"] = round(self.seconds, 3)


def _grey_images(x: Samples, count: int) -> np.ndarray | None:
    """Return the first of so many samples as images with values from 0 to 1; None where they are none."""
    try:
        found = images_of(x)
    except NotApplicable:
        return None
    return as_grey(found[: most_images(found[0].size)]) if len(found) == count else None


def _failed(error: Exception) -> str:
    return f"failed: {failure_text(error)}"


def _recalled(history: Mapping[str, Sequence[float]]) -> _Recalled:
    number = int(history["epoch"][-1]) if history.get("epoch") else max(map(len, history.values()), default=1)
    return _Recalled(number, number)
