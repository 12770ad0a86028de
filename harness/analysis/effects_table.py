"""The effects of a study's screens as rows: of effects.csv, and of what the terminal shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.design import design_in_force, recorded_design
from harness.analysis.effects import ScreenEffects, screen_effects
from harness.analysis.epochs import LAST, all_at_epoch, metric_of
from harness.records import Record

if TYPE_CHECKING:
    import pandas as pd

EFFECTS_FILE = "effects.csv"
COLUMNS = (
    *("study", "family", "effect", "kind", "delta", "ci_low", "ci_high", "p_value", "verdict", "pairs", "share_of_gain"),
    *("equivalence_p", "detail", "note", "metric", "direction", "margin"),
)


def effects_of(records: Sequence[Record], *, logdir: Path | None, epoch: str = LAST) -> list[ScreenEffects]:
    """Return what the records of one study show of its screens; none where it has none.

    records: as they were recorded. epoch: of which of their values. logdir: where a design of looks lies, by which the study
    may be judged. UsageError where no record has such an epoch.
    """
    if not any(record.screen for record in records):
        return []
    by_variant: dict[str, list[Record]] = {}
    for record in sorted(all_at_epoch(records, epoch)[0], key=lambda record: (record.position, record.variant, record.seed)):
        by_variant.setdefault(record.variant, []).append(record)
    design = recorded_design(records) if logdir is None else design_in_force(logdir / records[0].study, records)
    return screen_effects(by_variant, metric_of(records), epoch=epoch, design=design)


def table_of_effects(records: Sequence[Record], *, logdir: Path | None) -> "pd.DataFrame":
    """Return a row for each effect of each screen, and one for a screen without any that says why."""
    import pandas as pd

    rows: list[dict[str, Any]] = []
    same: dict[str, Any]
    for found in effects_of(records, logdir=logdir):
        metric = metric_of(records)
        same = {"study": records[0].study, "family": found.family, "note": found.note}
        same |= {"metric": metric.column, "direction": metric.direction, "margin": metric.margin}
        rows += [same | one.cells() for one in found.effects] or [same | {"detail": found.refused}]
    return pd.DataFrame(rows, columns=list(COLUMNS))
