"""`show`: one trial's record, readable; `diff`: what differs between two."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.analysis import claims_of, epoch_numbers
from harness.cli.compare import print_table
from harness.cli.terminal.summary import make_console
from harness.cli.terminal.table_fit import as_many_as_fit, drawn
from harness.records import Record, encode, on_one_line
from harness.results import (
    DIFFERENCE_COLUMNS,
    STANDARD_OUTPUT,
    Cell,
    Found,
    View,
    difference_table,
    find_trial,
    format_value,
    name_of,
    write_output,
)
from harness.study import metric_from_dict, show_value

LAST_LINES = 12  # of a traceback
_STARTS = ("started", "ended")


def show(name: str, *, logdir: Path, form: str, output: str) -> None:
    """Write the record of one trial: as a page for reading, or as JSON."""
    found = find_trial(name, logdir=logdir)
    if form == "json":
        text = json.dumps(encode(asdict(found.record)), indent=1, ensure_ascii=False) + "\n"
        write_output(text, output, show=lambda text: click.echo(text, nl=False))
        return
    console = make_console()
    if output == STANDARD_OUTPUT:
        console.print(page(found, console.width))
        return
    with console.capture() as captured:
        console.print(page(found, console.width))
    write_output(Text.from_ansi(captured.get()).plain + "\n", output, show=click.echo)


def diff(one: str, other: str, *, logdir: Path, form: str, output: str) -> None:
    """Write what differs between two trials: settings, architecture, data, environment, results."""
    first, second = find_trial(one, logdir=logdir), find_trial(other, logdir=logdir)
    table = difference_table(first.record, second.record)
    caption = f"A = {_identity(first.record)}, B = {_identity(second.record)}."
    print_table(
        table,
        DIFFERENCE_COLUMNS,
        form=form,
        output=output,
        caption=caption + (" Nothing differs." if table.empty else ""),
    )


def _identity(record: Record) -> str:
    return f"{name_of(record)} ({record.trial_id})"


def page(found: Found, width: int) -> Group:
    """Draw a record for so wide a terminal: what it is, how it ended, what it cost, each epoch, and where it comes from."""
    record = found.record
    parts: list[Text | Table] = [Text(on_one_line(_identity(record)), style="bold"), _pairs("", _summary(found))]
    result = {name: format_value(name, value, metric=_metric(record)) for name, value in record.metrics.items()}
    parts += [_pairs("settings", record.settings), _pairs("result", result)]
    if record.first_test_image:
        chosen = max(range(len(record.first_test_image)), key=record.first_test_image.__getitem__)
        parts.append(_pairs("", {"first test image": f"class {chosen} with probability {record.first_test_image[chosen]:.4f}"}))
    if record.epochs:
        parts += _history(record, width)
    if record.architecture:
        parts.append(_layers(record))
    parts += [_pairs("cost", record.cost), _pairs("data", record.data), _pairs("provenance", record.provenance)]
    parts = [part for part in parts if isinstance(part, Text) or part.row_count]
    if record.traceback:
        lines = record.traceback.rstrip().splitlines()[-LAST_LINES:]
        parts.append(Text("\n".join(["error", *map(on_one_line, lines)]), style="red"))
    return Group(*parts)


def _summary(found: Found) -> dict[str, Any]:
    record = found.record
    changed = record.change.removesuffix(f" (vs {record.control})")
    change = f"{changed} against {record.control}" if record.control else "none: the base"
    claims = claims_of(record)
    end = record.expectation.partition(", ")[0] if claims else record.expectation
    expected = "as expected" if record.as_expected else "not as expected"
    return {
        "change": change,
        "status": f"{record.status}, {expected} ({end})",
        "claims": f"{', '.join(map(str, claims))}: judged over the seeds, in the summary" if claims else "",
        "error": record.error,
        "attempt": record.attempt,
        "record": str(found.path),
    }


def _pairs(title: str, values: Mapping[str, Any]) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim", no_wrap=True, min_width=18)
    table.add_column(overflow="fold")
    for name, value in values.items():
        text = on_one_line(_in_words(name, value))
        if text:
            table.add_row(Text(on_one_line(str(name))), Text(text))
    return table


def _in_words(name: str, value: Any) -> str:
    if name in _STARTS and isinstance(value, (int, float)):
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(min(max(value, 0), 2**40)))
    if isinstance(value, (list, tuple)):
        return show_value(tuple(value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_in_words(key, part)}" for key, part in value.items())
    return "none" if value is None else format_value(name, value)


def _history(record: Record, width: int) -> list[Text | Table]:
    """Draw what was measured at each epoch: the loss and the study's metric first, of the rest what there is room for."""
    metric = _metric(record)
    names = [name for name in record.history if name != "epoch"]
    first = [f"{part}_{what}" for what in ("loss", metric.removeprefix("test_")) for part in ("train", "validation", "test")]
    names.sort(key=lambda name: first.index(name) if name in first else len(first))
    columns = ("epoch", *map(on_one_line, names))
    rows = []
    for place, epoch in enumerate(epoch_numbers(record)):
        series = ((name, record.history[name]) for name in names)
        texts = (_in_epoch(name, values[place] if place < len(values) else None, metric) for name, values in series)
        rows.append((Cell(str(epoch)), *map(Cell, texts)))
    view, left_out = as_many_as_fit(View(columns, (True,) * len(columns), tuple(rows), ""), width)
    table = drawn(view, width)
    table.title, table.title_justify, table.title_style = "epochs", "left", "bold"
    return [table, *([Text(f"No room for: {', '.join(left_out)}.", style="dim")] if left_out else [])]


def _metric(record: Record) -> str:
    return metric_from_dict(record.metric).column


def _in_epoch(name: str, value: float | None, metric: str) -> str:
    # Times of an epoch and learning rates are too small for the forms of the tables.
    plain = name in ("learning_rate", "step") or name.endswith("_seconds")
    return format_value("" if plain else name, value, metric=metric)


def _layers(record: Record) -> Table:
    names = list(dict.fromkeys(name for layer in record.architecture for name in layer))
    table = Table(title="architecture", title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        table.add_column(Text(on_one_line(str(name))), overflow="fold")
    for layer in record.architecture:
        table.add_row(*(Text(on_one_line(_in_words(name, layer.get(name, "")))) for name in names))
    return table
