"""What a trial will cost, guessed before it runs: for the plan, and so that the longest trials start first."""

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from numbers import Real
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from harness.data import ResolvedDataset, find_dataset, is_table
from harness.errors import UsageError
from harness.records import RECORD_FILE, Record, RecordError, read_record
from harness.study import Settings, Study, number_of

if TYPE_CHECKING:
    from harness.training import Trial

# Measured with the compiled epoch on one core of a 2-core server (docs/performance.md): a step's fixed part, and
# what each parameter adds for each sample of a batch of 32.
STEP_SECONDS = 0.5e-4
PARAMETER_SECONDS = 2.3e-9
START_SECONDS = 1.5  # building, compiling, writing
UNKNOWN_SECONDS = 10.0  # of what a study trains itself
PIXELS = 28 * 28
# Of arrays that a study makes itself, mostly small ones, and the features of those and of tables.
UNKNOWN_SAMPLES = 200
UNKNOWN_FEATURES = 10
RUNS = "runs.csv"


def estimate_trials(study: Study, data: Mapping[str, ResolvedDataset], *, folder: Path) -> dict[str, float]:
    """Return a rough number of seconds for one trial of each variant: as recorded, else guessed.

    folder: the study's results; what its table of runs says of a variant is scaled to the epochs it is to train. The
    guess for another variant is then corrected by what the recorded ones took.
    """
    guesses = {name: guess_seconds(study, study.settings(name), data) for name in study.names}
    recorded: dict[str, list[float]] = {}
    for name, row in _rows(folder / RUNS):
        if name in guesses:
            recorded.setdefault(name, []).append(_scaled(row, study, data, folder=folder))
    seconds = {name: median(values) for name, values in recorded.items()}
    correction = median(seconds[name] / guesses[name] for name in seconds) if seconds else 1.0
    return {name: seconds.get(name, guesses[name] * correction) for name in study.names}


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the variant and the cells of each run that a table says the seconds of; none if it cannot be read."""
    try:
        with path.open(newline="", encoding="utf-8", errors="replace") as file:
            for row in csv.DictReader(file):
                if _number(row.get("seconds")) > 0 and row.get("status") in ("ok", "expected-error", "unexpected-pass"):
                    yield row.get("variant") or "", row
    except (OSError, csv.Error):  # absent, or damaged: nothing is known
        return


def _scaled(row: Mapping[str, str], study: Study, data: Mapping[str, ResolvedDataset], *, folder: Path) -> float:
    """Return a run's seconds as they would be with the epochs of its variant; all but the epochs stays what it is."""
    settings = study.settings(row["variant"])
    seconds, epochs = _number(row["seconds"]), _number(row.get("epochs"))
    if study.trains_itself:
        return seconds
    stops = settings.stop_below_loss is not None or row.get("engine") == "scikit-learn"
    stops = stops or study.callbacks is not None or study.phases is not None
    if stops or epochs in (0, settings.epochs):
        return seconds
    try:
        record = read_record(folder / row["variant"] / f"seed-{_number(row.get('seed')):.0f}" / RECORD_FILE)
    except RecordError:
        return seconds
    one_more = replace(settings, epochs=settings.epochs + 1)
    guess = guess_seconds(study, one_more, data) - guess_seconds(study, settings, data)
    return max(seconds + (settings.epochs - epochs) * _epoch_seconds(record, settings.log_every, guess=guess), 0.0)


def _epoch_seconds(record: Record, log_every: int, *, guess: float) -> float:
    """Return the mean seconds of an epoch, with its share of the tests that follow only every so many epochs.

    The first entry includes compiling, which is no part of another epoch. Where there is no other one, the guess counts,
    unless even that entry was faster.
    """
    train, test = (record.history.get(name, ()) for name in ("epoch_seconds", "test_seconds"))
    last = record.history.get("epoch") or range(1, len(train) + 1)  # the number of the epoch behind each entry
    # An entry holds the seconds of one of the epochs since the one before, and those of the one test behind them.
    entries = [
        (number - before, one, tested) for number, before, one, tested in zip(last, (0, *last), train, test, strict=False)
    ]
    if len(entries) == 1:
        return min(guess, entries[0][1]) if math.isfinite(entries[0][1]) else guess
    steady = entries[1:]
    epochs = sum(count for count, _, _ in steady)
    trained = sum(count * one for count, one, _ in steady) / max(epochs, 1)
    mean = trained + sum(tested for _, _, tested in steady) / max(len(steady), 1) / log_every
    return mean if math.isfinite(mean) else 0.0


def _number(text: str | None) -> float:
    return number_of(text) or 0.0


def guess_seconds(study: Study, settings: Settings, data: Mapping[str, ResolvedDataset]) -> float:
    """Return a rough number of seconds for one trial: steps × what each takes, and a fixed part.

    A step is what the study says; else that of dense layers as wide as `hidden`. UsageError if the study says nonsense.
    """
    if study.trains_itself:
        return UNKNOWN_SECONDS
    steps = settings.steps_per_epoch or math.ceil(_samples(study, settings, data) / settings.batch_size)
    return START_SECONDS + steps * settings.epochs * _step_seconds(study, settings)


def _step_seconds(study: Study, settings: Settings) -> float:
    if study.step_seconds is None:
        features = UNKNOWN_FEATURES if not study.needs_dataset or is_table(settings.dataset) else PIXELS
        return STEP_SECONDS + PARAMETER_SECONDS * dense_parameters(settings, features) * settings.batch_size / 32
    said: Any = study.step_seconds(settings)
    if isinstance(said, bool) or not isinstance(said, Real) or not 0 < float(said) < math.inf:
        raise UsageError(f"Study {study.name!r}: step_seconds(settings) is {said!r}; expected seconds, such as 0.01.")
    return float(said)


def _samples(study: Study, settings: Settings, data: Mapping[str, ResolvedDataset]) -> int:
    prepared = data.get(settings.dataset)
    known = settings.samples or UNKNOWN_SAMPLES
    if study.needs_dataset:
        known = find_dataset(prepared.used if prepared else settings.dataset).samples
    return max(min(known, settings.samples or known) - (settings.validation or 0), 1)


def dense_parameters(settings: Settings, features: int = PIXELS) -> int:
    """Return the number of parameters of the course's dense network, on 28×28 images or so many features.

    >>> dense_parameters(Settings(hidden=(128,)))
    101770
    """
    widths = (features if settings.flatten else 28, *settings.hidden, settings.outputs)
    return sum((inputs + 1) * units for inputs, units in pairwise(widths))


def trial_seconds(trials: "tuple[Trial, ...]", seconds: Mapping[str, float]) -> list[float]:
    """Return what each trial adds: a longer one that goes on from a shorter one's end costs only the rest."""
    variants = {trial.trial_id: trial.variant for trial in trials}
    return [
        max(
            seconds[trial.variant] - (seconds[variants[trial.warm_start_from]] if trial.warm_start_from in variants else 0.0),
            0.0,
        )
        for trial in trials
    ]


def wall_seconds(trials: "tuple[Trial, ...]", seconds: Mapping[str, float], *, workers: int) -> float:
    """Return about how long so many workers take for the trials: the longest one bounds it from below."""
    each = trial_seconds(trials, seconds)
    longest = max((seconds[trial.variant] for trial in trials), default=0.0)
    return max(sum(each) / workers, longest)
