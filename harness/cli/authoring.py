"""The commands for writing studies: new, check, list.

As in `app`, each imports what it needs when it is called.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.options import data_dir_option, logdir_option, one_line_errors
from harness.cli.terminal.lasting_output import output_is_told_only

EXAMPLE_CHECK = """\b
Examples:
  python -m harness check my_study.py
  python -m harness check my_study.py --set epochs=1 --only no-dropout
  python -m harness check all
"""


@click.command(epilog=EXAMPLE_CHECK)
@click.argument("studies", nargs=-1, required=True, metavar="STUDY...")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting of the base; repeatable.")
@click.option("--only", multiple=True, metavar="VARIANT", help="Look at this variant and the controls it needs; repeatable.")
@click.option("--dataset", default="auto", show_default=True, metavar="NAME", help="The base's dataset.")
@data_dir_option
def check(studies: Sequence[str], **options: Any) -> None:
    """Say whether each STUDY can be run: whether its models build, its data fit, and every variant changes something.

    Nothing is trained and nothing is written. Exit status: 0 sound, 2 not.
    """
    from harness.cli.check import check_studies

    output_is_told_only()
    with one_line_errors():
        raise SystemExit(check_studies(studies, **options))


@click.command("list")
@click.argument("study", required=False)
@logdir_option
def list_studies(study: str | None, logdir: Path) -> None:
    """List the studies of experiments/, or what STUDY teaches and its variants.

    Times are for this machine: as recorded under LOGDIR, else a rough guess.
    """
    from harness.cli.list import print_studies, print_study

    with one_line_errors():
        print_study(study, logdir=logdir) if study else print_studies(logdir)


AUTHORING: tuple[click.Command, ...] = (check, list_studies)
