"""Records as their studies are declared now, for tables that are made without a run."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.analysis import as_declared, as_last_declared, declaration_of, of_declared_base
from harness.errors import UsageError
from harness.records import Record
from harness.study import Study, built_in_studies, load_study, to_json

AsRun = tuple[Study, dict[str, Any], dict[str, Any]]  # a study as a run had it; a variant's settings, and its declaration


def as_declared_now(
    records: Sequence[Record], paths: Sequence[Path], *, named: Sequence[Study] = ()
) -> tuple[list[Record], list[str]]:
    """Return records with the control, metric and expectation that their study declares now, and notes on it.

    paths: the file of each record. named: studies that the user has named. One of experiments/ is loaded. Any other file
    is not run because a record names it: such records are taken as the study's last run declared them.
    """
    own = {study.name: study for study in named}
    folders: dict[tuple[str, Path], list[int]] = {}
    for place, (record, path) in enumerate(zip(records, paths, strict=True)):
        folders.setdefault((record.study, path.absolute().parent.parent.parent), []).append(place)
    declared, notes = list(records), []
    for (name, folder), places in folders.items():
        mine = [records[place] for place in places]
        plain = {record.declared_study for record in mine}
        declaring = plain.pop() if len(plain) == 1 else name
        found, said = (_by(own[declaring], mine), []) if declaring in own else _of_study(declaring, folder, mine)
        notes += said
        for place, record in zip(places, found, strict=True):
            declared[place] = record
    return declared, notes


def _of_study(name: str, folder: Path, records: Sequence[Record]) -> tuple[list[Record], list[str]]:
    file = built_in_file(name, records)
    if file is None:
        return as_last_declared(records, folder)
    try:
        return _by(load_study(str(file)), records), []
    except UsageError as error:
        return list(records), [f"Study {name!r} cannot be loaded, so that its records are judged by their own ({error})"]


def _by(study: Study, records: Sequence[Record]) -> list[Record]:
    run_as = lru_cache(maxsize=None)(lambda variant, changes: _as_run(study, variant, changes))
    kept = (of_declared_base(record, study) for record in records)
    return [_declared(record, run_as(record.variant, _base_changes(record))) for record in kept]


def built_in_file(name: str, records: Iterable[Record]) -> Path | None:
    """Return the file of a study that comes with the harness, if that is what all these records are of; else None.

    Any other file is not to be run for looking at records: they may come from elsewhere, with a file beside them.
    """
    file = built_in_studies().get(name)
    files = {str(record.provenance.get("study_file", "")) for record in records} - {""}
    return file if file and files <= {str(file), str(file.resolve())} else None


def _declared(record: Record, as_run: AsRun | None) -> Record:
    if as_run is None or as_run[1] != dict(record.settings):
        return record  # of settings that the study has no more
    chosen, _, declared = as_run
    return as_declared(record, chosen, position=declared["position"], declared=declared)


def _as_run(study: Study, variant: str, changes: tuple[tuple[str, object], ...]) -> AsRun | None:
    """Return the study with a variant, its controls and the base that a run had changed; None where it has them no more.

    With it come the variant's settings, as JSON holds them, and what the study declares of it.
    """
    try:
        chosen = study.only([variant]).with_base(dict(changes))
        declared = declaration_of(chosen, variant, position=study.names.index(variant))
        return chosen, to_json(chosen.settings(variant)), declared
    except UsageError:
        return None


def _base_changes(record: Record) -> tuple[tuple[str, object], ...]:
    kept = record.provenance.get("base_changes")
    changes = kept.items() if isinstance(kept, dict) else ()
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in changes)
