"""The commands for runs that go on elsewhere: status, attach, cancel.

As in `app`, each imports what it needs when it is called.
"""

from pathlib import Path

import click

from harness.cli.shared_options import logdir_option, one_line_errors

EXAMPLE_STATUS = """\b
Examples:
  python -m harness status                      every study in logs/ that was run
  python -m harness status ablations            one of them
  python -m harness status --logdir /shared/logs
"""


@click.command(epilog=EXAMPLE_STATUS)
@click.argument("target", required=False, metavar="[STUDY|LOGDIR]")
@logdir_option
def status(target: str | None, logdir: Path) -> None:
    """Say of each study which run of it goes on, where, and how far it is; or how its last one ended."""
    from harness.cli.status import print_status

    with one_line_errors():
        raise SystemExit(print_status(target, logdir))


@click.command(epilog="\b\nExample:\n  python -m harness attach ablations\n")
@click.argument("target", required=False, metavar="[STUDY|LOGDIR]")
@logdir_option
def attach(target: str | None, logdir: Path) -> None:
    """Show a run that goes on elsewhere, until it ends; Ctrl-C leaves it alone.

    Exit status: the run's, and 1 where it was cut short; 130 for Ctrl-C.
    """
    from harness.cli.attach import attach

    with one_line_errors():
        raise SystemExit(attach(target, logdir))


@click.command(epilog="\b\nExample:\n  python -m harness cancel ablations\n")
@click.argument("target", required=False, metavar="[STUDY|LOGDIR]")
@logdir_option
@click.option("--now", is_flag=True, help="End running trials at once, not at the end of their epoch.")
def cancel(target: str | None, logdir: Path, now: bool) -> None:
    """Stop a run that goes on elsewhere, as Ctrl-C does, and wait until it has; running it again goes on from there.

    Exit status: 0 nothing runs any more, 2 it cannot be asked to stop.
    """
    from harness.cli.cancel import cancel

    with one_line_errors():
        raise SystemExit(cancel(target, logdir, now=now))


FOLLOWING: tuple[click.Command, ...] = (status, attach, cancel)
