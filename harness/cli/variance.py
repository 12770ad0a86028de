"""`variance`: trains with the sources of randomness crossed, and says how much of the spread each of them makes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from harness.analysis import Component, Unit, dominant, ends, error_of_mean, unit_of, variance_components
from harness.cli.terminal.table import Column, Table
from harness.errors import UsageError
from harness.records import Record, as_typed
from harness.runs import SEEDS, Plan, RunRequest, results
from harness.study import BASE, SOURCES, Study, crossing, levels_of_sources, seeds_of

WIDEST_BAR = 30
BAR = "█"
REST = "all together, and whatever else"


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of one variant, or of its difference from its control, one axis a source; who: what they are of."""

    who: str
    values: NDArray[np.float64]


def variance_request(*, sources: str, levels: int, variant: str, **options: Any) -> RunRequest:
    """Return the request to train a variant, and its control, with each seed of a source beside each of the others."""
    vary, trials = crossing([name for name in sources.split(",") if name.strip()], levels)
    return RunRequest(vary=vary, seeds=trials, only=(variant or BASE,), **options)


def print_variance(plan: Plan, console: Console) -> int:
    """Print what makes the spread of each variant that a crossed run trained; 1 where a training did not end as expected."""
    found = results(plan)
    faults = ends(plan.declared, found.records)
    for line in faults:
        console.print(Text.assemble(("Not as expected: ", "bold red"), line))
    metric, vary = plan.study.metric, plan.request.vary
    try:
        told = list(spreads(plan.study, found.records, vary))
    except UsageError as error:
        console.print(f"Nothing can be told yet: {error}", markup=False)
        return 1
    sources = list(levels_of_sources(vary))
    for spread in told:
        unit = unit_of([{"metric": metric.column, "value": float(np.abs(spread.values).max())}])
        components = variance_components(spread.values, sources)
        console.print(table_of(spread, components, unit))
        for line in sentences(components, sources, unit, levels=min(spread.values.shape)):
            console.print(line, markup=False, soft_wrap=True)
    console.print(f"Stored in {as_typed(plan.folder)}. How to read it: docs/verdicts.md", markup=False)
    return 1 if faults else 0


def spreads(study: Study, records: Sequence[Record], vary: str) -> Iterator[Spread]:
    """Yield the values of each variant, and behind them its differences; UsageError where a training gave none."""
    tables = {name: _values(name, study, records, vary) for name in study.names}
    for name, values in tables.items():
        yield Spread(name, values)
        if control := study.control(name):
            yield Spread(f"{name} less {control}", values - tables[control])


def _values(name: str, study: Study, records: Sequence[Record], vary: str) -> NDArray[np.float64]:
    levels = [count or 1 for count in levels_of_sources(vary).values()]
    values = np.full(levels, np.nan)
    for record in records:
        if record.variant == name and record.finished:
            seeds = seeds_of(vary, record.seed)
            values[tuple(getattr(seeds, source) for source in levels_of_sources(vary))] = study.metric.of(record.metrics)
    missing = int((~np.isfinite(values)).sum())
    if missing:
        raise UsageError(
            f"{missing} of {values.size} trainings of {name} gave no value, and each seed of a source has to meet each of the "
            "others; the same command tries them again."
        )
    return values


def table_of(spread: Spread, components: Sequence[Component], unit: Unit) -> Table:
    """Draw each component's standard deviation with its interval, and its share of the variance as a bar."""
    columns = (
        Column("source", text=True), Column("± between seeds", justify="right"), Column("95% interval", justify="right"),
        Column("of the variance", justify="right"), Column(""),
    )  # fmt: skip
    rows = []
    for part in components:
        share = part.share or 0.0
        interval = f"{unit.number(part.low**0.5)} to {unit.number(part.high**0.5)}"
        bar = BAR * round(WIDEST_BAR * share)
        rows.append((_name(part, len(components)), unit.number(part.variance**0.5), interval, f"{share:.0%}", bar))
    title = f"What makes the spread of {spread.who}: {unit.name}{', in points' if unit.points else ''}"
    return Table(columns, rows, title=title)


def _name(part: Component, count: int) -> str:
    if len(part.factors) == 1:
        return part.factors[0]
    return REST if 2 ** len(part.factors) - 1 == count else " × ".join(part.factors)


def sentences(components: Sequence[Component], sources: Sequence[str], unit: Unit, *, levels: int) -> list[str]:
    """Say which source makes most of the spread, and what that means for how to spend trainings."""
    alone = {part.factors[0]: part for part in components if len(part.factors) == 1}
    whole = sum(part.variance for part in components)
    if not whole:
        return ["All trainings gave the same value: none of these sources changes anything."]
    shares: Mapping[str, float] = dominant(components)
    first, *others = shares
    sure = all(alone[first].low > alone[other].high for other in others)
    how = "" if sure else f", as far as {levels} seeds of each tell"
    lines = [f"Most comes from {first} ({shares[first]:.0%}{how}): {SOURCES[first]}."] if shares[first] > 0.0 else [
        "By itself no source makes a difference: what one does depends on the others."
    ]  # fmt: skip
    together, _ = error_of_mean(components, (), SEEDS)
    lines.append(f"A mean over {SEEDS} seeds that move all of these is off by ± {unit.number(together)} (one standard error).")
    for source in sources:
        moved, left = error_of_mean(components, [other for other in sources if other != source], SEEDS)
        lines.append(
            f"Over {SEEDS} seeds of {source} alone it seems to be ± {unit.number(moved)}, and is off by ± {unit.number(left)} "
            "more, however many seeds there are."
        )
    return [
        *lines,
        "So let seeds move all sources, as they do unless --vary is given: each training then counts for all of them.",
    ]
