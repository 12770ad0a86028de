"""The unit that runs: a variant with a seed, as small picklable values, and the id of what decides its result."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.data import ResolvedDataset
from harness.errors import UsageError
from harness.records import FAILED, Record
from harness.study import (
    USUAL,
    Resources,
    Seeds,
    Settings,
    Study,
    command_source,
    folders_of,
    function_source,
    importing_from,
    is_made,
    kept_sources,
    load_study,
    seeds_of,
    to_json,
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a worker needs to run one trial, and nothing that cannot cross to another process."""

    study_path: Path
    base_changes: tuple[tuple[str, Any], ...]  # what --set and --dataset changed in the base
    study: str
    variant: str
    seed: int
    position: int
    trial_id: str
    attempt: int
    folder: Path  # LOGDIR/STUDY/VARIANT/seed-N
    engine: str
    data: ResolvedDataset | None  # None where the study has arrays of its own
    checkpoint_seconds: float = 60.0  # how often the training's state is kept, at the most
    resumable: int = 1  # the first attempt whose checkpoints may be used; with --force, the first of this run
    fallback: Path | None = None  # the log folder to use when the one of `folder` can no longer be written
    lost: tuple[str, ...] = ()  # how earlier attempts of this run lost their workers
    log: tuple[str, ...] = ()  # what is logged on request: names from harness.study.figure_names.LOGS
    source: str = ""  # hash of the study's own functions as they were planned; empty: not checked
    warm_start_from: str = ""  # the id of a shorter trial that begins alike, from whose end this one goes on
    leaves_warm_start: bool = False  # a longer trial goes on from this one's end
    warm_start_folder: Path | None = None  # where trials of one run leave their ends for longer ones; the executor sets it
    resources: Resources = USUAL  # that its worker is to have
    provenance: Mapping[str, Any] = field(default_factory=dict)  # what only the run knows, for the record
    vary: str = ""  # which sources of randomness its number moves, by harness.study.seed_sources; empty: all
    home: tuple[int, int] | None = None  # the study's folder, by harness.records.own_paths.folder_identity, when the run began

    @property
    def seeds(self) -> Seeds:
        """The seed of each source of randomness."""
        return seeds_of(self.vary, self.seed)

    def load(self) -> tuple[Study, Settings]:
        """Return the study and this trial's settings, read again from the study's file.

        UsageError if they or the study's functions are others than when the trial was planned: its id would name a lie.
        """
        study = self.load_study([self.variant])
        settings = study.settings(self.variant)
        if self.source and self._id(study, settings) != self.trial_id:
            raise UsageError(
                f"Study file {self.study_path} was changed while the study ran, or imports or names other things on this "
                f"machine than where the run was started; run it again."
            )
        return study, settings

    def _id(self, study: Study, settings: Settings) -> str:
        sha256 = self.data.sha256 if self.data else ""
        return trial_id(study, settings, seed=self.seed, data_sha256=sha256, engine=self.engine, vary=self.vary)

    def load_study(self, names: Iterable[str]) -> Study:
        """Return the study as this trial sees it, reduced to these variants and their controls."""
        return load_study(str(self.study_path)).only(names).with_base(dict(self.base_changes))


def trial_id(study: Study, settings: Settings, *, seed: int, data_sha256: str, engine: str, vary: str = "") -> str:
    """Return 12 hex digits that change with anything that decides a trial's result."""
    content = {
        "settings": to_json(settings),
        "seed": seed,
        "data": data_sha256,
        "source": function_sources(study, settings),
        "engine": engine,
        "initial": "by seed and path",  # how a network's first weights are drawn
        "versions": _versions(),
    }
    if study.folds:  # what a study without them has is not to change
        content["folds"] = str(study.folds)
    if vary:  # as above
        content["seeds"] = asdict(seeds_of(vary, seed))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


def function_sources(study: Study, settings: Settings | None = None) -> list[str]:
    """Return the source of each function that the study brings itself, and of the class of its settings.

    Of a study with a command, what of the command decides the result with these settings; without any, what of it no
    setting decides.
    """
    if study.command is not None:
        return command_source(study, settings)
    if (kept := kept_sources(study)) is not None:
        return list(kept)
    functions = tuple(study.own_functions.values())
    if study.path is None:  # in a notebook, what its functions use may have changed since they were looked at
        with importing_from(folders_of(study)):
            things: list[Callable[..., Any]] = [*functions, *_own_kinds(study)]
            return [function_source(thing) for thing in things]
    kinds = _own_kinds(study)
    try:
        return list(_sources((*functions, *kinds), folders_of(study)))
    except TypeError:  # an object that can be called and has no hash
        return list(_sources.__wrapped__((*functions, *kinds), folders_of(study)))


def _own_kinds(study: Study) -> tuple[type, ...]:
    """Return the class of the study's settings, where it is its own."""
    return () if type(study.base) is Settings or is_made(study.base) else (type(study.base),)


@lru_cache(maxsize=64)
def _sources(things: tuple[Any, ...], folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the sources of things, found once for as long as they are loaded."""
    with importing_from(folders):
        return tuple(map(function_source, things))


def source_hash(study: Study) -> str:
    """Return a hash of the study's own functions, or of its command: one for all of its trials."""
    return hashlib.sha256(json.dumps(function_sources(study)).encode()).hexdigest()


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("tensorflow", "keras")}


def blank_record(trial: Trial, study: Study) -> Record:
    """Return the record of a trial of which nothing is known yet but its specification."""
    return Record(
        study=trial.study,
        variant=trial.variant,
        seed=trial.seed,
        trial_id=trial.trial_id,
        attempt=trial.attempt,
        position=trial.position,
        control=study.control(trial.variant),
        change=study.change(trial.variant),
        settings=to_json(study.settings(trial.variant)),
        expectation=str(study.expectation(trial.variant)),
        status=FAILED,
        as_expected=False,
        data=describe_data(trial.data, own=study.own_data),
        metric=study.metric.to_dict(),
        changes=study.changes(trial.variant),
        expects=study.expectation(trial.variant).to_dict(),
        screen=study.corner(trial.variant),
    )


def describe_data(data: ResolvedDataset | None, *, own: str = "arrays") -> dict[str, str]:
    """Return which data a trial used, as a record keeps it; own: what the study's own are."""
    if data is None:
        return {"name": "study", "used": "study", "description": f"{own} of the study's own", "sha256": ""}
    return {"name": data.name, "used": data.used, "description": data.description, "sha256": data.sha256}
