"""`compare --fail-on`: whether a later run has lost something against the first one, as an exit status for a build."""

from collections.abc import Collection, Sequence
from pathlib import Path

import click

from harness.analysis import INCONCLUSIVE, RunDifference, Unit, unit_of
from harness.errors import UsageError
from harness.records import DIVERGED, EXPECTED_ERROR, on_one_line
from harness.results import ComparedTable, run_differences
from harness.study import WORSE, counted

FAIL_ON = (WORSE, INCONCLUSIVE)  # worse; whatever is not shown to be as good
Key = tuple[str, str]  # study and variant


def require_two(paths: Sequence[Path]) -> None:
    """Refuse a gate with nothing to pass from, or to."""
    if len(paths) < 2:
        raise UsageError(f"--fail-on holds later results against earlier ones; expected two paths, received {len(paths)}.")


def require_trials(sources: Sequence[ComparedTable]) -> None:
    """Refuse a gate over a table of means, which cannot be paired by their seeds."""
    for source in sources:
        if not source.records:
            raise UsageError(f"{source.label} holds no single trials; for --fail-on expected a log folder or a runs.csv.")


def passes(sources: Sequence[ComparedTable], fail_on: str, *, rows: Collection[Key], epoch: str) -> bool:
    """Say, a line for each source behind the first, what is worse in it; return whether nothing is that may not be.

    rows: the variants that the table shows; others do not count. A variant fails that is worse by the rules of verdicts, or
    by one amount that matters on every seed, that is missing, trains no longer, or a seed of which ended as expected before and
    does not now; where fail_on is `inconclusive`, also one that the seeds do not show to be as good. UsageError where the gate
    could not fail, as nothing can be judged.
    """
    differences = run_differences(sources, epoch=epoch)
    results = [
        _passes(sources[0], source, differences[number], fail_on, rows=rows)
        for number, source in enumerate(sources[1:], start=2)
    ]
    return all(results)


def _passes(
    first: ComparedTable, later: ComparedTable, found: dict[Key, RunDifference], fail_on: str, *, rows: Collection[Key]
) -> bool:
    wanted = [key for key in first.records if key in rows]
    if not wanted:
        raise UsageError(f"--fail-on can judge none of the variants of {first.label}: no row of the table is of them.")
    unit = unit_of(first.table.to_dict("records"))
    several = len({study for study, _ in wanted}) > 1
    failing, judged, open_ones = [], 0, []
    for key in wanted:
        name = "/".join(key) if several else key[1]
        one = found.get(key)
        if one is None:
            failing.append(f"{name} (missing)")
        elif one.lost:
            failing.append(f"{name} ({counted(len(one.lost), 'seed')} no longer as expected)")
        elif one.verdict.word in (EXPECTED_ERROR, DIVERGED) and any(record.finished for record in first.records[key]):
            failing.append(f"{name} ({one.verdict.word}, and trained before)")
        elif one.verdict.word == WORSE:
            failing.append(f"{name} ({_by_how_much(one, unit)})")
        elif one.fallen:
            failing.append(f"{name} ({_by_how_much(one, unit)} on every seed)")
        elif one.verdict.word in ("", INCONCLUSIVE):
            open_ones.append(name)
        judged += one is not None and one.verdict.word not in ("", EXPECTED_ERROR, DIVERGED)
    if open_ones and not failing and not judged:
        why = next(one.verdict.detail for key, one in found.items() if key in rows and one.verdict.detail)
        raise UsageError(f"--fail-on can judge none of {counted(len(wanted), 'variant')} of {later.label}: {why}.")
    bad = [*failing, *open_ones] if fail_on == INCONCLUSIVE else failing
    click.echo(on_one_line(f"{later.label} against {first.label}: {_said(failing, open_ones, len(wanted), fail_on)}"), err=True)
    return not bad


def _by_how_much(one: RunDifference, unit: Unit) -> str:
    if one.difference is None:
        return one.verdict.detail
    return f"{unit.signed(one.difference.mean)} {'points' if unit.points else ''}".rstrip()


def _said(failing: Sequence[str], open_ones: Sequence[str], count: int, fail_on: str) -> str:
    lost = f"WORSE: {', '.join(failing)}." if failing else f"none of {counted(count, 'variant')} is worse."
    if not open_ones:
        return lost
    word = "NOT SHOWN TO BE AS GOOD" if fail_on == INCONCLUSIVE else "Not settled"
    return f"{lost} {word}: {', '.join(open_ones)}."
