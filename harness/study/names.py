"""Names of studies and variants, which are names of folders too."""

import re

from harness.errors import UsageError
from harness.study.splits import SPLITS

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
# What the harness itself writes into the folders of studies, variants and trials, or looks for there.
_TAKEN = re.compile(
    r"(attempt|seed)-[0-9]+|(summary|runs|interactions|samples|effects)\.csv|differences\.png|record\.json|predictions\.npz|failure|aggregate"
    rf"|{'|'.join(SPLITS)}"
)
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")  # no file can be named so on Windows


def check_name(kind: str, name: str) -> None:
    """Raise UsageError unless the name is safe as a folder on every system, and none of the harness's own."""
    if not isinstance(name, str) or not _SAFE_NAME.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{kind} name {str(name)[:120]!r} cannot be a folder's name; expected letters, digits, and . _ + - between "
            f"(100 characters at most, a letter or digit first)."
        )
    if _TAKEN.fullmatch(name.casefold()):
        whose = "that of a file or folder of the harness's own"
        raise UsageError(f"{kind} name {name!r} is {whose}; expected another, as in 'my-{name}'.")
    if _DEVICES.fullmatch(name.casefold()):
        raise UsageError(f"{kind} name {name!r} is that of a device on Windows; expected another, as in 'my-{name}'.")
