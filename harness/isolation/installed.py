"""Which files are the user's own: the one rule by which sources are hashed and modules loaded anew for every job."""

import sysconfig
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
_WITHIN = PACKAGE / "experiments"  # where a wheel has the studies that lie beside the package in its sources
BUILT_IN = _WITHIN if _WITHIN.is_dir() else PACKAGE.parent / _WITHIN.name
_SITES = frozenset({"site-packages", "dist-packages"})
_PLACES = (PACKAGE, *{Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_RESOLVED = tuple({place.resolve() for place in _PLACES})


def is_installed(file: str | Path) -> bool:
    """Say whether a file is a part of Python, of this project or of an installed package, under its own name or a link's.

    The built-in studies are as a user's own ones, wherever they are installed.
    """
    path = Path(file)
    if _lies_in(path, _PLACES):
        return not path.is_relative_to(_WITHIN)
    resolved = path.resolve()
    return _lies_in(resolved, _RESOLVED) and not resolved.is_relative_to(_WITHIN)


def _lies_in(path: Path, places: tuple[Path, ...]) -> bool:
    return not _SITES.isdisjoint(path.parts) or any(map(path.is_relative_to, places))
