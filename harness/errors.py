"""The error a user can mend, and the nearest right name for a wrong one."""

import itertools
import re
from collections.abc import Iterable
from difflib import get_close_matches

MOST_NAMED = 20  # one clear line, not a page
NEAREST_NAMED = 5  # of a list that is longer
LONGEST_FAILURE = 600  # characters

_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_KERAS_FRAME = re.compile(r"Exception encountered when calling .+")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


class UsageError(ValueError):
    """The call, a study or a file is wrong: one clear line, exit status 2, nothing written."""


def one_line(error: BaseException) -> str:
    """Return an error's text on one line, without what could steer a terminal or cannot be written in UTF-8."""
    text = " ".join(_BREAKS.sub(" ", str(error)).split())
    return text.encode("utf-8", "backslashreplace").decode()


def fault_text(error: BaseException) -> str:
    """Return an error's type and text on one line, a long one cut."""
    return f"{type(error).__name__}: {one_line(error)[:LONGEST_FAILURE] or 'no text'}"


def failure_text(error: BaseException) -> str:
    """Return an exception's type and the first line of its text; of Keras' report on a layer, the reason as well.

    Keras says in the first line only which layer was called, and why it failed in the lines below.
    """
    lines = [line for line in (_STYLES.sub("", line).strip() for line in str(error).splitlines()) if line]
    said = lines[0] if lines else "no text"
    if _KERAS_FRAME.fullmatch(said):
        told = itertools.takewhile(lambda line: not line.startswith("Arguments received by"), lines[1:])
        said = f"{said.rstrip('.')}: {' '.join(told) or 'no reason given'}"
    return f"{type(error).__name__}: {said[:LONGEST_FAILURE]}"


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error for a name that is not known, with the nearest one that is.

    >>> str(unknown("Study", "ablation", ["ablations"]))
    "Study 'ablation' is not known. Did you mean 'ablations'?"
    """
    choices = sorted(known)
    by_fold = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.5)
    if near:
        hint = f"Did you mean {by_fold[near[0]]!r}?"
    elif len(choices) > MOST_NAMED:
        nearest = [by_fold[one] for one in get_close_matches(name.casefold(), by_fold, n=NEAREST_NAMED, cutoff=0.0)]
        hint = f"Known, the nearest first: {', '.join(nearest)}, and {len(choices) - len(nearest)} others."
    elif choices:
        hint = f"Known: {', '.join(choices)}."
    else:
        hint = "There are none."
    return UsageError(f"{kind} {name!r} is not known. {hint}")
