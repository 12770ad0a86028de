"""The same trials with a GPU and without: whether it pays for models of this size, and what several on one GPU gain."""

from benchmarks.bench import Bench, StudyRun, run_study
from benchmarks.processes import Failed
from benchmarks.report import Figure, Profile, median_of
from harness.runs import visible_gpus

TRIALS, QUICK_TRIALS = 6, 2
WIDTHS = ("512", "4096-4096")  # a layer as the course has it, and one that gives a GPU something to do


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Train the base of each width on the processor and on the GPUs, in turn; Failed where there is none."""
    gpus = visible_gpus()
    if not gpus:
        raise Failed("no GPU is here: neither /dev/nvidia0 nor one that CUDA_VISIBLE_DEVICES names")
    figures = []
    for width in WIDTHS:
        ratios, devices = [], set()
        for _ in range(bench.repeats):
            without = _run(bench, width, visible="-1", jobs=bench.jobs)
            with_gpus = _run(bench, width, visible=",".join(gpus), jobs=len(gpus))
            ratios.append(_span(without) / _span(with_gpus))
            devices |= {str(record.provenance.get("devices", "")) for record in with_gpus.records}
        what = f"hidden {width}: {bench.jobs} workers on the processor / {len(gpus)} on a GPU each"
        figures.append(median_of(what, ratios, "×", note="; ".join(sorted(devices))))
    return figures, []


def _span(run: StudyRun) -> float:
    return run.ended - run.started


def _run(bench: Bench, width: str, *, visible: str, jobs: int) -> StudyRun:
    count = str(QUICK_TRIALS if bench.quick else TRIALS)
    words = ("--only", "base", "--seeds", count, "--set", f"hidden={width}", "--dataset", "mnist")
    variables = bench.warm_cache | {"CUDA_VISIBLE_DEVICES": visible}
    return run_study(bench, "course", *words, jobs=jobs, environment=variables)
