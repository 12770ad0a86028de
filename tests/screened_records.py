"""Records by hand of a study with a screen."""

import numpy as np
from plain_records import record

from harness.study import ACCURACY, Metric
from harness.study.screen_designs import levels_of

LARGE = Metric("yield", margin=0.5, higher_is_better=True)


def screened(parts: str, values, *, design: str | None = None, seeds: int | None = None, metric: Metric = LARGE):
    """Records of a screen with one letter a part; values: (variants, seeds), in the order of the design."""
    levels, records = levels_of(len(parts), design), []
    for number, row in enumerate(levels):
        changed = [part for part, level in zip(parts, row, strict=True) if level > 0]
        name = "".join(changed) or "base"
        settings = {part: part in changed for part in parts}
        screen = {"family": "f", "changed": changed, "parts": list(parts), "variants": len(levels)} if changed else {}
        for seed, value in enumerate(values[number]):
            records.append(
                record(name, seed, 0.5, position=number, settings=settings, changes=dict.fromkeys(changed, True), screen=screen,
                       metrics={metric.column: float(value)}, metric=metric.to_dict())
            )  # fmt: skip
    return records


def helped_by_a():
    """Records of three parts and six seeds, of which A alone does something: two points of accuracy."""
    noise = np.random.default_rng(0).normal(0, 0.001, (8, 6))
    return screened("ABC", 0.8 + 0.02 * (levels_of(3)[:, :1] > 0) + noise, metric=ACCURACY)
