"""A table's columns of the study's metric under the metric's own name, where all its rows are about one metric."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.study import ACCURACY

if TYPE_CHECKING:
    import pandas as pd

GENERAL = "value"


def one_metric(tables: Iterable["pd.DataFrame"]) -> str:
    """Return the column of the metric that all rows of all tables are about, GENERAL where there are several."""
    metrics = {name for table in tables for name in table["metric"]}
    if not metrics:
        return ACCURACY.column
    return metrics.pop() if len(metrics) == 1 else GENERAL


def difference_of(metric: str) -> str:
    """Return the column of a metric's difference from the control: delta_test_rmse."""
    return "delta" if metric == GENERAL else f"delta_{metric}"


def under_its_name(table: "pd.DataFrame", metric: str) -> "pd.DataFrame":
    """Return a table in which value, value_std and delta stand as X, X_std and delta_X as well, X being the metric."""
    if metric == GENERAL:
        return table
    return table.assign(**{metric: table["value"], f"{metric}_std": table["value_std"], difference_of(metric): table["delta"]})
