"""Whether an event file is whole, and what it begins with, by TensorBoard's own record reader; no TensorFlow."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.tensorflow_stub import errors
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import PyRecordReader_New


def readable_records(path: Path) -> tuple[int, str]:
    """Return how many records can be read from a file's beginning, and what stops the reading there, if anything does.

    TensorBoard shows that many and says nothing of the rest.
    """
    count = 0
    try:
        reader = PyRecordReader_New(str(path))
        while True:
            reader.GetNext()
            count += 1
    except errors.OutOfRangeError:
        return count, "" if count else "it is empty"
    except (errors.DataLossError, errors.NotFoundError) as error:
        return count, str(error.message).removeprefix(f"{path} ")
    except OSError as error:
        return count, error.strerror or str(error)
    except (MemoryError, OverflowError):  # a length that no file has
        return count, "the length of a record cannot be right"


def events(path: Path, *, most: int | None = None) -> list[Event]:
    """Return a file's events, as many as can be read; most: no more than so many, the first ones."""
    found: list[Event] = []
    with suppress(errors.OpError, OSError):
        found.extend(Event.FromString(record) for record in islice(_records(path), most))
    return found


def _records(path: Path) -> Iterator[bytes]:
    reader = PyRecordReader_New(str(path))
    while True:
        reader.GetNext()
        yield reader.record()
