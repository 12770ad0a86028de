"""What the sentences on a summary's rows are put together from."""

from collections.abc import Callable, Sequence

from harness.study import Row, number_of, text_of

MOST_NAMED = 6  # variants in one sentence


def lost_trials(row: Row, trials: str = "seeds") -> str:
    """Say how many of a variant's trials did not end as they should."""
    seeds = int(number_of(row.get("seeds")) or 0)
    count = int(number_of(row.get("failed_seeds")) or number_of(row.get("unfinished_seeds")) or 0)
    return f"{count} of {seeds} {trials}"


def change_of(row: Row) -> str:
    """Return what a variant changes, without the name of its control."""
    return text_of(row.get("change")).removesuffix(f" (vs {row.get('control')})")


def delta_of(row: Row) -> float:
    """Return a row's difference from its control, 0 without one."""
    return number_of(row.get("delta")) or 0.0


def size_of_effect(row: Row) -> float:
    """Return how far a row lies from its control."""
    return abs(delta_of(row))


def range_text(numbers: Sequence[int]) -> str:
    """Write sorted numbers as a range: 3, or 2 to 4."""
    return str(numbers[0]) if numbers[0] == numbers[-1] else f"{numbers[0]} to {numbers[-1]}"


def names_of(rows: Sequence[Row], *, add: Callable[[Row], str] = lambda _: "") -> str:
    """Write the names of variants, those beyond MOST_NAMED as a number; add: what stands behind each."""
    names = [f"{row['variant']}{add(row)}" for row in rows]
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
    return joined(names)


def likely(row: Row) -> str:
    """Say of an open comparison what is likely, behind a variant's name: that it is better, worse, or as good."""
    worse, same, better = (number_of(row.get(f"probability_{name}")) for name in ("worse", "same", "better"))
    if worse is None or same is None or better is None:
        return ""
    chance, word = max((better, "better"), (worse, "worse"), (same, "no difference"))
    return f" ({word} with {min(chance, 0.99):.0%})"


def joined(parts: Sequence[str]) -> str:
    """Write parts as a list: a, b and c."""
    return " and ".join([*([", ".join(parts[:-1])] if len(parts) > 1 else []), *parts[-1:]])


def verb_for(one: str, several: str, rows: Sequence[Row]) -> str:
    """Return the form of a verb that fits so many variants."""
    return one if len(rows) == 1 else several
