"""`variance`: trains with the sources of randomness crossed, and says how much of the spread each of them makes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from harness.analysis import (
    RUNS_FILE,
    VARIANCE_FILE,
    Component,
    Spread,
    Unit,
    dominant,
    ends,
    error_of_mean,
    source_name,
    spreads,
    unit_of,
    variance_components,
)
from harness.cli.terminal.table import Column, Table
from harness.errors import UsageError
from harness.records import as_typed
from harness.runs import SEEDS, Plan, RunRequest, results
from harness.study import BASE, SOURCES, crossing, levels_of_sources

WIDEST_BAR = 30
BAR = "█"
REST = "all together, and whatever else"


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
        told = list(spreads(found.records, plan.study.names, vary))
    except UsageError as error:
        console.print(f"Nothing can be told yet: {error}", markup=False)
        return 1
    sources = list(levels_of_sources(vary))
    # By the values themselves: of differences no number is so large that it is no fraction.
    unit = unit_of({"metric": metric.column, "value": float(np.abs(one.values).max())} for one in told if not one.less)
    for spread in told:
        components = variance_components(spread.values, sources)
        console.print(table_of(spread, components, unit))
        for line in sentences(components, sources, unit, levels=min(spread.values.shape)):
            console.print(line, markup=False, soft_wrap=True)
    stored = f"Stored in {as_typed(plan.folder)}: records, {RUNS_FILE}, {VARIANCE_FILE}."
    console.print(f"{stored} How to read it: docs/verdicts.md", markup=False)
    return 1 if faults else 0


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
    return REST if 2 ** len(part.factors) - 1 == count else source_name(part)


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
    shared = max(part.share or 0.0 for part in components if len(part.factors) > 1)
    if shares[first] > shared:
        lines = [f"Most comes from {first} ({shares[first]:.0%}{how}): {SOURCES[first]}."]
    else:
        alone_makes = f"by itself {first} makes {shares[first]:.0%}" if shares[first] > 0.0 else "by itself none makes any"
        lines = [f"The largest part ({shared:.0%}) is what sources do together, or whatever else; {alone_makes}."]
    together, _ = error_of_mean(components, (), SEEDS)
    lines.append(f"A mean over {SEEDS} seeds that move all of these is off by ± {unit.number(together)} (one standard error).")
    for source in sources:
        moved, left = error_of_mean(components, [other for other in sources if other != source], SEEDS)
        # A component that is estimated as none is not shown to be none.
        further = (
            f", and is off by ± {unit.number(left)} more, however many seeds there are."
            if left
            else "; what the others would add to that, however many seeds there are, does not show in these trainings."
        )
        lines.append(f"Over {SEEDS} seeds of {source} alone it seems to be ± {unit.number(moved)}{further}")
    return [
        *lines,
        "So let seeds move all sources, as they do unless --vary is given: each training then counts for all of them.",
    ]
