"""How the commands are found and told: by sections, with the nearest right name, with errors of one line."""

import os
from copy import copy
from typing import Any

import click

from harness.cli.terminal.lasting_output import forget_odd_sizes, lasting_output, open_standard_streams
from harness.errors import INTERRUPTED_STATUS
from harness.records import PROGRAM_VARIABLE

WORDS = "harness.words"  # of the command line, in the context of its command


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
        "plan": "What so many seeds can show, and what they cost.",
        "run": "Train a study's variants, and say what each changes.",
        "variance": "Which source of randomness makes how much of the spread.",
        "rerun": "Train a recorded trial again: are the numbers the same?",
        "status": "Which runs go on, where, and how far they are.",
        "attach": "Follow a run that goes on elsewhere.",
        "cancel": "Stop a run that goes on elsewhere.",
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

    def make_context(self, info_name: str | None, args: list[str], **options: Any) -> click.Context:  # type: ignore[override]
        """Parse the command line, keeping its words: a detached run is called by them again."""
        words = tuple(args)
        ctx = super().make_context(info_name, args, **options)
        ctx.meta[WORDS] = words
        return ctx

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
