"""Several trials by what a user gives: paths, names, ids, beginnings of these, and a filter."""

from collections.abc import Sequence
from pathlib import Path

from harness.analysis import in_order
from harness.errors import UsageError
from harness.results.filters import parse_filter
from harness.results.loading import name_of, trials_table
from harness.results.selection import Found, listed, matching


def choose_trials(names: Sequence[str], trials: Sequence[Found], *, filter: str | None, logdir: Path) -> tuple[Found, ...]:
    """Return the trials that any of the names fits and the filter holds for; UsageError if there are none.

    A name that is a folder, of a study or a variant, stands for all its trials. The beginning of an id or of a name
    must fit one trial. The filter's columns are those of `harness.load(...).trials`.
    """
    named_ones = [found for name in names for found in named(name, trials, logdir=logdir)] if names else trials
    chosen = {found.path: found for found in named_ones}
    if filter is None:
        return tuple(chosen.values())
    kept = _filtered(tuple(chosen.values()), filter, logdir)
    if not kept:
        raise UsageError(f"None of {len(chosen)} trials fits the filter {filter!r}.")
    return kept


def named(name: str, trials: Sequence[Found], *, logdir: Path) -> tuple[Found, ...]:
    """Return the trials of one name; UsageError where it fits none, or several without being a folder of them."""
    if inside := _inside(name, trials, logdir):
        return inside
    found = matching(name, trials)
    wanted = name.strip().strip("/")
    if len(found) > 1 and not all(f"/{wanted}/" in f"/{name_of(one.record)}/" for one in found):
        raise UsageError(f"Trial {name[:200]!r} is ambiguous: {listed(found)}. Give more of its path, or of its id.")
    return found


def _inside(name: str, trials: Sequence[Found], logdir: Path) -> tuple[Found, ...]:
    """Return the trials in the folder that a path names, or the one whose folder the path lies in.

    The path need not exist (any more), but must not lead out of the log folder.
    """
    try:
        path, root = Path(name).resolve(), logdir.resolve()
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, or a loop of links
        return ()
    if not name.strip() or not path.is_relative_to(root):
        return ()
    folders = [(found, found.path.parent.resolve()) for found in trials]
    return tuple(found for found, folder in folders if folder.is_relative_to(path) or path.is_relative_to(folder))


def _filtered(trials: Sequence[Found], text: str, logdir: Path) -> tuple[Found, ...]:
    records = in_order(found.record for found in trials)
    frame = trials_table(records, logdir)
    condition = parse_filter(text, frame.columns)
    rows = (
        dict(zip(frame.columns, cells, strict=True))
        for cells in zip(*(frame[name].tolist() for name in frame.columns), strict=True)
    )
    kept = {id(record) for record, row in zip(records, rows, strict=True) if condition.holds(row)}
    return tuple(found for found in trials if id(found.record) in kept)
