"""The mirrors that this process has opened: the folder of this machine that stands for a URL, pulled when it is asked for."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, one_line
from harness.mirror.manifest import Manifest, manifest_of, within
from harness.mirror.stores import Store, open_store
from harness.mirror.sync import Sides, changed_here, pull, push
from harness.mirror.urls import Address, parse_url
from harness.mirror.writer_lock import WriterLock
from harness.records import stand_for, write_atomically, writer_of

PULL_SECONDS = 5.0
ADDRESS_FILE = "address.txt"
# By which the same URL may mean another store. One of them holds a secret: a hash of all is kept.
_PLACES = (
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE", "FSSPEC_S3_ENDPOINT_URL", "STORAGE_EMULATOR_HOST"),
    *("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_CONNECTION_STRING"),
)

Told = Callable[[str], None]


@dataclass(slots=True)
class Mirror:
    """A store, the folder of this machine that stands for it, and what of it was asked for."""

    sides: Sides
    home: Path
    told: Told
    scopes: set[str]

    def path_of(self, folder: Path) -> str:
        """Return a folder's path in the store."""
        return "" if folder == self.sides.root else folder.relative_to(self.sides.root).as_posix()


_OPEN: dict[Path, Mirror] = {}


def local_path(text: str | Path, *, told: Told) -> Path:
    """Return the folder or file of this machine that stands for a URL, as the store has it now.

    What an earlier command could not store is stored first of all. told: is given each thing that the user should know,
    in one line. UsageError for a URL that cannot be meant, a package that is missing, a store that cannot be reached.
    """
    address = parse_url(text)
    store, scope = open_store(address)
    home = Path(os.path.realpath(_cache())) / _name(store, address)
    root = home / store.url.rpartition("/")[2]
    mirror = _OPEN.setdefault(root, Mirror(Sides(store, root), home, told, set()))
    mirror.sides, mirror.told = Sides(store, root), told
    stand_for(root, store.url)
    try:
        pull_mirror(mirror, scope)
        mirror.scopes.add(scope)
        write_atomically(home / ADDRESS_FILE, f"{store.url}\n")
        _push_leftovers(mirror)
    except OSError as error:
        raise UsageError(f"The copy of {address} on this machine cannot be written ({error}).") from None
    return root / scope if scope else root


def mirror_of(folder: Path) -> Mirror | None:
    """Return the mirror that a folder lies in, None where it lies in none that this process has opened."""
    real = Path(os.path.realpath(folder))
    return next((mirror for root, mirror in _OPEN.items() if real.is_relative_to(root)), None)


def pull_mirror(mirror: Mirror, scope: str) -> None:
    """Fetch what changed in the store below a folder; studies that this machine is writing are left alone."""
    with manifest_of(mirror.home) as manifest:
        for note in pull(mirror.sides, manifest, scope, held=_written_here(mirror, manifest)):
            mirror.told(note)


def finish_mirrors() -> None:
    """Store what a command has changed outside of studies, such as the trash; what cannot be is said, and stays here."""
    for mirror in _OPEN.values():
        _push_leftovers(mirror, studies=False)  # each was stored when it was let go
        mirror.scopes.clear()


@contextmanager
def keep_pulling(folder: Path) -> Iterator[None]:
    """Fetch what changes in the store for as long as a folder of a mirror is served; any other folder is left as it is."""
    mirror = mirror_of(folder)
    if mirror is None:
        yield
        return
    stop, scope = threading.Event(), mirror.path_of(Path(os.path.realpath(folder)))
    thread = threading.Thread(target=_pull_on, args=(mirror, scope, stop), name="mirror", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PULL_SECONDS)


def _pull_on(mirror: Mirror, scope: str, stop: threading.Event) -> None:
    fault = ""
    while not stop.wait(PULL_SECONDS):
        try:
            pull_mirror(mirror, scope)
            fault = ""
        except Exception as error:  # nothing in a store is worth the end of what is served
            if not fault:
                mirror.told(f"Not up to date: {one_line(error)}")
            fault = one_line(error)


def _push_leftovers(mirror: Mirror, *, studies: bool = True) -> None:
    """Store what is on this machine alone: below what was asked for, of studies that nobody is writing."""
    try:
        with manifest_of(mirror.home) as manifest:
            for scope in sorted(mirror.scopes):
                mine = {study for study in manifest.studies if within(study, scope) or within(scope, study)}
                busy = _written_here(mirror, manifest)
                push(mirror.sides, manifest, [scope], skip={*mine, *busy})
                for study in sorted(mine.difference(busy)) if studies else ():
                    if any(changed_here(mirror.sides.root, manifest, study)):
                        _push_study(mirror, manifest, study)
    except (UsageError, OSError) as error:
        mirror.told(
            f"Not stored in {mirror.sides.store.url} yet: {one_line(error)} It is kept, and the next command tries again."
        )


def _push_study(mirror: Mirror, manifest: Manifest, study: str) -> None:
    lock = WriterLock(mirror.sides.store, study, told=mirror.told)
    lock.acquire()
    try:
        push(mirror.sides, manifest, [study])
    finally:
        lock.release()


def _written_here(mirror: Mirror, manifest: Manifest) -> list[str]:
    return [study for study in sorted(manifest.studies) if writer_of(mirror.sides.root / study)]


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ablation-harness" / "mirrors"


def _name(store: Store, address: Address, *, environment: Mapping[str, str] = os.environ) -> str:
    """Return the name of a mirror's folder: another one for each store that the same URL may mean."""
    from fsspec.config import conf

    endpoint = conf.get(address.scheme, {}).get("endpoint_url", "")
    process = str(os.getpid()) if address.scheme == "memory" else ""  # which ends with it
    places = [environment.get(name, "") for name in _PLACES]
    return hashlib.sha256("\0".join((store.url, endpoint, process, *places)).encode()).hexdigest()[:16]
