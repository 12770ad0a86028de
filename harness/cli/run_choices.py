"""What a call of `run` comes to: which studies it means, what of it concerns each of them, and their data."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.cli.design_options import require_one_design
from harness.cli.stand_ins import fitted, stand_in_notices
from harness.data import DATASETS, ResolvedDataset, is_table, prepare
from harness.errors import UsageError, unknown
from harness.records import origin
from harness.runs import AUTO, SEEDS, SLURM, RunRequest, in_changed_base, selected, slurm_options, varied
from harness.study import (
    BASE,
    MODELS,
    Study,
    annotations,
    changed,
    load_study,
    parse,
    place_of,
    same_training,
    study_files,
    training,
    varying,
    working_studies,
)

ALL = "all"


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """A study that is to be run, and what of the call concerns it."""

    study: Study  # as its file has it
    request: RunRequest
    data: Mapping[str, ResolvedDataset] = field(default_factory=dict)  # of each name that its settings use

    @property
    def folder(self) -> Path:
        """Where the study's results lie."""
        return self.request.logdir / self.study.name


def as_request(
    *,
    log: Sequence[str] = (),
    vary: str = "",
    save_models: bool = False,
    slurm: Sequence[str] = (),
    executor: str = "local",
    **options: Any,
) -> RunRequest:
    """Return the request that options of `run` make: to save models is one of the things that may be logged.

    UsageError for options of an executor that is not asked for, or that are none of its own, and for those of a design
    without one, or of which one says otherwise than another.
    """
    require_one_design(options)
    options["spending"] = options.get("spending") or ""
    if slurm and executor != SLURM:
        raise UsageError(f"--slurm {slurm[0]} is for Slurm; expected --executor slurm beside it.")
    logged = tuple(dict.fromkeys((*log, *([MODELS] if save_models else []))))
    asked = slurm_options(slurm) if slurm else None
    return RunRequest(log=logged, vary=varying(vary), executor=executor, slurm=asked, **options)


def study_requests(names: Sequence[str], request: RunRequest) -> tuple[list[StudyRequest], list[str]]:
    """Return the studies to be run, their data found, and what is to be said; UsageError for what is wrong with the call."""
    chosen = choose_studies(names, request)
    notices = dataset_notices(chosen, request.dataset) + fold_notices(chosen, request.seeds)
    if len(chosen) > 1:
        chosen, left_out = possible(chosen)
        notices += left_out
    studies = [selected(each.study, each.request) for each in chosen]
    data = prepare_data(studies, data_dir=request.data_dir, strict=request.dataset != AUTO)
    notices += stand_in_notices(data)
    found = []
    for each, study in zip(chosen, studies, strict=True):
        fitting, note = fitted(study, each.request, data)
        notices += [note] if note else []
        fitting = replace(fitting, origin={} if request.dry_run else origin(each.study.file))
        found.append(StudyRequest(each.study, fitting, {name: data[name] for name in datasets_of(study)}))
    return found, notices


def choose_studies(names: Sequence[str], request: RunRequest) -> list[StudyRequest]:
    """Return the studies that are meant, in the order named; UsageError where a name or an option fits none of them.

    Studies that have none of the variants that are asked for are left out. What is to be changed in the base is so in
    the studies that have the setting, and that can be run on the dataset.
    """
    studies, only = [varied(study, request.vary) for study in named_studies(names)], tuple(dict.fromkeys(request.only))
    for study in studies:
        _require_datasets(study)
    for variant in only:
        if not any(variant in study.names for study in studies):
            raise _no_variant(variant, studies)
    chosen = [study for study in studies if not only or set(only) & set(study.names)]
    changes = _changes(chosen, request.assignments, request.dataset)
    # A loop of links is for the run to refuse, like any bad folder.
    request = replace(request, logdir=Path(os.path.realpath(request.logdir)), assignments=())
    own = {study.name: tuple(name for name in only if name in study.names) for study in chosen}
    return [
        StudyRequest(study, replace(request, only=own[study.name], base_changes=tuple(changes[study.name].items())))
        for study in chosen
    ]


def named_studies(names: Sequence[str]) -> list[Study]:
    """Return the studies of these names or files, `all` being every study of experiments/, each of them once.

    Where the working folder has none there, `all` are the built-in ones.
    """
    expanded = [each for name in names for each in ((working_studies() or study_files()) if name == ALL else (name,))]
    by_name: dict[str, Study] = {}
    for study in map(load_study, expanded):
        other = by_name.setdefault(study.name, study)
        if other.path != study.path:
            raise UsageError(f"Two studies are named {study.name!r}: {other.path} and {study.path}; their results would mix.")
    return list(by_name.values())


def _require_datasets(study: Study) -> None:
    """Raise UsageError, with its key in a TOML file, for a dataset that is not known."""
    for name in study.names if study.needs_dataset else ():
        dataset = study.dataset(name)
        if dataset not in DATASETS:
            fault = unknown("Dataset", dataset, DATASETS)
            raise UsageError(f"{place_of(study, name, 'dataset') or f'Study {study.name!r}: '}{fault}")


def _no_variant(variant: str, studies: Sequence[Study]) -> UsageError:
    known = dict.fromkeys(name for study in studies for name in study.names)
    who = f"Study {studies[0].name!r}: variant" if len(studies) == 1 else "Variant"
    return unknown(who, variant, known)


def _changes(studies: Sequence[Study], assignments: Sequence[str], dataset: str) -> dict[str, dict[str, Any]]:
    """Return what --set and --dataset change in the base of each study, by its name; what it has already is no change."""
    changes: dict[str, dict[str, Any]] = {study.name: {} for study in studies}
    for assignment in assignments:
        key = assignment.partition("=")[0].strip()
        fitting = [study for study in studies if key in annotations(type(study.base))]
        if key == "dataset":
            fitting = [study for study in fitting if study.needs_dataset]
        for study in fitting or studies[:1]:
            name, value = parse(assignment, type(study.base))  # raises for the first study if it fits none
            if not fitting:
                raise UsageError(_unfit(study, value))
            changes[study.name][name] = value
    if dataset != AUTO:
        faults = {study.name: _unfit(study, dataset) for study in studies}
        if all(faults.values()):
            raise UsageError(next(iter(faults.values())))
        for name, fault in faults.items():
            if not fault:
                changes[name]["dataset"] = dataset
    bases = {study.name: study.base for study in studies}
    return {
        study: {name: value for name, value in made.items() if value != getattr(bases[study], name)}
        for study, made in changes.items()
    }


def dataset_notices(chosen: Sequence[StudyRequest], dataset: str) -> list[str]:
    """Say which studies are run on the dataset that was asked for and which keep their own, where there are both."""
    if dataset == AUTO:
        return []
    names = [each.study.name for each in chosen]
    moved = [
        each.study.name
        for each in chosen
        if each.study.needs_dataset and dict(each.request.base_changes).get("dataset", each.study.base.dataset) == dataset
    ]
    others = [name for name in names if name not in moved]
    keep = "keeps its" if len(others) == 1 else "keep their"
    return [f"--dataset {dataset} applies to {', '.join(moved)}; {', '.join(others)} {keep} own data."] if others else []


def fold_notices(chosen: Sequence[StudyRequest], seeds: int) -> list[str]:
    """Say of studies with folds that these, and not the seeds that were asked for, are their trials."""
    folded = [each.study for each in chosen if each.study.folds] if seeds != SEEDS else []
    return [f"--seeds {seeds} is not for {study.name}: each variant is trained on {study.folds}." for study in folded]


def possible(chosen: Sequence[StudyRequest]) -> tuple[list[StudyRequest], list[str]]:
    """Return the studies without variants that a changed base makes equal to others, and what was left out.

    A variant whose control is left out goes with it. A base that cannot be changed so is left for `selected` to refuse.
    """
    kept, notices = [], []
    for each in chosen:
        study, request, faults = each.study, each.request, _faults(each)
        wanted = tuple(name for name in request.only or study.names if name not in faults)
        kept.append(replace(each, request=replace(request, only=wanted or (BASE,))) if faults else each)
        for fault in dict.fromkeys(faults.values()):
            names = ", ".join(name for name in faults if faults[name] == fault)
            notices.append(f"{in_changed_base(request.base_changes, fault)} Left out: {names}.")
    return kept, notices


def _faults(chosen: StudyRequest) -> dict[str, str]:
    """Return what a changed base makes wrong with the variants that are asked for, by their names."""
    study, changes, faults = chosen.study, dict(chosen.request.base_changes), {}
    try:
        changed(study.base, changes)
    except UsageError:
        return {}
    trainings: dict[Any, str] = {}
    for name in chosen.request.only or study.names:
        try:
            alone = study.only([name]).with_base(changes)
        except UsageError as error:
            faults[name] = str(error)
            continue
        settings = {each: training(alone.settings(each)) for each in alone.names}
        same = [(trainings[values], each) for each, values in settings.items() if trainings.get(values, each) != each]
        if same:  # as another variant that is kept
            faults[name] = str(same_training(alone, *same[0]))
        else:
            trainings |= {values: each for each, values in settings.items()}
    return faults


def _unfit(study: Study, dataset: str) -> str:
    """Say why a study cannot be run on a dataset, empty if it can."""
    if not study.needs_dataset:
        return f"Study {study.name!r} has {study.own_data} of its own; --dataset {dataset!r} would have no effect."
    if is_table(dataset) == is_table(study.base.dataset):
        return ""
    wanted, named = ("a table", "images") if is_table(study.base.dataset) else ("images", "a table")
    return f"Study {study.name!r} needs {wanted}; --dataset {dataset!r} is {named}. Expected {_of_kind(study.base.dataset)}."


def _of_kind(dataset: str) -> str:
    return " or ".join(name for name in DATASETS if is_table(name) == is_table(dataset))


def prepare_data(studies: Iterable[Study], *, data_dir: Path | None, strict: bool) -> dict[str, ResolvedDataset]:
    """Find and verify each dataset that the studies' settings name; DataError (a UsageError) if one is damaged."""
    names: dict[str, None] = {}
    for study in studies:
        names |= dict.fromkeys(datasets_of(study))
    return {name: prepare(name, data_dir=data_dir, strict=strict) for name in names}


def datasets_of(study: Study) -> list[str]:
    """Return the datasets that a study's settings name; UsageError for a table that it cannot make samples of."""
    if not study.needs_dataset:
        return []
    names = list(dict.fromkeys(study.settings(name).dataset for name in study.names))
    for name in names:
        if is_table(name) and not study.arrays_from and not study.trains_itself:
            raise UsageError(
                f"Study {study.name!r}: dataset {name!r} is a table; to use it, the study needs arrange(settings, data), "
                f"which splits it into samples. Expected images otherwise: {_of_kind('mnist')}."
            )
    return names
