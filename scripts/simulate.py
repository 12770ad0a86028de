"""Simulate studies without an effect, and with some: how often a design of looks says something false, what it finds and costs.

    python scripts/simulate.py [--quick] [--studies 6000]

Prints the tables of docs/verdicts.md. It judges by the functions that judge a study (harness.analysis.sequential and
futility), over many studies at once. Error rates are of the strictest kind: a false word at any look of any variant counts,
none having been stopped before. Last come screens beside one part at a time, at the same number of trainings.
"""

import argparse
import time
from collections.abc import Iterator, Sequence

import numpy as np
import simulated_screens
from simulated import SETTINGS, Array, Setting, Trials, false_words, fixed, studies, until_settled

from harness.analysis import OBRIEN_FLEMING, POCOCK

BY_DEFAULT = (5, 10, 20, 40)
OTHERS = ((5, 10), (5, 20), (10, 20, 30, 40, 50), (5, 10, 15, 20, 30, 40))
FAMILIES = (1, 5, 12, 40)
EFFECTS = (0.8, 1.0, 1.2, 1.5, 2.0, 3.0)  # of the mean difference, in standard deviations
FIXED = (5, 10, 20)
MARGIN = 1.5  # at which variants lie that are not equivalent, in standard deviations


def error_rates(count: int, families: Sequence[int], designs: Sequence[tuple[int, ...]]) -> Iterator[str]:
    """Yield the table of studies with a false word: of better or worse without an effect, of equivalent at the margin."""
    kinds = (f"{kind}, {many}" for kind in ("better or worse", "equivalent") for many in families)
    yield _row("values", "spending", "looks", *kinds)
    yield "| --- | --- | --- |" + " --- |" * (2 * len(families))
    for setting in SETTINGS:
        for spending, looks in ((POCOCK, BY_DEFAULT), (OBRIEN_FLEMING, BY_DEFAULT), *((POCOCK, other) for other in designs)):
            rates = [
                false_words(_batches(setting, np.full(many, effect), looks, count), margin, spending, equivalence=equal)
                for equal, effect, margin in ((False, 0.0, 0.0), (True, MARGIN, MARGIN))
                for many in families
            ]
            yield _row(setting.name, spending, ", ".join(map(str, looks)), *(f"{rate:.1%}" for rate in rates))


def powers(count: int, effects: Sequence[float], designs: Sequence[tuple[str, tuple[int, ...]]]) -> Iterator[str]:
    """Yield the table of what designs find and cost, in studies of twelve variants of which three have an effect."""
    yield _row(
        "effect", *(f"{n} seeds" for n in FIXED), *(f"{spending}: {', '.join(map(str, looks))}" for spending, looks in designs)
    )
    yield "| --- |" + " --- |" * (len(FIXED) + len(designs))
    for effect in effects:
        truth = np.array([effect] * 3 + [0.0] * 9)
        outcomes = [fixed(_batches(SETTINGS[1], truth, (n,), count), 3, 0.0) for n in FIXED]
        outcomes += [until_settled(_batches(SETTINGS[1], truth, looks, count), 3, 0.0, name) for name, looks in designs]
        yield _row(f"{effect:g} sd", *(f"{one.power:.0%}, {one.trainings:.0f}" for one in outcomes))


def _batches(setting: Setting, effects: Array, looks: tuple[int, ...], count: int) -> Iterator[Trials]:
    return studies(setting, effects, looks, count, np.random.default_rng(17))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=6000, help="simulated for each error rate; half of them for each power")
    parser.add_argument("--quick", action="store_true", help="few studies of few kinds, in seconds")
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    if asked.quick:
        print(*error_rates(1000, (5,), ()), "", *powers(400, (1.5,), [(POCOCK, BY_DEFAULT)]), sep="\n")
        print("", *simulated_screens.table(300, (10,)), sep="\n")
    else:
        print(*error_rates(asked.studies, FAMILIES, OTHERS), "", sep="\n", flush=True)
        designs = [(POCOCK, BY_DEFAULT), (OBRIEN_FLEMING, BY_DEFAULT), (POCOCK, OTHERS[-1])]
        print(*powers(asked.studies // 2, EFFECTS, designs), "", sep="\n", flush=True)
        print(*simulated_screens.table(asked.studies, (10, 20)), sep="\n")
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
