"""One trial, start to finish, in the process that trains: data, model, engine, boards, record."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from harness.analysis import failed_for_the_disk, judged
from harness.errors import clean, error_text, failure_text, traceback_text, whole_text
from harness.figures import first_output
from harness.models import make_samples
from harness.records import (
    DIVERGED,
    FAILED,
    INTERRUPTED,
    OK,
    Record,
    attempt_folder,
    disk_is_full,
    environment,
    peak_memory_mb,
    trial_folder,
)
from harness.study import MODELS, Study, folders_of, importing_from
from harness.tensorboard import FailoverWriter, as_code
from harness.training.context import Interrupted, Report, TrialContext, TrialProgress
from harness.training.figure_logger import FigureLogger
from harness.training.given_data import hashes_after, hashes_before, shown, test_targets, validation_fault
from harness.training.own_training import note_undrawn, own_training
from harness.training.saved_model import save_model
from harness.training.texts import specification_texts
from harness.training.trainer import Trainer, make_trainer
from harness.training.trial import Trial, blank_record

# What a trial tells of itself before its first epoch.
GETTING_DATA, BUILDING, TRAINING = "getting its data", "building the model", "training"
COMPILING = "compiling and training the first epoch"


def run_trial(
    trial: Trial,
    report: Report,
    stop_asked: Callable[[], bool] = lambda: False,
    tell: Callable[[str], None] = lambda doing: None,
) -> Record:
    """Train one trial and return its record; the trial's own failure is a status, never an exception.

    stop_asked: says between epochs, where a study trains itself, whether training is to stop. tell: hears what is done
    before the first epoch.
    """
    tell(GETTING_DATA)
    started, progress = time.time(), TrialProgress()
    study, settings = trial.load()
    error: BaseException | None = None
    board = _board(trial)
    try:
        with importing_from(folders_of(study)), board:
            _train_on_board(TrialContext(trial, study, settings, progress, board, report, stop_asked, tell))
    except (Exception, SystemExit) as caught:
        error = caught
    blank = blank_record(trial, study)
    record = replace(blank, history=progress.history, data={**blank.data, **progress.data}, **progress.record_fields)
    record = _ended(record, study, diverged=progress.diverged, error=error)
    # The wall clock may have jumped meanwhile, so the end is reckoned from the start.
    ended = started + time.perf_counter() - progress.started_at
    provenance = environment() | progress.provenance | {"started": started, "ended": ended}
    if board.moved:
        provenance |= {"logs": str(board.folder), "logs_moved": board.moved}
    cost = {"peak_memory_mb": peak_memory_mb(), **progress.cost}
    cost |= {"seconds": progress.seconds, "writing_seconds": board.seconds}
    return replace(record, cost=cost, provenance=provenance)


def _ended(record: Record, study: Study, *, diverged: bool, error: BaseException | None) -> Record:
    """Return the record with how its trial ended, and with its status."""
    expectation = study.expectation(record.variant)
    if isinstance(error, Interrupted):
        return replace(record, status=INTERRUPTED, as_expected=False, error=f"Interrupted: {error}")
    if isinstance(error, OSError) and disk_is_full(error):
        return failed_for_the_disk(record, error)
    if error is not None:
        kind, traceback = clean(type(error).__name__), traceback_text(error)
        failed = replace(record, status=FAILED, error=failure_text(error), error_type=kind, traceback=traceback)
        return judged(failed, expectation, error_text=error_text(error))
    if diverged:
        text = f"{_not_finite(record)} is not finite after epoch {record.epochs}."
        return judged(replace(record, status=DIVERGED, error=text), expectation)
    return judged(replace(record, status=OK), expectation)


def _not_finite(record: Record) -> str:
    """Return in words what is not finite: the loss where it may be one, else the values that are not."""
    ended = {name: values[-1] for name, values in record.history.items() if values} | dict(record.metrics)
    lost = [name for name, value in ended.items() if isinstance(value, float) and not math.isfinite(value)]
    if not lost or any(name.endswith("loss") for name in lost):
        return "Loss"
    return " and ".join(name.replace("_", " ") for name in lost).capitalize()


def _board(trial: Trial) -> FailoverWriter:
    home = trial.folder.parent.parent
    spare = trial.fallback and trial_folder(trial.fallback, trial.study, trial.variant, trial.seed)
    elsewhere = spare and attempt_folder(spare, trial.attempt)
    return FailoverWriter(attempt_folder(trial.folder, trial.attempt), fallback=elsewhere, home=home, identity=trial.home)


def _train_on_board(context: TrialContext) -> None:
    trial, board = context.trial, context.board
    for tag, text in specification_texts(trial, context.study).items():
        board.text(tag, text)
    try:
        _train(context)
    except (Exception, SystemExit) as error:
        board.text("error", as_code(whole_text(error)))
        raise


def _train(context: TrialContext) -> None:
    study, settings, trial = context.study, context.settings, context.trial
    if (train_itself := own_training(study)) is not None:
        note_undrawn(context)
        context.tell(TRAINING)
        train_itself(context)
        return
    given = make_samples(study, settings, trial.data, seed=trial.seeds.split)
    context.progress.data |= hashes_before(study, given, seed=trial.seed)
    if fault := validation_fault(given):
        context.progress.provenance["validation_fault"] = fault
    context.tell(BUILDING)
    trainer = make_trainer(context, given)
    figures = FigureLogger(trial, study, shown(given), context.board)
    _train_epochs(context, trainer, figures)
    if trainer.final is not None:
        context.finish(trainer.final)
        figures.epoch(trainer.model, trainer.predict, trainer.final, planned=trainer.planned)
    outputs = None if context.progress.diverged else trainer.outputs()
    targets = None if outputs is None else test_targets(trainer, given)
    if outputs is not None and targets is not None:
        context.progress.data |= hashes_after(given, targets)
        truth = context.save_predictions(outputs, targets)
        figures.show(shown(given, targets))
        if truth is not None and (known := context.progress.data.get("test_sha256")):
            count = max(2, int(first_output(outputs)[:1].size))
            figures.keep_samples(context.trial.folder.parent.parent, known, truth, classes=count)
    figures.end(trainer.model, trainer.predict, context.progress.history, outputs, weights=trainer.weights)
    context.progress.add_figure_notes(figures)
    if MODELS in context.trial.log and outputs is not None:
        context.attempt("model", partial(save_model, context, trainer.model, given))


def _train_epochs(context: TrialContext, trainer: Trainer, figures: FigureLogger) -> None:
    checkpoints = trainer.checkpoints
    if checkpoints is not None:
        for epoch in checkpoints.resume():
            context.log_epoch(epoch)
        context.progress.earlier_seconds = checkpoints.earlier_seconds
        checkpoints.take_over()
    context.tell(COMPILING if context.progress.provenance.get("engine") in ("xla", "graph") else TRAINING)
    for epoch in trainer.epochs():
        stopping = context.report(epoch.number, context.log_epoch(epoch))
        figures.epoch(trainer.model, trainer.predict, epoch, planned=trainer.planned)
        if checkpoints is not None:
            checkpoints.after(epoch, ending=stopping)
        if stopping and not trainer.ended:
            raise Interrupted(f"stopped after epoch {epoch.number} of {trainer.planned}.")
