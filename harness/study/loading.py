"""Finding and loading studies: a name in experiments/ or the path of a file, in Python or in TOML."""

import hashlib
import importlib
import importlib.util
import linecache
import os
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from harness.errors import MOST_NAMED, UsageError, unknown
from harness.isolation import BUILT_IN
from harness.study.own_modules import is_own
from harness.study.pickled import PICKLED, read_pickled
from harness.study.source import STUDY_MODULE
from harness.study.study import Study
from harness.study.toml import read_study

KINDS = (".py", ".toml")
_DECLARES = re.compile(rb"\b(harness|STUDY)\b")
_brought: dict[Path, dict[str, ModuleType]] = {}  # by a study's folder: the user's own modules that were imported for it


def study_files(folder: Path | None = None) -> dict[str, Path]:
    """Return the studies of a folder, name to file; without one, those of the working folder and then the built-in ones.

    Of two with one name the working folder's is meant. Left out are files whose name begins with _, scripts that mention
    neither the harness nor STUDY, which are not to be run to find that out, and what lies beside a study as its data.
    """
    if folder is None:
        own = working_studies()
        return own | study_files(BUILT_IN) | own
    files = sorted(path for kind in KINDS for path in folder.glob(f"*{kind}"))
    return {_name(path): path for path in files if _may_declare(path)}


def built_in_studies() -> dict[str, Path]:
    """Return the studies that come with the harness: whose files may be run though nobody has named them in this call."""
    return study_files(BUILT_IN)


def working_studies() -> dict[str, Path]:
    """Return the studies in the folder experiments/ of the working folder; none where there is no such folder."""
    own = BUILT_IN.name
    return study_files(Path(own).resolve()) if os.path.isdir(own) else {}


def _may_declare(path: Path) -> bool:
    first, dot, _ = path.stem.partition(".")
    if path.stem.startswith("_") or (dot and any(path.with_name(first + kind).is_file() for kind in KINDS)):
        return False  # NAME.questions.en.toml beside NAME.py is data of study NAME
    try:
        return path.suffix != ".py" or bool(_DECLARES.search(path.read_bytes()))
    except OSError:
        return True  # loading it says what is wrong


def _name(path: Path) -> str:
    return path.stem.replace("_", "-")


def load_study(name_or_path: str, *, folder: Path | None = None) -> Study:
    """Return the study of this name, as `study_files` finds it, or the one of a file; UsageError says what is wrong with it."""
    return _load(_find(name_or_path, folder), ())


def find_study(name_or_path: str) -> Path:
    """Return the file of a study without running it; UsageError where there is none."""
    return _find(name_or_path)


def _find(name_or_path: str, folder: Path | None = None, *, beside: Path | None = None) -> Path:
    """Return the file of a study; a path is taken from the folder `beside`, or from the current one."""
    known = study_files(folder) | (study_files(beside) if beside else {})
    if name_or_path in known:
        return _only(known[name_or_path])
    if "/" not in name_or_path and not name_or_path.endswith((*KINDS, PICKLED)):
        raise unknown("Study", name_or_path, known)
    path = (beside or Path()) / name_or_path
    if "\0" in name_or_path or not path.is_file():
        named = f"{', '.join(list(known)[:MOST_NAMED])}{', …' if len(known) > MOST_NAMED else ''}"
        raise UsageError(f"Study file {name_or_path!r} does not exist; expected a .py or .toml file or one of: {named}.")
    return path.resolve()


def _only(path: Path) -> Path:
    """Return the file if no other one beside it declares a study of its name."""
    others = [other for kind in KINDS for other in sorted(path.parent.glob(f"*{kind}")) if _name(other) == _name(path)]
    if len(others) > 1:
        names = " and ".join(other.name for other in others)
        raise UsageError(f"Study {_name(path)!r} has two files in {path.parent}: {names}; expected one.")
    return path


def _load(path: Path, above: tuple[Path, ...]) -> Study:
    """Return a file's study; above: the TOML files that are like it, from the first one on."""
    if path in above:
        raise UsageError(f"Study file {path} is like itself, by way of {' and '.join(other.name for other in above)}.")
    if path.suffix == ".toml":
        like = partial(_find, folder=BUILT_IN, beside=path.parent)  # whatever the working folder
        return replace(read_study(path, load_like=lambda name: _load(like(name), (*above, path))), path=path)
    if path.suffix == PICKLED:
        return replace(read_pickled(path).study, path=path)  # made anew: nothing of one trial is in the next
    module = _execute(path)
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        received = "nothing of that name" if study is None else f"a {type(study).__name__}"
        raise UsageError(f"Study file {path}: expected STUDY = harness.Study(...), received {received}.")
    return replace(study, path=path)


def kept_sources(study: Study) -> tuple[str, ...] | None:
    """Return the sources that came with a study which a program has made; None for one that a file declares."""
    kept = _kept(study)
    return kept and kept[0]


def _kept(study: Study) -> tuple[tuple[str, ...], tuple[Path, ...]] | None:
    """Return the sources and the folders that were kept with a study which a program has made."""
    if study.path is None or study.path.suffix != PICKLED:
        return None
    return _read(study.path, study.path.stat().st_mtime_ns)


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    kept = read_pickled(path)
    return kept.sources, kept.folders


class _Source(SourceFileLoader):
    """Compiles a study's file each time: bytecode kept from an edit of the same second and size would be taken for it."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


def _execute(path: Path) -> object:
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    if path.suffix != ".py":
        raise UsageError(f"Study file {path} ends in {path.suffix!r}; expected a name ending in {' or '.join(KINDS)}.")
    name = f"{STUDY_MODULE}{path.stem.replace('-', '_')}_{digest}"
    loader = _Source(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None  # it has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and inspect look their module up by name
    linecache.cache.pop(str(path), None)  # or the functions' sources would be those of the former content
    _withdraw()
    _brought.pop(path.parent, None)  # they may have been edited since
    try:
        with importing_from((path.parent,)):
            loader.exec_module(module)
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""  # a file with a NUL has no lines
        raise UsageError(f"Study file {error.filename or path}{where}: {error.msg}.") from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a study's file may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f", line {lines[-1]}" if lines else ""
        kind = "" if isinstance(error, UsageError) else f"{type(error).__name__}: "
        raise UsageError(f"Study file {path}{where}: {kind}{error}") from None
    return module


def folders_of(study: Study) -> tuple[Path, ...]:
    """Return the folders that a study's functions may import from: its file's, and those of the files they stand in."""
    functions = [*study.own_functions.values(), type(study.base)]
    files = [getattr(sys.modules.get(getattr(function, "__module__", "")), "__file__", None) for function in functions]
    own = [Path(file).parent for file in files if is_own(file)]
    kept = _kept(study)
    beside = kept[1] if kept else ((study.path.parent,) if study.path else ())
    return tuple(dict.fromkeys([*beside, *own]))


@contextmanager
def importing_from(folders: tuple[Path, ...]) -> Iterator[None]:
    """Let modules be imported from these folders, and have those that were imported from them before.

    Two studies may have modules of one name: each finds its own. No bytecode is kept, which an edit of the same second
    and size would be taken for.
    """
    _withdraw()
    for folder in folders:
        sys.modules.update(_brought.get(folder, {}))
    before, writes, texts = dict(sys.modules), sys.dont_write_bytecode, [str(folder) for folder in folders]
    sys.path[:0] = texts
    sys.dont_write_bytecode = True
    importlib.invalidate_caches()  # a file may be newer than what is known of its folder
    try:
        yield
    finally:
        sys.dont_write_bytecode = writes
        for text in texts:
            if text in sys.path:  # a study's file may change it
                sys.path.remove(text)
        new = {name: module for name, module in sys.modules.items() if before.get(name) is not module}
        new = {name: module for name, module in new.items() if _is_users(name, module)}
        for folder in folders:
            _brought[folder] = _brought.get(folder, {}) | new


def _withdraw() -> None:
    """Take the modules that were imported for studies out of those that Python finds by their names."""
    for modules in _brought.values():
        for name, module in modules.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _is_users(name: str, module: ModuleType | None) -> bool:
    return not name.startswith(STUDY_MODULE) and is_own(getattr(module, "__file__", None))
