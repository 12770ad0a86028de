"""One trial, start to finish, in the process that trains: data, model, engine, boards, record."""

import math
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from harness.evidence.answers import is_classification, save_answers
from harness.arrays import Arrays
from harness.boards import as_code
from harness.data import Prepared, open_dataset
from harness.engine import Epoch, Training, train
from harness.fallback import disk_is_full, reason
from harness.events.lastingboards import LastingBoard
from harness.models import count_flops, describe_layers, make_model, state_megabytes, stop_below
from harness.provenance import environment, peak_memory_mb
from harness.records import (
    DIVERGED,
    EXPECTED_ERROR,
    FAILED,
    INTERRUPTED,
    OK,
    UNEXPECTED_PASS,
    Record,
    attempt_folder,
    trial_folder,
)
from harness.durability.resuming import Checkpoints
from harness.settings import Settings, tab_values
from harness.texts import specification_texts
from harness.trials import Trial, blank_record
from harness.variants import Study

# Called with each epoch's number and values; says whether training is to stop there.
Report = Callable[[int, Mapping[str, float]], bool]


class Interrupted(Exception):
    """The user asked that training stop before its end."""


@dataclass(slots=True)
class _Course:
    """What is known of a trial so far; it grows while the trial runs and outlives its failure."""

    history: dict[str, list[float]] = field(default_factory=dict)
    found: dict[str, Any] = field(default_factory=dict)  # fields of the record
    cost: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    clock: float = field(default_factory=time.perf_counter)  # when it began
    earlier_seconds: float = 0.0  # spent by the attempts that it goes on from

    def add(self, epoch: Epoch) -> dict[str, float]:
        values = {f"train_{name}": value for name, value in epoch.train.items()}
        values |= {f"test_{name}": value for name, value in epoch.test.items()}
        times = {"learning_rate": epoch.learning_rate, "epoch_seconds": epoch.seconds, "test_seconds": epoch.test_seconds}
        for name, value in (values | times).items():
            self.history.setdefault(name, []).append(float(value))
        self.found["metrics"] = values
        return values

    @property
    def seconds(self) -> float:
        """Wall time of all attempts so far."""
        return self.earlier_seconds + time.perf_counter() - self.clock

    @property
    def diverged(self) -> bool:
        losses = [*self.history.get("train_loss", ()), *self.history.get("test_loss", ())]
        return not all(math.isfinite(loss) for loss in losses)


def run_trial(trial: Trial, report: Report) -> Record:
    """Train one trial and return its record; the trial's own failure is a status, never an exception."""
    started, course = time.time(), _Course()
    study, settings = trial.load()
    error: BaseException | None = None
    board = _board(trial)
    try:
        with board:
            _train_on_board(trial, study, settings, course, board, report)
    except (Exception, SystemExit) as caught:
        error = caught
    record = judged(replace(blank_record(trial, study), **course.found), study, diverged=course.diverged, error=error)
    # The wall clock may have jumped meanwhile, so the end is reckoned from the start.
    ended = started + time.perf_counter() - course.clock
    provenance = environment() | course.provenance | {"started": started, "ended": ended}
    if board.moved:
        provenance |= {"logs": str(board.folder), "logs_moved": board.moved}
    cost = course.cost | {"seconds": course.seconds, "peak_memory_mb": peak_memory_mb()}
    return replace(record, history=course.history, cost=cost, provenance=provenance)


def judged(record: Record, study: Study, *, diverged: bool, error: BaseException | None) -> Record:
    """Return the record with its status: what happened, held against what the variant is expected to do."""
    expectation = study.expectation(record.variant)
    if isinstance(error, Interrupted):
        return replace(record, status=INTERRUPTED, as_expected=False, error=f"Interrupted: {error}")
    if disk_is_full(error):  # never what a variant is expected to raise
        return replace(record, status=FAILED, as_expected=False, error=reason(error), error_type=type(error).__name__)
    if error is not None:
        kind, text = type(error).__name__, str(error).strip() or type(error).__name__
        expected = expectation.accepts_error(kind, text)
        return replace(
            record,
            status=EXPECTED_ERROR if expected else FAILED,
            as_expected=expected,
            error=f"{kind}: {text.splitlines()[0]}",
            error_type=kind,
            traceback="".join(traceback.format_exception(error)),
        )
    if diverged:
        text = f"Loss is not finite after epoch {record.epochs}."
        return replace(record, status=DIVERGED, as_expected=expectation.diverges, error=text)
    return replace(record, status=OK if expectation.finishes else UNEXPECTED_PASS, as_expected=expectation.finishes)


def _board(trial: Trial) -> LastingBoard:
    home = trial.folder.parent.parent
    spare = trial.fallback and trial_folder(trial.fallback, trial.study, trial.variant, trial.seed)
    return LastingBoard(
        attempt_folder(trial.folder, trial.attempt), fallback=spare and attempt_folder(spare, trial.attempt), home=home
    )


def _train_on_board(
    trial: Trial, study: Study, settings: Settings, course: _Course, board: LastingBoard, report: Report
) -> None:
    board.hparams(tab_values(settings), trial_id=f"{trial.study}/{trial.variant}")
    for tag, text in specification_texts(trial, study).items():
        board.text(tag, text)
    try:
        _train(trial, study, settings, course, board, report)
    except (Exception, SystemExit) as error:
        board.text("error", as_code(f"{type(error).__name__}: {error}"))
        board.end(status="failure")
        raise
    board.end(status="failure" if course.diverged else "success")


def _train(trial: Trial, study: Study, settings: Settings, course: _Course, board: LastingBoard, report: Report) -> None:
    arrays = study.arrays(settings) if study.arrays else image_arrays(trial.data, settings)
    model = make_model(study, settings, seed=trial.seed)
    course.cost["parameters"] = model.count_params()
    course.found["architecture"] = describe_layers(model)
    board.graph(model)
    course.cost |= {"flops_per_sample": count_flops(model) or math.nan}
    training = train(
        model,
        arrays,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=trial.seed,
        engine=trial.engine,
        callbacks=[] if settings.stop_below_loss is None else [stop_below(settings.stop_below_loss)],
    )
    course.provenance |= {"engine": training.engine, "engine_reason": training.reason}
    checkpoints = Checkpoints(trial, training, arrays, started=course.clock, notes=course.provenance)
    _train_epochs(training, checkpoints, course, board, report)
    course.cost["state_mb"] = state_megabytes(training.model)
    if not course.diverged:
        _keep_predictions(board, training.predict(arrays.x_test), arrays.y_test, course)


def _train_epochs(
    training: Training, checkpoints: Checkpoints, course: _Course, board: LastingBoard, report: Report
) -> None:
    for epoch in checkpoints.resume():
        _add_epoch(epoch, course, board)
    course.earlier_seconds = checkpoints.earlier_seconds
    checkpoints.take_over()
    for epoch in training.epochs():
        values = _add_epoch(epoch, course, board)
        stopping = report(epoch.number, values)
        checkpoints.after(epoch, ending=stopping)
        if stopping and not training.ended:
            raise Interrupted(f"stopped after epoch {epoch.number} of {training.planned}.")


def _add_epoch(epoch: Epoch, course: _Course, board: LastingBoard) -> dict[str, float]:
    values = course.add(epoch)
    board.epoch(
        epoch.number - 1, train=epoch.train, test=epoch.test, learning_rate=epoch.learning_rate, seconds=epoch.seconds
    )
    return values


def _keep_predictions(board: LastingBoard, outputs: Any, labels: Any, course: _Course) -> None:
    """Keep what a classifier says of each test sample: its class, whether that is right, and the first one's chances."""
    if not is_classification(outputs, labels):
        return
    course.found["first_test_image"] = [float(value) for value in outputs[0]]
    course.cost["test_samples"] = len(labels)
    classes, truth = outputs.argmax(axis=1), np.asarray(labels).reshape(-1)
    board.write(lambda _, folder: save_answers(folder, classes, truth))


def image_arrays(prepared: Prepared, settings: Settings) -> Arrays:
    """Return the images of a prepared dataset as the settings want them: scaled to [0, 1] or raw, all or a sample."""
    x_train, y_train, x_test, y_test = _opened(prepared)
    count = settings.samples
    return Arrays(
        x_train=x_train[:count],
        y_train=y_train[:count],
        x_test=x_test[:count],
        y_test=y_test[:count],
        scale=255.0 if settings.normalize else 1.0,
    )


@lru_cache(maxsize=8)
def _opened(prepared: Prepared) -> tuple[np.ndarray, ...]:
    # One opening a worker: the engine keeps what it has put on the device by the array's identity.
    return tuple(open_dataset(prepared))
