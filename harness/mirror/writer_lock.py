"""One writer per study across machines: an object in the store that is written only where there is none.

The store's conditional write decides (on S3: If-None-Match). A lock is refreshed while it is held, and may be taken over
once it was not for some minutes, or at once where its owner was a process of this very machine that has ended.
"""

import json
import os
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.mirror.manifest import LOCK_FILE
from harness.mirror.stores import Store, StoreError
from harness.records import program

REFRESH_SECONDS = 30.0
STALE_SECONDS = 300.0  # by the clocks of two machines: far above what they differ by
SETTLE_SECONDS = 1.0  # two that take over one lock at once both see, after that, whose it is
_TRIES = 3


class LockLostError(StoreError):
    """Another machine has taken the lock over."""


class WriterLock:
    """The lock of a study in a store."""

    def __init__(self, store: Store, study: str, *, told: Callable[[str], None]) -> None:
        self._store, self._study, self._told = store, study, told
        self._path = f"{study}/{LOCK_FILE}"
        self._owner = {
            "id": uuid.uuid4().hex,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": time.strftime("%Y-%m-%d %H:%M:%S"),
            "machine": _machine(),
        }
        self._refreshed = 0.0

    def acquire(self) -> None:
        """Take the lock; UsageError names the process and host that holds it, StoreError says why it cannot be had."""
        for _ in range(_TRIES):
            taken = self._created()
            other = None if taken else self._read()
            if taken:
                self._refreshed = time.monotonic()
                return
            if other is None:  # let go in between
                continue
            if not _is_over(other):
                raise self._held(other)
            self._store.remove(self._path)
            if self._created():
                self._settle()
                return
        raise self._held(self._read() or {})

    def keep(self, *, now: bool = False) -> None:
        """Refresh the lock if it is time to, or now; LockLostError where another one has it by now."""
        if not now and time.monotonic() - self._refreshed < REFRESH_SECONDS:
            return
        found = self._read()
        if found is not None and found.get("id") != self._owner["id"]:
            raise LockLostError(f"{self._named()} was taken over by {_name(found)}, as this one had not been heard for long.")
        self._store.write(self._path, self._body())
        self._refreshed = time.monotonic()

    def release(self) -> None:
        """Let the lock go, if it is ours; one that cannot be reached is stale soon."""
        with suppress(StoreError):
            if (self._read() or {}).get("id") == self._owner["id"]:
                self._store.remove(self._path)

    def _created(self) -> bool:
        """Write the lock if there is none, and look whether the store really keeps to that."""
        try:
            if not self._store.create(self._path, self._body()):
                return False
            if not self._store.create(self._path, self._body()):
                return True
        except NotImplementedError:
            pass
        self._told(
            f"{self._store.url} has no conditional writes: two machines that start a study in the same second both write it."
        )
        found = self._read()
        if found is not None and found.get("id") != self._owner["id"] and not _is_over(found):
            raise self._held(found)
        self._store.write(self._path, self._body())
        self._settle()
        return True

    def _settle(self) -> None:
        time.sleep(SETTLE_SECONDS)
        found = self._read() or {}
        if found.get("id") != self._owner["id"]:
            raise self._held(found)
        self._refreshed = time.monotonic()

    def _body(self) -> bytes:
        return json.dumps(self._owner | {"refreshed": time.time()}).encode()

    def _read(self) -> dict[str, Any] | None:
        """Return who holds the lock, None where nobody does; what is no lock of ours is one that nobody refreshes."""
        content = self._store.find(self._path)
        if content is None:
            return None
        try:
            found = json.loads(content)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _named(self) -> str:
        return f"Study folder {f'{self._store.url}/{self._study}'!r}"

    def _held(self, other: dict[str, Any]) -> UsageError:
        return UsageError(
            f"{self._named()} is being written by {_name(other)}; expected one run at a time. Wait for its end, or name "
            f"another folder with --logdir. If that machine is gone: {STALE_SECONDS / 60:.0f} minutes after its last sign "
            f"{program()} takes over."
        )


def _name(owner: dict[str, Any]) -> str:
    if "pid" not in owner:
        return "another process"
    return f"process {owner['pid']} on host {owner.get('host')}, since {owner.get('since')}"


def _is_over(owner: dict[str, Any]) -> bool:
    """Say whether a lock's owner has ended, or was not heard of for too long."""
    refreshed, pid = owner.get("refreshed"), owner.get("pid")
    if not isinstance(refreshed, (int, float)) or time.time() - refreshed > STALE_SECONDS:
        return True
    return bool(owner.get("machine")) and owner["machine"] == _machine() and isinstance(pid, int) and not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass
    try:  # one that has ended and that nobody has asked for its status writes no more
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return True


def _machine() -> str:
    """Return what a process number is of: this start of this machine, and its space of numbers; empty where none tells."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
