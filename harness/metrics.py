"""What a study is judged by: a metric's name, its direction and the smallest difference that matters."""

import math
import re
from dataclasses import dataclass

from harness.errors import UsageError

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
        return f"test_{self.name}"

    @property
    def words(self) -> str:
        """Its value on the test samples in words: test accuracy."""
        return self.column.replace("_", " ")


ACCURACY = Metric("accuracy", margin=ACCURACY_MARGIN, higher_is_better=True, fraction=True)
