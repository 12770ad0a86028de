"""Where results go when their folder can no longer be written: nothing that was computed is thrown away."""

import errno
import secrets
import tempfile
from pathlib import Path
from typing import TypeGuard

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_is_full(error: BaseException | None) -> TypeGuard[OSError]:
    """Say whether an error means that a disk, a quota or a file's largest size is used up."""
    return isinstance(error, OSError) and error.errno in _FULL


def machine_is_short(error: OSError) -> bool:
    """Say whether an error tells of the machine's limits and nothing of the file that was to be read."""
    return error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


def reason(error: OSError) -> str:
    """Say what an OSError means, and where: ``No space left on device: logs/x/record.json``."""
    text = "disk full" if disk_is_full(error) else (error.strerror or type(error).__name__)
    text += " (ulimit -n sets how many)" if error.errno == errno.EMFILE else ""
    return f"{text}: {error.filename}" if error.filename else text


def fallback_logdir() -> Path:
    """Return a new name for a log folder among the temporary files; it is made when something is written there."""
    return Path(tempfile.gettempdir()) / f"harness-results-{secrets.token_hex(4)}"
