"""The state in which every job of a process begins, held from before the first one."""

import gc
import sys
import threading
from collections.abc import Mapping
from types import ModuleType

from harness.isolation.aspects import Aspect, process_aspects
from harness.isolation.imports import ImportWatch
from harness.isolation.leftovers import adopt_orphans, children, end_children, end_pool, threads_left
from harness.isolation.libraries import library_aspects
from harness.isolation.patches import Attributes
from harness.isolation.reloaded_modules import forget, is_own, patched_by

_baseline: "Baseline | None" = None
_looked_at: "tuple[Attributes, dict[str, ModuleType]] | None" = None


class Baseline:
    """What this process is like before a job: read once, restored after each job."""

    def __init__(self) -> None:
        adopt_orphans()
        self._attributes, installed = _looked_at or (Attributes(), {})
        self._attributes.accept(set(range(len(self._attributes))))  # what has been set since then is to be so
        watch = ImportWatch(self._attributes)
        sys.meta_path.insert(0, watch)
        self._aspects: tuple[Aspect, ...] = (*process_aspects(), *library_aspects())
        self._values = {aspect.name: aspect.read() for aspect in self._aspects}
        unknown = {name: module for name, module in sys.modules.items() if installed.get(name) is not module}
        forget(_own_modules(unknown))  # which the program that was started has imported on its way
        self._modules = dict(sys.modules)
        self._attributes.add(_modules())
        watch.first = len(self._attributes)
        self._threads = set(threading.enumerate())
        self._children = children()
        gc.collect()
        gc.freeze()  # what is here now stays: no collection need look at it again

    def restore(self) -> list[str]:
        """Make the process what it was before its first job; return what of it could not be, as words.

        Threads and processes end first: what they would change later could not be seen here.
        """
        end_pool()
        left = [*threads_left(self._threads), *end_children(self._children)]
        left += [*self._attributes.put_back(), *self._renew_modules()]
        left += [aspect.name for aspect in self._aspects if not self._restored(aspect)]
        return left

    def changed_settings(self) -> str | None:
        """Return what compiled programs may depend on and a job has changed, as a text; None where no text can say it."""
        changed = [aspect for aspect in self._aspects if aspect.traced and not self._holds(aspect)]
        if self._attributes.libraries_changed():
            return None
        return "; ".join(f"{aspect.name}: {aspect.read()!r}" for aspect in changed)

    def _restored(self, aspect: Aspect) -> bool:
        """Restore one aspect, and see whether it holds."""
        if self._holds(aspect):
            return True
        try:
            aspect.write(self._values[aspect.name])
        except Exception:  # what it takes to write it back has been changed as well, or may not be done
            return False
        return self._holds(aspect)

    def _holds(self, aspect: Aspect) -> bool:
        try:
            return bool(aspect.read() == self._values[aspect.name])
        except Exception:  # a job may have left anything in its place
            return False

    def _renew_modules(self) -> list[str]:
        """Forget the study's own modules, and hold the installed ones that a job was the first to import."""
        for name, module in self._modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
        came = {name: module for name, module in list(sys.modules.items()) if name not in self._modules}
        own = _own_modules(came)
        left = forget(own)
        for name, module in came.items():
            if isinstance(module, ModuleType) and name not in own:
                left += patched_by(module, own)
                self._attributes.add([module])
                self._modules[name] = module
        return left


def _modules() -> list[ModuleType]:
    return [module for module in list(sys.modules.values()) if isinstance(module, ModuleType)]


def _own_modules(modules: Mapping[str, object]) -> dict[str, ModuleType]:
    found = {name: module for name, module in modules.items() if isinstance(module, ModuleType) and is_own(module)}
    return {name: module for name, module in found.items() if name not in ("__main__", "__mp_main__")}


def look_ahead() -> None:
    """Look at what is loaded, in a process from which others are forked: they need then look only at what has changed."""
    global _looked_at
    attributes, own = Attributes(), _own_modules(sys.modules)
    attributes.add(_modules())
    _looked_at = attributes, {name: module for name, module in sys.modules.items() if name not in own}
    gc.collect()
    gc.freeze()  # no process that is forked looks at it again, which would copy it


def protect() -> Baseline:
    """Hold this process's state as it is now, once and for all its jobs."""
    global _baseline
    _baseline = Baseline()
    return _baseline


def changed_settings() -> str | None:
    """Return what `Baseline.changed_settings` says of this process; empty where nobody has asked that it be protected."""
    return _baseline.changed_settings() if _baseline else ""
