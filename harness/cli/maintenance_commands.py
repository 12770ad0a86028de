"""The commands that keep house: rerun, remove, restore, purge, doctor.

As in `cli`, each imports what it needs when it is called.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.shared_options import LogPath, data_dir_option, logdir_option, one_line_errors
from harness.cli.terminal.lasting_output import output_is_told_only

trials_argument = click.argument("names", nargs=-1, metavar="[TRIAL]...")
filter_option = click.option("--filter", metavar="EXPR", help="Only trials for which this holds: 'status == \"failed\"'.")

EXAMPLE_REMOVE = """\b
Examples:
  python -m harness remove 3f9a1c                                one trial, by the beginning of its id
  python -m harness remove ablations/epochs-30                   all trials of a variant
  python -m harness remove --filter 'status == "failed"'         all that failed
  python -m harness restore ablations/epochs-30                  and back again
"""


@click.command(epilog="\b\nExample:\n  python -m harness rerun ablations/base/seed-0\n")
@click.argument("trial")
@click.option(
    "--study", type=LogPath(), help="The study's file, for a study outside of experiments/: the record's word is not enough."
)
@logdir_option
@data_dir_option
def rerun(trial: str, study: Path | None, logdir: Path, data_dir: Path | None) -> None:
    """Train TRIAL again as it is recorded, and say whether its numbers are the same bit for bit.

    Settings, seed, engine, threads and data are the record's. The record stays; the new run lies in LOGDIR/.reruns.
    Exit status: 0 the same, 1 not, 2 the call was wrong.
    """
    from harness.cli.rerun import rerun_trial

    output_is_told_only()
    with one_line_errors():
        raise SystemExit(rerun_trial(trial, study=study, logdir=logdir, data_dir=data_dir))


@click.command(epilog=EXAMPLE_REMOVE)
@trials_argument
@filter_option
@logdir_option
def remove(names: Sequence[str], **options: Any) -> None:
    """Move trials to the trash of the log folder: each TRIAL by path, name, id or the beginning of one."""
    from harness.cli.trash import remove_trials

    with one_line_errors():
        raise SystemExit(remove_trials(names, **options))


@click.command(epilog="\b\nExample:\n  python -m harness restore ablations/base/seed-0\n")
@trials_argument
@filter_option
@logdir_option
def restore(names: Sequence[str], **options: Any) -> None:
    """Bring trials back from the trash: each TRIAL as for remove."""
    from harness.cli.trash import restore_trials

    with one_line_errors():
        raise SystemExit(restore_trials(names, **options))


@click.command(epilog="\b\nExample:\n  python -m harness purge --yes\n")
@trials_argument
@filter_option
@logdir_option
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def purge(names: Sequence[str], **options: Any) -> None:
    """Delete what is in the trash for good: each TRIAL as for remove, everything where none is named."""
    from harness.cli.trash import purge_trash

    with one_line_errors():
        raise SystemExit(purge_trash(names, **options))


@click.command(epilog="\b\nExample:\n  python -m harness doctor --logdir logs\n")
@logdir_option
@data_dir_option
def doctor(logdir: Path, data_dir: Path | None) -> None:
    """Examine this machine and the log folder, and name the command that mends each thing found.

    Exit status: 0 healthy, 1 something was found.
    """
    from harness.cli.doctor import print_examination

    with one_line_errors():
        raise SystemExit(print_examination(logdir, data_dir=data_dir))


HOUSEKEEPING: tuple[click.Command, ...] = (rerun, remove, restore, purge, doctor)
