"""What a run says in single lines below its summary: which data the trials had, and which figures none could draw."""

from collections.abc import Sequence
from typing import Any

from harness.records import Record, command
from harness.study import DRAWN_SEED, Study

CUTS = ("samples", "validation")


def data_line(study: Study, records: Sequence[Record]) -> str:
    """Say which data the trials had, and how much of it where the settings take less than all.

    What a study that arranges its data itself does with these settings is its own affair: they are but named.
    """
    taken = not study.arrays_from and not study.trains_itself
    named = sorted({record.data.get("description", "") for record in records} - {""})
    said = (_cut(name, [record.settings.get(name) for record in records], whole=taken) for name in CUTS)
    return f"Data: {', '.join([*(named or ['none yet']), *filter(None, said)])}."


def stand_ins(records: Sequence[Record]) -> dict[str, list[str]]:
    """Return the stand-ins that the trials had, each with the datasets that it stood in for."""
    found: dict[str, list[str]] = {}
    for record in records:
        name = record.data.get("name", "")
        if record.on_stand_in and name not in (names := found.setdefault(record.data.get("used", ""), [])):
            names.append(name)
    return found


def titled(study: Study, records: Sequence[Record]) -> str:
    """Return the title of a study's table: with the stand-in, if its trials had one."""
    replaced = [f"{used} in place of {' and '.join(names)}" for used, names in stand_ins(records).items()]
    return f"{study.title} [{'; '.join(replaced)}]" if replaced else study.title


def real_data_line(records: Sequence[Record]) -> str:
    """Say how to get the data that something stood in for; empty where nothing did."""
    names = [name for absent in stand_ins(records).values() for name in absent]
    if not names:
        return ""
    again = command("data", "fetch", *names)
    return f"These results are a stand-in's. Get the real data: {again}, or name their folder with --data-dir."


def fold_lines(study: Study) -> list[str]:
    """Say, of a study with folds, what its trials are and what that makes of intervals and p-values."""
    if not study.folds:
        return []
    corrected = "intervals and p-values allow for the training samples that folds share (Nadeau and Bengio 2003)"
    return [f"Each trial is a fold, not a seed: {study.folds}; {corrected}."]


def _cut(name: str, values: Sequence[Any], *, whole: bool) -> str:
    """Say in words what one setting leaves of the data; nothing where it leaves all of it."""
    given = set(values)
    if given <= {None}:
        return ""
    if len(given) > 1:
        return f"{name} by variant"
    (value,) = given
    if not whole:
        return f"{name}={value}"
    return f"the first {value:,} of each" if name == "samples" else f"{value:,} held out"


def undrawn_lines(study: Study, records: Sequence[Record]) -> list[str]:
    """Say of each picture that the study names and no trial of the drawn seed has why the first of them has it not."""
    # Only a trial that came to its pictures says what they took.
    tried = [record for record in records if record.seed == DRAWN_SEED and "picture_seconds" in record.provenance]
    lines = []
    for name in study.pictures:
        reasons = [record.provenance.get("pictures", {}).get(name, "") for record in tried]
        if reasons and all(reasons):
            lines.append(f"no {name.replace('-', ' ')}: {reasons[0].removeprefix('not drawn: ')}")
    return lines
