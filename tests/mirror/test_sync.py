"""What a pull and a push may do to each side, over a store in memory."""

import shutil
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.mirror import uploading
from harness.mirror.manifest import MANIFEST_FILE, manifest_of
from harness.mirror.mirrors import finish_mirrors, local_path, mirror_of
from harness.mirror.stores import StoreError, open_store
from harness.mirror.sync import Sides, pull, push
from harness.mirror.uploading import hold_study
from harness.mirror.urls import parse_url

pytestmark = pytest.mark.quick
fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed: no log folder elsewhere is tested")


class Machine:
    """One side: a folder with its manifest."""

    def __init__(self, home: Path, url: str) -> None:
        store, self.prefix = open_store(parse_url(url))
        self.home, self.sides = home, Sides(store, home / "files")

    def pull(self, **options) -> list[str]:
        with manifest_of(self.home) as manifest:
            return pull(self.sides, manifest, self.prefix, **options)

    def push(self, **options) -> None:
        with manifest_of(self.home) as manifest:
            push(self.sides, manifest, [self.prefix], **options)

    def write(self, path: str, text: str) -> None:
        target = self.sides.root / self.prefix / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def remove(self, path: str) -> None:
        (self.sides.root / self.prefix / path).unlink()

    @property
    def files(self) -> dict[str, str]:
        root = self.sides.root / self.prefix
        return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def one(tmp_path: Path, url: str) -> Machine:
    return Machine(tmp_path / "one", url)


@pytest.fixture
def other(tmp_path: Path, url: str) -> Machine:
    return Machine(tmp_path / "other", url)


def test_what_one_machine_writes_and_deletes_arrives_at_another(one, other, stored):
    one.write("s/base/seed-0/record.json", "{}")
    one.write("s/summary.csv", "a")
    one.push()
    assert other.pull() == []
    assert other.files == one.files == stored() == {"s/base/seed-0/record.json": "{}", "s/summary.csv": "a"}
    other.remove("s/base/seed-0/record.json")
    other.write("s/summary.csv", "b")
    other.push()
    one.pull()
    assert one.files == stored() == {"s/summary.csv": "b"}
    assert not (one.sides.root / one.prefix / "s" / "base").exists(), "an empty folder stays behind"


def test_a_pull_neither_overwrites_nor_deletes_what_changed_here(one, other, stored):
    one.write("s/kept", "1")
    one.write("s/gone", "1")
    one.push()
    other.pull()
    other.remove("s/gone")
    other.push()
    one.write("s/kept", "22")
    one.write("s/gone", "22")
    one.write("s/new", "22")
    one.pull()
    assert one.files == {"s/kept": "22", "s/gone": "22", "s/new": "22"}
    one.push()
    assert stored() == one.files


def test_a_cache_that_was_cleaned_is_fetched_again_and_deletes_nothing(one, url, stored, cache):
    one.write("s/record.json", "1")
    one.write(".trash/1", "1")
    one.push()
    logs = local_path(url, told=pytest.fail)
    with manifest_of(mirror_of(logs).home) as manifest:
        manifest.studies.add(mirror_of(logs).path_of(logs / "s"))
    finish_mirrors()
    shutil.rmtree(logs)
    assert (local_path(url, told=pytest.fail) / "s/record.json").read_text() == "1"
    finish_mirrors()
    assert stored() == one.files


def test_what_a_command_deleted_while_the_store_was_away_is_deleted_by_the_next_one(one, url, stored, cache, monkeypatch):
    one.write("s/gone", "1")
    one.write("s/kept", "1")
    one.push()
    study = local_path(url, told=pytest.fail) / "s"
    remove = type(one.sides.store).remove
    monkeypatch.setattr(uploading, "LAST_TRIES", (0.0,))

    def refuse(self, path):
        if path.endswith(".lock"):
            return remove(self, path)
        raise StoreError("no")

    monkeypatch.setattr("harness.mirror.stores.Store.remove", refuse)
    mirror_of(study).told = [].append
    with hold_study(study):
        (study / "gone").unlink()
    assert stored() == one.files
    monkeypatch.setattr("harness.mirror.stores.Store.remove", remove)
    assert not (local_path(url, told=pytest.fail) / "s/gone").exists()
    assert stored() == {"s/kept": "1"}


def test_one_file_is_named_as_well_as_a_folder(one, other, url, stored, cache):
    one.write("s/summary.csv", "1")
    one.write("s/runs.csv", "1")
    one.push()
    assert local_path(f"{url}/s/summary.csv", told=pytest.fail).read_text() == "1"
    finish_mirrors()
    local_path(url, told=pytest.fail)
    assert local_path(f"{url}/s/summary.csv", told=pytest.fail).read_text() == "1"
    finish_mirrors()
    assert stored() == one.files


def test_a_folder_that_cannot_be_read_is_not_taken_for_a_deletion(one, stored, monkeypatch):
    one.write("s/record.json", "1")
    one.push()
    monkeypatch.setattr("harness.mirror.manifest.os.walk", lambda top: iter(()))
    one.push()
    assert stored() == {"s/record.json": "1"}


def test_what_changed_on_both_sides_is_set_apart_and_said(one, other):
    one.write("s/record.json", "first")
    one.push()
    other.pull()
    one.write("s/record.json", "mine, longer")
    other.write("s/record.json", "theirs")
    other.push()
    (note,) = one.pull()
    assert "s/record.json was changed here and in" in note
    assert one.files == {"s/record.json": "theirs"}
    (apart,) = (path for path in (one.home / "conflicts").rglob("*") if path.is_file())
    assert apart.read_text() == "mine, longer" and str(apart) in note


def test_what_was_stored_before_a_machine_died_is_no_conflict(one):
    one.write("s/events.tfevents.1", "abc")
    one.write("s/record.json", "{}")
    one.push()
    (one.home / MANIFEST_FILE).unlink()  # killed before it was noted
    one.write("s/events.tfevents.1", "abcdef")
    assert one.pull() == []
    assert one.files == {"s/events.tfevents.1": "abcdef", "s/record.json": "{}"}
    one.push()
    one.pull()
    assert not (one.home / "conflicts").exists()


def test_an_event_file_that_grew_is_written_on_as_its_readers_hold_it_open(one, other):
    one.write("s/events.tfevents.1", "abc")
    one.push()
    other.pull()
    with open(other.sides.root / other.prefix / "s/events.tfevents.1") as reader:
        assert reader.read() == "abc"
        one.write("s/events.tfevents.1", "abcdef")
        one.push()
        other.pull()
        assert reader.read() == "def"


def test_a_record_is_stored_after_its_files_and_the_tables_at_last(one, monkeypatch):
    for path in ("s/summary.csv", "s/runs.csv", "s/base/seed-0/record.json", "s/base/seed-0/train/events.tfevents.1"):
        one.write(path, "1")
    order: list[str] = []
    write = type(one.sides.store).write
    monkeypatch.setattr(type(one.sides.store), "write", lambda self, path, text: order.append(path) or write(self, path, text))
    with manifest_of(one.home) as manifest:
        push(one.sides, manifest, [f"{one.prefix}/s"])
    names = [path.rpartition("/")[2] for path in order]
    assert names[:2] == ["events.tfevents.1", "record.json"] and {*names[2:]} == {"summary.csv", "runs.csv"}


def test_a_record_is_not_stored_where_one_of_its_files_cannot_be(one, stored, monkeypatch):
    one.write("s/base/seed-0/predictions.npz", "1")
    one.write("s/base/seed-0/record.json", "1")
    write = type(one.sides.store).write

    def refuse(self, path, content):
        if path.endswith(".npz"):
            raise StoreError("no")
        return write(self, path, content)

    monkeypatch.setattr(type(one.sides.store), "write", refuse)
    with pytest.raises(StoreError):
        one.push()
    assert stored() == {}
    monkeypatch.undo()
    one.push()
    assert stored() == one.files


def test_a_store_that_lost_what_it_was_given_is_given_it_again(one, stored, url):
    one.write("s/record.json", "1")
    one.push()
    store, prefix = open_store(parse_url(url))
    store.remove(f"{prefix}/s/record.json")
    one.push()
    assert stored() == {}, "an ordinary push looks at this side alone"
    one.push(verify=True)
    assert stored() == one.files


def test_an_emptied_store_does_not_take_the_last_copy_with_it(one, url):
    one.write("s/record.json", "1")
    one.push()
    store, prefix = open_store(parse_url(url))
    store.remove(f"{prefix}/s/record.json")
    with pytest.raises(UsageError, match="is empty, and the copy on this machine, 1 files below .* may be the last one"):
        one.pull()
    assert one.files == {"s/record.json": "1"}


def test_locks_drafts_and_links_are_not_stored_and_no_name_leads_out(one, stored, url, tmp_path):
    one.write("s/.lock", "x")
    one.write("s/.record.json.17.tmp", "x")
    (tmp_path / "secret").write_text("x")
    (one.sides.root / one.prefix / "s/link").symlink_to(tmp_path / "secret")
    one.write("s/record.json", "1")
    one.push()
    assert stored() == {"s/record.json": "1"}
    files = fsspec.filesystem("memory")
    root = one.sides.store._root
    files.store[f"{root}/logs/../../../escaped"] = files.store[f"{root}/logs/s/record.json"]
    try:
        one.pull()
    finally:
        del files.store[f"{root}/logs/../../../escaped"]
    assert not any(path.name == "escaped" for path in tmp_path.rglob("*"))


def test_the_queue_of_a_machine_neither_leaves_it_nor_comes_to_it(one, stored, url):
    """What lies in it is unpickled, and a trial that was taken from it would be back as one that waits."""
    one.write("s/.queue/waiting/0-a", "mine")
    one.write("s/record.json", "1")
    one.push()
    assert stored() == {"s/record.json": "1"}
    one.sides.store.write(f"{one.prefix}/s/.queue/ended/0-b", b"a stranger's")
    one.pull()
    assert one.files == {"s/record.json": "1", "s/.queue/waiting/0-a": "mine"}


def test_a_damaged_manifest_is_said(one):
    one.write("s/record.json", "1")
    one.push()
    (one.home / MANIFEST_FILE).write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        one.pull()
