"""A mirror's two sides brought together: what changed there is fetched, what changed here is stored there.

Nothing that changed here is overwritten or deleted by a pull. What changed on both sides is set apart, and said.
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from harness.errors import UsageError
from harness.mirror.manifest import LOCK_FILE, Entry, Manifest, Stamp, local_files, stamp_of, within
from harness.mirror.stores import Store, StoreError
from harness.records import QUEUE_FOLDER, RECORD_FILE, is_temporary, write_atomically

THREADS = 16  # requests at a time
CONFLICTS = "conflicts"  # beside the mirror: what changed on both sides, as this machine had it
_EVENTS = "tfevents"  # in the names of event files, which TensorBoard holds open
_TABLES = (".csv", ".json", ".png")


class Sides(NamedTuple):
    """The two sides of a mirror: the store, and the folder that stands for it."""

    store: Store
    root: Path


def pull(sides: Sides, manifest: Manifest, prefix: str, *, held: Iterable[str] = ()) -> list[str]:
    """Fetch what changed in the store below a folder, and delete what vanished there; return what is worth saying.

    held: studies that are being written on this machine, which are left alone. UsageError where the store has nothing of
    all that was here: it is emptied, or another one, and this may be the last copy.
    """
    remote = {path: mark for path, mark in sides.store.list(prefix).items() if _is_ours(path)}
    known = {path for path in manifest.files if within(path, prefix)}
    if known and not remote and _is_emptied(sides, manifest):
        raise UsageError(
            f"{sides.store.url}/{prefix} is empty, and the copy on this machine, {len(known)} files below "
            f"{str(sides.root.parent)!r}, may be the last one. Store it there again, or move that folder away."
        )
    left = tuple(held)
    notes: list[str] = []
    changed = [path for path, mark in remote.items() if _is_wanted(sides.root, manifest, path, mark)]
    changed = [path for path in changed if not any(within(path, study) for study in left)]
    _parallel(lambda path: _fetch(sides, manifest, path, remote[path], notes), changed)
    for path in sorted(known - remote.keys()):
        if not any(within(path, study) for study in left):
            _forget(sides.root, manifest, path)
    return notes


def _is_wanted(root: Path, manifest: Manifest, path: str, mark: str) -> bool:
    """Say whether a file of the store is another one than here, or missing here though no command has deleted it."""
    if path not in manifest.files or manifest.files[path].remote != mark:
        return True
    return path not in manifest.deleted and not os.path.lexists(root / path)


def _is_emptied(sides: Sides, manifest: Manifest) -> bool:
    """Say whether the store has none of the files that this machine has a copy of: nobody removes all of several studies."""
    here = {path for path in manifest.files if stamp_of(sides.root / path)}
    return bool(here) and here.isdisjoint(sides.store.list(""))


def changed_here(root: Path, manifest: Manifest, prefix: str) -> tuple[dict[str, Stamp], list[str]]:
    """Return the files below a folder that are new or changed on this machine, and those that were deleted here."""
    present = local_files(root, prefix)
    new = {path: stamp for path, stamp in present.items() if path not in manifest.files or manifest.files[path].stamp != stamp}
    return new, sorted(path for path in manifest.files if within(path, prefix) and path not in present)


def push(sides: Sides, manifest: Manifest, folders: Sequence[str], *, skip: Iterable[str] = (), verify: bool = False) -> None:
    """Store what changed on this machine below these folders, and delete there what was deleted here.

    A record goes after all other files of its trial, the tables go last, so that nothing there names what is not there
    yet. skip: folders that are not ours to store. verify: look whether the store still has all that it was given, and
    give it again where it has not.
    StoreError ends it at the first thing that cannot be stored; what is behind it in the order is not stored either.
    """
    left = tuple(skip)
    for prefix in folders:
        new, gone = changed_here(sides.root, manifest, prefix)
        if verify:
            remote = sides.store.list(prefix)
            lost = [path for path, entry in manifest.files.items() if within(path, prefix) and remote.get(path) != entry.remote]
            new |= {path: stamp for path in lost if (stamp := stamp_of(sides.root / path)) is not None}
        new = {path: stamp for path, stamp in new.items() if not any(within(path, other) for other in left)}
        gone = [path for path in gone if not any(within(path, other) for other in left)]
        manifest.deleted.update(gone)  # noted first: where this fails, the next pull is not to fetch it again
        for rank in (0, 1, 2):
            _parallel(lambda path: _send(sides, manifest, path), [path for path in new if _rank(path, prefix) == rank])
        for path in sorted(gone, key=lambda path: not path.endswith(RECORD_FILE)):
            if os.path.lexists(sides.root / path):  # seen as deleted, and yet there: its folder could not be read
                continue
            sides.store.remove(path)
            manifest.files.pop(path, None)
            manifest.deleted.discard(path)


def _send(sides: Sides, manifest: Manifest, path: str) -> None:
    """Store one file; one that is gone by now is left to the next push."""
    stamp = stamp_of(sides.root / path)
    try:
        content = (sides.root / path).read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"{sides.root / path} cannot be read ({error.strerror}).") from None
    if stamp is not None:
        manifest.files[path] = Entry(sides.store.write(path, content), stamp)


def _fetch(sides: Sides, manifest: Manifest, path: str, mark: str, notes: list[str]) -> None:
    target = sides.root / path
    content = sides.store.find(path)
    if content is None:  # deleted since it was listed
        return
    stamp = stamp_of(target)
    before = manifest.files.get(path)
    if stamp is not None and (before is None or before.stamp != stamp):
        mine = target.read_bytes()
        if mine.startswith(content):  # stored by this machine, which has written on, or was killed before it noted so
            if mine == content:
                manifest.files[path] = Entry(mark, stamp)
            return
        if not content.startswith(mine):
            apart = _set_apart(sides, path, mine)
            notes.append(f"{path} was changed here and in {sides.store.url}; that one counts, this machine's lies in {apart}.")
    try:
        _put(target, content)
    except OSError as error:
        notes.append(f"{sides.store.url}/{path} could not be kept on this machine ({error.strerror}).")
        return
    if (now := stamp_of(target)) is not None:
        manifest.files[path] = Entry(mark, now)
        manifest.deleted.discard(path)


def _put(target: Path, content: bytes) -> None:
    """Write what was fetched; an event file that has only grown is written on, as its readers hold it open."""
    if _EVENTS in target.name and target.is_file() and content.startswith(before := target.read_bytes()):
        with open(target, "ab") as file:
            file.write(content[len(before) :])
    else:
        write_atomically(target, content)


def _set_apart(sides: Sides, path: str, content: bytes) -> Path:
    apart = sides.root.parent / CONFLICTS / time.strftime("%Y%m%d-%H%M%S") / path
    write_atomically(apart, content)
    return apart


def _forget(root: Path, manifest: Manifest, path: str) -> None:
    """Delete a file that vanished in the store, unless it was changed here; and the folders that are empty by that."""
    manifest.deleted.discard(path)
    if (stamp := stamp_of(root / path)) is not None and stamp != manifest.files[path].stamp:
        del manifest.files[path]  # new, as far as the store is concerned
        return
    del manifest.files[path]
    (root / path).unlink(missing_ok=True)
    with suppress(OSError):  # something lies in it
        for folder in (root / path).parents:
            if folder == root:
                return
            folder.rmdir()


def _rank(path: str, prefix: str) -> int:
    """Order what is stored: first what records name, then the records, at last the tables that are made from them."""
    name = path.rpartition("/")[2]
    if name == RECORD_FILE:
        return 1
    return 2 if name.endswith(_TABLES) and path.count("/") == prefix.count("/") + 1 else 0


def _is_ours(path: str) -> bool:
    """Say whether a name in the store can be a file of a mirror: it leads nowhere else, and is no lock, draft or queue."""
    parts = path.split("/")
    whole = all(part not in ("", ".", "..") and "\0" not in part for part in parts)
    return whole and parts[-1] != LOCK_FILE and QUEUE_FOLDER not in parts and not is_temporary(Path(parts[-1]))


def _parallel(action: Callable[[str], None], paths: Sequence[str]) -> None:
    """Do this for each path, several at a time; the first error is raised once those that run have ended."""
    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(action, path) for path in paths]
        try:
            for each in done:
                each.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
