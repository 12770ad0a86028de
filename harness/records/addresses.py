"""Folders that stand for an address elsewhere, such as ``s3://bucket/logs``: what is said and recorded names the address.

A folder of this machine means nothing on another one, and the user has not typed it.
"""

import os
from pathlib import Path

_STANDING: dict[str, str] = {}  # a folder's real path → the address that it stands for


def stand_for(folder: Path, address: str) -> None:
    """Have a folder, and all below it, be called by an address from now on in this process."""
    _STANDING[os.path.realpath(folder)] = address.rstrip("/")


def address_of(path: Path) -> str | None:
    """Return the address that a path stands for, None for a path that is itself meant."""
    real = os.path.realpath(path) if _STANDING else ""
    for folder, address in _STANDING.items():
        if real == folder or real.startswith(folder + os.sep):
            return address + real[len(folder) :]
    return None


def folder_at(address: str) -> Path | None:
    """Return the path that stands for an address, None where none does in this process."""
    for folder, known in _STANDING.items():
        if address == known or address.startswith(f"{known}/"):
            return Path(folder + address[len(known) :])
    return None


def shown(path: Path) -> str:
    """Return a path as a text, an address where it stands for one."""
    return address_of(path) or str(path)


def with_addresses(text: str) -> str:
    """Return a text in which each folder that stands for an address is replaced by it."""
    for folder, address in _STANDING.items():
        text = text.replace(folder, address)
    return text
