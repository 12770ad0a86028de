"""The command line: parses, calls one function, prints.

Nothing heavy is imported until a command needs it, so that --help is immediate.
"""

import os
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import Any

import click

from harness.cli.maintenance_commands import HOUSEKEEPING
from harness.cli.result_commands import LOOKING
from harness.cli.shared_options import (
    MOST_JOBS,
    Seconds,
    data_dir_option,
    logdir_option,
    one_line_errors,
    seeds_option,
    until_settled_options,
    with_options,
)
from harness.cli.study_commands import AUTHORING
from harness.cli.terminal.lasting_output import (
    forget_odd_sizes,
    lasting_output,
    open_standard_streams,
    output_is_told_only,
    plain_characters,
)
from harness.cli.training_commands import TRAINING
from harness.errors import INTERRUPTED_STATUS
from harness.records import PROGRAM_VARIABLE
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
  python -m harness run all --dry-run                  what every study of experiments/ would take
"""


class ExampleGroup(click.Group):
    """A group whose commands' examples name the program as it was called."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, its examples with the name that the usage line has."""
        found = copy(super().get_command(ctx, cmd_name))
        if found and found.epilog:
            found.epilog = found.epilog.replace("python -m harness", str(ctx.find_root().info_name))
        return found


# The sections of --help, and what each command does in a line that fits 80 columns.
SECTIONS = {
    "Run": {
        "new": "Write a first study, or one around a script of yours.",
        "check": "Say whether a study can be run, without training.",
        "run": "Train a study's variants, and say what each changes.",
        "variance": "Which source of randomness makes how much of the spread.",
        "rerun": "Train a recorded trial again: are the numbers the same?",
    },
    "Look": {
        "list": "The studies there are, or the variants of one.",
        "compare": "Tables, differences and verdicts of what is recorded.",
        "show": "All that is recorded of one trial.",
        "diff": "What differs between two trials.",
        "report": "Write a study into one file to send.",
        "board": "Open TensorBoard on the results.",
    },
    "Learn": {
        "questions": "The course's questions, answered from your records.",
        "reproduce": "Documented figures against the measured ones.",
        "draw": "Draw a digit; trained models answer as you draw.",
    },
    "Housekeeping": {
        "doctor": "Find what is wrong here, and the command that mends it.",
        "data": "Which datasets are where; `data fetch` downloads them.",
        "remove": "Move trials to the trash.",
        "restore": "Bring trials back from the trash.",
        "purge": "Empty the trash for good.",
    },
}


class Group(ExampleGroup):
    """A group whose unknown commands are answered with the nearest known one, and whose errors are one line."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line; output that cannot be written ends nothing, and is an error where it is all there is."""
        open_standard_streams()
        forget_odd_sizes()
        options.setdefault("prog_name", os.environ.get(PROGRAM_VARIABLE))
        with lasting_output() as output:
            try:
                return super().main(*args, **options)
            except SystemExit as ended:
                output.flush()
                if output.fault and output.needed and not ended.code:
                    click.echo(f"Error: The output could not be written ({output.fault}).", err=True)
                    raise SystemExit(1) from None
                raise

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; Ctrl-C that none of its own steps has heard ends it with the status of an interruption."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\nStopped.", err=True)
            ctx.exit(INTERRUPTED_STATUS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by what they are for, each with its summary."""
        told = {name for commands in SECTIONS.values() for name in commands}
        others = {name: command.get_short_help_str() for name, command in self.commands.items() if name not in told}
        for title, commands in (*SECTIONS.items(), ("More", others)):
            if commands:
                with formatter.section(title):
                    formatter.write_dl(list(commands.items()))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets the nearest right name."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            from harness.errors import unknown

            raise click.UsageError(str(unknown("Command", args[0], self.commands)), ctx=ctx)
        return super().resolve_command(ctx, args)


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
def run(studies: Sequence[str], **options: Any) -> None:
    """Run each STUDY: a name in experiments/, the path of a file, or `all` for every study of experiments/.

    Trains what is not recorded yet, logs it for TensorBoard, and writes LOGDIR/STUDY/summary.csv and runs.csv.

    Several studies run one after another; Ctrl-C ends them all. Then --set changes those that have the setting,
    --dataset those that can be run on it, and --only leaves out those that have none of the variants. What fits none
    of them is an error.

    Exit status, of several the worst: 0 all went as expected, 1 a trial did not, 2 the call was wrong, 130 interrupted.
    """
    from harness.cli.run_choices import as_request
    from harness.cli.study_runs import run_studies

    output_is_told_only()
    with one_line_errors():
        raise SystemExit(run_studies(studies, as_request(**options)))


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


for command in (*AUTHORING, *TRAINING, *LOOKING, *HOUSEKEEPING):
    main.add_command(command)
