"""The options of a design, `--until-settled` and what goes with it, and which of them contradict each other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from harness.cli.shared_options import MOST_SEEDS


class LookNumbers(click.ParamType):  # type: ignore[type-arg]  # of no type in click below 8.2
    """Numbers of seeds, as 5,10,20,40."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers; click's error for what are none, or too large."""
        if isinstance(value, tuple):
            return value
        parts = str(value).split(",")
        if not all(part.strip().isdecimal() and int(part) <= MOST_SEEDS for part in parts):
            self.fail(
                f"{str(value)[:60]!r} are no numbers of seeds up to {MOST_SEEDS}; expected for example 5,10,20,40.", param, ctx
            )
        return tuple(int(part) for part in parts)


until_settled_options = (
    click.option(
        "--until-settled", is_flag=True, help="Train look by look, each variant until its verdict stands or cannot be had."
    ),
    click.option("--max-seeds", type=click.IntRange(min=1, max=MOST_SEEDS), help="Seeds of the last look. [default: 40]"),
    click.option(
        "--looks", type=LookNumbers(), default=(), metavar="N,N,…", help="Numbers of seeds to look at. [default: 5,10,20,40]"
    ),
    click.option(
        "--spending", type=click.Choice(["pocock", "obrien-fleming"]), help="How looks share the error. [default: pocock]"
    ),
)


def with_options(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Return a decorator that gives a command several options, in their order."""

    def decorated(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorated


def require_one_design(options: Mapping[str, Any]) -> None:
    """Raise UsageError for options of a design without one, or of which one says otherwise than another."""
    from harness.analysis import check_looks, looks_up_to
    from harness.errors import UsageError
    from harness.runs import SEEDS

    looks, most = options.get("looks") or (), options.get("max_seeds")
    if not options.get("until_settled"):
        given = [f"--{name.replace('_', '-')}" for name in ("max_seeds", "looks", "spending") if options.get(name)]
        if given:
            raise UsageError(f"{given[0]} is of a design; expected --until-settled beside it.")
    elif options.get("seeds", SEEDS) != SEEDS:
        raise UsageError(f"--seeds {options['seeds']} is a fixed number; with --until-settled expected --max-seeds or --looks.")
    elif options.get("force"):
        raise UsageError("--force would train anew what a design has looked at; expected another --logdir in its place.")
    elif looks and most is not None and looks[-1] != most:
        raise UsageError(f"--looks ends at {looks[-1]} seeds and --max-seeds is {most}; expected one of them, or the same.")
    if looks:
        check_looks(looks)
    elif most is not None:
        looks_up_to(most)
