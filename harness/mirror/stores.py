"""A place that fsspec can write to, such as a bucket: listed, read and written, with errors of one line.

Whatever package fsspec finds for a scheme serves it: s3fs for ``s3://``, gcsfs for ``gs://``, adlfs for ``az://``.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from harness.errors import LONGEST_FAILURE, UsageError, one_line
from harness.mirror.urls import Address

INSTALL = "pip install 'ablation-harness[cloud]'"
CONNECT_SECONDS, READ_SECONDS = 10, 60
_HASHES = ("ETag", "etag", "md5Hash", "content_md5")  # by the stores that have them
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created")
_SECRETS = (re.compile(r"(?<=//)[^/@\s\"']+@"), re.compile(r"\?[^\s\"']+"))
_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs"}


class StoreError(UsageError):
    """The store could not be reached, or has refused: which, and why, in one line."""


class Store:
    """A bucket, or the first folder of a store without buckets; paths are relative to it, with slashes."""

    def __init__(self, files: Any, root: str, url: str) -> None:
        self.url = url
        self._files, self._root = files, root

    def list(self, prefix: str) -> dict[str, str]:
        """Return each file below a folder with what tells its content from another one; empty where there is none."""
        top = self._full(prefix)
        with self._told():
            self._files.invalidate_cache()
            try:
                found: Mapping[str, Mapping[str, Any]] = self._files.find(top, detail=True)
            except FileNotFoundError:
                if not self._files.exists(self._root):
                    raise
                return {}
        inside = f"{self._root.rstrip('/')}/"
        files = {name: entry for name, entry in found.items() if entry.get("type") == "file" and name.startswith(inside)}
        return {name[len(inside) :]: _signature(entry) for name, entry in files.items()}

    def read(self, path: str) -> bytes:
        """Return a file's content."""
        with self._told():
            content: bytes = self._files.cat_file(self._full(path))
            return content

    def write(self, path: str, content: bytes) -> str:
        """Replace a file in one step; return what tells its content from another one."""
        full = self._full(path)
        with self._told():
            self._files.pipe_file(full, content)
            return _signature(self._files.info(full))

    def create(self, path: str, content: bytes) -> bool:
        """Write a file that is not there; return False where it is. NotImplementedError where the store cannot tell."""
        with self._told():
            try:
                self._files.pipe_file(self._full(path), content, mode="create")
            except FileExistsError:
                return False
            except Exception as error:
                if isinstance(error, (TypeError, ValueError)) or "NotImplemented" in f"{error!r} {error.__cause__!r}":
                    raise NotImplementedError from None
                raise
            return True

    def find(self, path: str) -> bytes | None:
        """Return a file's content, None where there is none."""
        with self._told():
            try:
                content: bytes = self._files.cat_file(self._full(path))
                return content
            except FileNotFoundError:
                return None

    def remove(self, path: str) -> None:
        """Delete a file, if it is there."""
        with self._told():
            try:
                self._files.rm_file(self._full(path))
            except FileNotFoundError:
                return

    def _full(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (StoreError, NotImplementedError):
            raise
        except Exception as error:  # each package has errors of its own
            raise StoreError(f"{self.url} cannot be reached or written: {_reason(error)}.") from None


def open_store(address: Address) -> tuple[Store, str]:
    """Return the store of an address and the path in it; UsageError for a scheme that nothing here serves."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UsageError(f"A log folder at {address} needs fsspec and s3fs. Install them: {INSTALL}") from None
    try:
        files, full = url_to_fs(address.url, **_options(address.scheme))
    except ImportError:
        needed = f"{INSTALL.split()[0]} install {_PACKAGES[address.scheme]}" if address.scheme in _PACKAGES else INSTALL
        raise UsageError(f"A log folder at {address} needs a package that is not installed. Install it: {needed}") from None
    except Exception as error:
        if isinstance(error, ValueError) and "rotocol not known" in str(error):
            known = "s3://, gs://, az:// or another that fsspec knows"
            raise UsageError(f"{address}: nothing here serves {address.scheme}://; expected {known}.") from None
        raise StoreError(f"{address} cannot be opened: {_reason(error)}.") from None
    relative = full.lstrip("/")
    if not relative or not address.url.endswith(relative):
        raise UsageError(f"URL {address.url!r} names no folder; expected one like s3://bucket/logs.")
    first, _, path = relative.partition("/")
    root = full[: len(full) - len(relative)] + first
    return Store(files, root, address.url[: len(address.url) - len(path)].rstrip("/")), path


def _options(scheme: str) -> dict[str, Any]:
    options: dict[str, Any] = {"skip_instance_cache": True} if scheme != "memory" else {}
    if scheme in ("s3", "s3a"):
        waits = {"connect_timeout": CONNECT_SECONDS, "read_timeout": READ_SECONDS, "retries": {"max_attempts": 2}}
        options |= {"use_listings_cache": False, "config_kwargs": waits}
    return options


def _signature(entry: Mapping[str, Any]) -> str:
    """Return the hash that a store has of a file's content, else its time and its size."""
    for name in _HASHES:
        if entry.get(name):
            return str(entry[name]).strip('"')
    time = next((entry[name] for name in _TIMES if entry.get(name)), "")
    if isinstance(time, datetime):  # the listing of a store may have what a look at one file has as a number
        time = time.timestamp()
    return f"{time} {entry.get('size', '')}"


def _reason(error: BaseException) -> str:
    """Return why a store has refused, in one line and without what may be secret in it."""
    kind, said = type(error).__name__, one_line(error) or type(error).__name__
    for secret in _SECRETS:
        said = secret.sub("", said)
    said = said[:LONGEST_FAILURE].rstrip(".")
    if kind in ("NoCredentialsError", "DefaultCredentialsError"):
        return f"no credentials were found ({said})"
    if isinstance(error, PermissionError):
        return f"access is denied ({said}); look at the credentials"
    if isinstance(error, FileNotFoundError):
        return f"the bucket, or a file in it, is not there ({said})"
    return said if isinstance(error, OSError) else f"{kind}: {said}"
