"""Records of one variant that were not made alike: never averaged in one row, told apart with a line each."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from harness.analysis.statistics import seeds_in_words
from harness.analysis.test_sets import fold_scheme
from harness.errors import MOST_NAMED
from harness.records import Record

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # of a function that an estimator shows among its parameters
ESTIMATOR = "scikit-learn"  # the engine of what has no layers; how much it has learned differs from seed to seed


def told_apart(
    records: Sequence[Record], *, of_one_make: Callable[[Record], bool] = lambda _: False
) -> tuple[list[Record], list[Record]]:
    """Part records into those made as the newest of their variant was, and those that were made otherwise.

    Compared are settings, data, the study's functions, parameters and layers, each where both records know it: what
    failed before it was built says nothing of its layers. of_one_make: says of a record whether it is known to be of the
    same make as the others of its variant of which it says so: where their layers differ, these follow from the seed.
    """
    by_variant: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        by_variant.setdefault((record.study, record.variant), []).append(record)
    alike = {id(record) for group in by_variant.values() for record in _alike(group, of_one_make)}
    return [one for one in records if id(one) in alike], [one for one in records if id(one) not in alike]


def left_out_lines(kept: Iterable[Record], left_out: Iterable[Record]) -> list[str]:
    """Say which records were left out of their variant's row, a line a variant."""
    newest = {(record.study, record.variant): record for record in _newest_first(kept)[::-1]}
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in left_out:
        groups.setdefault((record.study, record.variant), []).append(record)
    lines = []
    for (study, variant), group in groups.items():
        mine = made_as(newest[study, variant])
        parts = [part for one in group for part in made_as(one).items()]
        others = dict.fromkeys(name for name, value in parts if mine.get(name, value) != value)
        seeds = seeds_in_words(record.seed for record in group)
        lines.append(
            f"{study}/{variant}: {seeds} left out: made with other "
            f"{' and '.join(others) or 'circumstances'} than the newest of its records."
        )
    return lines


def last_run_line(records: Sequence[Record], *, shown: bool) -> str:
    """Say which of a study's records its last run left out; shown: they are shown, as there are no others."""
    names = ", ".join(f"{record.variant} seed {record.seed}" for record in records[:MOST_NAMED])
    more = ", …" if len(records) > MOST_NAMED else ""
    study, reason = records[0].study, "other settings, data or versions"
    if shown:
        return f"{study}: its last run left out all {len(records)} records that are here, for {reason}: {names}{more}."
    return f"{study}: {len(records)} records left out, as by its last run, for {reason}: {names}{more}."


def made_as(record: Record) -> dict[str, str]:
    """Return what must be equal in all records of one row, as far as a record knows it."""
    known: dict[str, Any] = {
        "settings": record.settings,
        "data": record.data.get("sha256"),
        "folds": fold_scheme(record),
        "functions of the study's own": record.provenance.get("source"),
        "parameters": None,
        "layers": record.architecture,
    }
    if record.provenance.get("engine") == ESTIMATOR:
        known["layers"] = [{**layer, "parameters": None} for layer in record.architecture]
    else:
        known["parameters"] = record.cost.get("parameters")
    there = {name: value for name, value in known.items() if value not in (None, "", (), [], {})}
    texts = {name: json.dumps(value, sort_keys=True, default=str) for name, value in there.items()}
    return {name: _ADDRESS.sub("", text) for name, text in texts.items()}


def differing_by_seed(group: Iterable[Record]) -> str:
    """Say what of the model differs between the records of one row; empty where all of them have the same one."""
    made = [made_as(record) for record in group]
    counts = sorted({float(one["parameters"]) for one in made if "parameters" in one})
    if len(counts) > 1:
        return f"THE MODEL DIFFERS BY SEED: {counts[0]:,.0f} to {counts[-1]:,.0f} parameters, those of the first seed are shown"
    return "THE MODEL'S LAYERS DIFFER BY SEED" if len({one["layers"] for one in made if "layers" in one}) > 1 else ""


def _alike(group: Sequence[Record], of_one_make: Callable[[Record], bool]) -> list[Record]:
    if len(group) == 1:
        return list(group)
    found: dict[str, str] = {}
    alike: list[Record] = []
    one_make: bool | None = None  # whether those of one make are like the newest, which the newest of them decides
    for record in _newest_first(group):
        mine, is_of_it = made_as(record), of_one_make(record)
        fits = one_make if is_of_it else None
        if fits is None:
            fits = all(found.get(name, value) == value for name, value in mine.items())
        if is_of_it:
            one_make = fits
        if fits:
            found = mine | found
            alike.append(record)
    return alike


def _newest_first(records: Iterable[Record]) -> list[Record]:
    def ended(record: Record) -> float:
        value = record.provenance.get("ended", record.provenance.get("started"))
        return value if isinstance(value, float) and value == value else 0.0

    return sorted(records, key=ended, reverse=True)
