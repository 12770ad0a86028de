"""What is asked of a run, and a study as that changes it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.records import RECORDED_DESIGN
from harness.runs.executors.machine import default_jobs
from harness.runs.executors.slurm.options import MOST_TASKS, SlurmOptions
from harness.study import Study, changed, show_value

SEEDS = 5  # where nothing else is said: as few as a verdict takes
RAY, SLURM = "ray", "slurm"
AUTO = "auto"  # each study's own dataset, or a stand-in where that is absent


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What is asked of a run: of all its studies, as the command line has it, or of one, as its plan is made by it."""

    logdir: Path
    seeds: int = SEEDS
    until_settled: bool = False  # look by look, in place of a fixed number of seeds
    max_seeds: int | None = None  # of the last look; None: of the design that is kept, or the default
    looks: tuple[int, ...] = ()  # numbers of seeds; empty: likewise
    spending: str = ""  # of the error, by look; empty: likewise
    seeds_of: tuple[tuple[str, int], ...] = ()  # of each variant, where they differ
    design: Mapping[str, Any] = field(default_factory=dict)  # by which it is run, for every record
    only: tuple[str, ...] = ()  # variants to run, with the controls they need; empty: all
    assignments: tuple[str, ...] = ()  # of --set, as typed: of which type a value is, each study says
    dataset: str = AUTO
    base_changes: tuple[tuple[str, Any], ...] = ()  # what assignments and dataset change in the base of the one study
    vary: str = ""  # which sources of randomness seeds move, by harness.study.seed_sources; empty: all
    force: bool = False
    dry_run: bool = False
    data_dir: Path | None = None
    engine: str = "auto"
    executor: str = "local"
    address: str | None = None  # of a Ray cluster; None: one on this machine
    jobs: int | None = None  # workers; None: as many as the machine can take
    max_seconds: float | None = None  # that a trial may run
    checkpoint_seconds: float = 60.0
    log: tuple[str, ...] = ()  # what the trials log on request, which changes no result
    slurm: SlurmOptions | None = None  # what is asked of Slurm for each task
    output: str = ""  # the file that takes what a detached run prints
    origin: Mapping[str, Any] = field(default_factory=dict)  # what the driver knows of the run's origin, for every record

    @property
    def workers(self) -> int:
        """How many workers there may be."""
        return self.jobs or (MOST_TASKS if self.executor == SLURM else default_jobs())

    def effective(self, workers: int) -> int:
        """Return how many of so many workers run at full speed: on this machine as many as it can take, elsewhere all."""
        return max(min(workers, default_jobs()) if self.executor == "local" else workers, 1)

    def seeds_for(self, variant: str) -> int:
        """Return how many seeds a variant is trained with."""
        return dict(self.seeds_of).get(variant, self.seeds)

    @property
    def provenance(self) -> dict[str, Any]:
        """What every record of the run says of how it was asked for."""
        varied = {"vary": self.vary} if self.vary else {}
        by_design = {RECORDED_DESIGN: dict(self.design)} if self.design else {}
        told = {"engine_asked": self.engine, "base_changes": dict(self.base_changes)}
        place = {"executor_asked": self._place} if self.executor != "local" else {}
        return {**self.origin, **varied, **told, **by_design, **place}

    @property
    def _place(self) -> dict[str, str]:
        """Return the options that name where its trials run, with which a command goes there again."""
        jobs, slurm = str(self.jobs or ""), str(self.slurm or "")
        options = {"executor": self.executor, "address": self.address or "", "slurm": slurm, "jobs": jobs}
        return {name: value for name, value in options.items() if value}


def selected(study: Study, request: RunRequest) -> Study:
    """Return the study with the chosen variants and the base as the request changes it; UsageError where that fails."""
    chosen = study.only(request.only) if request.only else study
    changes = request.base_changes
    if not changes:
        return chosen
    try:
        base = changed(chosen.base, dict(changes))
    except UsageError as error:
        raise UsageError(in_changed_base(changes, error)) from None
    named = dict(changes) if chosen.command is None else chosen.command.named()
    for name, value in changes:
        if name not in named:
            raise UsageError(
                f"--set {name}={show_value(value)} changes nothing in study {study.name!r}: its command does not name "
                f"{name}; expected {{{name}}} in it."
            )
    try:
        return replace(chosen, base=base)
    except UsageError as error:  # it names a variant, which the change has made equal to its control
        raise UsageError(f"{in_changed_base(changes, error)} Choose the others with --only.") from None


def in_changed_base(changes: Iterable[tuple[str, Any]], fault: object) -> str:
    """Return what is wrong with a study, behind what was changed in its base where something was."""
    said = ", ".join(f"{name}={show_value(value)}" for name, value in changes)
    return f"With {said} in the base: {fault}" if said else str(fault)
