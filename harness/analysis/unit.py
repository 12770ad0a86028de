"""The unit in which a study's differences are told: points of an accuracy, else the metric's own."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.study import Row, format_metric, number_of, text_of

_PER_POINT = 100  # points are hundredths of an accuracy


@dataclass(frozen=True, slots=True)
class Unit:
    """How a metric's differences are written: as points where it is an accuracy from 0 to 1.

    name: the metric in words: test accuracy.
    """

    name: str
    points: bool

    def number(self, value: float) -> str:
        """Write a difference without its sign and unit.

        >>> Unit("test accuracy", points=True).number(-0.0356), Unit("test rmse", points=False).number(5210.4)
        ('3.6', '5,210')
        """
        if not self.points:
            return format_metric(abs(value), fraction=False)
        points = abs(value) * _PER_POINT
        # Two decimals make a whole point of what a sum of floats left just below it.
        whole = round(points, 2) >= 1
        return f"{points:.1f}" if whole else f"{points:.2g}" if points < 0.095 else f"{points:.2f}".rstrip("0")

    def signed(self, value: float) -> str:
        """Write a difference with its sign and without its unit."""
        return f"{'-' if value < 0 else '+'}{self.number(value)}"

    def figure(self, value: float) -> str:
        """Write a difference for a column of them: points with two decimals."""
        return f"{value * _PER_POINT:+z.2f}" if self.points else self.signed(value)

    def chosen(self, value: float) -> str:
        """Write a number that was not measured, as a margin is, without its sign and the zeros behind it.

        >>> Unit("test rmse", points=False).chosen(0.01), Unit("test rmse", points=False).chosen(500.0)
        ('0.01', '500')
        """
        number = self.number(value)
        return number if self.points or "." not in number or "e" in number else number.rstrip("0").rstrip(".")

    def amount(self, value: float) -> str:
        """Write a difference without its sign: 3.6 points; of another metric than an accuracy, its number alone."""
        return self._with_name(self.number(value))

    def chosen_amount(self, value: float) -> str:
        """Write a difference that was not measured: 0.3 points; 0.01."""
        return self._with_name(self.chosen(value))

    def _with_name(self, number: str) -> str:
        return f"{number} {'point' if number in ('1', '1.0') else 'points'}" if self.points else number


def unit_of(rows: Iterable[Row]) -> Unit:
    """Return the unit of a summary's rows: of several studies' with metrics of their own, each its own."""
    rows = list(rows)
    names = {text_of(row.get("metric")) for row in rows}
    name = names.pop() if len(names) == 1 else "the study's metric"
    values = [value for row in rows if (value := number_of(row.get("value"))) is not None]
    # An accuracy that a user's own training reports in percent is no fraction.
    points = name.endswith("accuracy") and all(0 <= value <= 1 for value in values)
    return Unit(name.replace("_", " "), points)


def margin_of(rows: Iterable[Row]) -> float | None:
    """Return the smallest difference that matters in these rows; None where they name none, or several."""
    margins = {margin for row in rows if (margin := number_of(row.get("margin"))) is not None}
    return margins.pop() if len(margins) == 1 else None
