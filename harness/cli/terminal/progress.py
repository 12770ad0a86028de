"""Progress of a run: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from harness.cli.terminal.summary import STATUS_STYLES, duration
from harness.errors import clean
from harness.records import INTERRUPTED, Record
from harness.runs import RAY, SLURM, Pace, Plan, Progress as Told, TimeLeft, wall_seconds
from harness.study import Metric, counted, format_metric

MINUTES_ONLY = 600  # seconds from which on what is left is told in whole minutes
INDENT, SEPARATOR = "  ", " · "


@dataclass(slots=True)
class Outlook:
    """What a run has before it besides the study that trains just now, and how fast it has shown to be."""

    later: list[Plan] = field(default_factory=list)  # the studies that come after it
    pace: Pace = field(default_factory=Pace)

    def seconds(self, *, crowding: float) -> float:
        """Return about how long the later studies take together."""
        walls = (
            wall_seconds(plan.trials, plan.seconds, workers=plan.request.effective(plan.request.workers)) for plan in self.later
        )
        return sum(walls) * self.pace.factor(crowding=crowding) / crowding


class RunProgress:
    """Follows a plan's trials: how many are done, what the running ones do, how long it will still take.

    jobs: how many workers there are. outlook: what comes after this plan. beside: returns what stands below, given how many
    trials have ended. clock: seconds.
    """

    def __init__(
        self,
        plan: Plan,
        console: Console,
        *,
        jobs: int,
        outlook: Outlook | None = None,
        beside: Callable[[int], Sequence[str]] = lambda _: (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._console, self._jobs, self._outlook = plan, console, jobs, outlook or Outlook()
        self._beside, self._clock = beside, clock
        self._running: dict[tuple[str, int], Told] = {}
        self.finished = 0  # how many have ended, and were not stopped
        self._begun = False  # a worker has been heard of
        self._over = False
        self._started = clock()
        self._left = TimeLeft(
            plan.trials,
            plan.seconds,
            slots=(jobs, plan.request.effective(jobs)),
            epochs={name: plan.epochs(name) or 0 for name in plan.study.names},
            pace=self._outlook.pace,
            clock=clock,
        )
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(style="dim", complete_style="cyan", finished_style="cyan"),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            get_time=clock,
        )
        self._task = self._bar.add_task(escape(plan.study.name), total=len(plan.trials))
        self._live = Live(get_renderable=self.__rich__, console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> "RunProgress":
        if self._live:
            self._live.start()
        else:
            self._console.print(f"{self._starting}.")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live:
            self._running.clear()
            self._over = self._begun = True
            self._live.stop()

    def epoch(self, told: Told) -> None:
        """Show what a running trial does, and its newest epoch."""
        self._begun = True
        self._running[told.variant, told.seed] = told
        self._left.told((told.variant, told.seed), told.epoch)

    def ended(self, record: Record) -> None:
        """Show that a trial has ended, and how."""
        self._begun = True
        self.finished += record.status != INTERRUPTED
        self._running.pop((record.variant, record.seed), None)
        self._left.ended((record.variant, record.seed), finished=record.finished)
        self._bar.update(self._task, advance=1)
        if self._live is None or not record.as_expected:
            self._console.print(self._line(record))

    def notice(self, text: str) -> None:
        """Print something out of the ordinary above the display."""
        self._console.print(clean(text), markup=False, style="yellow")

    @property
    def _starting(self) -> str:
        if self._plan.request.executor == SLURM:
            return f"Waiting for Slurm to start up to {counted(self._jobs, 'task')}"
        if self._plan.request.executor == RAY:
            return f"Waiting for Ray to start {counted(self._jobs, 'worker')}, which load TensorFlow"
        return f"Starting {counted(self._jobs, 'worker')}, loading TensorFlow"

    def _line(self, record: Record) -> str:
        done, total = int(self._bar.tasks[0].completed), len(self._plan.trials)
        style = STATUS_STYLES[record.status]
        error = clean(record.error).removeprefix(f"{record.status.capitalize()}: ")
        said = [SEPARATOR.join(_values(record.metrics, self._plan.study.metric)), escape(error)]
        return (
            f"\\[{done}/{total}] {record.variant} seed {record.seed}: [{style}]{record.status}[/] "
            f"{' '.join(filter(None, said))} ({record.cost.get('seconds', 0):.1f} s)"
        )

    def seconds_left(self) -> float:
        """Return about how many seconds this study still takes."""
        return self._left.seconds()

    def _time_left(self) -> str:
        own = self._left.seconds()
        if self._over or not self._bar.tasks[0].remaining or own < 1:
            return ""
        crowding = max(self._jobs / self._plan.request.effective(self._jobs), 1.0)
        later, count = self._outlook.seconds(crowding=crowding), len(self._outlook.later)
        behind = f", {rough(own + later)} with the {counted(count, 'study').removeprefix('1 ')} after it" if later >= 1 else ""
        return f"about {rough(own)} left{behind}"

    def __rich__(self) -> Group:
        """Return what stands on the terminal now."""
        lines = [Text(f"{INDENT}{left}", style="dim")] if (left := self._time_left()) else []
        if not self._begun:
            waited = round(self._clock() - self._started)
            return Group(self._bar, *lines, Text(f"{INDENT}{self._starting} … {waited} s", style="dim"))
        longest = max((len(variant) for variant, _ in self._running), default=0)
        trials = {f"{variant:{longest}}  seed {seed}": told for (variant, seed), told in self._running.items()}
        width = max(map(cell_len, trials), default=0)
        for name, told in trials.items():
            said = self._said(told, room=self._console.width - width - 2 * len(INDENT))
            lines.append(Text(f"{INDENT}{name:{width}}{INDENT}{said}", no_wrap=True, overflow="ellipsis"))
        beside = [] if self._over else self._beside(self.finished)
        lines += [Text(f"{INDENT}{clean(said)}", style="dim", no_wrap=True, overflow="ellipsis") for said in beside]
        return Group(self._bar, *lines)

    def _said(self, told: Told, *, room: int) -> str:
        """Say what a trial does and what it has measured: of that, the study's metric last and in any case."""
        parts = [self._doing(told), *_values(told.values, self._plan.study.metric)]
        while len(parts) > 2 and cell_len(SEPARATOR.join(parts)) > room:
            del parts[1]
        return SEPARATOR.join(parts)

    def _doing(self, told: Told) -> str:
        if told.doing:
            return told.doing
        planned = self._plan.epochs(told.variant)
        return f"epoch {told.epoch}{f' of {planned}' if planned else ''}"


def rough(seconds: float) -> str:
    """Write a duration that is a guess: of many minutes, the seconds are left out."""
    return duration(seconds) if not MINUTES_ONLY <= seconds < 3600 else f"{round(seconds / 60)} min"


def _values(values: Mapping[str, float], metric: Metric) -> list[str]:
    shown = dict.fromkeys((("loss", "train_loss"), ("test loss", "test_loss"), (metric.words, metric.column)))
    return [f"{name} {format_metric(values[key], fraction=metric.fraction)}" for name, key in shown if key in values]
