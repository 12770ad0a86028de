"""The commands that train beside `run`: variance.

As in `app`, each imports what it needs when it is called.
"""

from typing import Any

import click

from harness.cli.shared_options import MOST_JOBS, data_dir_option, logdir_option, one_line_errors
from harness.cli.terminal.lasting_output import output_is_told_only

EXAMPLE_VARIANCE = """\b
Examples:
  python -m harness variance ablations --dry-run                     what it would train, and how long that takes
  python -m harness variance ablations                               initial weights and order, four seeds of each
  python -m harness variance ablations --variant neurons-512         and of its difference from its control
  python -m harness variance my_study.py --sources init,order,split --levels 3
"""


@click.command(epilog=EXAMPLE_VARIANCE)
@click.argument("study")
@click.option("--variant", default="", metavar="VARIANT", help="This variant and its control. [default: the base]")
@click.option(
    "--sources", default="init,order", show_default=True, metavar="SOURCE,…", help="Two or more of init, order, dropout, split."
)
@click.option("--levels", type=click.IntRange(min=2, max=100), default=4, show_default=True, help="Seeds of each source.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting of the base; repeatable.")
@click.option("--dataset", default="auto", show_default=True, metavar="NAME", help="The base's dataset.")
@data_dir_option
@logdir_option
@click.option("--jobs", type=click.IntRange(min=1, max=MOST_JOBS), help="Worker processes. [default: all that fit]")
@click.option("--dry-run", is_flag=True, help="Print the plan and train nothing.")
def variance(study: str, **options: Any) -> None:
    """Say which source of randomness makes how much of STUDY's spread between seeds.

    Each seed of a source meets each of the others: four of two sources are 16 trainings. Results lie in
    LOGDIR/STUDY.cross-init4+order4.
    """
    from harness.cli.study_runs import run_studies
    from harness.cli.variance import variance_request

    output_is_told_only()
    with one_line_errors():
        raise SystemExit(run_studies([study], variance_request(**options)))


TRAINING: tuple[click.Command, ...] = (variance,)
