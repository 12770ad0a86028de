"""Finding and loading studies: a name in experiments/ or the path of a Python file."""

import hashlib
import importlib.util
import linecache
import sys
import traceback
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError, unknown
from harness.variants import Study

EXPERIMENTS = Path(__file__).resolve().parent.parent / "experiments"


def study_files(folder: Path = EXPERIMENTS) -> dict[str, Path]:
    """Return the studies of a folder: name to file."""
    files = sorted(folder.glob("*.py"))
    return {path.stem.replace("_", "-"): path for path in files if not path.stem.startswith("_")}


def load_study(name_or_path: str, *, folder: Path = EXPERIMENTS) -> Study:
    """Return the study named in experiments/, or the one of a file; UsageError says what is wrong with it."""
    known = study_files(folder)
    if name_or_path in known:
        return _load(known[name_or_path])
    looks_like_path = "/" in name_or_path or name_or_path.endswith(".py")
    if not looks_like_path:
        raise unknown("Study", name_or_path, known)
    path = Path(name_or_path)
    if "\0" in name_or_path or not path.is_file():
        raise UsageError(f"Study file {name_or_path!r} does not exist; expected a .py file or one of: {', '.join(known)}.")
    return _load(path.resolve())


def _load(path: Path) -> Study:
    module = _execute(path)
    study = getattr(module, "STUDY", None)
    if not isinstance(study, Study):
        received = "nothing of that name" if study is None else f"a {type(study).__name__}"
        raise UsageError(f"Study file {path}: expected STUDY = harness.Study(...), received {received}.")
    return replace(study, path=path)


def _execute(path: Path) -> object:
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    spec = importlib.util.spec_from_file_location(f"harness_study_{path.stem.replace('-', '_')}_{digest}", path)
    if spec is None or spec.loader is None:
        raise UsageError(f"Study file {path} is no Python file; expected a name ending in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and inspect look their module up by name
    linecache.checkcache(str(path))
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""  # a file with a NUL has no lines
        raise UsageError(f"Study file {error.filename or path}{where}: {error.msg}.") from None
    except (Exception, SystemExit) as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        where = f", line {lines[-1]}" if lines else ""
        kind = "" if isinstance(error, UsageError) else f"{type(error).__name__}: "
        raise UsageError(f"Study file {path}{where}: {kind}{error}") from None
    return module
