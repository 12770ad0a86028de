"""Which sources of randomness the trials of a variant move: all with one number by default, or some of them alone.

How they vary is a text, so that records and names of folders can hold it: empty, all by one number; `init+order`, these by the
trial's number and the others at seed 0; `init4+order4`, crossed: each with each, so many seeds of either.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from harness.errors import UsageError, unknown
from harness.study.cells import counted

INIT, ORDER, DROPOUT, SPLIT = "init", "order", "dropout", "split"
SOURCES: Mapping[str, str] = {
    INIT: "initial weights",
    ORDER: "order of the samples",
    DROPOUT: "dropout, augmentation and whatever else is drawn while it trains",
    SPLIT: "the study's own arrays, and which samples validate",
}
MOST_CELLS = 10_000
ONE_NUMBER = (
    "scikit-learn draws all that is random from one number (random_state), so that --vary cannot separate it; "
    "expected a run without --vary"
)
_WORD = re.compile(rf"({'|'.join(SOURCES)})([1-9][0-9]{{0,3}})?")


@dataclass(frozen=True, slots=True)
class Seeds:
    """The seed of each source of randomness in one trial."""

    init: int
    order: int
    dropout: int
    split: int


def seeds_of(vary: str, number: int) -> Seeds:
    """Return the seeds of a variant's trial of this number; ValueError for what is no way of varying.

    Crossed, the last source moves fastest, and a number beyond all combinations is a ValueError.
    """
    if not vary:
        return Seeds(number, number, number, number)
    levels = levels_of_sources(vary)
    if None in levels.values():
        return Seeds(**{source: number if source in levels else 0 for source in SOURCES})
    found, rest = dict.fromkeys(SOURCES, 0), number
    for source, count in reversed(levels.items()):
        rest, found[source] = divmod(rest, count or 1)
    if rest:
        raise ValueError(f"seed {number} is none of the {prod(count or 1 for count in levels.values())} of {vary}")
    return Seeds(**found)


def levels_of_sources(vary: str) -> dict[str, int | None]:
    """Return the sources that vary, each with its number of levels where they are crossed, else None.

    ValueError for a text that is no way of varying.
    """
    words = [_WORD.fullmatch(word) for word in vary.split("+")]
    levels = {word[1]: int(word[2]) if word[2] else None for word in words if word is not None}
    if None in words or len(levels) < len(words) or len({count is None for count in levels.values()}) > 1:
        raise ValueError(f"vary is {vary[:40]!r}; expected for example init+order, or init4+order4")
    return levels


def crossed(vary: str) -> bool:
    """Say whether sources are crossed, so that a variant's trials are no repeats of each other."""
    return bool(vary) and None not in levels_of_sources(vary).values()


def varying(text: str) -> str:
    """Return how trials vary by the names of sources, as typed with commas between; empty for all of them together."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in SOURCES:
            raise unknown("Source of randomness", name, list(SOURCES))
    return "+".join(source for source in SOURCES if source in names)


def crossing(sources: Sequence[str], levels: int) -> tuple[str, int]:
    """Return how trials vary in which each seed of a source meets each of the others, and how many trials these are."""
    names = varying(",".join(sources)).split("+")
    if len(names) < 2 or levels < 2 or levels ** len(names) > MOST_CELLS:
        raise UsageError(
            f"Received {counted(len(names), 'source')} with {levels} seeds of each; expected at least two of either, "
            f"and at most {MOST_CELLS:,} combinations."
        )
    return "+".join(f"{name}{levels}" for name in names), levels ** len(names)


def varied_name(study: str, vary: str) -> str:
    """Return the name of a study's folder for trials that vary so: STUDY.vary-init+order, STUDY.cross-init4+order4."""
    return f"{study}.{'cross' if crossed(vary) else 'vary'}-{vary}" if vary else study


def plain_name(study: str, vary: str) -> str:
    """Return the name of the study that `varied_name` was given."""
    return study.removesuffix(varied_name("", vary))


def vary_words(vary: str) -> str:
    """Say in a sentence what the trials vary; empty for all sources together."""
    if not vary:
        return ""
    levels = levels_of_sources(vary)
    moved, fixed = ([SOURCES[source] for source in SOURCES if (source in levels) is told] for told in (True, False))
    stay = f"; fixed at seed 0: {_joined(fixed)}" if fixed else ""
    if crossed(vary):
        return f"Crossed, each seed of one with each of the others: {_joined(moved)}{stay}."
    return f"Only these differ between seeds: {_joined(moved)}{stay}. Verdicts are of that part of the randomness alone."


def _joined(parts: Sequence[str]) -> str:
    return "; ".join(parts)
