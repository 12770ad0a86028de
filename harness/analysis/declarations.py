"""What a study declares, kept as data beside its tables: so that they can be made again without running its file.

A study's own file is Python, and what a record names is not run because a record names it. A run writes what it judged
its trials by; tables that are made without the study take it from there, and only for the trials that run counted.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.analysis.judging import judged_anew
from harness.records import Record, folder_at, write_atomically
from harness.study import corner_from, expectation_from_dict, metric_from_dict

DECLARATION_FILE = "declared.json"
_TEXTS = ("control", "change", "expectation")


def write_declaration(folder: Path, records: Sequence[Record], *, left_out: Sequence[Record] = (), question: str = "") -> None:
    """Keep what the records of a study's tables are judged by; what is kept of other variants stays.

    left_out: the records that the tables do not count, which only the run that wrote them could tell. question: what the
    study asks, for pages that are made without it.
    """
    kept = _read(folder)
    variants = dict(kept.get("variants", {}))
    for record in records:
        mine = {name: getattr(record, name) for name in (*_TEXTS, "position")}
        mine |= {name: dict(getattr(record, name)) for name in ("changes", "expects", "metric", "screen")}
        entry = variants.get(record.variant, {})
        trials = entry.get("trials", []) if {"screen": {}, **entry, "trials": []} == {**mine, "trials": []} else []
        variants[record.variant] = {**mine, "trials": sorted({*trials, record.trial_id})}
    files = {str(record.provenance.get("study_file", "")) for record in records} - {""}
    path = files.pop() if len(files) == 1 else ""
    counted = {trial_key(record) for record in records}
    last_run = {"counted": sorted(counted), "left_out": sorted({trial_key(record) for record in left_out} - counted)}
    content = {"study_file": path, "study_sha256": _sha256(path), "variants": variants, "last_run": last_run}
    content["question"] = question or _question(kept)
    write_atomically(folder / DECLARATION_FILE, json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def declared_question(folder: Path) -> str:
    """Return what a study asks, as its last run declared it; empty where that is not known."""
    return _question(_read(folder))


def _question(kept: Mapping[str, Any]) -> str:
    question = kept.get("question", "")
    return question if isinstance(question, str) else ""


def trial_key(record: Record) -> str:
    """Return what tells a record from all others of its study, one of an earlier attempt included."""
    return f"{record.variant}/seed-{record.seed}/attempt-{record.attempt}/{record.trial_id}"


def last_run(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return which records the last run of a study counted, and which it left out; neither where that is not known."""
    kept = _read(folder).get("last_run")
    counted, left_out = (kept.get("counted"), kept.get("left_out")) if isinstance(kept, dict) else (None, None)
    if not isinstance(counted, list) or not isinstance(left_out, list):
        return frozenset(), frozenset()
    return _texts(counted), _texts(left_out)


def _texts(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str))


def as_last_declared(records: Iterable[Record], folder: Path) -> tuple[list[Record], list[str]]:
    """Return records as the last run of their study judged them, and a line where its file was edited since."""
    kept, every = _read(folder), list(records)
    try:
        found = [_declared(record, kept.get("variants", {}).get(record.variant, {})) for record in every]
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # written by hand, or by a newer version
        return every, [f"{folder / DECLARATION_FILE} is no declaration ({str(error)[:80]}): each record is judged by its own."]
    now = _sha256(kept.get("study_file", ""))
    if now and now != kept.get("study_sha256"):
        said = f"{kept['study_file']} was edited since its last run: verdicts are as of then, unless --study names it."
        return found, [said]
    return found, []


def _declared(record: Record, kept: Mapping[str, Any]) -> Record:
    if record.trial_id not in kept.get("trials", ()):
        return record
    metric_from_dict(kept["metric"])
    if not all(isinstance(kept[name], str) for name in _TEXTS) or not isinstance(kept["position"], int):
        raise TypeError(f"{record.variant} is described by other than texts")
    names = ("control", "change", "changes", "position", "metric")
    screen = kept.get("screen", {})  # without it in files from before there were any
    if screen:
        corner_from(screen)
    declared = replace(record, **{name: kept[name] for name in names}, screen=screen)
    expects = kept["expects"]
    return judged_anew(declared, expectation_from_dict(expects)) if expects else declared


def _read(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / DECLARATION_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) and isinstance(content.get("variants", {}), dict) else {}


def _sha256(path: str) -> str:
    try:
        return hashlib.sha256((folder_at(path) or Path(path)).read_bytes()).hexdigest() if path else ""
    except (OSError, ValueError):
        return ""
