"""What a crossed run measured, each variant's values by the seeds of their sources, and how much each source makes of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.components import Component, variance_components
from harness.analysis.epochs import metric_of
from harness.errors import UsageError
from harness.records import Record
from harness.study import crossed, levels_of_sources, seeds_of

if TYPE_CHECKING:
    import pandas as pd

VARIANCE_FILE = "variance.csv"
COLUMNS = ("study", "variant", "less", "source", "std", "std_low", "std_high", "share", "trainings", "metric")


@dataclass(frozen=True, slots=True)
class Spread:
    """The values of one variant, or of its difference from its control, one axis a source.

    less: the control that was taken off; empty for the variant's own values.
    """

    variant: str
    less: str
    values: NDArray[np.float64]

    @property
    def who(self) -> str:
        """What the values are of."""
        return f"{self.variant} less {self.less}" if self.less else self.variant


def spreads(records: Sequence[Record], names: Sequence[str], vary: str) -> Iterator[Spread]:
    """Yield the values of each of these variants, and behind them its differences from a control among them.

    records: of one study, whose trials vary so. UsageError where a training gave none.
    """
    tables = {name: _values(name, records, vary) for name in names}
    controls = {record.variant: record.control for record in records}
    for name, values in tables.items():
        yield Spread(name, "", values)
        if (control := controls.get(name, "")) in tables:
            yield Spread(name, control, values - tables[control])


def _values(name: str, records: Sequence[Record], vary: str) -> NDArray[np.float64]:
    levels = [count or 1 for count in levels_of_sources(vary).values()]
    values = np.full(levels, np.nan)
    for record in records:
        if record.variant == name and record.finished:
            seeds = seeds_of(vary, record.seed)
            value = metric_of(records).of(record.metrics)
            values[tuple(getattr(seeds, source) for source in levels_of_sources(vary))] = value
    missing = int((~np.isfinite(values)).sum())
    if missing:
        raise UsageError(
            f"{missing} of {values.size} trainings of {name} gave no value, and each seed of a source has to meet each of the "
            "others; the same command tries them again."
        )
    return values


def source_name(part: Component) -> str:
    """Name the source of a component, or the several that it is of together."""
    return " × ".join(part.factors)


def variance_table(records: Sequence[Record]) -> "pd.DataFrame":
    """Return a row for each component of each spread of a crossed run; none for other records, and until all have a value."""
    import pandas as pd

    vary = records[0].vary if records else ""
    rows: list[dict[str, Any]] = []
    if crossed(vary):
        try:
            rows = [row for spread in spreads(records, _names(records), vary) for row in _rows(spread, records)]
        except UsageError:
            rows = []
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _names(records: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(record.variant for record in records))


def _rows(spread: Spread, records: Sequence[Record]) -> Iterator[dict[str, Any]]:
    of: dict[str, Any] = {"study": records[0].study, "variant": spread.variant, "less": spread.less}
    of |= {"trainings": spread.values.size, "metric": metric_of(records).column}
    for part in variance_components(spread.values, list(levels_of_sources(records[0].vary))):
        interval = {"std_low": part.low**0.5, "std_high": part.high**0.5}
        yield of | {"source": source_name(part), "std": part.std, "share": part.share} | interval
