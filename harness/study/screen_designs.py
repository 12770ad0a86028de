"""Two-level designs: which parts are changed in each of a screen's variants, so that few variants tell many parts apart."""

from collections.abc import Sequence
from itertools import combinations
from math import prod
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import UsageError
from harness.study.cells import counted
from harness.study.variant import MOST_PARTS

if TYPE_CHECKING:  # NumPy is imported where a design is made: a command's help needs none
    import numpy as np
    from numpy.typing import NDArray

MAIN, CLEAR, FULL = "main", "clear", "full"
DESIGNS = (MAIN, CLEAR, FULL)
MOST_FULL = 6  # parts of which all subsets are trained: 64 variants
NEARLY = 1e-9

Levels: TypeAlias = (
    "NDArray[np.int64]"  # (variants, parts), 1 where a part is changed and -1 where it is not; the first row all -1
)

# The first rows of Plackett and Burman's designs, "The design of optimum multifactorial experiments", Biometrika 33 (1946).
_FIRST_ROWS = {12: "++-+++---+-", 20: "++--++++-+-+----++-", 24: "+++++-+-++--++--+-+----"}
# Which basic parts a further part's column multiplies, by the number of variants, the basic parts first.
_MAIN = {
    4: ("a", "b", "ab"),
    8: ("a", "b", "c", "abc", "ab", "ac", "bc"),
    16: ("a", "b", "c", "d", "abc", "abd", "acd", "bcd", "abcd", "ab", "ac", "ad", "bc", "bd", "cd"),
}
_CLEAR = {4: ("a", "b", "c", "abc"), 5: ("a", "b", "c", "d", "abcd"), 8: ("a", "b", "c", "d", "abc", "abd", "acd", "bcd")}


def levels_of(parts: int, design: str | None = None) -> Levels:
    """Return which parts each variant of a screen changes, the first being the base.

    MAIN: the fewest variants that estimate each part, about parts + 1, where interactions of two parts are mixed with parts.
    CLEAR: so many that no interaction of two is mixed with a part. FULL: all subsets. None: FULL for up to three parts, else
    MAIN. Every two columns are orthogonal and each part is changed in half of the variants. UsageError for too many parts.
    """
    import numpy as np

    if design is not None and design not in DESIGNS:
        raise UsageError(f"design is {design!r}; expected one of {', '.join(DESIGNS)}.")
    most = MOST_FULL if design == FULL else MOST_PARTS
    if not 2 <= parts <= most:
        of = " of all subsets" if design == FULL else ""
        raise UsageError(f"received {counted(parts, 'part')}; expected 2 to {most} for a screen{of}.")
    if design == FULL or (parts <= 3 and design != MAIN):
        return _full(parts)
    if design != CLEAR:
        return _main(4 * (parts // 4 + 1))[:, :parts]
    for most, words in _CLEAR.items():
        if parts <= most:
            return _regular(words)[:, :parts]
    half = _main(4 * (parts // 4 + 1))[:, :parts]
    return np.vstack([half, -half])  # a fold-over: Box and Wilson, Journal of the Royal Statistical Society B 13 (1951)


def _full(parts: int) -> Levels:
    import numpy as np

    rows = np.arange(2**parts)
    return np.stack([2 * (rows >> part & 1) - 1 for part in range(parts)], axis=1)


def _main(variants: int) -> Levels:
    return _regular(_MAIN[variants]) if variants in _MAIN else _plackett_burman(_FIRST_ROWS[variants])


def _regular(words: Sequence[str]) -> Levels:
    import numpy as np

    basic = [word for word in words if len(word) == 1]
    columns = dict(zip(basic, _full(len(basic)).T, strict=True))
    # The sign of a product is chosen so that where no basic part is changed, no other is: that variant is the base.
    return np.stack([prod(columns[letter] for letter in word) * (-1) ** (len(word) + 1) for word in words], axis=1)


def _plackett_burman(first: str) -> Levels:
    import numpy as np

    row = np.array([1 if sign == "+" else -1 for sign in first])
    return np.vstack([-np.ones_like(row), *(np.roll(row, shift) for shift in range(len(row)))])


def resolved_pairs(levels: Levels) -> list[tuple[int, int]]:
    """Return the pairs of parts whose interaction is mixed with no part and with no other pair's.

    Of interactions of three and more parts nothing is assumed but that they are none.
    """
    import numpy as np

    columns = {pair: levels[:, pair[0]] * levels[:, pair[1]] for pair in combinations(range(levels.shape[1]), 2)}
    if not columns:
        return []
    products = np.stack(list(columns.values()), axis=1)
    with_parts = np.abs(products.T @ levels).max(axis=1)
    among = np.abs(products.T @ products)
    np.fill_diagonal(among, 0)
    constant = np.abs(products.sum(axis=0))
    free = np.maximum(np.maximum(with_parts, among.max(axis=1)), constant) < NEARLY
    return [pair for pair, one in zip(columns, free, strict=True) if one]


def is_orthogonal(levels: Levels) -> bool:
    """Say whether each part is changed in half of the variants, and any two of them together in a quarter."""
    import numpy as np

    count = len(levels)
    square = levels.T @ levels
    return bool(count and (levels.sum(axis=0) == 0).all() and (square == count * np.eye(levels.shape[1], dtype=int)).all())


def alias_lines(names: Sequence[str], levels: Levels) -> list[str]:
    """Say what of a design is mixed with what: nothing that could be told apart is left unsaid.

    names: of the parts, in the order of the columns.
    """
    import numpy as np

    mixed: dict[int, list[str]] = {}
    partly, count = 0.0, len(levels)
    alike: dict[tuple[int, ...], list[str]] = {}
    for one, other in combinations(range(len(names)), 2):
        product = levels[:, one] * levels[:, other]
        alike.setdefault(tuple(product * product[0]), []).append(f"{names[one]} × {names[other]}")
        shares = np.abs(product @ levels) / count
        for part in np.flatnonzero(shares > 1 - NEARLY):
            mixed.setdefault(int(part), []).append(f"{names[one]} × {names[other]}")
        partly = max([partly, *(float(share) for share in shares if share < 1 - NEARLY)])
    lines = [f"{names[part]} cannot be told from {_joined(pairs)}." for part, pairs in sorted(mixed.items())]
    if partly > NEARLY:
        lines.append(f"Each part holds up to {partly:.0%} of the interactions of two other parts.")
    if not lines:
        groups = [pairs for pairs in alike.values() if len(pairs) > 1]
        lines = [f"One and the same here: {_joined(pairs, ' and ')}." for pairs in groups]
    return lines


def _joined(pairs: Sequence[str], last: str = ", ") -> str:
    shown = list(pairs[:4])
    more = [f"{len(pairs) - 4} more"] if len(pairs) > 4 else []
    return last.join([*shown, *more])
