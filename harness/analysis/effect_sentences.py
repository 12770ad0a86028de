"""What a study's better and worse variants come to in sentences: what matters, what helps, what does harm."""

from collections.abc import Sequence

from harness.analysis.sentence_parts import change_of, delta_of, joined, lost_trials, names_of, size_of_effect
from harness.analysis.unit import Unit
from harness.study import BASE, BETTER, WORSE, Row, number_of, text_of

MOST_TOLD = 3  # effects that get a sentence of their own


def effect_sentences(judged: Sequence[Row], unit: Unit, *, data: str = "") -> list[str]:
    """Say what matters: the largest effects in a sentence each, at least one of either direction, the others by name.

    data: the base's dataset; what was found on another one says so.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(judged, key=size_of_effect, reverse=True):
        groups.setdefault((text_of(row["verdict"]), change_of(row)), []).append(row)
    ordered = list(groups.items())
    told = ordered[:MOST_TOLD]
    words = {word for (word, _), _ in told}
    if len(words) == 1 and (other := next((group for group in ordered if group[0][0] not in words), None)):
        told[-1] = other
    sentences = [_effect(change, word, members, unit, data=data) for (word, change), members in told]
    others = []
    for word in (WORSE, BETTER):
        rest = [row for group in ordered if group not in told and group[0][0] == word for row in group[1]]
        others += [f"{word}: {names_of(rest)}"] if rest else []
    return [*sentences, f"Also {'; also '.join(others)}."] if others else sentences


def _effect(change: str, word: str, rows: Sequence[Row], unit: Unit, *, data: str) -> str:
    """Say what one change does: normalize matters: without it test accuracy falls by 3.6 points (no-normalization)."""
    setting, _, value = change.partition("=")
    without = setting if value == "False" else value if setting == "remove" and value else ""
    subject = without or change or str(rows[0]["variant"])
    if without:
        verb, how = ("matters", "without it ") if word == WORSE else ("does harm", "without it ")
    else:
        verb, how = ("does harm", "") if word == WORSE else ("helps", "")
    moved = [row for row in rows if number_of(row.get("delta")) is not None and number_of(row.get("completion_p")) is None]
    parts = [f"{unit.amount(delta_of(row))}{_where(row, data=data, named=bool(change))}" for row in moved]
    told = []
    if moved:
        told.append(f"{unit.name} {'rises' if delta_of(moved[0]) > 0 else 'falls'} by {joined(parts)}")
    told += [f"{row['variant']} is {word}, with {lost_trials(row)} unfinished" for row in rows if row not in moved]
    return f"{subject} {verb}: {how}{', and '.join(told)}."


def _where(row: Row, *, data: str, named: bool) -> str:
    """Name the dataset or the control of a row where it is not the base's, since the same change may do otherwise there.

    named: whether the row's own name is told, too.
    """
    own, control = text_of(row.get("data")), text_of(row.get("control"))
    elsewhere = f" on {own}" if data and own and own != data else ""
    against = "" if elsewhere or control in ("", BASE) else f"vs {control}"
    said = " ".join(filter(None, (str(row["variant"]) if named else "", against)))
    return f"{elsewhere} ({said})" if said else elsewhere
