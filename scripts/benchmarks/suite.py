"""The twelve course variants from cold: against plain Keras scripts, and what of the time is not training."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.bench import Bench, StudyRun, run_script, run_study
from benchmarks.imports import imports_profile
from benchmarks.processes import PROJECT, Memory
from benchmarks.report import Figure, Goal, Profile, format_metric, median_of
from harness.records import Record

RUN_ALL = PROJECT / "scripts" / "course" / "run_all.py"
QUICK = ("base", "no-flatten", "output-5", "early-stop")
FASTER, OVERHEAD, WORKER_MEGABYTES = Goal(12.0), Goal(1.15, at_most=True), Goal(900.0, at_most=True)
WRITING = Goal(3.0, at_most=True)  # percent
STARTS = {"driver": ("-c", "import harness.cli.study_runs"), "worker": ("-c", "import harness.training.trial_runner")}

# Where the documented results lie: variant, value, lowest, highest.
RANGES = (
    ("base", "test_accuracy", 0.975, 0.981),
    ("neurons-1024", "train_loss", 0.020, 0.032),
    ("extra-hidden-layer", "train_loss", 0.026, 0.036),
    ("no-normalization", "train_loss", 0.20, 0.32),
    ("early-stop", "epochs", 2, 2),
)


@dataclass(frozen=True, slots=True)
class Plain:
    """One run of the plain scripts: seconds of the process, and of each script with its error's type."""

    seconds: float
    scripts: Mapping[str, Mapping[str, float | str]]


@dataclass(frozen=True, slots=True)
class SuiteRuns:
    """The repeats of both sides, in the order in which they ran; no plain ones where they are not asked for."""

    harness: Sequence[StudyRun]
    plain: Sequence[Plain] = ()


def run_suite(bench: Bench, *, plain: bool) -> SuiteRuns:
    """Run the suite as often as asked for, the sides in turn."""
    harness, scripts = [], []
    for _ in range(bench.repeats):
        harness.append(_run_harness(bench))
        if plain:
            scripts.append(_run_plain(bench))
    return SuiteRuns(harness, scripts)


def _run_harness(bench: Bench, watch: Memory | None = None) -> StudyRun:
    only = [word for name in QUICK for word in ("--only", name)] if bench.quick else []
    return run_study(bench, "course", "--seeds", "1", *only, jobs=bench.jobs, cold=True, watch=watch)


def _run_plain(bench: Bench) -> Plain:
    run, folder = run_script(bench, RUN_ALL, "seconds.json", *(QUICK if bench.quick else ()))
    return Plain(run.seconds, json.loads((folder / "seconds.json").read_text()))


def speed(runs: SuiteRuns) -> tuple[list[Figure], list[Profile]]:
    """Return how many times faster the harness ran the suite, and what each variant took and learned."""
    ratios = [plain.seconds / run.run.seconds for run, plain in zip(runs.harness, runs.plain, strict=True)]
    figures = [
        median_of("plain scripts / harness, wall time from cold", ratios, "×", goal=FASTER),
        median_of("harness", [run.run.seconds for run in runs.harness], "s"),
        median_of("plain scripts", [plain.seconds for plain in runs.plain], "s"),
        _results_in_range(runs),
    ]
    return figures, [_by_variant(runs)]


def overhead(bench: Bench, runs: SuiteRuns) -> tuple[list[Figure], list[Profile]]:
    """Return the suite's wall time against its pure training time divided by the workers."""

    def ratios(*parts: str) -> list[float]:
        return [run.run.seconds * run.jobs / sum(_seconds(run.records, part) for part in parts) for run in runs.harness]

    training, with_tests = ratios("epoch_seconds"), ratios("epoch_seconds", "test_seconds")
    figures = [
        median_of("wall time / (training / workers)", training, "×", goal=OVERHEAD),
        median_of("the same, test passes counted as training", with_tests, "×"),
        median_of(
            "what trials write, of their training passes", [_writing(run.records) for run in runs.harness], "%", goal=WRITING
        ),
    ]
    starts = imports_profile("What starting a run imports", STARTS, folder=bench.folder)
    return figures, [_where_time_went(runs.harness), starts]


def memory(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Return the peak memory of the suite's largest worker and of the whole."""
    workers, wholes = [], []
    for _ in range(bench.repeats):
        watch = Memory()
        _run_harness(bench, watch)
        workers.append(watch.peak_of_one)
        wholes.append(watch.peak_of_all)
    return [
        median_of("the largest worker's peak, resident", workers, "MB", goal=WORKER_MEGABYTES),
        median_of(f"peak of driver and {bench.jobs} workers, shared pages once", wholes, "MB"),
    ], []


def _seconds(records: Sequence[Record], part: str) -> float:
    """Return the seconds that were spent, without the epochs that a trial was given by a shorter one."""
    return sum(sum(record.history.get(part, ())[_given(record) :]) for record in records)


def _writing(records: Sequence[Record]) -> float:
    """Return the share, in percent: event files, graphs and predictions; the driver writes the records."""
    finished = [record for record in records if record.finished]
    return 100 * sum(record.cost["writing_seconds"] for record in finished) / _seconds(finished, "epoch_seconds")


def _given(record: Record) -> int:
    return record.provenance.get("continues_from", 0)


def _results_in_range(runs: SuiteRuns) -> Figure:
    outside, checked = [], 0
    for record in (record for run in runs.harness for record in run.records):
        for variant, name, low, high in RANGES:
            if record.variant == variant:
                value = record.epochs if name == "epochs" else record.metrics[name]
                checked += 1
                outside += [] if low <= value <= high else [f"{variant}: {name} {value:.4f}, expected {low} to {high}"]
    what = f"results outside the documented ranges, of {checked}"
    return Figure(what, len(outside), "", Goal(0, at_most=True), "; ".join(outside))


def _by_variant(runs: SuiteRuns) -> Profile:
    records: dict[str, list[Record]] = {
        record.variant: [] for record in sorted(runs.harness[0].records, key=lambda record: record.position)
    }
    for run in runs.harness:
        for record in run.records:
            records[record.variant].append(record)
    rows = [_variant_row(name, found, [plain.scripts[name] for plain in runs.plain]) for name, found in records.items()]
    learned = ("epochs", "train loss", "test accuracy")
    headings = ("variant", "status", *learned, "harness, on one worker", "of it in epochs", "plain script", "ratio")
    return Profile("The suite by variant (medians)", headings, rows)


def _variant_row(name: str, records: Sequence[Record], scripts: Sequence[Mapping[str, float | str]]) -> tuple[str, ...]:
    record = records[0]
    harness = median(found.cost["seconds"] for found in records)
    plain = median(float(script["seconds"]) for script in scripts)
    values = (record.metrics.get(key) for key in ("train_loss", "test_accuracy"))
    learned = ("" if value is None else f"{value:.4f}" for value in values)
    error = f" ({scripts[0]['error']})" if scripts[0]["error"] else ""
    epochs = median(
        sum(found.history.get("epoch_seconds", ())) + sum(found.history.get("test_seconds", ())) for found in records
    )
    times = (
        format_metric(harness, "s"),
        format_metric(epochs, "s"),
        format_metric(plain, "s") + error,
        format_metric(plain / harness, "×"),
    )
    return name, record.status, str(record.epochs), *learned, *times


def _where_time_went(runs: Sequence[StudyRun]) -> Profile:
    """Split the wall time of all workers; of several runs, the one of median length."""
    run = sorted(runs, key=lambda run: run.run.seconds)[(len(runs) - 1) // 2]
    whole = run.run.seconds * run.jobs
    train, test = _seconds(run.records, "epoch_seconds"), _seconds(run.records, "test_seconds")
    first = sum(_first_epoch_excess(record) for record in run.records)
    inside = sum(record.cost["seconds"] - record.provenance.get("earlier_seconds", 0.0) for record in run.records)
    start = (run.started - run.run.started) * run.jobs
    finish = (run.run.started + run.run.seconds - run.ended) * run.jobs
    parts = {
        "training passes": train - first,
        "first training passes beyond the median of the later ones": first,
        "test passes": test,
        "the rest of the trials: model, compiling, graph, boards, predictions": inside - train - test,
        "start: the driver, its workers, TensorFlow, data": start,
        "workers without a trial, between the first start and the last end": whole - inside - start - finish,
        "finish: tables, workers' end": finish,
    }
    rows = [(name, format_metric(seconds, "s"), f"{seconds / whole:.1%}") for name, seconds in parts.items()]
    rows.append(("wall time × workers", format_metric(whole, "s"), ""))
    return Profile("Where the harness's suite spends its workers' time", ("part", "seconds", "share"), rows)


def _first_epoch_excess(record: Record) -> float:
    first, *later = record.history.get("epoch_seconds") or [0.0]
    return first - median(later) if later and not _given(record) else 0.0
