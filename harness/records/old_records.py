"""What a record's variant changes and claims: as data; of a record from before it had them, what its words tell.

Nothing else reads these sentences back. Records of schema 1 that lack the data are read for as long as there are any.
"""

import re
from collections.abc import Mapping
from typing import Any

from harness.records.record import Record
from harness.study import Claim, Threshold, VsControl, expectation_from_dict

_CHANGED = re.compile(r"(?:^|, )([A-Za-z_]\w*)=")
_THRESHOLD = re.compile(r"(?P<what>[a-z_ ]+) at (?P<side>least|most) (?P<limit>\S+)")
_VS_CONTROL = re.compile(r"(?P<word>better|worse|equivalent) (?:than|to) its control")


def changes_of(record: Record) -> Mapping[str, Any]:
    """Return the settings that a record's variant declares to change, each with its value."""
    return record.changes or _changes_in(record.change, record.settings)


def claims_of(record: Record) -> tuple[Claim, ...]:
    """Return the claims on the results of a record's variant."""
    return expectation_from_dict(record.expects).claims if record.expects else claims_in(record.expectation)


def _changes_in(change: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes that a text tells.

    A value may look like a change itself, as in augment="flip, rotate=10": what is no setting is none of them.
    """
    return {name: settings[name] for name in _CHANGED.findall(change) if name in settings}


def claims_in(expectation: str) -> tuple[Claim, ...]:
    """Return the claims of an expectation as its words have them.

    >>> [str(claim) for claim in claims_in("finishes, test accuracy at least 0.9, worse than its control")]
    ['test accuracy at least 0.9', 'worse than its control']
    """
    claims: list[Claim] = []
    for part in expectation.split(", ") if expectation.startswith("finishes") else ():
        if bound := _THRESHOLD.fullmatch(part):
            claims.append(Threshold(bound["what"].replace(" ", "_"), float(bound["limit"]), upper=bound["side"] == "most"))
        elif against := _VS_CONTROL.fullmatch(part):
            claims.append(VsControl(against["word"]))
    return tuple(claims)
