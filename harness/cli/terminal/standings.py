"""How the variants of a study stand while its next look trains: who is settled, who goes on, what that spares."""

from collections.abc import Iterator, Sequence

from harness.analysis import GIVEN_UP, NOT_JUDGED, SETTLED, STUCK
from harness.errors import MOST_NAMED
from harness.runs import Looked


def standing_board(looked: Looked, *, trained: int) -> list[str]:
    """Return the lines that stand below the progress of a look; trained: how many of its trials have ended by now."""
    return list(_lines(looked, trained))


def _lines(looked: Looked, trained: int) -> Iterator[str]:
    settled: dict[str, list[str]] = {}
    for name in looked.named(SETTLED):
        settled.setdefault(looked.words.get(name) or "as expected", []).append(name)
    for word, names in settled.items():
        yield f"settled, {word}: {some(names)}"
    for word in (GIVEN_UP, NOT_JUDGED, STUCK):
        if stopped := looked.named(word):
            yield f"{word}: {some(stopped)}"
    if on := looked.going_on:
        following = max(looked.standings[name].following or 0 for name in on)
        yield f"to {following} seeds: {some(on)}"
    yield f"{looked.trainings + trained} trainings; every variant with {looked.design.most} seeds would take {looked.fixed}"


def some(names: Sequence[str]) -> str:
    """Name the first few of them."""
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
