"""`data`: which datasets are where, and their download."""

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape
from rich.text import Text

from harness.cli.doctor import print_finding
from harness.cli.terminal.summary import make_console
from harness.cli.terminal.table import Column, Table
from harness.data import DATASETS, DataError, fetch, find_dataset, survey
from harness.maintenance import damage

STATE_STYLES = {"verified": "green", "absent": "dim", "damaged": "bold red"}


def print_datasets(data_dir: Path | None) -> None:
    """Print every place where a dataset may lie, and what is there; each is read in full."""
    columns = (Column("dataset"), Column("source"), Column("state"), Column("MB", justify="right", rank=1))
    places, rows = survey(data_dir), []
    for place in places:
        size = f"{place.size / 1e6:.1f}" if place.size else ""
        state = Text(place.state, style=STATE_STYLES[place.state])
        rows.append((place.dataset, place.source, state, size, str(place.path or "")))
    console = make_console()
    title = "Datasets, in the order in which they are looked for"
    console.print(Table((*columns, Column("path", text=True)), rows, title=title))
    for place in places:
        if place.state == "damaged":
            print_finding(console, damage(place))


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
