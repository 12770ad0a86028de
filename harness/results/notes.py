"""What a summary says in sentences: what validation chooses, how changes act together, and which weights were judged."""

from collections.abc import Sequence
from typing import Any

from harness.analysis import ADDITIVE, INCONCLUSIVE, INTERACTIONS_FILE
from harness.errors import clean
from harness.records import LAST_EPOCH, Record
from harness.results.view import UNFINISHED, format_value
from harness.study import BETTER, HIGHER, WORSE, Row, is_missing, number_of, text_of, vary_words

MOST_NOTES = 8
_BEST = "best epoch "


def chosen_by_validation(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say in a sentence for each dataset which row of a summary validation chooses and what the test says of it.

    Empty where fewer than two finished rows have validation samples: then nothing is chosen. The test takes no part in
    the choice, so that its figure for the chosen one is not too good for having been looked for.
    """
    metric = rows[0]["metric"] if rows else ""
    column = metric.replace("test_", "validation_", 1)
    by_data: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        if row.get("status") not in UNFINISHED and not (is_missing(row.get(column)) or is_missing(row["value"])):
            by_data.setdefault(row.get("data"), []).append(row)
    several = len(by_data) > 1
    return [
        _choice(measured, column, f"Of {data}, validation" if several else "Validation")
        for data, measured in by_data.items()
        if len(measured) > 1
    ]


def _choice(measured: Sequence[dict[str, Any]], column: str, who: str) -> str:
    best = max if measured[0]["direction"] == HIGHER else min
    chosen, best_in_test = best(measured, key=lambda row: row[column]), best(measured, key=lambda row: row["value"])
    if chosen["variant"] == best_in_test["variant"]:
        told = "the best of the test too"
    else:
        told = f"the best of the test is {best_in_test['variant']} with {_written(best_in_test, 'value')}"
    spread = _written(chosen, "value_std")
    value = f"{_written(chosen, 'value')} ± {spread}" if spread else _written(chosen, "value")
    return (
        f"{who} chooses {chosen['variant']} ({column.replace('_', ' ')} {_written(chosen, column)}); "
        f"its {chosen['metric'].replace('_', ' ')} is {value}, {told}."
    )


def row_note(row: Row, *, concluded: bool) -> str:
    """Say of a summary's row what its cells do not: its error, seeds that were not paired, why its verdict is as it is.

    concluded: whether the verdicts are explained beside the table, as `conclude` does.
    """
    word = text_of(row.get("verdict"))
    # Of better and worse the detail is but the p-value, unless they are by the seeds that finished.
    plain = word in (BETTER, WORSE) and number_of(row.get("completion_p")) is None
    detail = "" if concluded or plain else text_of(row.get("verdict_detail"))
    parts = (clean(text_of(row.get("error"))).rstrip("."), text_of(row.get("pairs_note")), detail)
    return "; ".join(dict.fromkeys(part for part in parts if part))


def interaction_notes(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return variants of a summary, each with a sentence on whether its change does there what it does alone.

    Of many, those with a clear answer come first, and beyond MOST_NOTES they are left to the file.
    """
    found = [row for row in rows if text_of(row.get("interaction_with"))]
    if len(found) > MOST_NOTES:
        found.sort(key=lambda row: text_of(row.get("interaction_verdict")) in ("", INCONCLUSIVE))
    notes = [(row["variant"], _interaction(row)) for row in found[:MOST_NOTES]]
    if more := len(found) - len(notes):
        notes.append((f"{more} more", f"of interactions, in {INTERACTIONS_FILE}"))
    return notes


def _interaction(row: dict[str, Any]) -> str:
    low, high = _written(row, "interaction_low"), _written(row, "interaction_high")
    interval = f" [{low}, {high}]" if low else ""
    word, detail, beside = (text_of(row.get(f"interaction_{name}")) for name in ("verdict", "detail", "with"))
    signed, size = _written(row, "interaction"), _written(row | {"interaction": abs(row["interaction"])}, "interaction")
    if word == ADDITIVE:
        return f"with {beside} the change does what it does without it ({row['interaction_alone']}): {signed}{interval}"
    if word == INCONCLUSIVE:
        why = f"; {detail}" if detail else ""
        return f"too close to call whether the change does more or less with {beside} than without it: {signed}{interval}{why}"
    verb = "brings" if (row["interaction"] > 0) == (row["direction"] == HIGHER) else "costs"
    compared = f"than without it ({row['interaction_alone']})"
    return f"with {beside} the change {verb} {size.lstrip('+')} more {compared}{f': {signed}{interval}' if interval else ''}"


def _written(row: dict[str, Any], column: str) -> str:
    return format_value(column, row[column], metric=row["metric"])


def weights_notes(records: Sequence[Record]) -> list[str]:
    """Say of each variant that is not judged with the weights of its last epoch which ones those are."""
    several = len({record.study for record in records}) > 1
    by_variant: dict[str, list[str]] = {}
    for record in records:
        weights = str(record.provenance.get("weights", LAST_EPOCH))
        if record.finished and weights != LAST_EPOCH:
            by_variant.setdefault(f"{record.study}/{record.variant}" if several else record.variant, []).append(weights)
    return [f"{name} is judged with {_weights(found)}." for name, found in by_variant.items()]


def vary_notes(records: Sequence[Record]) -> list[str]:
    """Say of each study whose seeds move some sources of randomness alone which these are."""
    several = len({record.study for record in records}) > 1
    found = {record.study: record.vary for record in records if record.vary}
    return [f"{f'{study}: ' if several else ''}{vary_words(vary)}" for study, vary in found.items()]


def _weights(found: Sequence[str]) -> str:
    best = sorted({int(text.removeprefix(_BEST)) for text in found if text.removeprefix(_BEST).isdecimal()})
    others = list(dict.fromkeys(text for text in found if not text.startswith(_BEST)))
    epochs = f"{best[0]} to {best[-1]}" if len(best) > 1 else "".join(map(str, best))
    words = [f"the weights of the best epoch ({epochs})"] if best else []
    return " or ".join([*words, *(text if text.endswith("weights") else f"the weights ({text})" for text in others)])
