"""What a script has measured, read of what it leaves: a JSON or CSV file, TensorBoard's files, or its last lines."""

import csv
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import MOST_NAMED, UsageError
from harness.study import Command, Metric, is_metric_name
from harness.tensorboard import read_scalars

WHO = "the command"
_NUMBER_GOES_ON = re.compile(r"[0-9A-Za-z_%]|\.[0-9]")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a script has left of its epochs, by their numbers, and what it has ended with; by names as test_accuracy."""

    epochs: Sequence[tuple[int, Mapping[str, Any]]] = ()
    final: Mapping[str, Any] = field(default_factory=dict)


def read_metrics(command: Command, metric: Metric, *, folder: Path, lines: Sequence[str]) -> Measured:
    """Return what a script has measured; UsageError where it is not there, or is of another form.

    folder: the trial's own, in which its files lie. lines: the last ones of the output.
    """
    if command.kind == "last_lines":
        return _of_lines(command, lines)
    if command.kind == "events":
        return _of_events(command, metric, folder)
    path = folder / (command.json or command.csv)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"{WHO} ended well and left no {path.name} in {{folder}} ({folder}); expected the script to write it there, or "
            "metrics read of csv, events or last_lines."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{WHO}: {path.name} cannot be read ({error}).") from None
    return _of_json(command, path.name, text) if command.json else _of_csv(command, path.name, text)


def _of_json(command: Command, name: str, text: str) -> Measured:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{WHO}: {name} is no JSON ({error}).") from None
    rows = content if isinstance(content, list) else [content]
    if not rows or not all(isinstance(row, dict) for row in rows):
        expected = 'expected {"test_error": 0.1}, or a list of such, one an epoch'
        raise UsageError(f"{WHO}: {name} holds {text.strip()[:60]!r}; {expected}.")
    _require_some(command, (key for row in rows for key in row), place=name)
    if isinstance(content, dict) and "epoch" not in content:
        return Measured(final=_named(command, content))
    return Measured(_numbered([(row.get("epoch"), _named(command, row)) for row in rows], name))


def _of_csv(command: Command, name: str, text: str) -> Measured:
    reader = csv.DictReader(text.splitlines())
    rows = []
    for row in reader:
        given = {(key or "").strip(): cell.strip() for key, cell in row.items() if isinstance(cell, str) and cell.strip()}
        values = {key: _number(cell, f"{name}, line {reader.line_num}: {key}") for key, cell in _named(command, given).items()}
        number = given.get("epoch")
        rows.append((None if number is None else _number(number, f"{name}, line {reader.line_num}: epoch"), values))
    _require_some(command, [key.strip() for key in reader.fieldnames or ()], place=name)
    if not rows:
        raise UsageError(f"{WHO}: {name} has a header and no line; expected one for each epoch.")
    return Measured(_numbered(rows, name))


def _of_events(command: Command, metric: Metric, folder: Path) -> Measured:
    """Return the values at the steps of the study's metric, of others the last ones until then."""
    scalars = read_scalars(folder, command.events)
    if not scalars:
        raise UsageError(f"{WHO} left no event files that match {command.events!r} in {{folder}} ({folder}).")
    curves: dict[str, list[tuple[int, float]]] = {}
    for tag, name in _tags(command, scalars).items():
        if name in curves:
            raise UsageError(f"{WHO}: two tags of its event files are {name}, {tag!r} for one; say which one in names.")
        curves[name] = sorted(dict(scalars[tag]).items())
    _require_some(command, scalars, place="its event files", named=curves)
    leading = curves.get(metric.column) or max(curves.values(), key=len)
    steps = [step for step, _ in leading]
    consecutive = steps == list(range(steps[0], steps[0] + len(steps))) and steps[0] in (0, 1)
    epochs = []
    for place, step in enumerate(steps):
        before = steps[place - 1] if place else -1
        values = {name: value for name, points in curves.items() if (value := _last(points, before, step)) is not None}
        epochs.append((step + (steps[0] == 0) if consecutive else place + 1, values))
    return Measured(epochs)


def _tags(command: Command, scalars: Iterable[str]) -> dict[str, str]:
    """Return each tag that has a name here; in `names` a tag may stand without the run, or a part of it, in front."""
    known = list(scalars)
    found: dict[str, str] = {}
    for said, name in command.names.items():
        fitting = [tag for tag in known if tag == said or tag.endswith(f"/{said}")]
        fitting = [said] if said in fitting else fitting
        if len(fitting) > 1:
            raise UsageError(f"{WHO}: names has {said!r}, which is any of {', '.join(fitting)}; expected one of these.")
        found |= dict.fromkeys(fitting, name)
    return found | {tag: last for tag in known if tag not in found and is_metric_name(last := tag.rpartition("/")[2])}


def _last(points: Sequence[tuple[int, float]], before: int, step: int) -> float | None:
    place = bisect_right(points, step, key=lambda point: point[0])
    return points[place - 1][1] if place and points[place - 1][0] > before else None


def _of_lines(command: Command, lines: Sequence[str]) -> Measured:
    """Return what the last line says in which the pattern is found; UsageError for a number that it cuts short."""
    for line in reversed(lines):
        found = list(command.pattern.finditer(line))
        if not found:
            continue
        match, values = found[-1], {}
        for group, text in match.groupdict().items():
            if text is None:
                continue
            end = match.end(group)
            if _NUMBER_GOES_ON.match(line[end : end + 2]):
                cut = f"takes {text!r} for {group}, which goes on with {line[end : end + 8]!r}"
                raise UsageError(
                    f"{WHO}: last_lines {cut}; expected a pattern that takes the whole number, as {{{group}}} does."
                )
            values[command.names.get(group, group)] = _number(text, f"last_lines: {group}")
        return Measured(final=values)
    said = f"the last one is {lines[-1][:120]!r}" if lines else "there is none"
    raise UsageError(f"{WHO}: {command.last_lines!r} is found in none of the last {len(lines)} lines of its output; {said}.")


def _numbered(rows: Sequence[tuple[Any, Mapping[str, Any]]], name: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return rows by their epochs' numbers, counted from 1; several rows of one epoch are one, as some loggers write them."""
    merged: dict[int, dict[str, Any]] = {}
    for place, (given, values) in enumerate(rows, start=1):
        number = place if given is None else given
        if isinstance(number, bool) or not isinstance(number, (int, float)) or number != int(number) or number < 0:
            raise UsageError(f"{WHO}: {name} has an epoch of {number!r}; expected a whole number, counted from 1 or from 0.")
        merged.setdefault(int(number), {}).update(values)
    first = 1 if 0 in merged else 0
    return [(number + first, merged[number]) for number in sorted(merged) if merged[number]]


def _named(command: Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that have a name here, by it; what else a script writes down is its own."""
    names = {said: command.names.get(said, said) for said in values}
    return {name: values[said] for said, name in names.items() if is_metric_name(name)}


def _require_some(command: Command, said: Iterable[str], *, place: str, named: Iterable[str] = ()) -> None:
    known = list(dict.fromkeys(said))
    if missing := [name for name in command.names if name not in known and not any(tag.endswith(f"/{name}") for tag in known)]:
        raise UsageError(f"{WHO}: names has {missing[0]!r}, which {place} lacks; it has {', '.join(known[:MOST_NAMED])}.")
    if not any(is_metric_name(command.names.get(name, name)) for name in known) and not list(named):
        first = f'"{known[0] if known else "val_acc"}"'
        expected = (
            f'expected names such as test_accuracy, or its own told by Command(..., names={{{first}: "test_accuracy"}}), '
            f'in TOML metrics = {{names = {{{first} = "test_accuracy"}}}}'
        )
        raise UsageError(f"{WHO}: {place} names no metric; it has {', '.join(known[:MOST_NAMED]) or 'nothing'}; {expected}.")


def _number(text: str, what: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{WHO}: {what} is {text[:60]!r}; expected a number.") from None
