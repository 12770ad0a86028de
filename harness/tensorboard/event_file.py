"""One TensorBoard event file: whole records, written at once, errors where they happen; no TensorFlow."""

import errno
import os
import platform
import time
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from harness.records import ForeignPathError

FILE_VERSION = "brain.Event:2"
NAME_PATTERN = "events.out.tfevents.*"
_CLOSED = -1  # in the place of a descriptor


class EventFile:
    """A new event file in a folder, which is made if it is missing.

    TensorBoard's own writers hand records to a background thread and notice neither a full disk nor a folder that
    is gone. Here records wait in memory until `flush`, which writes them in one piece or raises OSError; after an
    error the file still ends with a whole record. A file belongs to one writer and one thread.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.is_symlink():  # what it leads to is not ours
            raise ForeignPathError(errno.ELOOP, "A symbolic link in the place of a run's folder", str(folder))
        self._started, self._monotonic = time.time(), time.monotonic()
        self.path, self._descriptor = _create(folder, self._started)
        self._size = 0
        self._pending = BytesIO()
        self._records = RecordWriter(self._pending)
        self._append(Event(wall_time=self._started, file_version=FILE_VERSION))
        try:
            self.flush()
        except OSError:
            self._release()
            raise

    def __enter__(self) -> "EventFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def add_summary(self, summary: Summary, *, step: int = 0) -> None:
        """Keep a summary for the next flush."""
        self._append(Event(wall_time=self.now(), step=step, summary=summary))

    def add_graph(self, graph: bytes) -> None:
        """Keep a serialized GraphDef, the run's op graph, for the next flush."""
        self._append(Event(wall_time=self.now(), graph_def=graph))

    def add(self, event: Event) -> None:
        """Keep a whole event, one read of another file for example, for the next flush."""
        self._append(event)

    def flush(self) -> None:
        """Write what is waiting; OSError if the file cannot hold it or is no longer in its folder."""
        data = self._pending.getvalue()
        # Dropped before they are written: a record that failed once must not fail again at close.
        self._pending.seek(0)
        self._pending.truncate()
        self._require_present()
        if data:
            self._write(data)

    def close(self) -> None:
        """Flush and close; OSError as `flush`. Closing twice does nothing."""
        if self._descriptor == _CLOSED:
            return
        try:
            self.flush()
        finally:
            self._release()

    def abandon(self) -> None:
        """Close after an error of somebody else's: write what can be written and raise nothing."""
        with suppress(OSError):  # the error under way says more than a second one of the same cause
            self.close()

    def now(self) -> float:
        """Return the wall time in seconds, which moves on evenly from the file's creation."""
        # The wall clock may jump during a run; the curve over time must not.
        return self._started + time.monotonic() - self._monotonic

    def _append(self, event: Event) -> None:
        self._records.write(event.SerializeToString())

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:  # a nearly full disk takes a part without an error
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            os.ftruncate(self._descriptor, self._size)
            raise OSError(error.errno, error.strerror, str(self.path)) from None
        self._size += len(data)

    def _require_present(self) -> None:
        here = os.fstat(self._descriptor)
        if not os.path.samestat(here, os.stat(self.path)):  # raises by itself if there is no such path any more
            raise FileNotFoundError(2, "The event file was replaced while it was being written", str(self.path))

    def _release(self) -> None:
        os.close(self._descriptor)
        self._descriptor = _CLOSED


def event_files(folder: Path, *, recursive: bool = False) -> Iterator[Path]:
    """Yield the event files in a folder, or in and below it."""
    yield from folder.rglob(NAME_PATTERN) if recursive else folder.glob(NAME_PATTERN)


def _create(folder: Path, now: float) -> tuple[Path, int]:
    stem = f"events.out.tfevents.{int(now):010d}.{platform.node() or 'localhost'}.{os.getpid()}"
    counter = 0
    while True:
        path = folder / f"{stem}.{counter}"
        try:
            return path, os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        except FileExistsError:
            counter += 1
