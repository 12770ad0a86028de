"""What a study claims of its variants, and whether the records show it."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.analysis import Outcome, outcome
from resultpages.published import Published


@dataclass(frozen=True, slots=True)
class Standing:
    """One claim; shown: whether the records show it, None where they cannot be held against it."""

    variant: str
    words: str
    shown: bool | None
    measured: str = ""  # what was measured instead, or why it is not judged


def standings(found: Published) -> tuple[Standing, ...]:
    """Return each claim of the study's base and variants, in the study's order."""
    rows = found.summary.to_dict("records")
    judged = outcome(found.study, rows, changed=bool(found.base_changes))
    measured = {row["variant"] for row in rows}
    return tuple(standing for variant in found.study.names if variant in measured for standing in _of(found, variant, judged))


def _of(found: Published, variant: str, judged: Outcome) -> Iterator[Standing]:
    expectation = found.study.expectation(variant)
    if not expectation.finishes:
        trials = found.runs[found.runs["variant"] == variant]
        kept = int(trials["as_expected"].astype(bool).sum())
        shown = kept == len(trials)
        yield Standing(variant, str(expectation), shown, "" if shown else f"{kept} of {len(trials)} trials did")
    for claim in expectation.claims:
        start = f"{variant}: expected {claim}; "
        faults = [line.removeprefix(start).rstrip(".") for line in judged.broken if line.startswith(start)]
        if why := judged.open.get((variant, str(claim))):
            yield Standing(variant, str(claim), None, why.rstrip("."))
        else:
            yield Standing(variant, str(claim), not faults, "; ".join(faults))


def claims_table(claims: tuple[Standing, ...]) -> str:
    """Write the claims as a Markdown table."""
    words = {True: "yes", False: "**no**", None: "not judged"}
    lines = [
        f"| {claim.variant} | {claim.words} | {words[claim.shown]}{claim.measured and f': {claim.measured}'} |"
        for claim in claims
    ]
    return "\n".join(["| variant | the study claims | the records show it |", "| :--- | :--- | :--- |", *lines])


def count_shown(claims: tuple[Standing, ...]) -> str:
    """Say how many of the claims the records show: 7 of 8."""
    return f"{sum(claim.shown is True for claim in claims)} of {len(claims)}" if claims else "none made"
