"""IDX files, the format MNIST is published in: gzip → bytes whose hash is checked → array.

The format (https://yann.lecun.com/exdb/mnist): two zero bytes, a type byte (8: unsigned bytes), the number of
dimensions, each dimension as a big-endian 32-bit number, then the values in C order, big-endian too.
"""

import gzip
import hashlib
import math
import stat
import struct
import zlib
from pathlib import Path

import numpy as np

from harness.data.catalogue import holder_of
from harness.data.specs import DataError

_TYPES = {"uint8": 0x08, "int32": 0x0C, "float64": 0x0E}
_CHUNK = 1 << 20


def header(shape: tuple[int, ...], *, dtype: str = "uint8") -> bytes:
    """Return the header of an IDX file of values of a type."""
    return struct.pack(f">HBB{len(shape)}I", 0, _TYPES[dtype], len(shape), *shape)


def content_sha256(array: np.ndarray) -> str:
    """Return the SHA-256 that an array has as raw IDX content, whatever file it came from."""
    digest = hashlib.sha256(header(array.shape, dtype=array.dtype.name))
    digest.update(np.ascontiguousarray(array, array.dtype.newbyteorder(">")).data)
    return digest.hexdigest()


def read_idx(path: Path, *, shape: tuple[int, ...], sha256: str) -> np.ndarray:
    """Return the uint8 array of a gzipped IDX file; DataError unless its content has this hash."""
    start = header(shape)
    size = len(start) + math.prod(shape)
    content, fault = decompressed(path, limit=size + 1)
    found = hashlib.sha256(content).hexdigest()
    if not fault and found != sha256:
        fault = _difference(content, start=start, size=size, found=found)
    if fault:
        raise DataError(f"{path} is damaged: {fault}. SHA-256 of its content: found {found}, expected {sha256}.")
    return np.frombuffer(content, np.uint8, offset=len(start)).reshape(shape)


def decompressed(path: Path, *, limit: int) -> tuple[bytes, str]:
    """Return what can be read, up to the limit (a small file may inflate to any size), and what is wrong with it."""
    content = bytearray()
    require_file(path)
    try:
        with gzip.open(path) as stream:
            while len(content) < limit and (chunk := stream.read1(min(_CHUNK, limit - len(content)))):
                content += chunk
    except EOFError:
        return bytes(content), "truncated, its gzip stream ends early"
    except (gzip.BadGzipFile, zlib.error) as error:
        return bytes(content), f"not a whole gzip file ({error})"
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    return bytes(content), ""


def require_file(path: Path) -> None:
    """Raise DataError unless the path is a regular file: opening a pipe would wait for ever."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; expected a file.") from None
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is {'a folder' if stat.S_ISDIR(mode) else 'not a regular file'}; expected a file.")


def _difference(content: bytes, *, start: bytes, size: int, found: str) -> str:
    if not content:
        return "it is empty"
    if holder := holder_of(found):
        return f"it holds {holder}"
    if content[:4] != start[:4]:
        return f"its magic number is 0x{content[:4].hex()}, expected 0x{start[:4].hex()}"
    if content[: len(start)] != start:
        return f"its dimensions are {_dimensions(content, start)}, expected {_dimensions(start, start)}"
    if len(content) != size:
        return f"it has {'more' if len(content) > size else 'fewer'} than the expected {size:,} bytes"
    return "its values are not the published ones"


def _dimensions(content: bytes, start: bytes) -> str:
    numbers = content[4 : len(start)]
    return "x".join(str(int.from_bytes(numbers[at : at + 4])) for at in range(0, len(numbers), 4))
