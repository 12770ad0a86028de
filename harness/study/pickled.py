"""A study that a program or a notebook has made, as the content of a file from which workers load it."""

import hashlib
import pickle
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import FunctionType

from harness.errors import UsageError, failure_text
from harness.study.code_text import compiled
from harness.study.own_modules import is_own
from harness.study.source import value_text
from harness.study.study import Study

PICKLED = ".pkl"


@dataclass(frozen=True, slots=True)
class PickledStudy:
    """What such a file holds.

    sources: of the study's own functions when it was written, of which a worker sees the compiled code only. folders: where
    what they import inside themselves is looked for.
    """

    study: Study
    sources: tuple[str, ...]
    folders: tuple[Path, ...]


def pickled_name(study: Study, sources: Sequence[str]) -> str:
    """Return the name of its file, which follows from all that the study holds and from where it imports."""
    content = [value_text(replace(study, path=None)), *sources, *map(str, _folders())]
    return f"study-{hashlib.sha256(repr(content).encode()).hexdigest()[:12]}{PICKLED}"


def _folders() -> tuple[Path, ...]:
    """Return where functions of the running program import from: the folder of its script, and the working folder."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return tuple(dict.fromkeys([*([Path(main).resolve().parent] if main else []), Path.cwd()]))


def loaded_code(sources: Sequence[str]) -> str:
    """Return the compiled functions of the user's modules that some sources name, as they are loaded now.

    A module that was edited after it was imported goes to the workers as it was: its file says something else.
    """
    names = sorted({name for text in sources for name in re.findall(r"^module ([\w.]+): ", text, flags=re.MULTILINE)})
    owners = [module for name in names if (module := sys.modules.get(name)) is not None]
    kinds = [kind for owner in owners for kind in vars(owner).values() if isinstance(kind, type) and kind.__module__ in names]
    functions = [
        f"{held.__module__}.{held.__qualname__} {compiled(held.__code__)}"
        for owner in (*owners, *kinds)
        for held in vars(owner).values()
        if isinstance(held, FunctionType) and held.__module__ in names
    ]
    return "\n".join(sorted(functions))


def pickle_study(study: Study, sources: Sequence[str]) -> bytes:
    """Return the content of its file; UsageError where something that the study uses cannot leave this process.

    Functions and classes of __main__ and of the user's own modules go as they are now, not as names that are imported again.
    """
    import cloudpickle

    if study.command is not None:
        raise UsageError(
            f"Study {study.name!r} has a command, which names its scripts from the folder of the study's file; expected the "
            f"study in a file of its own: harness.run('my_study.toml')."
        )
    try:
        with _own_modules_by_value():
            return bytes(cloudpickle.dumps(PickledStudy(replace(study, path=None), tuple(sources), _folders())))
    except Exception as error:
        raise UsageError(
            f"Study {study.name!r} cannot be handed to a worker process ({failure_text(error)}); expected functions that "
            f"make models, files and locks inside themselves, or a study in a file of its own: harness.run('my_study.py')."
        ) from None


def read_pickled(path: Path) -> PickledStudy:
    """Return what the file holds; UsageError where it cannot be read. Reading runs code, as importing a study's file does."""
    from cloudpickle import cloudpickle

    cloudpickle._DYNAMIC_CLASS_TRACKER_BY_ID.clear()  # or classes, with what a trial has set in them, would be there again
    try:
        found = pickle.loads(path.read_bytes())
    except Exception as error:
        raise UsageError(f"Study file {path} cannot be read ({failure_text(error)}); run its study again.") from None
    if not isinstance(found, PickledStudy):
        raise UsageError(f"Study file {path}: expected a study that harness.run has kept, received a {type(found).__name__}.")
    return found


@contextmanager
def _own_modules_by_value() -> Iterator[None]:
    import cloudpickle

    known = cloudpickle.list_registry_pickle_by_value()
    own = [module for name, module in list(sys.modules.items()) if name != "__main__" and is_own(_file(module))]
    own = [module for module in own if module.__name__ not in known and module.__name__ in sys.modules]
    for module in own:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in own:
            cloudpickle.unregister_pickle_by_value(module)


def _file(module: object) -> str | None:
    file = getattr(module, "__file__", None)
    return file if isinstance(file, str) else None
