"""The command line: parses, calls one function, prints.

Nothing heavy is imported until a command needs it, so that --help is immediate.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from harness.cli.design_options import until_settled_options, with_options
from harness.cli.groups import WORDS, ExampleGroup, Group
from harness.cli.maintenance_commands import HOUSEKEEPING
from harness.cli.result_commands import LOOKING
from harness.cli.run_commands import FOLLOWING
from harness.cli.shared_options import (
    MOST_JOBS,
    Seconds,
    data_dir_option,
    logdir_option,
    one_line_errors,
    seeds_option,
)
from harness.cli.study_commands import AUTHORING
from harness.cli.terminal.lasting_output import output_is_told_only, plain_characters
from harness.cli.training_commands import TRAINING
from harness.errors import INTERRUPTED_STATUS
from harness.runs import EXECUTORS
from harness.study import LOGS

EXAMPLE_RUN = """\b
Examples:
  python -m harness run ablations                      the whole study, five seeds
  python -m harness run ablations --seeds 1            a first look
  python -m harness run ablations --until-settled      more seeds, where they decide something
  python -m harness run ablations --only early-stop    one variant and the controls it needs
  python -m harness run ablations --vary init,order    seeds of initial weights and order alone
  python -m harness run ablations --set epochs=1       a base that trains one epoch
  python -m harness run my_study.py --dry-run          what a study of your own would do
  python -m harness run ablations --detach             go on without this terminal
  python -m harness run ablations --executor slurm --slurm partition=cpu,time=2:00:00
  python -m harness run ablations --executor ray --address auto    on the nodes of a Ray cluster
  python -m harness run all --dry-run                  what every study of experiments/ would take
"""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="ablation-harness", prog_name="harness")
def main() -> None:
    """Ablation studies one can trust: fast, paired, corrected, and seen in TensorBoard."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a file's name may hold bytes that no encoding can print
            stream.reconfigure(errors=plain_characters())


@main.command(epilog=EXAMPLE_RUN)
@click.argument("studies", nargs=-1, required=True, metavar="STUDY...")
@logdir_option
@seeds_option
@with_options(until_settled_options)
@click.option("--jobs", type=click.IntRange(min=1, max=MOST_JOBS), help="Worker processes. [default: as many as cores]")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="Change a setting of the base; repeatable.")
@click.option("--only", multiple=True, metavar="VARIANT", help="Run this variant and the controls it needs; repeatable.")
@click.option(
    "--vary",
    default="",
    metavar="SOURCE,…",
    help="Move only these with the seeds, the others stay at 0: init, order, dropout, split. [default: all together]",
)
@click.option("--force", is_flag=True, help="Train also what is recorded already.")
@click.option("--dry-run", is_flag=True, help="Print the plan and train nothing.")
@click.option(
    "--dataset", default="auto", show_default=True, metavar="NAME", help="The base's dataset, and no stand-in for it."
)
@data_dir_option
@click.option(
    "--engine", type=click.Choice(["auto", "xla", "graph", "fit"]), default="auto", show_default=True, help="How an epoch runs."
)
@click.option("--executor", type=click.Choice(tuple(EXECUTORS)), default="local", show_default=True, help="Where trials run.")
@click.option("--address", metavar="HOST:PORT", help="Of a Ray cluster, or auto. [default: one on this machine]")
@click.option(
    "--slurm",
    multiple=True,
    metavar="KEY=VALUE,…",
    help="What Slurm is asked for: partition, time, cpus, gpus, mem, …; repeatable.",
)
@click.option(
    "--log",
    type=click.Choice(tuple(LOGS)),
    multiple=True,
    help=f"Log also {'; '.join(f'{name}: {what}' for name, what in LOGS.items())}. Repeatable.",
)
@click.option("--save-models", is_flag=True, help="Keep each trial's trained model, as `draw` needs it: --log models.")
@click.option("--max-seconds", type=Seconds(min=0, min_open=True), help="End a trial that runs longer than this.")
@click.option(
    "--checkpoint-seconds",
    type=Seconds(min=0),
    default=60.0,
    show_default=True,
    help="Keep a running trial's state this often, so that its next attempt goes on from there.",
)
@click.option("--detach", is_flag=True, help="Go on without this terminal: see status, attach, cancel.")
@click.pass_context
def run(ctx: click.Context, /, studies: Sequence[str], *, detach: bool = False, **options: Any) -> None:
    """Run each STUDY: a name in experiments/, the path of a file, or `all` for every study of experiments/.

    Trains what is not recorded yet, logs it for TensorBoard, and writes LOGDIR/STUDY/summary.csv and runs.csv.

    Several studies run one after another; Ctrl-C ends them all. Then --set changes those that have the setting,
    --dataset those that can be run on it, and --only leaves out those that have none of the variants. What fits none
    of them is an error.

    Exit status, of several the worst: 0 all went as expected, 1 a trial did not, 2 the call was wrong, 130 interrupted.
    """
    from harness.cli.detach import DETACHED, run_detached, status_kept
    from harness.cli.run_choices import as_request
    from harness.cli.study_runs import run_studies

    output_is_told_only()
    log = os.environ.pop(DETACHED, "")
    with status_kept(log), one_line_errors():
        request = as_request(output=log, **options)
        if detach and not log:
            raise SystemExit(run_detached(studies, request, ctx.meta[WORDS]))
        raise SystemExit(run_studies(studies, request))


@main.command(
    epilog="\b\nExamples:\n  python -m harness questions                   all of the course's, and what the records say\n"
    "  python -m harness questions 6 --run           the sixth, after training what it still needs\n"
    "  python -m harness questions --quiz            asks you first\n"
    "  python -m harness questions --study mine.py   those in mine.questions.en.toml\n"
)
@click.argument("number", required=False, type=int)
@click.option("--study", metavar="STUDY", help="A name in experiments/ or the path of a file. [default: ablations]")
@logdir_option
@click.option("--run", "run_missing", is_flag=True, help="First train what the question needs and is not recorded yet.")
@seeds_option
@data_dir_option
@click.option("--quiz", is_flag=True, help="Ask first, and show answer and evidence after yours.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language.")
@click.pass_context
def questions(
    ctx: click.Context, /, number: int | None, *, run_missing: bool, seeds: int, data_dir: Path | None, **shown: Any
) -> None:
    """Answer a study's questions from the records: all of them in short, or question NUMBER whole.

    They lie beside the study's file, in STUDY.questions.en.toml.
    """
    from harness.cli.questions import ASKED, needed_variants, print_questions

    with one_line_errors():
        if run_missing:
            only, study = needed_variants(number, study=shown["study"]), shown["study"] or ASKED
            try:
                ctx.invoke(run, studies=(study,), logdir=shown["logdir"], seeds=seeds, data_dir=data_dir, only=only)
            except SystemExit as ended:
                if ended.code not in (0, 1):  # 1: a trial did not do what was expected, which is evidence too
                    raise
        try:
            print_questions(number, **shown)
        except click.Abort:  # Ctrl-C, or the end of the input, in place of an answer
            raise SystemExit(INTERRUPTED_STATUS) from None


@main.group(cls=ExampleGroup, invoke_without_command=True)
@data_dir_option
@click.pass_context
def data(ctx: click.Context, data_dir: Path | None) -> None:
    """List which datasets are where, verified or not."""
    if ctx.invoked_subcommand is None:
        from harness.cli.data import print_datasets

        with one_line_errors():
            print_datasets(data_dir)


@data.command(epilog="\b\nExample:\n  python -m harness data fetch mnist\n")
@click.argument("names", nargs=-1)
def fetch(names: Sequence[str]) -> None:
    """Download datasets into the cache of Keras or of scikit-learn: NAMES, or all that can be downloaded."""
    from harness.cli.data import fetch_datasets

    with one_line_errors():
        raise SystemExit(fetch_datasets(names))


for command in (*AUTHORING, *TRAINING, *FOLLOWING, *LOOKING, *HOUSEKEEPING):
    main.add_command(command)
