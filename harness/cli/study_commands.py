"""The commands for writing studies: new, check, plan, list.

As in `app`, each imports what it needs when it is called.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.shared_options import MOST_JOBS, Above, data_dir_option, logdir_option, one_line_errors
from harness.cli.terminal.lasting_output import output_is_told_only

EXAMPLE_CHECK = """\b
Examples:
  python -m harness check my_study.py
  python -m harness check my_study.py --set epochs=1 --only no-dropout
  python -m harness check all
"""


EXAMPLE_NEW = """\b
Examples:
  python -m harness new my-study                 a model and arrays
  python -m harness new my-study --datasets      tf.data pipelines, generators, anything that fit takes
  python -m harness new my-study --train         a training of your own, in any framework
  python -m harness new train.py                 a script that stays as it is, with the flags that it has
"""


@click.command(epilog=EXAMPLE_NEW)
@click.argument("name")
@click.option("--arrays", "kind", flag_value="arrays", default=True, help="A model of yours and arrays. [default]")
@click.option("--datasets", "kind", flag_value="datasets", help="A model of yours and pipelines.")
@click.option("--train", "kind", flag_value="train", help="A training of yours.")
@click.option("--command", "script", default="", metavar="SCRIPT", help="A script of yours, which is run as it is.")
@click.pass_context
def new(ctx: click.Context, name: str, kind: str, script: str) -> None:
    """Write a study named NAME into the working folder: a file that runs as it stands, to put your own into.

    Where NAME is a script, its flags become the study's settings, with their defaults.
    """
    from harness.cli.new import write_study

    program = str(ctx.find_root().info_name)
    with one_line_errors():
        path = write_study(name, kind=kind, script=script, program=program)
    click.echo(f"Wrote {path}. Next: {program} check {path}")


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


EXAMPLE_PLAN = """\b
Examples:
  python -m harness plan ablations
  python -m harness plan ablations --see 0.01              for a difference of one point
  python -m harness plan my_study.py --see 5 --std 8       in the unit of the study's metric
"""


@click.command(epilog=EXAMPLE_PLAN)
@click.argument("study")
@logdir_option
@click.option(
    "--see", type=Above(), metavar="DIFFERENCE",
    help="The difference to be found, in the metric's unit: 0.005 is half a point of an accuracy. [default: 5/3 of the margin]",
)  # fmt: skip
@click.option(
    "--std", type=Above(), metavar="SPREAD", help="How a difference varies between seeds. [default: as recorded under LOGDIR]"
)
@click.option("--jobs", type=click.IntRange(min=1, max=MOST_JOBS), help="Workers. [default: as many as cores]")
def plan(study: str, **options: Any) -> None:
    """Say what so many seeds of STUDY can show, and what they cost, before any is trained."""
    from harness.cli.power import print_power

    with one_line_errors():
        print_power(study, **options)


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


AUTHORING: tuple[click.Command, ...] = (new, check, plan, list_studies)
