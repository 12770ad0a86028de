"""The error a user can mend, and the nearest right name for a wrong one."""

import itertools
import re
import traceback
from collections.abc import Iterable
from difflib import get_close_matches

INTERRUPTED_STATUS = 130  # of a process that Ctrl-C has ended
MOST_NAMED = 20  # one clear line, not a page
NEAREST_NAMED = 5  # of a list that is longer
LONGEST_FAILURE = 600  # characters

LONGEST_TEXT = 20_000  # characters of a text of several lines

# What a terminal does not show but obeys: whole sequences of escape, with their arguments; then single characters, which
# are control characters, line and paragraph separators, and marks that turn the direction of the text.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # styles and movements
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # titles, links, other strings
)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")
_GRAPH_ERROR = "Graph execution error:"
_KERAS_FRAME = re.compile(r"Exception encountered when calling .+")


class UsageError(ValueError):
    """The call, a study or a file is wrong: one clear line, exit status 2, nothing written."""


def clean(text: str) -> str:
    """Return a text on one line, without what could steer a terminal or cannot be written in UTF-8."""
    shown = _CONTROLS.sub(" ", _SEQUENCES.sub("", text))
    return shown.encode("utf-8", "backslashreplace").decode()


def one_line(error: BaseException) -> str:
    """Return an error's text on one line, without what could steer a terminal or cannot be written in UTF-8."""
    return " ".join(clean(error_text(error)).split())


def error_text(error: BaseException) -> str:
    """Return an exception's text as it says it, even if it fails to."""
    try:
        return str(error)
    except Exception as fault:  # code of its own class
        return f"its text cannot be had: {type(fault).__name__}"


def fault_text(error: BaseException) -> str:
    """Return an error's type and text on one line, a long one cut."""
    return f"{type(error).__name__}: {one_line(error)[:LONGEST_FAILURE] or 'no text'}"


def failure_text(error: BaseException) -> str:
    """Return an exception's type and the first line of its text; of a report of Keras' or TensorFlow's, the reason as well.

    Keras says in the first line only which layer was called, and why it failed in the lines below; TensorFlow says at the
    end, behind the calls that made a graph's operation, why it failed.
    """
    beginning = error_text(error)[:LONGEST_TEXT]
    lines = [line for line in (clean(line).strip() for line in beginning.splitlines()) if line]
    said = lines[0] if lines else "no text"
    if _KERAS_FRAME.fullmatch(said):
        told = itertools.takewhile(lambda line: not line.startswith("Arguments received by"), lines[1:])
        said = f"{said.rstrip('.')}: {' '.join(told) or 'no reason given'}"
    elif said == _GRAPH_ERROR:
        said = f"{said} {_graph_reason(error) or 'no reason given'}"
    return f"{clean(type(error).__name__)}: {said[:LONGEST_FAILURE]}{_nearest_setting(error)}"


def _graph_reason(error: BaseException) -> str:
    lines = [clean(line).strip() for line in error_text(error)[-LONGEST_TEXT:].splitlines()]
    calls = [number for number, line in enumerate(lines) if line.startswith((_GRAPH_ERROR, "Detected at ", 'File "'))]
    reason = itertools.takewhile(lambda line: not line.startswith("[["), lines[calls[-1] + 1 if calls else 0 :])
    return " ".join(line for line in reason if line)


def _nearest_setting(error: BaseException) -> str:
    """Return the setting that is nearest to one that was asked for and is not there; empty for all other errors."""
    settings, name = getattr(error, "obj", None), getattr(error, "name", None)
    known = getattr(type(settings), "__dataclass_fields__", {})
    if not isinstance(error, AttributeError) or not known or not isinstance(name, str):
        return ""
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    return f". Did you mean {near[0]!r}?" if near else ""


def whole_text(error: BaseException) -> str:
    """Return an exception's type and all lines of its text, as `traceback_text` returns its traceback."""
    return _lines(f"{type(error).__name__}: {error_text(error)}")


def traceback_text(error: BaseException) -> str:
    """Return an exception's traceback, line by line without what could steer a terminal; of a long one, both ends."""
    try:
        return _lines("".join(traceback.format_exception(error)))
    except Exception:  # code of its own class
        return failure_text(error)


def _lines(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        half = LONGEST_TEXT // 2
        text = f"{text[:half]}\n... {len(text) - 2 * half} characters ...\n{text[-half:]}"
    return "\n".join(map(clean, text.splitlines()))


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
