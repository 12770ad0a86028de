"""What of a command's own decides its result: the files that it names, and the modules beside them that these import."""

import hashlib
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from harness.study.own_modules import Modules, is_own
from harness.study.settings import Settings, values_of
from harness.study.study import Study


def command_source(study: Study, settings: Settings | None) -> list[str]:
    """Return texts that change with the command, with what it reads metrics of, and with the content of its files.

    settings: with which the command names files; without them, only those count that no setting decides.

    A Python file counts with the modules of the user's own that it imports, and with the versions of installed ones;
    `-m NAME` names a module beside the study's file. What a script reads by itself is not seen.
    """
    command = study.command
    assert command is not None
    spec = [getattr(command, name) for name in ("line", command.kind, "working_folder")]
    words = [repr((command.kind, spec, sorted(command.names.items()), command.environment))]
    folder = study.file.parent
    places = {"seed": 0, "folder": "", "threads": 1, "gpu": "", "study": str(folder)}
    values = values_of(settings or study.base) | places
    arguments = command.arguments(values, but=() if settings else tuple(values_of(study.base)))
    modules = Modules([str(folder)])
    for number, path in enumerate(named_files(arguments, folder)):
        if path.suffix == ".py" and is_own(path):
            found = Modules([str(path.parent), str(folder)])
            found.add_file(f"script {number}", path)
            modules.contents |= found.contents
            modules.installed |= found.installed
        else:
            status = path.stat()
            words.append(f"file {number}: {_sha256(path, status.st_mtime_ns, status.st_size)}")
    for before, name in pairwise(arguments):
        if before == "-m":
            modules.add(name)
            modules.add(f"{name}.__main__")
    words += [f"module {name}: {content}" for name, content in sorted(modules.contents.items())]
    return [*words, f"versions: {modules.versions()}"]


def named_files(arguments: Sequence[str], folder: Path) -> Iterator[Path]:
    """Yield the files that a command's arguments name, from the study's folder; of --name=FILE, FILE."""
    for text in arguments:
        for part in dict.fromkeys((text, text.partition("=")[2])):
            if part and "\0" not in part and len(part) < 1000 and (folder / part).is_file():
                yield folder / part


@lru_cache(maxsize=256)
def _sha256(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
