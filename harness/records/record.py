"""What a trial left, and where it lies on disk: atomic, checksummed, readable without TensorFlow."""

import gc
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.records.atomic_files import write_atomically
from harness.records.checked_file import CheckedFileError, CheckedFormat
from harness.records.checks import numbers, require_record
from harness.records.fallback import machine_is_short
from harness.study import corner_from, expectation_from_dict, metric_from_dict, plain_name

FORMAT = CheckedFormat("record", schema=1, opening=', "record":', closing="\n}\n")
RECORD_FILE = "record.json"
PREDICTIONS_FILE = "predictions.npz"
MODEL_FILE = "model.keras"
LAST_EPOCH = "last epoch"  # which weights a trained model has, mostly

OK = "ok"
EXPECTED_ERROR = "expected-error"
UNEXPECTED_PASS = "unexpected-pass"
FAILED = "failed"
DIVERGED = "diverged"
TIMEOUT = "timeout"
INTERRUPTED = "interrupted"
STATUSES = (OK, EXPECTED_ERROR, UNEXPECTED_PASS, FAILED, DIVERGED, TIMEOUT, INTERRUPTED)


class RecordError(ValueError):
    """A record's file cannot be trusted: torn, altered, empty, or from a newer version."""


@dataclass(frozen=True, slots=True)
class Record:
    """One trial's specification, status, history, final metrics, cost and provenance.

    history: one value a measured epoch for each metric of train_, validation_ (where samples are held out) and test_,
    by Keras' names, and for learning_rate, epoch_seconds, test_seconds; where not every epoch is measured, or epochs are
    counted in batches, also epoch (its number, from 1) and step (batches so far). metrics: what the model measures as fit
    would hand it back: the last values of the history, unless provenance["weights"] names other weights than LAST_EPOCH,
    such as an average or those of the best epoch; train_ values are those of that epoch, or of the last. Losses in nats or
    as the model's loss has them, accuracies as fractions, times in seconds. A value that is not finite is NaN here and null
    in the file.
    """

    study: str
    variant: str
    seed: int
    trial_id: str
    attempt: int
    position: int  # the variant's place in its study, 0 for the base
    control: str
    change: str
    settings: Mapping[str, Any]
    expectation: str
    status: str
    as_expected: bool
    error: str = ""
    error_type: str = ""
    traceback: str = ""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    first_test_image: Sequence[float] = ()  # the probability of each class
    architecture: Sequence[Mapping[str, Any]] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metric: Mapping[str, Any] = field(default_factory=dict)  # of the study, as Metric.to_dict gives it; empty: accuracy
    # What `change` and `expectation` say, as data; empty in records from before there were these.
    changes: Mapping[str, Any] = field(default_factory=dict)  # setting that differs from the control's → value
    expects: Mapping[str, Any] = field(default_factory=dict)  # as Expectation.to_dict gives it
    screen: Mapping[str, Any] = field(default_factory=dict)  # the variant's place in one, as Corner.to_dict gives it

    @property
    def epochs(self) -> int:
        """Epochs that were trained to their end."""
        numbers = self.history.get("epoch", ())  # there where not every epoch was measured
        if numbers and math.isfinite(numbers[-1]):
            return int(numbers[-1])
        return max((len(series) for name, series in self.history.items() if name.startswith("train_")), default=0)

    @property
    def vary(self) -> str:
        """Which sources of randomness its number moves, by harness.study.seed_sources; empty: all."""
        return str(self.provenance.get("vary", ""))

    @property
    def declared_study(self) -> str:
        """The name of the study that declares it, which its folder says more than."""
        return plain_name(self.study, self.vary)

    @property
    def on_stand_in(self) -> bool:
        """Whether it was trained on other data than its settings name, for want of those."""
        return self.data.get("used") != self.data.get("name")

    @property
    def finished(self) -> bool:
        """Whether training ran to its end, so that the final metrics mean something."""
        return self.status in (OK, UNEXPECTED_PASS)


_FIELDS = frozenset(field.name for field in fields(Record))


def trial_folder(logdir: Path, study: str, variant: str, seed: int) -> Path:
    """Return where a trial lies: LOGDIR/STUDY/VARIANT/seed-N."""
    return logdir / study / variant / f"seed-{seed}"


def write_record(folder: Path, record: Record) -> Path:
    """Write a trial's record so that it is there whole or not at all; return its path."""
    values = asdict(record)
    if not record.screen:  # most are of none: their files stay as they were
        del values["screen"]
    body = json.dumps(encode(values), indent=1, ensure_ascii=False)
    path = folder / RECORD_FILE
    # Half a character, as in a file name of any bytes, has no UTF-8; as an escape it is good JSON.
    write_atomically(path, FORMAT.wrap(body.encode("utf-8", "backslashreplace")))
    return path


def read_record(path: Path) -> Record:
    """Return the record of a file; RecordError says why it cannot be trusted, OSError that the machine cannot read now."""
    try:
        content = path.read_bytes()
        characters = len(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) and machine_is_short(error):  # the record may be sound
            raise
        raise RecordError(f"{path}: cannot be read ({error}).") from None
    try:
        return _decode(json.loads(bytes(FORMAT.unwrap(content, size=f"{characters} characters"))))
    except CheckedFileError as error:
        raise RecordError(f"{path}: {error}") from None
    except (TypeError, AttributeError, ValueError, RecursionError) as error:
        raise RecordError(f"{path}: is no record of a trial ({error}).") from None


def find_records(folder: Path) -> Iterator[Path]:
    """Yield the record files below a folder, in the order of their paths."""
    waiting = [os.fspath(folder)]
    while waiting:
        parent = waiting.pop()
        path = os.path.join(parent, RECORD_FILE)
        if os.path.isfile(path):
            yield Path(path)
            if os.path.basename(parent).startswith("seed-"):
                continue  # a trial's folder holds no other trial, so it need not be listed
        try:
            with os.scandir(parent) as entries:
                below = [entry.path for entry in entries if _may_hold_records(entry)]
        except OSError as error:
            if machine_is_short(error):  # a table without these records would look whole
                raise
            continue  # removed in the meantime, or not to be read
        waiting.extend(sorted(below, reverse=True))


def _may_hold_records(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith((".", "attempt-")) and entry.is_dir(follow_symlinks=False)


def load_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Return the records below a folder, and one line for each that was set aside."""
    records, problems = [], []
    with gc_paused():
        for path in find_records(folder):
            try:
                records.append(read_record(path))
            except RecordError as error:
                problems.append(str(error))
    return records, problems


@contextmanager
def gc_paused() -> Iterator[None]:
    """Hold back the garbage collector while many objects are made that all stay.

    Without it the collector walks through every record read so far again and again: half of the time of 10,000.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def encode(value: Any) -> Any:
    """Return a value as JSON can hold it: null for a number that is not finite, lists for tuples."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: encode(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(part) for part in value]
    return value


def _decode(values: dict[str, Any]) -> Record:
    """Return the record of a file's values; TypeError, AttributeError or ValueError where they cannot be one's."""
    require_record(values)
    if values["status"] not in STATUSES:
        raise ValueError(f"status is {values['status'][:40]!r}")
    known: dict[str, Any] = {name: values[name] for name in _FIELDS if name in values}
    known = {name: tuple(value) if type(value) is list else value for name, value in known.items()}
    metric_from_dict(values.get("metric", {}))
    if values.get("expects"):
        expectation_from_dict(values["expects"])
    if values.get("screen"):
        corner_from(values["screen"])
    if not isinstance(values.get("changes", {}), dict):
        raise TypeError(f"changes is {str(values['changes'])[:40]!r}")
    known["first_test_image"] = tuple(numbers(values["first_test_image"]))
    known["history"] = {name: numbers(series) for name, series in values["history"].items()}
    for name in ("metrics", "cost"):
        known[name] = dict(zip(values[name], numbers(values[name].values()), strict=True))
    return Record(**known)
