"""Addresses of log folders: what is one, and what is refused in one."""

import re
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.S)
_COLLAPSED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?!/)(.+)", re.S)  # what pathlib makes of one
_NOT_STORES = {
    "file": "the folder itself, as in --logdir logs",
    "local": "the folder itself, as in --logdir logs",
} | dict.fromkeys(("http", "https"), "a store that can be listed and written, such as s3://bucket/logs")


@dataclass(frozen=True, slots=True)
class Address:
    """A URL that a log folder may have, without a trailing slash; nothing in it is secret."""

    url: str
    scheme: str

    def __str__(self) -> str:
        return self.url


def is_url(text: str | Path) -> bool:
    """Say whether a text is a URL and no path; a Path is one where pathlib has joined the slashes of a URL."""
    return _URL.match(_restored(text)) is not None


def parse_url(text: str | Path) -> Address:
    """Return a URL's address; UsageError for one that holds a secret, or that names no place to write to.

    What is refused is not repeated: it may be a password.
    """
    found = _URL.fullmatch(_restored(text))
    if found is None:
        raise UsageError(f"{text!r} is no URL; expected one like s3://bucket/logs.")
    scheme, place = found[1].lower(), found[2]
    if ":" in place.split("/", 1)[0].rpartition("@")[0] or "?" in place or "#" in place:
        raise UsageError(
            f"The {scheme}:// URL holds a password, a query or a fragment, which would be recorded and printed; expected "
            "SCHEME://BUCKET/FOLDER alone, and credentials in the environment or in the store's own files."
        )
    if scheme in _NOT_STORES:
        raise UsageError(f"A log folder cannot be a {scheme}:// URL; expected {_NOT_STORES[scheme]}.")
    parts = place.rstrip("/").split("/")
    if not any(parts) or any(part in (".", "..") for part in parts) or "\0" in place or "::" in place:
        raise UsageError(f"URL {str(text)!r} names no folder; expected one like s3://bucket/logs.")
    return Address(f"{scheme}://{place.rstrip('/')}", scheme)


def _restored(text: str | Path) -> str:
    if isinstance(text, Path) and (found := _COLLAPSED.fullmatch(str(text))) and text.parts[0] not in _entries():
        return f"{found[1]}://{found[2]}"
    return str(text)


def _entries() -> set[str]:
    try:
        return {entry.name for entry in Path().iterdir()}
    except OSError:
        return set()
