"""TensorBoard over a log folder, with the addresses of what there is to see."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from harness.mirror import keep_pulling
from harness.records import command, folder_of, with_addresses
from harness.tensorboard import View, serve


def show_board(study: str, *, logdir: Path, port: int | None, host: str) -> None:
    """Serve a log folder, or one study in it, until Ctrl-C; UsageError where it cannot be served."""
    folder = folder_of(logdir, study) if study else logdir
    with keep_pulling(folder), serve(folder, port=port, host=host) as board:
        for notice in board.notices:
            click.echo(f"Note: {with_addresses(notice)}", err=True)
        click.echo(f"TensorBoard: {board.url} (Ctrl-C ends it)")
        for line in view_lines(board.views, url=board.url):
            click.echo(line)
        board.wait()


def view_lines(views: Sequence[View], *, url: str) -> list[str]:
    """Return the lines that name each view and its address, by study; of several studies, how to see more of one."""
    width = max((len(view.title) for view in views), default=0)
    lines = []
    studies = 0
    for study, group in groupby(views, key=lambda view: view.study):
        studies += 1
        lines += ["", study, *(f"  {view.title:<{width}}  {url}{view.address}" for view in group)]
    if studies > 1:
        lines += ["", f"Hyperparameters and the projector show one study at a time: {command('board', 'STUDY')}"]
    return lines
