"""`data`: which datasets are where, and their download."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from harness.cli.terminal.summary import make_console
from harness.data import DATASETS, DataError, fetch, find_dataset, survey

STATE_STYLES = {"verified": "green", "absent": "dim", "damaged": "bold red"}


def print_datasets(data_dir: Path | None) -> None:
    """Print every place where a dataset may lie, and what is there; each is read in full."""
    table = Table(title="Datasets, in the order in which they are looked for", title_justify="left")
    for heading in ("dataset", "source", "state", "MB", "path"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "MB" else "left")
    places = survey(data_dir)
    for place in places:
        style = STATE_STYLES[place.state]
        size = f"{place.size / 1e6:.1f}" if place.size else ""
        table.add_row(place.dataset, place.source, f"[{style}]{place.state}[/]", size, escape(str(place.path or "")))
    console = make_console()
    console.print(table)
    for place in places:
        if place.fault:
            console.print(place.fault, style="red", markup=False)


def fetch_datasets(names: Sequence[str]) -> int:
    """Download datasets by name, all that can be downloaded where none is named; return 1 if one failed."""
    console = make_console(stderr=True)
    chosen = [find_dataset(name).name for name in names] or [name for name in DATASETS if not DATASETS[name].bundled]
    failed = 0
    for name in chosen:
        console.print(f"{name} ...")
        try:
            prepared = fetch(name)
        except DataError as error:
            failed = 1
            console.print(f"[bold red]Error:[/] {escape(str(error))}", soft_wrap=True)
        else:
            console.print(f"{prepared.description}: verified, SHA-256 {prepared.sha256[:16]}…, decoded in {prepared.folder}")
    return failed
