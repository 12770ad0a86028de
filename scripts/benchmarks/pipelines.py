"""Seconds of an epoch of a tf.data pipeline over image files: the compiled loop against `fit`; and how memory grows."""

import json
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench import Bench, run_script, run_study
from benchmarks.processes import Memory
from benchmarks.report import Figure, Goal, Profile, format_metric, median_of
from harness.data import open_dataset, prepare

FIT_SCRIPT = Path(__file__).with_name("fit_pipelines.py")
IMAGES, QUICK_IMAGES = 20_000, 1_000
FASTER, GROWTH = 1.3, 1.1


def measure(bench: Bench) -> tuple[list[Figure], list[Profile]]:
    """Time both sides in turn on the same files, then hold the memory of all files against that of a tenth of them."""
    count = QUICK_IMAGES if bench.quick else IMAGES
    images, few = _written(bench, count), _written(bench, count // 10)
    fit, loop, engines = [], [], set()
    for _ in range(bench.repeats):
        records = run_study(bench, "pipelines", *_options(3), jobs=1, environment={"IMAGES": str(images)}).records
        loop.append(median(seconds for record in records for seconds in record.history["epoch_seconds"][1:]))
        engines |= {str(record.provenance["engine"]) for record in records}
        _, folder = run_script(bench, FIT_SCRIPT, "2", "seconds.json", environment={"IMAGES": str(images)})
        fit.append(median(json.loads((folder / "seconds.json").read_text())))
    peaks = []
    for folder in (few, images):
        watch = Memory()
        run_study(bench, "pipelines", *_options(2), jobs=1, environment={"IMAGES": str(folder)}, watch=watch)
        peaks.append(watch.peak_of_one)
    ratios = [slow / fast for slow, fast in zip(fit, loop, strict=True)]
    figures = [
        median_of(f"{count:,} images, compiled loop against fit", ratios, "×", goal=Goal(FASTER), note=", ".join(engines)),
        Figure(f"memory of {count:,} images over {count // 10:,}", peaks[1] / peaks[0], "×", Goal(GROWTH, at_most=True)),
    ]
    rows = [("fit", format_metric(median(fit), "s")), ("compiled loop", format_metric(median(loop), "s"))]
    rows += [(f"peak memory, {n:,} images", format_metric(mb, "MB")) for n, mb in zip((count // 10, count), peaks, strict=True)]
    return figures, [Profile("A pipeline over image files, one thread", ("side", "an epoch"), rows)]


def _options(epochs: int) -> tuple[str, ...]:
    return ("--only", "base", "--seeds", "1", "--set", f"epochs={epochs}")


def _written(bench: Bench, count: int) -> Path:
    """Write the first images of Fashion-MNIST as PNG files, named CLASS-NUMBER.png, into a folder of their own."""
    from PIL import Image

    data: Any = open_dataset(prepare("fashion-mnist", strict=True))
    folder = bench.fresh_folder("images")
    for number in range(count):
        Image.fromarray(data.x_train[number]).save(folder / f"{data.y_train[number]}-{number}.png")
    return folder
