"""How a benchmark is run: where, how often, and the two kinds of process that it times."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Failed, Memory, Run, run_python
from harness.records import Record, load_records

STUDIES = Path(__file__).with_name("studies")


@dataclass(frozen=True, slots=True)
class Bench:
    """The folder that everything is written in, how often each measurement is repeated, and on how many workers."""

    folder: Path
    repeats: int
    jobs: int  # workers that fill the machine
    quick: bool = False  # a check that everything runs: less of everything, its figures mean little

    def fresh_folder(self, name: str) -> Path:
        """Make and return an empty folder."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))

    @property
    def warm_cache(self) -> dict[str, str]:
        """The environment of runs that find the datasets decoded already."""
        return {"XDG_CACHE_HOME": str(self.folder / "cache")}


@dataclass(frozen=True, slots=True)
class StudyRun:
    """One `harness run` from cold: the process and the records that it left."""

    run: Run
    records: Sequence[Record]
    jobs: int

    @property
    def started(self) -> float:
        """When the first trial began, in seconds since the epoch."""
        return min(record.provenance["started"] for record in self.records)

    @property
    def ended(self) -> float:
        """When the last trial ended, in seconds since the epoch."""
        return max(record.provenance["ended"] for record in self.records)


def run_study(
    bench: Bench,
    study: str,
    *options: str,
    jobs: int,
    cold: bool = False,
    watch: Memory | None = None,
    environment: Mapping[str, str] | None = None,
) -> StudyRun:
    """Run a study of the benchmark in a fresh process; cold: with no dataset decoded yet. Failed if a trial fails."""
    folder = bench.fresh_folder(study)
    dataset = () if environment else ("--dataset", "mnist")  # a study that is told of files has no other data
    command = ["-m", "harness", "run", str(STUDIES / f"{study}.py"), *dataset, "--logdir", "logs"]
    variables = ({"XDG_CACHE_HOME": str(folder / "cache")} if cold else bench.warm_cache) | dict(environment or {})
    run = run_python([*command, "--jobs", str(jobs), *options], folder=folder, environment=variables, watch=watch)
    records, problems = load_records(folder / "logs")
    if problems or not records:
        raise Failed(f"{study}: {problems[0] if problems else 'no records were left'}")
    return StudyRun(run, records, jobs)


def run_script(bench: Bench, script: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> tuple[Run, Path]:
    """Run a script of the plain side in a fresh process; return the run and the folder that it ran in."""
    folder = bench.fresh_folder(script.stem)
    return run_python([str(script), *arguments], folder=folder, environment=bench.warm_cache | dict(environment or {})), folder
