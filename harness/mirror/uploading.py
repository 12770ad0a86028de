"""A study that is written here and stored elsewhere: locked on both sides, and stored while it grows."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, one_line
from harness.mirror.manifest import manifest_of
from harness.mirror.mirrors import Mirror, mirror_of
from harness.mirror.sync import changed_here, pull, push
from harness.mirror.writer_lock import LockLostError, WriterLock
from harness.records import one_writer

TICK_SECONDS = 3.0
LAST_TRIES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds between the tries at the end


@dataclass(slots=True)
class Held:
    """A study's folder that is held; stored: whether, once it was let go, all of it is where it belongs."""

    stored: bool = True


@contextmanager
def hold_study(folder: Path) -> Iterator[Held]:
    """Hold a study's folder as `one_writer` does; that of a mirror also in its store, and store there what is written.

    What another machine has stored of it is here when the block begins; what is written in it is there when it ends, or
    said to be kept on this machine. UsageError names who holds it already.
    """
    held = Held()
    with one_writer(folder):
        mirror = mirror_of(folder)
        if mirror is None:
            yield held
            return
        study = mirror.path_of(Path(folder.resolve()))
        lock = WriterLock(mirror.sides.store, study, told=mirror.told)
        lock.acquire()
        try:
            with manifest_of(mirror.home) as manifest:
                manifest.studies.add(study)
                notes = pull(mirror.sides, manifest, study)
            for note in notes:
                mirror.told(note)
            with _Uploads(mirror, study, lock, held):
                yield held
        finally:
            lock.release()


class _Uploads:
    """Stores what grows in a study's folder, by a thread; a fault is tried again, and never the end of what is written."""

    def __init__(self, mirror: Mirror, study: str, lock: WriterLock, held: Held) -> None:
        self._mirror, self._study, self._lock, self._held = mirror, study, lock, held
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._store_on, name="uploads", daemon=True)
        self._unsure = False  # whether the store may have lost what it was given: it was away

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Store the rest, trying for a minute; what cannot be stored stays, which is said in one line."""
        self._stop.set()
        fault = "it was stopped"
        try:
            self._thread.join()
            fault = self._last_tries()
        finally:
            if fault:
                self._held.stored = False
                self._tell_kept(fault)

    def _store_on(self) -> None:
        pause = TICK_SECONDS
        while not self._stop.wait(pause):
            began = time.monotonic()
            try:
                self._store(verify=self._unsure)
                self._unsure = False
            except LockLostError:
                return  # said at the end, where it is met again
            except Exception:  # whatever a store's package raises: the run goes on, the next tick tries again
                self._unsure = True
            pause = max(TICK_SECONDS, time.monotonic() - began)

    def _last_tries(self) -> str:
        """Store all that is not stored; return why that failed, empty where it did not."""
        for place, pause in enumerate((*LAST_TRIES, None)):
            try:
                self._store(verify=True)
            except LockLostError as error:
                return one_line(error)
            except Exception as error:
                fault = one_line(error)
                if pause is None:
                    break
                if not place:
                    self._mirror.told(f"{fault} It is tried for another minute.")
                time.sleep(pause)
            else:
                return ""
        return fault

    def _store(self, *, verify: bool) -> None:
        self._lock.keep(now=verify)
        with manifest_of(self._mirror.home) as manifest:
            push(self._mirror.sides, manifest, [self._study], verify=verify)

    def _tell_kept(self, fault: str) -> None:
        root = self._mirror.sides.root
        try:
            with manifest_of(self._mirror.home) as manifest:
                new, gone = changed_here(root, manifest, self._study)
            count = str(len(new) + len(gone))
        except (OSError, UsageError):  # the disk of this machine: that is said elsewhere
            count = "Some"
        url = self._mirror.sides.store.url
        self._mirror.told(
            f"{count} changes are not stored in {url}/{self._study} ({fault.rstrip('.')}). All is kept in "
            f"{root / self._study}; the next command with this URL stores it."
        )
