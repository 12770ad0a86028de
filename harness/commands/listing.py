"""`list`: the studies there are, and the variants of one."""

from rich.markup import escape
from rich.table import Table

from harness.terminal.display import make_console
from harness.errors import UsageError
from harness.studies import load_study, study_files


def print_studies() -> None:
    """Print every study of experiments/ with its size and its question."""
    table = Table(title="Studies", title_justify="left")
    for heading in ("study", "variants", "question"):
        table.add_column(heading, overflow="fold", justify="right" if heading == "variants" else "left")
    for name in study_files():
        try:
            study = load_study(name)
        except UsageError as error:
            table.add_row(name, "", f"[red]{escape(str(error))}[/]")
            continue
        table.add_row(name, str(len(study.variants)), escape(study.question))
    make_console().print(table)


def print_study(name: str) -> None:
    """Print a study's base and variants: what each changes, against which control, and what it is expected to do."""
    study = load_study(name)
    table = Table(title=escape(f"{study.name}: {study.question}"), title_justify="left")
    for heading in ("variant", "change", "control", "expected"):
        table.add_column(heading, overflow="fold")
    for variant in study.names:
        change = study.change(variant).partition(" (vs ")[0]
        table.add_row(variant, escape(change), study.control(variant), str(study.expectation(variant)))
    make_console().print(table)
