"""Names of studies and variants, which are names of folders too."""

import re

from harness.errors import UsageError

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


def check_name(kind: str, name: str) -> None:
    """Raise UsageError unless the name is safe as a folder on every system."""
    if not isinstance(name, str) or not _SAFE_NAME.fullmatch(name) or name.endswith("."):
        raise UsageError(
            f"{kind} name {str(name)[:120]!r} cannot be a folder's name; expected letters, digits, and . _ + - between "
            f"(100 characters at most, a letter or digit first)."
        )
