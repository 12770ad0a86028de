"""What a study is judged by: a metric's name, its direction and the smallest difference that matters."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.study.splits import TEST

ACCURACY_MARGIN = 0.003  # 0.3 points


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that a study's model is compiled with, by Keras' name of it: accuracy, loss, rmse.

    margin: the smallest difference that matters, in the metric's own unit. aliases: names under which some of the
    study's models report it, as `main_rmse` where there are several outputs; they are recorded under `name` as well.
    fraction: whether it lies in [0, 1] as a share of samples, so that it is shown as an accuracy is.
    """

    name: str
    margin: float
    higher_is_better: bool
    aliases: tuple[str, ...] = ()
    fraction: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", self.name):
            raise UsageError(f"A metric's name must be letters, digits and underscores; received {self.name!r}.")
        if isinstance(self.margin, bool) or not isinstance(self.margin, (int, float)) or not 0 <= self.margin < math.inf:
            raise UsageError(f"Metric {self.name!r}: margin must be a finite number of at least 0; received {self.margin!r}.")

    @property
    def column(self) -> str:
        """The name of its value on the test samples: test_accuracy."""
        return f"{TEST}_{self.name}"

    @property
    def words(self) -> str:
        """Its value on the test samples in words: test accuracy."""
        return self.column.replace("_", " ")

    @property
    def direction(self) -> str:
        """Which values are better: HIGHER or LOWER."""
        return HIGHER if self.higher_is_better else LOWER

    def of(self, values: Mapping[str, float]) -> float:
        """Return its value on the test samples among measured ones, NaN where they lack it."""
        return values.get(self.column, math.nan)

    def to_dict(self) -> dict[str, Any]:
        """Return what a record keeps of it, so that tables can be made without the study's file; nothing of ACCURACY."""
        if self == ACCURACY:
            return {}
        return {
            "name": self.name, "margin": self.margin, "higher_is_better": self.higher_is_better, "fraction": self.fraction,
        }  # fmt: skip


HIGHER, LOWER = "higher", "lower"
ACCURACY = Metric("accuracy", margin=ACCURACY_MARGIN, higher_is_better=True, fraction=True)


def metric_from_dict(values: Mapping[str, Any]) -> Metric:
    """Return the metric that a record describes; a record without any is about accuracy.

    TypeError or ValueError for what `Metric.described` cannot have written.
    """
    return Metric(**values) if values else ACCURACY
