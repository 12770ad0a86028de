"""California housing: from the published columns to the eight features that scikit-learn derives from them."""

import pickle
import pickletools
import warnings
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Literal

import numpy as np

from harness.data.idx import decompressed, require_file
from harness.data.specs import DataError

COLUMNS = (
    *("longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms"),
    *("population", "households", "median_income", "median_house_value"),
)
MOST_BYTES = 1 << 23  # four times the true file: a small gzip file may inflate to any size

_LONGEST_DESCRIPTION = 4096  # bytes of joblib's, before the numbers
_ZLIB = b"\x78"
_ORDERS: dict[str, Literal["C", "F"]] = {"C": "C", "F": "F"}

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
    """Return features and target of the file that scikit-learn keeps; DataError says what is wrong with it.

    The file is a pickle, which could run any code, and is therefore never unpickled: joblib writes the bytes of an array
    as they are behind the pickle of its description. Whether they are the table's is what their hash will say.
    """
    numbers = 8 * rows * len(COLUMNS)
    content = _inflated(path, limit=numbers + _LONGEST_DESCRIPTION)
    order = _order(content[: -numbers - 1])
    if len(content) <= numbers or not content.endswith(pickle.STOP) or order is None:
        raise DataError(f"{path} is damaged: it holds no table of {rows:,} rows of {len(COLUMNS)} numbers.")
    kept = np.frombuffer(content[-numbers - 1 : -1], "<f8").reshape((rows, len(COLUMNS)), order=order)
    return _derived(path, kept[:, _SCIKIT_LEARN_ORDER], rows)


def _inflated(path: Path, *, limit: int) -> bytes:
    """Return the content of a file that joblib has written, compressed or not, up to a limit."""
    require_file(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(limit)
        return zlib.decompressobj().decompress(content, limit) if content[:1] == _ZLIB else content
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    except zlib.error as error:
        raise DataError(f"{path} is damaged: it cannot be decompressed ({error}).") from None


def _order(description: bytes) -> Literal["C", "F"] | None:
    """Return the order of an array's numbers by joblib's description of it, read and not executed; None if it has none."""
    texts: list[str] = []
    with suppress(ValueError, IndexError, UnicodeDecodeError):  # what follows the description is no pickle
        texts.extend(argument for _, argument, _ in pickletools.genops(description) if isinstance(argument, str))
    return _ORDERS.get(texts[texts.index("order") + 1]) if "order" in texts[:-1] else None


def _derived(path: Path, values: np.ndarray, rows: int) -> dict[str, np.ndarray]:
    """Return the features per household and the target in 100,000 dollars, as `fetch_california_housing` has them."""
    if values.shape != (rows, len(COLUMNS)):
        raise DataError(f"{path} is damaged: it is a table of {values.shape}, expected {(rows, len(COLUMNS))}.")
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = values.T
    with np.errstate(all="ignore"):  # households of 0 are no true content, which the hash will say
        features = (income, age, rooms / households, bedrooms / households, population, population / households)
    return {"x": np.column_stack((*features, latitude, longitude)), "y": value / 100_000.0}
