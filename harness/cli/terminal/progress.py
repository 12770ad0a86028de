"""Progress of a run: a live display on a terminal, plain lines elsewhere."""

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from harness.cli.terminal.summary import STATUS_STYLES, duration
from harness.errors import clean
from harness.records import Record
from harness.runs import Plan, Progress as Epoch
from harness.study import Metric, format_metric


class RunProgress:
    """Follows a plan's trials: how many are done, what the running ones show, how long it will still take."""

    def __init__(self, plan: Plan, console: Console, *, jobs: int) -> None:
        self._plan, self._console, self._jobs = plan, console, jobs
        self._running: dict[tuple[str, int], Epoch] = {}
        self._left = sum(plan.seconds[trial.variant] for trial in plan.trials)
        self._whole = self._left
        self._started = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
        )
        self._task = self._bar.add_task(plan.study.name, total=len(plan.trials), left="")
        self._live = Live(self._view(), console=console, refresh_per_second=4) if console.is_terminal else None

    def __enter__(self) -> "RunProgress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live:
            self._live.update(self._bar)
            self._live.stop()

    def epoch(self, epoch: Epoch) -> None:
        """Show a running trial's newest epoch."""
        self._running[epoch.variant, epoch.seed] = epoch
        self._refresh()

    def ended(self, record: Record) -> None:
        """Show that a trial has ended, and how."""
        self._running.pop((record.variant, record.seed), None)
        self._left -= self._plan.seconds[record.variant]
        self._bar.update(self._task, advance=1, left=self._time_left())
        if self._live is None or not record.as_expected:
            self._console.print(self._line(record))
        self._refresh()

    def notice(self, text: str) -> None:
        """Print something out of the ordinary above the display."""
        self._console.print(clean(text), markup=False, style="yellow")

    def _line(self, record: Record) -> str:
        done, total = int(self._bar.tasks[0].completed), len(self._plan.trials)
        style = STATUS_STYLES[record.status]
        return (
            f"\\[{done}/{total}] {record.variant} seed {record.seed}: [{style}]{record.status}[/] "
            f"{_values(record.metrics, self._plan.study.metric)}{escape(clean(record.error))} "
            f"({record.cost.get('seconds', 0):.1f} s)"
        )

    def _time_left(self) -> str:
        spent, done = time.monotonic() - self._started, self._whole - self._left
        return f"about {duration(spent * self._left / done)} left" if done > 0 and self._left > 0 else ""

    def _refresh(self) -> None:
        if self._live:
            self._live.update(self._view())

    def _view(self) -> Group:
        rows = Table.grid(padding=(0, 2))
        for (variant, seed), epoch in self._running.items():
            planned = self._plan.epochs(variant)
            values = _values(epoch.values, self._plan.study.metric)
            rows.add_row(f"  {variant}", f"seed {seed}", f"epoch {epoch.epoch}{f'/{planned}' if planned else ''}", values)
        return Group(self._bar, rows)


def _values(values: Mapping[str, float], metric: Metric) -> str:
    shown = dict.fromkeys((("loss", "train_loss"), ("test loss", "test_loss"), (metric.words, metric.column)))
    words = [f"{name} {format_metric(values[key], fraction=metric.fraction)}" for name, key in shown if key in values]
    return " · ".join(words) + (" " if words else "")
