"""`run --until-settled`: a study look by look, and what is said of how its variants stand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console

from harness.analysis import GIVEN_UP, NOT_JUDGED, SETTLED, STUCK, Design, declare, make_of, note_shown, read_looks
from harness.cli.terminal.standings import some
from harness.records import reason
from harness.runs import Looked, Plan, design_of, look, next_plan
from harness.study import counted


@dataclass(slots=True)
class Looks:
    """A study's design, and the plan of its next look as long as there is one.

    looked: how the variants stood when the trials that train now were planned.
    """

    design: Design
    say: Callable[[str], None]
    looked: Looked

    def following(self, plan: Plan) -> Plan | None:
        """Say how the variants stand after a look, and return the plan of the next.

        None where nothing goes on, and where the last look is not complete for all that was to be trained: what was not
        stored, or not run, would be tried for ever.
        """
        looked = look(plan, self.design)
        for line in standing_lines(looked):
            self.say(line)
        before, self.looked = self.looked, looked
        if not looked.going_on or before.wanted == looked.wanted:
            return None
        found = next_plan(plan, looked, tried=before.wanted)
        return found if found.trials else None


def first_look(plan: Plan, console: Console | None, *, keep: bool = True) -> tuple[Plan, Looks]:
    """Return the plan of a study's next look, its design declared: what it says is kept before anything trains.

    console: where it is told, None for nowhere. keep: whether the declaration is written, which a dry run does not.
    """

    def say(line: str) -> None:
        if console is not None:
            console.print(line, markup=False)

    design = design_of(plan)
    kept = read_looks(plan.folder).design if keep else design
    looked = look(plan, design)
    if kept is None:
        declare(plan.folder, design)
    for line in _told(design, looked):
        say(line)
    return next_plan(plan, looked), Looks(design, say, looked)


def _told(design: Design, looked: Looked) -> Iterator[str]:
    yield f"Until settled: {design.words}, in all 5% of error over {counted(len(design.family), 'variant')}."
    if design.seen:
        seen = ", ".join(map(str, design.seen))
        yield f"  It was declared when the study had been shown with {seen} seeds; what was said then is not of it."
    if waiting := tuple(name for name in design.family if name not in looked.wanted):
        yield f"  Not trained now, but of the design, and sharing its error: {some(waiting)}."
    if looked.outside:
        yield (
            f"  Not trained: {some(looked.outside)}, which the design was not declared for. With --seeds they are trained as "
            "an exploration; another --logdir gives them a design of their own."
        )


def standing_lines(looked: Looked) -> Iterator[str]:
    """Say in a line how many variants are settled and which go on, and in another what that spares."""
    seeds = max((how.seeds for how in looked.standings.values()), default=0)
    place = looked.design.looks.index(seeds) + 1 if seeds else 0
    stopped = {word: looked.named(word) for word in (SETTLED, GIVEN_UP, NOT_JUDGED, STUCK)}
    counts = [f"{len(names)} {word}" for word, names in stopped.items() if names]
    on = looked.going_on
    if on:
        following = max(looked.standings[name].following or 0 for name in on)
        counts.append(f"{len(on)} {'goes' if len(on) == 1 else 'go'} on to {following} seeds ({some(on)})")
    yield f"Look {place} of {len(looked.design.looks)}, {seeds} seeds: {', '.join(counts) or 'nothing to judge'}."
    ended = "so far" if on else "in all"
    yield f"  {looked.trainings} trainings {ended}; every variant with {looked.design.most} seeds would take {looked.fixed}."


def note_look(plan: Plan, *, ended: bool) -> tuple[str, ...]:
    """Keep that a study is shown with so many seeds, by which a second look is known as one; return what went wrong.

    ended: whether all of it was trained. Before that it is kept only where an earlier look is there, so that the tables
    that are written meanwhile allow for both.
    """
    if plan.study.folds or plan.request.until_settled:
        return ()
    try:
        make = make_of([*plan.cached, *plan.trials])
        if ended or read_looks(plan.folder, make).shown:
            note_shown(plan.folder, plan.request.seeds, make)
    except OSError as error:
        return (f"that the study was looked at with {plan.request.seeds} seeds ({reason(error)}).",)
    return ()
