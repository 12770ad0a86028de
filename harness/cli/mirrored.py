"""A URL in the place of a folder: what the command line does with one before and after a command."""

from pathlib import Path

import click

from harness.errors import clean
from harness.mirror import finish_mirrors, local_path


def mirrored(url: str, context: click.Context | None) -> Path:
    """Return the folder that stands for a URL; at the command's end what it has changed is stored there."""
    folder = local_path(url, told=tell)
    if url.lower().startswith("memory:"):
        tell(
            "memory:// is this command's own memory: what is stored there is gone when it ends. A folder or a bucket keeps it."
        )
    if context is not None:
        context.find_root().call_on_close(finish_mirrors)
    return folder


def tell(line: str) -> None:
    """Print what the user should know of a log folder elsewhere, in a line of its own, from whichever thread."""
    click.echo(f"Note: {clean(line)}", err=True)
