"""A log folder in a bucket, over a real S3 server on loopback: moto's, which loses all it has when it is killed."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from calling import harness as command_line
from click.testing import Result
from s3_server import Server, files

import harness
from harness.mirror import mirrors, uploading
from harness.mirror.mirrors import keep_pulling, local_path
from harness.mirror.stores import Store, StoreError
from harness.records.locks import LOCK_FILE

pytest.importorskip("moto.server", reason="moto[s3] and flask-cors are not installed: no log folder in a bucket is tested")
pytest.importorskip("s3fs", reason="s3fs is not installed: no log folder in a bucket is tested")
pytestmark = pytest.mark.processes

URL = "s3://bucket/runs/logs"
STUDY = """
import os, time
from harness import Metric, Settings, Study, Variant

def train(settings, trial):
    killed = os.environ.get("SERVER_KILLED", "/")
    while settings.learning_rate == 0.25 and trial.seed == 1 and not os.path.exists(killed):
        time.sleep(0.05)  # the last trial does not end before the server has been killed
    for epoch in range(settings.epochs):
        trial.log(epoch + 1, train_loss=1.0, test_loss=settings.learning_rate + trial.seed / 100 - epoch / 1000)

STUDY = Study("clouds", base=Settings(epochs=3, learning_rate=0.5), train=train,
              metric=Metric("loss", margin=0.01, higher_is_better=False),
              variants=(Variant("slow", learning_rate=0.25),))
"""


def stored() -> dict[str, bytes]:
    """Return what the bucket holds below the log folder, the locks apart."""
    store = files()
    top = URL.removeprefix("s3://")
    paths = store.find(top)
    return {path.removeprefix(f"{top}/"): content for path, content in store.cat(paths).items()} if paths else {}


def kept(cache: Path) -> dict[str, bytes]:
    """Return what the mirror in a cache holds, locks apart."""
    (root,) = cache.glob("ablation-harness/mirrors/*/bucket/runs/logs")
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != LOCK_FILE
    }


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.url)
        for name, value in (("ACCESS_KEY_ID", "key"), ("SECRET_ACCESS_KEY", "hush"), ("DEFAULT_REGION", "us-east-1")):
            patch.setenv(f"AWS_{name}", value)
        server.start()
        yield server
        server.kill()


@dataclass(frozen=True)
class Ran:
    result: Result
    cache: Path
    study: Path
    begun: dict[str, bytes]  # what was stored when the server was killed


@pytest.fixture(scope="module")
def ran(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A study, run while its server was killed with all it had and came back empty."""
    place = tmp_path_factory.mktemp("cloud")
    study = place / "clouds.py"
    study.write_text(STUDY)
    begun: dict[str, bytes] = {}
    done = threading.Event()
    killed = place / "killed"

    def break_in() -> None:
        deadline = time.monotonic() + 300
        try:
            while not done.is_set() and time.monotonic() < deadline and not any(path.endswith("record.json") for path in begun):
                time.sleep(0.05)
                with suppress(FileNotFoundError):  # removed between being listed and being read
                    begun.update(stored())
            server.kill()
        finally:
            killed.touch()
        time.sleep(1.0)
        server.start()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(place / "one"))
        patch.setenv("SERVER_KILLED", str(killed))
        patch.setattr("harness.mirror.uploading.TICK_SECONDS", 0.2)
        breaker = threading.Thread(target=break_in)
        breaker.start()
        result = command_line("run", study, "--seeds", 2, "--jobs", 1, "--logdir", URL)
        done.set()
        breaker.join()
    yield Ran(result, place / "one", study, begun)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Another machine: an empty cache, and another working folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "two"


def test_a_server_that_is_killed_with_all_it_had_loses_nothing_of_a_run(ran: Ran):
    assert ran.result.exit_code == 0, ran.result.output
    assert any(path.endswith("record.json") for path in ran.begun), "the server was not killed in the middle"
    assert "clouds/slow/seed-1/record.json" not in ran.begun
    assert stored() == kept(ran.cache)
    records = [path for path in stored() if path.endswith("record.json")]
    assert sorted(records) == [f"clouds/{name}/seed-{seed}/record.json" for name in ("base", "slow") for seed in (0, 1)]


def test_what_is_printed_names_the_url_and_no_folder_of_this_machine(ran: Ran):
    assert f"Stored in {URL}/clouds: records, summary.csv, runs.csv" in " ".join(ran.result.output.split())
    assert f"board clouds --logdir {URL}" in " ".join(ran.result.output.split())
    assert str(ran.cache) not in ran.result.output


def test_nothing_that_is_stored_depends_on_the_folder_of_this_machine_or_holds_a_secret(ran: Ran):
    for path, content in stored().items():
        assert str(ran.cache).encode() not in content, path
        assert b"hush" not in content, path


def test_another_machine_reads_the_same(ran: Ran, elsewhere: Path):
    compared = command_line("compare", URL, "--format", "csv")
    assert compared.exit_code == 0 and "slow,0.253,-0.25" in compared.output
    assert kept(elsewhere) == stored()
    assert harness.load(f"{URL}/clouds").trials.test_loss.tolist() == pytest.approx([0.498, 0.508, 0.248, 0.258])
    table = command_line("compare", f"{URL}/clouds")
    assert f"compare {URL}/clouds --format latex" in " ".join(table.output.split())
    shown = command_line("show", "clouds/slow/seed-1", "--logdir", URL)
    assert shown.exit_code == 0 and str(elsewhere) not in shown.output
    report = command_line("report", f"{URL}/clouds")
    assert report.exit_code == 0, report.output
    assert str(elsewhere) not in Path("clouds.html").read_text()
    again = command_line("run", ran.study, "--seeds", 2, "--logdir", URL, "--dry-run")
    assert "4 trials recorded already" in again.output or "0 to train" in again.output, again.output


def test_a_second_machine_that_writes_at_the_same_time_is_refused_in_one_line(ran: Ran, elsewhere: Path):
    owner = {"id": "a", "pid": 7, "host": "away", "since": "noon", "refreshed": time.time(), "machine": "away"}
    lock = f"{URL}/clouds/{LOCK_FILE}"
    files().pipe_file(lock, json.dumps(owner).encode())
    before = stored()
    try:
        for words in (("run", ran.study, "--force"), ("remove", "clouds/slow")):
            refused = command_line(*words, "--logdir", URL)
            assert refused.exit_code == 2
            (line,) = [line for line in refused.output.splitlines() if "Error" in line]
            assert f"'{URL}/clouds' is being written by process 7 on host away, since noon" in line
        assert stored() == before
        assert command_line("compare", URL).exit_code == 0, "reading needs no lock"
    finally:
        files().rm_file(lock)


def test_what_is_removed_and_restored_on_one_machine_is_so_on_another(ran: Ran, elsewhere: Path, monkeypatch):
    whole = stored()
    removed = command_line("remove", "clouds/slow/seed-1", "--logdir", URL)
    assert removed.exit_code == 0 and f"{URL}/.trash" in removed.output, removed.output
    assert "clouds/slow/seed-1/record.json" not in stored()
    assert stored() == kept(elsewhere)
    monkeypatch.setenv("XDG_CACHE_HOME", str(ran.cache))
    assert len(harness.load(URL).trials) == 3
    assert command_line("restore", "clouds/slow/seed-1", "--logdir", URL).exit_code == 0
    assert stored() == kept(ran.cache)
    assert {path: content for path, content in whole.items() if path.endswith("record.json")}.items() <= stored().items()


def test_a_run_whose_results_did_not_arrive_does_not_end_well(ran: Ran, elsewhere: Path, monkeypatch):
    def refuse(self, path, content):
        if path.endswith(LOCK_FILE):
            return write(self, path, content)
        raise StoreError("The token has expired.")

    write = Store.write
    monkeypatch.setattr(uploading, "LAST_TRIES", (0.0,))
    monkeypatch.setattr(Store, "write", refuse)
    done = command_line("run", ran.study, "--seeds", 2, "--logdir", URL)
    assert done.exit_code == 1, done.output
    assert f"changes are not stored in {URL}/clouds (The token has expired). All is kept in {elsewhere}" in done.output
    monkeypatch.setattr(Store, "write", write)
    assert command_line("compare", URL).exit_code == 0
    assert stored() == kept(elsewhere)


def test_a_run_from_python_takes_a_url(ran: Ran, elsewhere: Path):
    results = harness.run(ran.study, seeds=2, logdir=URL, progress=False)
    assert len(results.trials) == 4 and results.as_expected
    assert stored() == kept(elsewhere)


def test_a_path_that_may_not_lie_elsewhere_is_refused(ran: Ran):
    refused = command_line("run", ran.study, "--data-dir", URL, "--dry-run")
    assert refused.exit_code == 2 and "expected a path of this machine" in refused.output


def test_what_is_served_is_fetched_as_it_grows(ran: Ran, elsewhere: Path, monkeypatch):
    monkeypatch.setattr(mirrors, "PULL_SECONDS", 0.1)
    logs = local_path(URL, told=pytest.fail)
    with keep_pulling(logs / "clouds"):
        files().pipe_file(f"{URL}/clouds/base/seed-0/later.tfevents.9", b"grown")
        deadline = time.monotonic() + 20
        while not (logs / "clouds/base/seed-0/later.tfevents.9").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    files().rm_file(f"{URL}/clouds/base/seed-0/later.tfevents.9")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("s3://no-such-bucket/logs", "the bucket, or a file in it, is not there"),
        ("nosuch://bucket/logs", "nothing here serves nosuch://"),
        ("s3://me:hush-hush@bucket/logs", "holds a password"),
    ],
)
def test_a_url_that_cannot_be_used_is_one_line_before_anything_runs(ran: Ran, elsewhere: Path, url: str, said: str):
    refused = command_line("run", ran.study, "--logdir", url)
    assert refused.exit_code == 2 and said in refused.output and len(refused.output.splitlines()) == 1, refused.output
    assert "hush" not in refused.output


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [(400, "ExpiredToken", "access is denied"), (403, "AccessDenied", "access is denied"), (0, "", "cannot be reached")],
)
def test_a_store_that_refuses_or_is_not_there_is_one_line(ran: Ran, elsewhere: Path, monkeypatch, status, code, said):
    body = f"<Error><Code>{code}</Code><Message>The provided token has expired.</Message></Error>".encode()
    with socket.create_server(("127.0.0.1", 0)) as refusing:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{refusing.getsockname()[1]}")
        if status:
            head = f"HTTP/1.1 {status} no\r\nContent-Type: text/xml\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            threading.Thread(target=_answer, args=(refusing, head.encode() + body), daemon=True).start()
        else:
            refusing.close()
        refused = command_line("compare", URL)
    assert refused.exit_code == 2 and said in refused.output and len(refused.output.splitlines()) == 1, refused.output


def _answer(server: socket.socket, response: bytes) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.recv(65536)
            connection.sendall(response)
