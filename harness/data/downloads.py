"""Downloads by Keras or scikit-learn, in a process of their own: TensorFlow, which Keras needs, never loads in this one."""

import os
import subprocess
import sys
import tempfile
import threading
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from harness.data.specs import AnyDataset, DataError, TableDataset
from harness.data.verified_sources import Source, library_home, library_source

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"  # the one keras.datasets has built in
TABLE_ORIGIN = "https://ndownloader.figshare.com/"  # the one sklearn.datasets has built in
_ANSWER_SECONDS = 3.0

# The libraries set no limit of their own: a connection that falls silent would hold the run for ever.
_KERAS_PROGRAM = """
import importlib, socket, sys
socket.setdefaulttimeout(30)
importlib.import_module("keras.datasets." + sys.argv[1]).load_data()
"""
_SCIKIT_LEARN_PROGRAM = """
import socket, sys
import sklearn.datasets
socket.setdefaulttimeout(30)
getattr(sklearn.datasets, "fetch_" + sys.argv[1])()
"""


def download(dataset: AnyDataset, *, timeout: float | None = None) -> Source:
    """Put a dataset into its library's cache and return it, verified; DataError where that fails.

    The library downloads into a folder of its own first: a download that breaks off never lies in the cache as if
    whole. Keras's progress bar goes to standard error where that is a terminal.
    """
    require_answer(TABLE_ORIGIN if isinstance(dataset, TableDataset) else ORIGIN)
    target = library_source(dataset, library_home(dataset))
    folder = target.files[0].parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".harness-", dir=folder) as staging:
            _run_library(dataset, Path(staging), timeout)
            draft = library_source(dataset, Path(staging))
            _require_published(draft)
            for new, final in zip(draft.files, target.files, strict=True):
                new.replace(final)
    except OSError as error:
        raise DataError(f"Download of {dataset.name} to {folder} failed: {error.strerror or error}.") from None
    return target


def require_answer(url: str, *, seconds: float = _ANSWER_SECONDS) -> None:
    """Raise DataError unless the server answers in time, through the proxy if one is set."""
    outcome = [f"no answer within {seconds:g} s"]

    def ask() -> None:
        try:
            urlopen(Request(url, method="HEAD"), timeout=seconds).close()
            outcome[0] = ""
        except HTTPError:  # an answer all the same
            outcome[0] = ""
        except (OSError, ValueError, HTTPException) as error:
            outcome[0] = str(getattr(error, "reason", error))

    # In a thread, because looking a name up takes as long as the system likes, whatever the timeout.
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if outcome[0]:
        raise DataError(f"{url} cannot be reached: {outcome[0]}.")


def _run_library(dataset: AnyDataset, home: Path, timeout: float | None) -> None:
    homes = {"KERAS_HOME": str(home), "SCIKIT_LEARN_DATA": str(home)}
    environment = os.environ | homes | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    program = _SCIKIT_LEARN_PROGRAM if isinstance(dataset, TableDataset) else _KERAS_PROGRAM
    module = dataset.name.replace("-", "_")
    try:
        finished = subprocess.run(
            [sys.executable, "-c", program, module],
            env=environment,
            stdout=sys.stderr if sys.stderr.isatty() else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DataError(f"Download of {dataset.name} was given up after {timeout:g} s.") from None
    if finished.returncode:
        lines = finished.stderr.strip().splitlines() or [f"exit status {finished.returncode}"]
        raise DataError(f"Download of {dataset.name} failed: {lines[-1]}.")


def _require_published(draft: Source) -> None:
    try:
        draft.read()
    except DataError as error:
        raise DataError(f"Download of {draft.dataset.name} is not the published data: {error}") from None
