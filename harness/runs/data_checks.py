"""Whether records stand with the data that a study's own functions give now; found out in a process of its own.

Such a function may read files that no id can know, take long, or import TensorFlow, which the driver never does.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Any

from harness.data import ResolvedDataset
from harness.errors import MOST_NAMED
from harness.isolation import load_triton_first
from harness.records import RECORD_FILE, Record, RecordError, find_records, read_record
from harness.runs.executors.preloading import held_for_starting
from harness.runs.executors.processes import end_tree
from harness.runs.plan import Key, Plan, declared_now, in_place, key_of
from harness.study import Settings, Study, folders_of, importing_from, load_study, seeds_of, watch

_CONTEXT = SpawnContext()


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """What arrays a variant's function gives under a seed, and the hash that its record has of them."""

    variant: str
    seed: int
    prepared: ResolvedDataset | None
    expected: str


def question(record: Record, prepared: ResolvedDataset | None) -> DataQuestion:
    """Return what is to be asked of a record."""
    return DataQuestion(
        record.variant, seeds_of(record.vary, record.seed).split, prepared, record.data.get("arrays_sha256", "")
    )


def outdated_records(plan: Plan, *, notice: Callable[[str], None] | None = None) -> frozenset[Key]:
    """Return the records whose ids are those of the study's trials, but whose data its own functions no longer give.

    Empty, and quick, for a study that takes a dataset as it is, and for one without records. The arrays of one trial may
    take as long as the trial itself. notice: hears of the records of which nothing could be found out; they stand.
    """
    if not plan.declared.arrays_from:
        return frozenset()
    asked = {}
    for record in _of_its_ids(plan):
        asked[key_of(record)] = question(record, plan.data.get(record.settings.get("dataset", "")))
    if not asked:
        return frozenset()
    changes, max_seconds = dict(plan.request.base_changes), plan.request.max_seconds
    fits = answers(plan.declared.file, changes, list(asked.values()), max_seconds=max_seconds)
    unknown = [key for key, fit in zip(asked, fits, strict=True) if fit is None]
    if unknown and notice:
        notice(_unknown_line(unknown, max_seconds))
    return frozenset(key for key, fit in zip(asked, fits, strict=True) if fit is False)


def _unknown_line(unknown: Sequence[Key], max_seconds: float | None) -> str:
    names = [f"{variant} seed {seed}" for variant, seed, _ in unknown[:MOST_NAMED]]
    named = ", ".join([*names, *(["…"] if len(unknown) > MOST_NAMED else [])])
    late = f" or took more than {max_seconds:g} seconds (--max-seconds)" if max_seconds else ""
    return (
        f"It is not known whether the study's functions still give the data of {len(unknown)} records, which stand: the "
        f"process that makes the data anew died{late} ({named}). If the data have changed, train anew with --force."
    )


def _of_its_ids(plan: Plan) -> Iterator[Record]:
    """Yield the records of a plan's trials, displaced ones too, in which data can be looked for."""
    for path in find_records(plan.folder):
        for place in (path, *sorted(path.parent.glob(f"attempt-*/{RECORD_FILE}"))):
            try:
                record = read_record(place)
            except RecordError:
                continue
            if plan.declared.needs_dataset and record.settings.get("dataset") not in plan.data:
                continue  # of a variant that is not run, and whose dataset was not looked for
            declared = declared_now(plan, record) if in_place(record, path) else None
            if declared and (declared.as_expected or "arrays_sha256" in declared.data):
                yield declared


def answers(
    path: Path, base_changes: Mapping[str, Any], questions: Sequence[DataQuestion], *, max_seconds: float | None = None
) -> list[bool | None]:
    """Return for each question whether the arrays are as expected; None where their process dies or takes too long.

    max_seconds: the longest that one answer may take. Where no arrays can be made, none are expected. After a question
    that ended its process the others are put to a new one, unless that one had answered nothing.
    """
    found: list[bool | None] = []
    while len(found) < len(questions):
        heard = _heard(path, base_changes, questions[len(found) :], max_seconds)
        found += heard
        if len(found) < len(questions):
            found.append(None)
        if not heard:
            break
    return found + [None] * (len(questions) - len(found))


def _heard(
    path: Path, base_changes: Mapping[str, Any], questions: Sequence[DataQuestion], max_seconds: float | None
) -> list[bool]:
    """Return what one process answers, as long as it does."""
    found: list[bool] = []
    with _asking(path, base_changes, questions) as connection:
        try:
            connection.recv()  # it is ready: how long it took to start says nothing of the arrays
            while len(found) < len(questions) and connection.poll(max_seconds):
                found.append(connection.recv())
        except (EOFError, OSError):
            pass
    return found


@contextmanager
def _asking(path: Path, base_changes: Mapping[str, Any], questions: Sequence[DataQuestion]) -> Iterator[Connection]:
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_answer, args=(theirs, path, dict(base_changes), list(questions)), daemon=True)
    with held_for_starting():
        process.start()
    theirs.close()
    try:
        yield ours
    finally:
        if process.pid is not None and process.is_alive():
            end_tree(process.pid)
        process.join()
        ours.close()


def _answer(connection: Connection, path: Path, base_changes: Mapping[str, Any], questions: Sequence[DataQuestion]) -> None:
    """Answer questions in a process of its own, whose words are nobody's business."""
    os.setsid()  # what it starts can be ended with it
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(nowhere, number)
    threading.Thread(target=_end_with_driver, daemon=True).start()
    os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    load_triton_first()
    study = load_study(str(path))
    with importing_from(folders_of(study)):
        hashes = Hashes(study)
        connection.send(True)
        for asked in questions:
            settings = study.only([asked.variant]).with_base(base_changes).settings(asked.variant)
            connection.send(hashes.fit(settings, asked))


def _end_with_driver() -> None:
    driver = parent_process()
    assert driver is not None
    wait([driver.sentinel])
    os.killpg(0, signal.SIGKILL)


class Hashes:
    """The hashes of a study's arrays, each made once: again only for other values of settings that the function reads.

    Nor is it made for another seed where nothing was drawn from what the seed decides.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._known: list[tuple[dict[str, Any], int | None, str]] = []

    def fit(self, settings: Settings, asked: DataQuestion) -> bool:
        """Say whether the arrays are as expected; before it is denied they are made with nothing that looks on."""
        if self._of(settings, asked) == asked.expected:
            return True
        return self._made(settings, asked) == asked.expected

    def _of(self, settings: Settings, asked: DataQuestion) -> str:
        from harness.models import others_loaded, random_states, seed_everything

        for values, seed, digest in self._known:
            if seed in (None, asked.seed) and all(getattr(settings, name) == value for name, value in values.items()):
                return digest
        read: set[str] = set()
        loaded = others_loaded()
        watched = watch(settings, read)
        seed_everything(asked.seed)
        before = random_states()
        digest = self._made(watched, asked)
        if others_loaded() != loaded:  # they were loaded by the function, and so it ran before they were seeded
            digest = self._made(watched, asked)
        by_seed = bool(self._study.folds) or self._study.data_by_seed or settings.validation_by != "first"
        anyhow = random_states() == before and not others_loaded() and not by_seed
        values = {name: getattr(settings, name) for name in (*read, "dataset", "validation", "validation_by")}
        self._known.append((values, None if anyhow else asked.seed, digest))
        return digest

    def _made(self, settings: Settings, asked: DataQuestion) -> str:
        from harness.models import given_sha256, make_samples

        try:
            return given_sha256(make_samples(self._study, settings, asked.prepared, seed=asked.seed))
        except (Exception, SystemExit):  # as the trial itself would end
            return ""
