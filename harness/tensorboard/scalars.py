"""Reading scalars back from event files, whichever framework has written them."""

from fnmatch import fnmatch
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

from harness.tensorboard.event_file import event_files

Points = list[tuple[int, float]]  # each value with its step, in the order of their writing


def read_scalars(folder: Path, pattern: str = "*") -> dict[str, Points]:
    """Return the scalars of all event files below a folder whose paths there match a pattern, by RUN/TAG.

    A run is the folder of a file, from this folder on; of a file in the folder itself the name is the tag alone.
    """
    found: dict[str, Points] = {}
    for path in sorted(event_files(folder, recursive=True)):
        inside = path.relative_to(folder)
        if not fnmatch(str(inside), pattern):
            continue
        run = "" if inside.parent == Path() else f"{inside.parent.as_posix()}/"
        for event in EventFileLoader(str(path)).Load():
            for value in event.summary.value:
                if value.metadata.plugin_data.plugin_name in ("scalars", "") and value.HasField("tensor"):
                    number = tensor_util.make_ndarray(value.tensor)
                    if number.size == 1 and number.dtype.kind in "fiu":
                        found.setdefault(f"{run}{value.tag}", []).append((event.step, float(number.reshape(())[()])))
    return found
