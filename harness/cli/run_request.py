"""What a call of `run` comes to: studies with their options and data, and the workers that they share."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cli.run_choices import (
    AUTO,
    Choice,
    choose_studies,
    dataset_notices,
    datasets_of,
    possible,
    prepare_data,
)
from harness.cli.stand_ins import fitted, stand_in_notices
from harness.cli.terminal.summary import print_notes
from harness.data import ResolvedDataset
from harness.records import origin
from harness.runs import LocalExecutor, Options, Plan, default_jobs, make_plan, outdated_records, selected
from harness.study import Study


@dataclass(frozen=True, slots=True)
class Request:
    """What the options of the command line ask for."""

    logdir: Path
    seeds: int
    jobs: int | None
    assignments: tuple[str, ...]
    only: tuple[str, ...]
    force: bool
    dry_run: bool
    dataset: str
    data_dir: Path | None
    engine: str
    executor: str
    max_seconds: float | None
    checkpoint_seconds: float
    log: tuple[str, ...]

    @property
    def workers(self) -> int:
        """How many worker processes there may be."""
        return self.jobs or default_jobs()


@dataclass(frozen=True, slots=True)
class Task:
    """One study that is to be run, and how."""

    study: Study  # as its file has it
    options: Options
    data: dict[str, ResolvedDataset]

    @property
    def folder(self) -> Path:
        """Where the study's results lie."""
        return self.options.logdir / self.study.name

    def plan(self) -> Plan:
        """Return what is to be done, as the log folder is now."""
        return make_plan(self.study, self.options, self.data)

    def checked_plan(self, *, max_seconds: float | None) -> Plan:
        """Return what is to be done, having looked whether the study's own functions still give the data of its records."""
        plan = self.plan()
        outdated = outdated_records(plan, max_seconds=max_seconds, notice=lambda line: print_notes([line]))
        return make_plan(self.study, self.options, self.data, outdated=outdated) if outdated else plan


class Workers:
    """Worker processes that are started when the first study needs them, and kept for those after it."""

    def __init__(self, request: Request, *, most: int | None = None) -> None:
        """Allow as many workers as the request says, at the most `most` where that is given."""
        self.count = min(request.workers, most or request.workers)
        self._max_seconds = request.max_seconds
        self._executor: LocalExecutor | None = None
        self.checked: set[str] = set()  # the studies whose variants they have looked at

    def executor(self) -> LocalExecutor:
        """Return them as an executor."""
        if self._executor is None:
            self._executor = LocalExecutor(jobs=self.count, max_seconds=self._max_seconds)
        return self._executor

    def close(self) -> None:
        """End them, whatever they are doing; the next study that needs some gets new ones."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None


def make_tasks(names: Sequence[str], request: Request) -> list[Task]:
    """Return the studies that are to be run, with their data found; UsageError for whatever is wrong with the call."""
    choices = choose_studies(names, only=request.only, assignments=request.assignments, dataset=request.dataset)
    notices = dataset_notices(choices, request.dataset)
    if len(choices) > 1:
        choices, left_out = possible(choices)
        notices += left_out
    optioned = [(choice.study, _options(choice, request)) for choice in choices]
    studies = [selected(study, options) for study, options in optioned]
    data = prepare_data(studies, data_dir=request.data_dir, strict=request.dataset != AUTO)
    notices += stand_in_notices(data)
    tasks = []
    for (study, options), seen in zip(optioned, studies, strict=True):
        options, note = fitted(seen, options, data)
        notices += [note] if note else []
        tasks.append(Task(study, options, {name: data[name] for name in datasets_of(seen)}))
    print_notes(notices)
    return tasks


def _options(choice: Choice, request: Request) -> Options:
    return Options(
        logdir=Path(os.path.realpath(request.logdir)),  # a loop of links is for the run to refuse, like any bad folder
        seeds=request.seeds,
        engine=request.engine,
        force=request.force,
        checkpoint_seconds=request.checkpoint_seconds,
        log=request.log,
        only=choice.only,
        base_changes=choice.base_changes,
        origin={} if request.dry_run else origin(choice.study.file),
    )
