"""The commands that look at results: reproduce, compare, show, diff, report, board, draw.

As in `app`, each imports what it needs when it is called.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.shared_options import LogPath, data_dir_option, format_option, logdir_option, one_line_errors, output_option


@click.command(epilog="\b\nExample:\n  python -m harness reproduce ablations\n")
@click.argument("study")
@logdir_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How to print it.",
)
@click.option("--details", is_flag=True, help="A line for each figure, with what was measured. [default: one a variant]")
def reproduce(study: str, logdir: Path, form: str, details: bool) -> None:
    """Hold the figures that are documented of STUDY, in STUDY.documented.csv beside its file, against the recorded ones."""
    from harness.cli.reproduce import print_reproduction

    with one_line_errors():
        print_reproduction(study, logdir=logdir, form=form, details=details)


EXAMPLE_COMPARE = """\b
Examples:
  python -m harness compare logs/ablations
  python -m harness compare logs/ablations --filter 'test_accuracy > 0.97 and seeds >= 3' --sort -test_accuracy
  python -m harness compare logs/ablations --format latex -o table.tex
  python -m harness compare before/runs.csv logs/ablations               two dates, with the difference
  python -m harness compare before/runs.csv logs/ablations --fail-on worse     for a build: status 1 if one is worse
"""


@click.command(epilog=EXAMPLE_COMPARE)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=LogPath())
@format_option
@click.option("--sort", metavar="COLUMN", help="Order by a column; -COLUMN: from the highest.")
@click.option("--descending", is_flag=True, help="Order from the highest.")
@click.option("--filter", metavar="EXPR", help="Only rows for which this holds: 'test_accuracy > 0.97 and seeds >= 3'.")
@click.option("--columns", multiple=True, metavar="COLUMN,...", help="Show these columns. [default: those that vary]")
@click.option("--all-columns", is_flag=True, help="Show every column.")
@click.option(
    "--epoch",
    type=click.Choice(["last", "best", "validation"]),
    default="last",
    show_default=True,
    help="Take each trial's values, and from them all differences and verdicts, of its last epoch, of the one best on the "
    "test samples (an optimistic choice), or of the one best on the validation samples. Another than the last needs log "
    "folders: a CSV file holds one epoch only.",
)
@click.option(
    "--study", "studies", multiple=True, metavar="FILE",
    help="Judge by this file of a study of your own as it is now. [default: as its last run declared it]",
)  # fmt: skip
@click.option(
    "--fail-on", "fail_on", type=click.Choice(["worse", "inconclusive"]), default=None,
    help="For a build: status 1 where a later PATH is worse than the first in a variant, over the seeds that both have; "
    "`inconclusive`: also where they do not show that it is as good.",
)  # fmt: skip
@output_option
def compare(paths: Sequence[Path], form: str, output: str, fail_on: str | None, **choice: Any) -> None:
    """Compare the variants at PATH, or of several paths side by side.

    A PATH is LOGDIR, LOGDIR/STUDY, a summary.csv or a runs.csv.
    """
    from harness.cli.compare import compare as compare_paths
    from harness.cli.compare_choice import CompareOptions

    with one_line_errors():
        if not compare_paths(paths, CompareOptions(**choice), form=form, output=output, fail_on=fail_on or ""):
            raise SystemExit(1)


@click.command(epilog="\b\nExamples:\n  python -m harness show ablations/base/seed-0\n  python -m harness show 3f9a1c\n")
@click.argument("trial")
@logdir_option
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True, help="How to write it."
)
@output_option
def show(trial: str, **options: Any) -> None:
    """Show the record of TRIAL: its path, its id, or a beginning of either that fits no other."""
    from harness.cli.show import show as show_trial

    with one_line_errors():
        show_trial(trial, **options)


@click.command(epilog="\b\nExample:\n  python -m harness diff base/seed-0 epochs-15/seed-0\n")
@click.argument("first", metavar="TRIAL")
@click.argument("second", metavar="TRIAL")
@logdir_option
@format_option
@output_option
def diff(first: str, second: str, **options: Any) -> None:
    """Say what differs between two trials: settings, architecture, data, environment, cost, results."""
    from harness.cli.show import diff as diff_trials

    with one_line_errors():
        diff_trials(first, second, **options)


@click.command(epilog="\b\nExamples:\n  python -m harness board\n  python -m harness board keras-mlp --logdir logs\n")
@click.argument("study", default="")
@logdir_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on. [default: 6006 or the next free one]")
@click.option(
    "--host", default="localhost", show_default=True, help="Address to bind to; anything else lets other machines in."
)
def board(study: str, logdir: Path, port: int | None, host: str) -> None:
    """Serve TensorBoard over the log folder, or over one STUDY in it, on localhost:6006.

    It prints what there is to see of each study, with the address that opens it.
    """
    from harness.cli.board import show_board

    with one_line_errors():
        show_board(study, logdir=logdir, port=port, host=host)


EXAMPLE_REPORT = """\b
Examples:
  python -m harness report logs/ablations                          ablations.html, here
  python -m harness report logs/ablations --output report.pdf
  python -m harness report logs --bundle site                      every study, for a web server
"""


@click.command(epilog=EXAMPLE_REPORT)
@click.argument("path", type=LogPath())
@click.option("--output", "-o", metavar="FILE", help="Where to write it. [default: STUDY.html]")
@click.option(
    "--format", "form", type=click.Choice(["html", "md", "pdf", "ipynb"]),
    help="What to write; pdf needs a browser on this machine. [default: as --output ends, else html]",
)  # fmt: skip
@click.option("--bundle", metavar="DIR", help="Write all studies below PATH into a folder of pages, with a list of them.")
def report(path: Path, output: str | None, form: str | None, bundle: str | None) -> None:
    """Write the study at PATH, LOGDIR/STUDY, into one file to send: it opens from disk, and asks no server for anything."""
    from harness.cli.report import report as write

    with one_line_errors():
        write(path, output=output, form=form, bundle=bundle)


EXAMPLE_DRAW = """\b
Examples:
  python -m harness draw
  python -m harness draw --model mnist-cnn/base --model ablations/neurons-64 --lang zh
"""


@click.command(epilog=EXAMPLE_DRAW)
@click.option("--model", "models", multiple=True, metavar="STUDY/VARIANT", help="A saved model that answers; repeatable.")
@logdir_option
@data_dir_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on. [default: any that is free]")
@click.option(
    "--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the page."
)
@click.option("--yes", "-y", is_flag=True, help="Where no model is saved, train the default ones without asking.")
def draw(models: Sequence[str], **options: Any) -> None:
    """Open a page on which one draws a digit, and trained models answer side by side; on this machine alone.

    A study keeps its models with `run STUDY --save-models`.
    """
    from harness.cli.draw import draw as open_page

    with one_line_errors():
        open_page(models, **options)


LOOKING: tuple[click.Command, ...] = (reproduce, compare, show, diff, report, board, draw)
