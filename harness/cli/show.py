"""`show`: one trial's record, readable; `diff`: what differs between two."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Group
from rich.text import Text

from harness.analysis import epoch_numbers
from harness.cli.compare import print_table
from harness.cli.terminal.summary import make_console
from harness.cli.terminal.table import Column, Row, Table, pairs
from harness.records import Record, claims_of, encode, on_one_line, shown
from harness.results import (
    DIFFERENCE_COLUMNS,
    MOMENTS,
    STANDARD_OUTPUT,
    TABLE,
    Found,
    difference_table,
    find_trial,
    format_value,
    moment_text,
    name_of,
    write_output,
)
from harness.study import SPLITS, metric_from_dict, show_value

if TYPE_CHECKING:
    import pandas as pd

LAST_LINES = 12  # of a traceback


def show(name: str, *, logdir: Path, form: str, output: str) -> None:
    """Write the record of one trial: as a page for reading, or as JSON."""
    found = find_trial(name, logdir=logdir)
    if form == "json":
        text = json.dumps(encode(asdict(found.record)), indent=1, ensure_ascii=False) + "\n"
        write_output(text, output, show=lambda text: click.echo(text, nl=False))
        return
    console = make_console()
    if output == STANDARD_OUTPUT:
        console.print(page(found))
        return
    with console.capture() as captured:
        console.print(page(found))
    write_output(Text.from_ansi(captured.get()).plain + "\n", output, show=click.echo)


def diff(one: str, other: str, *, logdir: Path, form: str, output: str) -> None:
    """Write what differs between two trials: settings, architecture, data, environment, results."""
    first, second = find_trial(one, logdir=logdir), find_trial(other, logdir=logdir)
    drawn = form == TABLE and output == STANDARD_OUTPUT
    table = difference_table(first.record, second.record, rounded=drawn)
    caption = f"A = {_identity(first.record)}, B = {_identity(second.record)}."
    caption += " Nothing differs." if table.empty else ""
    if drawn:
        print_differences(table, caption=caption)
    else:
        print_table(table, DIFFERENCE_COLUMNS, form=form, output=output, caption=caption)


def print_differences(table: "pd.DataFrame", *, caption: str = "") -> None:
    """Draw a table of differences, those of each part of a record below its name."""
    columns = (
        *(Column("name", text=True), Column("A", text=True), Column("B", text=True)),
        Column("difference", justify="right", rank=1),
    )
    rows: list[Row] = []
    for name, part in table.groupby("part", sort=False):
        rows.append(f"{name}:")
        for one, first, second, difference in part[["name", "A", "B", "difference"]].values:
            rows.append((_title(name, one), first, second, format_value("", difference)))
    make_console().print(Table(columns, rows, caption=Text(on_one_line(caption), style="dim")))


def _title(part: str, name: str) -> str:
    """Return a value's name in words; that of a setting as one types it."""
    return name if part == "settings" else name.replace("_", " ")


def _identity(record: Record) -> str:
    return f"{name_of(record)} ({record.trial_id})"


def page(found: Found) -> Group:
    """Draw a record: what it is, how it ended, what it cost, each epoch, and where it comes from."""
    record = found.record
    parts: list[Text | Table] = [Text(on_one_line(_identity(record)), style="bold"), _values("", _summary(found))]
    result = {name: format_value(name, value, metric=_metric(record)) for name, value in record.metrics.items()}
    parts += [_values("settings", record.settings), _values("result", result)]
    if record.first_test_image:
        chosen = max(range(len(record.first_test_image)), key=record.first_test_image.__getitem__)
        parts.append(
            _values("", {"first test image": f"class {chosen} with probability {record.first_test_image[chosen]:.4f}"})
        )
    if record.epochs:
        parts.append(_history(record))
    if record.architecture:
        parts.append(_layers(record))
    parts += [_values(name, getattr(record, name)) for name in ("cost", "data", "provenance")]
    parts = [part for part in parts if isinstance(part, Text) or part.rows]
    if record.traceback:
        lines = record.traceback.rstrip().splitlines()[-LAST_LINES:]
        parts.append(Text("\n".join(["error", *map(on_one_line, lines)]), style="red"))
    return Group(*parts)


def _summary(found: Found) -> dict[str, Any]:
    record = found.record
    changed = record.change.removesuffix(f" (vs {record.control})")
    change = f"{changed} against {record.control}" if record.control else "none: the base"
    claims = claims_of(record)
    end = record.expectation.removesuffix("".join(f", {claim}" for claim in claims))
    expected = "as expected" if record.as_expected else "not as expected"
    return {
        "change": change,
        "status": f"{record.status}, {expected} ({end})",
        "claims": f"{', '.join(map(str, claims))}: checked over all seeds, in the summary" if claims else "",
        "error": record.error,
        "attempt": record.attempt,
        "record": shown(found.path),
    }


def _values(title: str, values: Mapping[str, Any]) -> Table:
    return pairs(title, ((_title(title, str(name)), _in_words(name, value)) for name, value in values.items()))


def _in_words(name: str, value: Any) -> str:
    if name in MOMENTS and isinstance(value, (int, float)):
        return moment_text(value)
    if isinstance(value, (list, tuple)):
        return show_value(tuple(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_in_words(key, part)}" for key, part in value.items())
    return "none" if value is None else format_value(name, value)


def _history(record: Record) -> Table:
    """Return what was measured at each epoch: the loss and the study's metric first, of the rest what there is room for."""
    metric = _metric(record)
    names = [name for name in record.history if name != "epoch"]
    first = [f"{part}_{what}" for what in ("loss", metric.removeprefix("test_")) for part in SPLITS]
    names.sort(key=lambda name: first.index(name) if name in first else len(first))
    headings = ("epoch", *(name.replace("_", " ") for name in names))
    columns = [Column(on_one_line(heading), justify="right", rank=rank) for rank, heading in enumerate(headings)]
    rows = []
    for place, epoch in enumerate(epoch_numbers(record)):
        series = ((name, record.history[name]) for name in names)
        texts = (_in_epoch(name, values[place] if place < len(values) else None, metric) for name, values in series)
        rows.append((str(epoch), *texts))
    return Table(columns, rows, title="epochs", title_style="bold")


def _metric(record: Record) -> str:
    return metric_from_dict(record.metric).column


def _in_epoch(name: str, value: float | None, metric: str) -> str:
    # Times of an epoch and learning rates may be too small for the forms of the tables.
    if name.endswith("_seconds") and value is not None:
        return f"{value:.3g}"
    return format_value("" if name in ("learning_rate", "step") else name, value, metric=metric)


def _layers(record: Record) -> Table:
    names = list(dict.fromkeys(name for layer in record.architecture for name in layer))
    columns = [Column(on_one_line(str(name)), text=True) for name in names]
    rows = [[_in_words(name, layer.get(name, "")) for name in names] for layer in record.architecture]
    return Table(columns, rows, title="architecture", title_style="bold")
