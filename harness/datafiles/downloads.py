"""Downloads by `keras.datasets`, in a process of their own: TensorFlow, which Keras needs, never loads in this one."""

import os
import subprocess
import sys
import tempfile
import threading
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from harness.datafiles.datasets import DataError, Dataset
from harness.datafiles.sources import Source, keras_home, keras_source

ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"  # the one keras.datasets has built in
_ANSWER_SECONDS = 3.0

# Keras sets no limit of its own: a connection that falls silent would hold the run for ever.
_PROGRAM = """
import importlib, socket, sys
socket.setdefaulttimeout(30)
importlib.import_module("keras.datasets." + sys.argv[1]).load_data()
"""


def download(dataset: Dataset, *, timeout: float | None = None) -> Source:
    """Put a dataset into Keras's cache and return it, verified; DataError where that fails.

    Keras downloads into a folder of its own first: a download that breaks off never lies in the cache as if whole.
    Its progress bar goes to standard error where that is a terminal.
    """
    require_answer(ORIGIN)
    target = keras_source(dataset, keras_home())
    try:
        target.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".harness-", dir=target.folder) as staging:
            _run_keras(dataset, Path(staging), timeout)
            draft = keras_source(dataset, Path(staging))
            _require_published(draft)
            for new, final in zip(draft.files, target.files, strict=True):
                new.replace(final)
    except OSError as error:
        raise DataError(f"Download of {dataset.name} to {target.folder} failed: {error.strerror or error}.") from None
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


def _run_keras(dataset: Dataset, home: Path, timeout: float | None) -> None:
    environment = os.environ | {"KERAS_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    module = dataset.name.replace("-", "_")
    try:
        finished = subprocess.run(
            [sys.executable, "-c", _PROGRAM, module],
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
