"""California housing: from the published columns to the eight features that scikit-learn derives from them."""

import warnings
from pathlib import Path

import numpy as np

from harness.datafiles.idx import decompressed, require_file
from harness.datafiles.kinds import DataError

COLUMNS = (
    *("longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms"),
    *("population", "households", "median_income", "median_house_value"),
)
MOST_BYTES = 1 << 23  # four times the true file: a small gzip file may inflate to any size

# scikit-learn keeps the columns in the order of an older publication; this order is its own inverse.
_SCIKIT_LEARN_ORDER = [8, 7, 2, 3, 4, 5, 6, 1, 0]


def read_csv(path: Path, *, rows: int) -> dict[str, np.ndarray]:
    """Return features and target of a gzipped CSV file of the published columns; DataError says what is wrong with it."""
    content, fault = decompressed(path, limit=MOST_BYTES)
    if not fault and len(content) in (0, MOST_BYTES):
        fault = f"it has {MOST_BYTES:,} bytes or more" if content else "it is empty"
    if fault:
        raise DataError(f"{path} is damaged: {fault}.")
    head, _, body = content.decode("ascii", "backslashreplace").partition("\n")
    if head.strip() != ",".join(COLUMNS):
        raise DataError(f"{path} is damaged: its first line is {head[:120]!r}, expected {','.join(COLUMNS)!r}.")
    lines = body.splitlines()
    if len(lines) != rows:
        raise DataError(f"{path} is damaged: it has {len(lines):,} rows below its first line, expected {rows:,}.")
    try:
        with warnings.catch_warnings(action="ignore"):  # of lines without a number
            values = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except ValueError as error:
        raise DataError(f"{path} is damaged: {str(error).splitlines()[0].rstrip('.')} (rows from 0).") from None
    return _derived(path, values, rows)


def read_scikit_learn(path: Path, *, rows: int) -> dict[str, np.ndarray]:
    """Return features and target of the file that scikit-learn keeps; DataError says what is wrong with it."""
    import joblib

    require_file(path)
    try:
        # A pickle, as scikit-learn itself reads it, from the folder that is scikit-learn's own.
        kept = joblib.load(path)
    except Exception as error:  # whatever a damaged pickle raises
        raise DataError(f"{path} is damaged: it cannot be unpickled ({type(error).__name__}).") from None
    if not isinstance(kept, np.ndarray) or kept.ndim != 2 or kept.shape[1] != len(COLUMNS) or kept.dtype != np.float64:
        raise DataError(f"{path} is damaged: it holds no table of {rows:,} rows of {len(COLUMNS)} numbers.")
    return _derived(path, kept[:, _SCIKIT_LEARN_ORDER], rows)


def _derived(path: Path, values: np.ndarray, rows: int) -> dict[str, np.ndarray]:
    """Return the features per household and the target in 100,000 dollars, as `fetch_california_housing` has them."""
    if values.shape != (rows, len(COLUMNS)):
        raise DataError(f"{path} is damaged: it is a table of {values.shape}, expected {(rows, len(COLUMNS))}.")
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = values.T
    with np.errstate(all="ignore"):  # households of 0 are no true content, which the hash will say
        features = (income, age, rooms / households, bedrooms / households, population, population / households)
    return {"x": np.column_stack((*features, latitude, longitude)), "y": value / 100_000.0}
