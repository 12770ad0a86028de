import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from tiny_dataset import write_idx_files

from harness.data import downloads
from harness.data.catalogue import DATASETS
from harness.data.resolve import fetch
from harness.data.specs import DataError, Dataset

pytestmark = pytest.mark.usefixtures("alone")


def test_fetch_takes_what_keras_has_already(tiny: Dataset, tmp_path: Path):
    write_idx_files(tmp_path / "keras" / "datasets" / "tiny")
    assert fetch("tiny").origin == "keras"


def test_fetch_without_network_says_so():
    with pytest.raises(DataError, match=r"storage.googleapis.com.* cannot be reached"):
        fetch("mnist")


@pytest.fixture
def silent_url():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.fixture
def answering_url():
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_a_network_that_swallows_everything_is_noticed_in_time(silent_url: str):
    with pytest.raises(DataError, match="cannot be reached"):  # without a limit of its own it would wait for ever
        downloads.require_answer(silent_url, seconds=0.3)


def test_a_server_that_answers_anything_is_reached(answering_url: str):
    downloads.require_answer(answering_url)


def test_a_download_that_fails_says_why_and_leaves_nothing(answering_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(downloads, "ORIGIN", answering_url)
    with pytest.raises(DataError, match=r"Download of fashion-mnist failed: .*storage.googleapis.com"):
        fetch("fashion-mnist")
    assert not list((tmp_path / "keras" / "datasets" / "fashion-mnist").iterdir())


def test_a_download_that_takes_too_long_is_given_up(answering_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(downloads, "ORIGIN", answering_url)
    with pytest.raises(DataError, match="given up after 0.1 s"):
        downloads.download(DATASETS["mnist"], timeout=0.1)
