"""`compare`: the variants of one or several folders or files, filtered, sorted, in the format asked for."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.analysis import IN_WORDS, LAST, concat
from harness.cli.compare_choice import CompareOptions, choose_columns, choose_rows
from harness.cli.compare_gate import passes, require_trials, require_two
from harness.cli.terminal.conclusion import print_conclusions
from harness.cli.terminal.summary import make_console, view_table
from harness.records import gc_paused, on_one_line, with_addresses
from harness.results import (
    BEST as BEST_MARK,
    GENERAL,
    LATEX,
    PAIRED,
    STANDARD_OUTPUT,
    TABLE,
    ComparedTable,
    export,
    make_view,
    one_metric,
    paper_caption,
    paper_columns,
    read_tables,
    row_note,
    set_side_by_side,
    under_its_name,
    write_output,
)
from harness.study import ACCURACY

if TYPE_CHECKING:
    import pandas as pd

MOST_DRAWN = 100  # rows; rich needs a millisecond for each
MOST_NOTES = 5


def compare(
    paths: Sequence[Path], choice: CompareOptions, *, form: str = TABLE, output: str = STANDARD_OUTPUT, fail_on: str = ""
) -> bool:
    """Write the table of the variants at one path, or of several paths side by side.

    fail_on: what a later path must not be against the first, one of FAIL_ON; return whether it is not.
    """
    with gc_paused():
        return _compare(paths, choice, form=form, output=output, fail_on=fail_on)


def _compare(paths: Sequence[Path], choice: CompareOptions, *, form: str, output: str, fail_on: str) -> bool:
    if fail_on:
        require_two(paths)
    sources = read_tables(paths, epoch=choice.epoch, studies=choice.studies)
    if fail_on:
        require_trials(sources)
    metric = one_metric(source.table for source in sources)
    sources = tuple(replace(source, table=under_its_name(source.table, metric)) for source in sources)
    # To a reader, what shares no variant stands one below the other; a program gets the columns of each source always.
    plain = choice == CompareOptions(epoch=choice.epoch, studies=choice.studies)
    numbered = 1 if plain and _drawn(form, output) and _disjoint(sources) else len(sources)
    concluded = plain and numbered == 1 and _drawn(form, output)
    noted = [_with_note(source.table, concluded=concluded) for source in sources]
    table = set_side_by_side(sources, epoch=choice.epoch) if numbered > 1 else concat(noted)
    frame = choose_rows(table, choice)
    paper = form == LATEX and numbered == 1 and not choice.columns and not choice.all_columns
    if paper:
        columns, same, told = paper_columns(frame, metric), "", paper_caption(frame)
    else:
        (columns, same), told = choose_columns(frame, choice, metric=metric, numbered=numbered), ""
    if PAIRED in columns and _drawn(form, output):  # the difference of means is that of the pairs, or compares other seeds
        columns = [name for name in columns if not name.startswith(f"difference_{metric}")]
    words = (told, "" if choice.epoch == LAST else IN_WORDS[choice.epoch], _direction(metric, sources))
    across = _sources_in_words(sources, numbered, paired=PAIRED in columns)
    caption = " ".join(filter(None, (*words, across, same)))
    numbers = ", ".join(f"{number} = {source.label}" for number, source in enumerate(sources, start=1) if numbered > 1)
    print_notes([note for source in sources for note in source.notes])
    if frame.empty and choice.filter:
        print_notes([f"None of {len(table)} rows fits the filter {choice.filter!r}."])
    label = "-".join(sorted({*frame["study"]})) if form == LATEX else ""
    print_table(frame, columns, form=form, output=output, title=numbers, caption=caption, label=label)
    if concluded:
        print_conclusions(make_console(), sources, epoch=choice.epoch)
    return not fail_on or passes(sources, fail_on, rows=_keys_of(frame), epoch=choice.epoch)


def _with_note(table: "pd.DataFrame", *, concluded: bool) -> "pd.DataFrame":
    """Return the table with what else is to be said of each row: its error, or why its verdict is none."""
    return table.assign(note=[row_note(row, concluded=concluded) for row in table.to_dict("records")])


def _direction(metric: str, sources: Sequence[ComparedTable]) -> str:
    """Say which values of the metric are better, unless that is plain or a column says so."""
    if metric in (GENERAL, ACCURACY.column):
        return ""
    directions = sorted({text for source in sources for text in source.table["direction"]})
    return f"Of {metric.replace('_', ' ')}, {' and '.join(directions)} is better."


def _sources_in_words(sources: Sequence[ComparedTable], numbered: int, *, paired: bool = False) -> str:
    if len(sources) == 1:
        return ""
    if numbered == 1:
        labels = " and ".join(source.label for source in sources)
        return f"{labels} have no variant of a study in common: one stands below the other."
    first, *others = map(_keys, sources)
    if first.isdisjoint(set().union(*others)):
        return "No variant of a study in 1 is in another, so that there are no differences."
    if paired:
        return "The difference is from 1, over the seeds of both; paired verdicts are corrected over the study's variants."
    return "A difference is of means, from 1."


def _keys(source: ComparedTable) -> set[tuple[str, str]]:
    return _keys_of(source.table)


def _keys_of(table: "pd.DataFrame") -> set[tuple[str, str]]:
    return {*zip(table["study"], table["variant"], strict=True)}


def _disjoint(sources: Sequence[ComparedTable]) -> bool:
    """Say whether no variant of a study is in two sources."""
    keys = [_keys(source) for source in sources]
    return len(set().union(*keys)) == sum(map(len, keys))


def _drawn(form: str, output: str) -> bool:
    return form == TABLE and output == STANDARD_OUTPUT


def print_table(
    frame: "pd.DataFrame",
    columns: Sequence[str],
    *,
    form: str,
    output: str,
    title: str = "",
    caption: str = "",
    label: str = "",
) -> None:
    """Write a table in its format, to a file or to the standard output; drawn where that is what a reader wants.

    title: stands above a table that is drawn, else before the caption.
    """
    if _drawn(form, output) and len(frame) <= MOST_DRAWN:
        make_console().print(view_table(make_view(frame, columns, caption=caption, marked=BEST_MARK), title=title))
    else:
        text = export(frame, columns, form, caption=f"{title}. {caption}" if title else caption, label=label)
        write_output(text, output, show=lambda text: click.echo(text, nl=False))


def print_notes(notes: Sequence[str]) -> None:
    """Print what the reader must know beside the table, one line each, on the standard error."""
    for note in notes[:MOST_NOTES]:
        click.echo(with_addresses(on_one_line(note)), err=True)
    if len(notes) > MOST_NOTES:
        click.echo(f"… and {len(notes) - MOST_NOTES} more such lines.", err=True)
