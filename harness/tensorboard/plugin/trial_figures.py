"""The figures that a trial has drawn, out of its event files: the last one of each name."""

from pathlib import Path

from harness.tensorboard.event_check import events
from harness.tensorboard.event_file import event_files

MOST_FIGURES = 12
MOST_BYTES = 2 << 20  # of one
_PNG = b"\x89PNG"


def trial_figures(run: Path) -> list[tuple[str, bytes]]:
    """Return the name and the PNG of each figure in a run's folder, in the order in which they were drawn first."""
    found: dict[str, bytes] = {}
    for path in sorted(event_files(run)):
        for event in events(path):
            for value in event.summary.value:
                parts = value.tensor.string_val  # width, height, and the pictures of a batch
                if len(parts) > 2 and parts[2].startswith(_PNG) and len(parts[2]) <= MOST_BYTES:
                    found[value.tag] = parts[2]
    return list(found.items())[:MOST_FIGURES]
