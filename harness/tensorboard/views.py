"""Which of TensorBoard's tabs have something to show of each study in a log folder, as links that tick 1 to 40 runs.

Its older tabs tick no run at all where more than 40 match, its Time Series tab where there are more than 500 in all: a link
without a filter opens an empty page there.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from urllib.parse import quote

from tensorboard.plugins.hparams.metadata import SESSION_START_INFO_TAG as SESSION
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from harness.records import RecordError, find_records, read_record
from harness.study import ACCURACY, BASE, TEST, TRAIN, metric_from_dict
from harness.tensorboard.event_check import events
from harness.tensorboard.event_file import event_files
from harness.tensorboard.study_writer import DIFFERENCES, SUMMARY

MOST_TICKED = 40  # runs, in the older tabs
MOST_RUNS = 500  # in all, beyond which Time Series ticks none
ROOT_RUN = "."  # TensorBoard's name of the folder that is served, as a run
_ATTEMPT = "(attempt-[0-9]+/)?"
_CHUNK = 1 << 20
_BEFORE_CURVES = 4  # events of a training run, among which the graph is


@dataclass(frozen=True, slots=True)
class View:
    """A page of TensorBoard with something to see: of which study, what, its address behind the server's, the runs it ticks."""

    study: str
    title: str
    address: str
    runs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Study:
    """One study's runs, by the names that TensorBoard gives them."""

    name: str
    place: str  # of its runs: ablations/, or nothing where it is served alone
    metric: str  # the column that its results are judged by
    runs: Mapping[str, Path]
    everything: int  # how many runs there are in all
    recorded: bool  # whether a trial has a record

    def matching(self, pattern: str) -> tuple[str, ...]:
        return tuple(run for run in self.runs if re.search(pattern, run))

    @property
    def own(self) -> str:
        """The pattern of the study's own run."""
        return f"^{_escaped(self.place.rstrip('/') or ROOT_RUN)}$"

    def variants(self) -> list[str]:
        """Return patterns of the variants' runs: of all, or of as many as can be ticked, the base among them."""
        return self._each("")

    def trials(self, seed: str, split: str) -> list[str]:
        """Return patterns of one run of the trials of a seed: of every variant, or of as many as can be ticked."""
        return self._each(f"/{seed}/{_ATTEMPT}{split}")

    def _each(self, rest: str) -> list[str]:
        place = _escaped(self.place)
        found = {match[1] for run in self.runs if (match := re.search(f"^{place}([^/]+){rest}$", run))} - {ROOT_RUN}
        first = sorted(found, key=lambda name: (name != BASE, name))[: MOST_TICKED - 1]  # with the study's own run: 40
        return [f"^{place}[^/]+{rest}$", f"^{place}({'|'.join(map(_escaped, first))}){rest}$"]


def find_runs(logdir: Path) -> dict[str, Path]:
    """Return the runs below a folder as TensorBoard names them, each with its folder; those in hidden folders are left out."""
    folders = sorted({path.parent for path in event_files(logdir, recursive=True)})
    runs = {folder.relative_to(logdir).as_posix(): folder for folder in folders}
    return {name: folder for name, folder in runs.items() if name == ROOT_RUN or not re.search(r"(^|/)\.", name)}


def views_of(logdir: Path, runs: Mapping[str, Path]) -> tuple[View, ...]:
    """Return the views of each study in a log folder, or of the one that is served alone; of each study the best one first.

    runs: as `find_runs` gives them.
    """
    alone = any(re.match(r"[^/]+/seed-[0-9]+/", name) for name in runs)
    names = {match[1] for name in runs if (match := re.match(r"([^/]+)/[^/]+/seed-[0-9]+/", name))}
    places = [""] if alone else [f"{name}/" for name in sorted(names)]
    studies = []
    for place in places:
        own = {name: folder for name, folder in runs.items() if name == place.rstrip("/") or name.startswith(place)}
        metric = _metric(logdir / place)
        recorded = next(find_records(logdir / place), None) is not None
        studies.append(_Study(place.rstrip("/") or logdir.resolve().name, place, metric, own, len(runs), recorded))
    return tuple(chain.from_iterable(_views(study, sole=len(studies) == 1) for study in studies))


def _views(study: _Study, *, sole: bool) -> Iterable[View]:
    variants, seed_0, training = study.variants(), study.trials("seed-0", TEST), study.trials("seed-0", TRAIN)
    both = [f"{pattern}|{study.own}" for pattern in variants]
    mean = f"{study.metric}/mean"
    all_seeds = study.trials("seed-[0-9]+", TEST)[0]
    former = f"^{_escaped(study.place)}[^/]+/seed-0/attempt-[0-9]+$"  # where older versions wrote pictures
    tab = View(
        study.name, "the study: table, curves, samples", f"#ablations&study={_quoted(study.name)}", study.matching(study.own)
    )
    wanted = [
        tab if study.recorded else None,
        _curves(study, "differences and mean curves", both, tags=f"^({DIFFERENCES}|{mean})$", holds=mean),
        _older(study, "summary and verdicts", "text", [study.own], holds=SUMMARY, tags=f"^{SUMMARY}$"),
        _older(study, "means with 95% intervals", "custom_scalars", variants, holds=mean),
        _single(study, "hyperparameters and verdicts", "hparams", variants[1], holding(SESSION)) if sole else None,
        _curves(study, "test curves", [all_seeds, *seed_0], tags="^epoch_", holds="scalars"),
        _older(study, "pictures of seed 0", "images", [*seed_0, former], holds="images"),
        _older(study, "precision and recall of seed 0", "pr_curves", seed_0, holds="pr_curves"),
        _older(study, "histograms of seed 0", "histograms", training, holds="histograms"),
        # The tab begins with the first run of all, whichever the address names: beside others it would be another study's.
        _single(study, "a trial's network", "graphs", training[1], has_graph) if sole else None,
        _single(study, "test samples in the projector", "projector", seed_0[1], _has_points) if sole else None,
    ]
    return [view for view in wanted if view is not None]


def _curves(study: _Study, title: str, patterns: Sequence[str], *, tags: str, holds: str) -> View | None:
    if study.everything > MOST_RUNS:
        return _older(study, title, "scalars", patterns, holds=holds, tags=tags)
    pattern = _fitting(study, patterns, holding(holds))
    if pattern is None:
        return None
    address = f"?runFilter={_quoted(pattern)}&tagFilter={_quoted(tags)}&smoothing=0#timeseries"
    return View(study.name, title, address, study.matching(pattern))


def _older(study: _Study, title: str, tab: str, patterns: Sequence[str], *, holds: str, tags: str = "") -> View | None:
    pattern = _fitting(study, patterns, holding(holds))
    if pattern is None:
        return None
    options = "&_smoothingWeight=0" if "scalars" in tab else ""
    address = f"#{tab}&regexInput={_quoted(pattern)}{f'&tagFilter={_quoted(tags)}' if tags else ''}{options}"
    return View(study.name, title, address, study.matching(pattern))


def _single(study: _Study, title: str, tab: str, pattern: str, shows: Callable[[Path], bool]) -> View | None:
    """Return the view of a tab that shows one run, and takes no filter."""
    runs = sorted(study.matching(pattern), key=lambda run: f"{study.place}{BASE}/" not in run)
    run = next((run for run in runs if shows(study.runs[run])), None)
    return None if run is None else View(study.name, title, f"#{tab}&run={_quoted(run)}", (run,))


def _fitting(study: _Study, patterns: Sequence[str], shows: Callable[[Path], bool]) -> str | None:
    """Return the first pattern that matches as many runs as can be ticked, one of which has something to show."""
    for pattern in patterns:
        runs = study.matching(pattern)
        if 1 <= len(runs) <= MOST_TICKED and any(shows(study.runs[run]) for run in runs):
            return pattern
    return None


def holding(name: str) -> Callable[[Path], bool]:
    """Return whether a run's files hold a tag, or anything of a plugin, of that name."""
    sought = b"\x0a" + bytes([len(name)]) + name.encode()  # as a message begins that has it as its first field
    return partial(_found, sought)


def _found(sought: bytes, folder: Path) -> bool:
    for path in event_files(folder):
        with suppress(OSError), path.open("rb") as file:
            rest = b""
            while part := file.read(_CHUNK):
                if sought in rest + part:
                    return True
                rest = part[-len(sought) :]
    return False


def has_graph(folder: Path) -> bool:
    """Say whether a run's files hold the graph of a network."""
    return any(event.HasField("graph_def") for path in event_files(folder) for event in events(path, most=_BEFORE_CURVES))


def _has_points(folder: Path) -> bool:
    return (folder / PROJECTOR_FILENAME).is_file()


def _metric(folder: Path) -> str:
    """Return the column that a study's records are judged by; accuracy where none can be read."""
    for path in find_records(folder):
        with suppress(RecordError, OSError):
            return metric_from_dict(read_record(path).metric).column
    return ACCURACY.column


def _escaped(name: str) -> str:
    """Return a name's pattern; of its signs, those that a name may have, only these mean something."""
    return re.sub(r"[.+]", r"\\\g<0>", name)


def _quoted(text: str) -> str:
    return quote(text, safe="/$*,:()")
