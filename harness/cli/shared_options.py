"""What several commands of the command line share: options of one meaning, and errors of one line."""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

MOST_SEEDS = 10_000
MOST_JOBS = 1_000
URL_MARK = "://"
LONGEST_ERROR = 2_000  # characters; what quotes a hostile name is one line all the same, not a page


class FilePath(click.Path):
    """A path of this machine, of which the call alone can tell whether it is right; one with a NUL never is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; click's error where it holds a NUL, which no file's name can, and for a URL."""
        if isinstance(value, str) and "\0" in value:
            self.fail(f"{value!r} holds a NUL; expected a path.", param, ctx)
        if isinstance(value, str) and URL_MARK in value:
            self.fail("A URL stands here; expected a path of this machine.", param, ctx)
        return super().convert(value, param, ctx)


class Above(click.FloatRange):
    """A number above zero, and finite."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; click's error for NaN and infinity, too."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{number} is no finite number.", param, ctx)
        return number


class LogPath(FilePath):
    """A log folder or what lies in one: a path, or a URL, for which a folder of this machine stands.

    A `~` at its beginning is the user's folder, which a shell says for itself but in `--logdir=~/logs`.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; of a URL the one that stands for it, with what its store has by now."""
        if not isinstance(value, str) or URL_MARK not in value:
            home = os.path.expanduser(value) if isinstance(value, str) else value
            return super().convert(home, param, ctx)
        from harness.cli.mirrored import mirrored

        with one_line_errors():
            return mirrored(value, ctx)


class Seconds(click.FloatRange):
    """A duration: a range of numbers, NaN and infinity apart."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the seconds; click's error for NaN, which is neither above nor below zero, and for infinity."""
        seconds = super().convert(value, param, ctx)
        if not math.isfinite(seconds):
            self.fail(f"{seconds} is no finite number of seconds.", param, ctx)
        return seconds


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one line and exit status 2.

    What the system refuses, such as a name too long or one open file too many, is one wherever it comes from.
    """
    from harness.errors import UsageError, one_line
    from harness.records import reason, with_addresses

    try:
        yield
    except UsageError as error:
        said = one_line(error)
    except OSError as error:
        said = f"{one_line(OSError(reason(error)))}."
    else:
        return
    said = with_addresses(said)
    if len(said) > LONGEST_ERROR:  # what is wrong is said behind what was received, which may be of any length
        said = f"{said[: LONGEST_ERROR // 2]} … {said[-LONGEST_ERROR // 2 :]}"
    click.echo(f"Error: {said}", err=True)
    raise SystemExit(2) from None


logdir_option = click.option(
    "--logdir",
    type=LogPath(),
    default=Path("logs"),
    show_default=True,
    help="Where results lie: a folder, or a URL such as s3://bucket/logs.",
)
data_dir_option = click.option(
    "--data-dir",
    type=FilePath(),
    envvar="HARNESS_DATA_DIR",
    help="Folder of datasets (mnist/train-images-idx3-ubyte.gz …); also HARNESS_DATA_DIR.",
)
seeds_option = click.option(
    "--seeds",
    type=click.IntRange(min=1, max=MOST_SEEDS),
    default=5,
    show_default=True,
    help="Train every variant with seeds 0 … N-1.",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "markdown", "latex", "json"]),
    default="table",
    show_default=True,
    help="How to write it.",
)
output_option = click.option(
    "-o", "--output", default="-", show_default=True, metavar="FILE", help="Where to write it; - is standard output."
)
