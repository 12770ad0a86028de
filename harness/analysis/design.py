"""At which numbers of seeds a study is looked at, and what each look may spend: declared before it, kept in its folder.

Without a declaration the numbers of seeds that a study was shown with are kept. From the second one on they make a design
by themselves: whoever looks again has two chances, and the words must allow for both.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from harness.analysis.sequential import POCOCK, SPENDING, spent
from harness.errors import UsageError
from harness.records import DESIGN_FILE, RECORDED_DESIGN, USUAL_LOOKS, Record, write_atomically
from harness.study import BASE, FEWEST_PAIRS, SIGNIFICANCE, Metric

LOOKS = USUAL_LOOKS
MOST = LOOKS[-1]


class Made(Protocol):
    """A trial that is to be trained, or its record."""

    @property
    def variant(self) -> str:
        """Its variant."""

    @property
    def seed(self) -> int:
        """Its seed."""

    @property
    def trial_id(self) -> str:
        """The id of all that decides its result."""


@dataclass(frozen=True, slots=True)
class Design:
    """The looks of a study, and what it is judged by at them.

    looks: numbers of seeds, increasing. family: the variants that share the error, in the order declared; of a design that
    was not declared none is named, and all that are judged share it. changes: what each changes, and against which control, as
    tables say it; empty in older designs. metric: its column, with the margin. seen: with how many seeds it was shown before.
    """

    looks: tuple[int, ...] = LOOKS
    spending: str = POCOCK
    family: tuple[str, ...] = ()
    metric: str = ""
    margin: float = 0.0
    declared: bool = True
    seen: tuple[int, ...] = ()
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_looks(self.looks)
        if self.spending not in SPENDING:
            raise UsageError(f"spending is {self.spending!r}; expected {' or '.join(SPENDING)}.")

    @property
    def most(self) -> int:
        """The number of seeds at the last look."""
        return self.looks[-1]

    def next_after(self, seeds: int) -> int | None:
        """Return the first look of more seeds, None after the last."""
        return next((look for look in self.looks if look > seeds), None)

    def fits(self, metric: Metric) -> bool:
        """Say whether a metric, with its margin, is the one that the design was declared for."""
        return not self.declared or (metric.column, metric.margin) == (self.metric, self.margin)

    def misfit(self, metric: Metric) -> str:
        """Say what it was declared for where it is not of this metric, or of another margin; empty where it fits."""
        if self.fits(metric):
            return ""
        declared = f"{self.metric} with a margin of {self.margin:g}"
        return f"the design was declared for {declared}; the study now says {metric.column}, {metric.margin:g}"

    def excludes(self, variant: str, change: str) -> str:
        """Say why a variant is none that it was declared for: one that is new, or changes something else by now; else empty."""
        if variant not in self.family:
            return "not of the variants that the design was declared for" if self.declared else ""
        then = self.changes[self.family.index(variant)] if self.changes else change
        return "" if change == then else f"changed since the design was declared, for {then}"

    @property
    def words(self) -> str:
        """Say what it is in a line."""
        return f"looks at {', '.join(map(str, self.looks))} seeds, {self.spending} spending"


@dataclass(frozen=True, slots=True)
class Looks:
    """What a study's folder keeps of how it was looked at: the design, if one was declared, and each table that was shown.

    shown: with how many seeds, increasing.
    """

    design: Design | None = None
    shown: tuple[int, ...] = ()

    @property
    def in_force(self) -> Design | None:
        """The design by which the study is judged; None for one that was shown once, and had no second chance."""
        if self.design is not None:
            return self.design
        if len(self.shown) < 2:
            return None
        most = max(MOST, 2 * self.shown[0])
        made = sorted({min(seeds, most) for seeds in self.shown})  # what lies beyond the last look is not counted
        further = sorted({seeds for seeds in (*LOOKS, most) if made[-1] < seeds <= most})
        return Design((*made, *further), declared=False)


def check_looks(looks: tuple[int, ...]) -> None:
    """Refuse looks that a verdict cannot be taken at, or that are not in order."""
    if not looks or looks[0] < FEWEST_PAIRS or any(after <= before for before, after in pairwise(looks)):
        said = ", ".join(map(str, looks)) or "none"
        raise UsageError(
            f"The looks are {said}; expected increasing numbers of seeds from {FEWEST_PAIRS} on, such as 5,10,20,40."
        )


def looks_up_to(most: int) -> tuple[int, ...]:
    """Return the default looks below a maximum, doubled on where it is higher, and the maximum itself."""
    if most < FEWEST_PAIRS:
        raise UsageError(f"--max-seeds is {most}; a verdict takes {FEWEST_PAIRS} seeds: expected at least as many.")
    looks, following = [], FEWEST_PAIRS
    while following < most:
        looks.append(following)
        following *= 2
    return (*looks, most)


def make_of(trials: Iterable[Made]) -> str:
    """Return what tells one make of a study from another: the id of its base's first trial, empty where that is not there.

    A study that is edited, or run with --set, has other trials: what the former ones showed is no look at these.
    """
    return next((one.trial_id for one in trials if one.variant == BASE and one.seed == 0), "")


def read_looks(folder: Path, make: str = "") -> Looks:
    """Return what a study's folder keeps of its looks; UsageError for a file that cannot be trusted.

    make: by `make_of`, of which study's tables count; empty: all of them. Such a file is no reason to judge by the fixed
    test, which a second look does not keep to.
    """
    path = folder / DESIGN_FILE
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Looks()
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from None
    try:
        kept = content["design"]
        counting = [one for one in content["shown"] if not make or one.get("make", "") in ("", make)]
        shown = tuple(sorted({int(one["seeds"]) for one in counting}))
        return Looks(None if kept is None else _design(kept), shown)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, str(error)) from None


def design_in_force(folder: Path, records: Iterable[Record] = ()) -> Design | None:
    """Return the design by which the study in a folder is judged, None where it has none.

    records: of the study. What was trained by a design says so itself: a file that is gone, or was left behind where the
    trials were copied, is no way out of it.
    """
    records = tuple(records)
    return read_looks(folder, make_of(records)).in_force or recorded_design(records)


def recorded_design(records: Iterable[Record]) -> Design | None:
    """Return the design that records say they were trained by; UsageError where one of them cannot be trusted."""
    for record in records:
        if kept := record.provenance.get(RECORDED_DESIGN):
            try:
                return _design(kept)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise UsageError(f"{record.study}/{record.variant}: its design cannot be read ({str(error)[:80]}).") from None
    return None


def design_dict(design: Design) -> dict[str, Any]:
    """Return what is kept of a declared design, as JSON can hold it."""
    return {name: value for name, value in asdict(design).items() if name != "declared"}


def declare(folder: Path, design: Design) -> None:
    """Keep a design in a study's folder, before anything of it is trained."""
    _write(folder, design, _shown(folder))


def note_shown(folder: Path, seeds: int, make: str = "") -> None:
    """Keep that a study of this make is shown with so many seeds of its variants; what was shown before is kept too.

    Fewer seeds than a verdict takes are no look, nor are fewer than it was shown with before: those are there still.
    """
    looks = read_looks(folder, make)
    if seeds < FEWEST_PAIRS or (looks.shown and seeds <= looks.shown[-1]):
        return
    _write(folder, looks.design, [*_shown(folder), {"seeds": seeds, "make": make}])


def forget_shown(folder: Path) -> None:
    """Forget with how many seeds a study was shown, as none of them is left; a declaration stays, and binds what comes."""
    with suppress(UsageError):  # a damaged file is for the next run to tell of
        if read_looks(folder).design is None:
            (folder / DESIGN_FILE).unlink(missing_ok=True)


def _shown(folder: Path) -> list[dict[str, Any]]:
    """Return each table that was shown, of whichever make, as the file has it."""
    read_looks(folder)  # a file that cannot be trusted is not written over
    try:
        return [dict(one) for one in json.loads((folder / DESIGN_FILE).read_bytes())["shown"]]
    except FileNotFoundError:
        return []


def _write(folder: Path, design: Design | None, shown: Iterable[dict[str, Any]]) -> None:
    kept = None
    if design is not None:
        by_look = spent(SIGNIFICANCE, design.looks, design.spending)[0]
        kept = design_dict(design) | {"error": SIGNIFICANCE, "spent": [round(float(part), 6) for part in by_look]}
    content = {"design": kept, "shown": list(shown)}
    write_atomically(folder / DESIGN_FILE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def _design(kept: dict[str, Any]) -> Design:
    looks, seen = (tuple(int(seeds) for seeds in kept[name]) for name in ("looks", "seen"))
    family = tuple(str(name) for name in kept["family"])
    changes = tuple(str(change) for change in kept.get("changes", ()))
    if changes and len(changes) != len(family):
        raise ValueError(f"{len(changes)} changes of {len(family)} variants")
    return Design(looks, str(kept["spending"]), family, str(kept["metric"]), float(kept["margin"]), seen=seen, changes=changes)


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is damaged ({why[:80]}): the looks at this study are not known, and no verdict keeps to its error. "
        "Restore the file, or train the study in another --logdir."
    )
