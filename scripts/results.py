"""Write docs/results.md and a page for each study, or what the READMEs show: python scripts/results.py LOGDIR."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from resultpages.claims import Standing, count_shown, standings
from resultpages.page import ASKED, ROOT, page
from resultpages.pictures import write_pictures
from resultpages.published import ENOUGH_SEEDS, Published, read
from resultpages.readme import write_readmes

from harness.errors import UsageError
from harness.study import study_files

DRAWN_BY_PATH = (
    "Figures change when first weights do. Since these follow from the seed and each layer's path, so that a layer left out "
    "leaves the others as they are ([reliability](reliability.md)), every network starts from other weights than it did "
    "earlier. Seconds were taken while other work shared the cores."
)


@click.command()
@click.argument("logdir", type=click.Path(exists=True, file_okay=False, path_type=Path), default="logs")
@click.option(
    "--root", type=click.Path(file_okay=False, path_type=Path), default=ROOT, help="The folder of docs/ and the READMEs."
)
def main(logdir: Path, root: Path) -> None:
    """Write the pages of all studies in LOGDIR, or what the READMEs show; every figure comes from the records.

    A study of as many seeds for all variants has its page written. Seeds until settled (`run ablations --until-settled`, into a
    log folder of its own) are what the READMEs' table is of.
    """
    try:
        published = [read(name, logdir.resolve()) for name in in_order(study_files()) if (logdir / name).is_dir()]
        if not published:
            raise UsageError(f"{logdir} holds no study of experiments/; expected python -m harness run all first.")
        write_docs(published, root)
    except UsageError as error:
        raise click.ClickException(str(error)) from None


def in_order(names: Mapping[str, Path]) -> Sequence[str]:
    """Return the studies' names, the one of the course's questions first."""
    return sorted(names, key=lambda name: (name != ASKED, name))


def write_docs(published: Sequence[Published], root: Path) -> None:
    """Write each study's page and the page that leads to them; of one that was run until settled, what the READMEs show."""
    for found in published:
        if found.by_design and found.study.name == ASKED:
            for path in write_readmes(found, root):
                click.echo(f"Wrote {path}.")
        elif found.by_design:
            click.echo(f"{found.folder} was run until settled: its page is written from as many seeds for all variants.")
    write_pages([found for found in published if not found.by_design], root)


def write_pages(published: Sequence[Published], root: Path) -> None:
    """Write each study's page, and the page that leads to all of them."""
    if not published:
        return
    pages, pictures = root / "docs" / "results", root / "docs" / "pictures"
    pages.mkdir(parents=True, exist_ok=True)
    rows = _rows_there(root / "docs" / "results.md")
    for found in published:
        name, claims = found.study.name, standings(found)
        drawn = write_pictures(found, pictures)
        (pages / f"{name}.md").write_text(page(found, claims, drawn, beside=pages), encoding="utf-8")
        rows[name] = index_row(found, claims)
        click.echo(f"Wrote {pages / name}.md, {len(drawn)} pictures.")
    (root / "docs" / "results.md").write_text(
        index([rows[name] for name in in_order(study_files()) if name in rows]), encoding="utf-8"
    )


def _rows_there(path: Path) -> dict[str, str]:
    """Return the rows of the page that leads to the studies' pages, by study: those of studies not published now stay."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = ((re.match(r"\| \[([^]]+)\]\(results/", line), line) for line in lines)
    return {match[1]: line for match, line in found if match}


def index(rows: Sequence[str]) -> str:
    """Return the page that leads to the studies' pages."""
    head = ["| study | question | seeds | claims shown | lesson |", "| :--- | :--- | ---: | ---: | :--- |"]
    told = "Written by `python scripts/results.py` from the records of `python -m harness run all`; no figure is typed."
    return "\n\n".join(["# Results", told, DRAWN_BY_PATH, "\n".join([*head, *rows])]) + "\n"


def index_row(found: Published, claims: tuple[Standing, ...]) -> str:
    """Return a study's row of that page."""
    study = found.study
    seeds = f"{found.seeds}" if found.seeds >= ENOUGH_SEEDS else f"**{found.seeds}**"
    link = f"[{study.name}](results/{study.name}.md)"
    return f"| {link} | {study.question} | {seeds} | {count_shown(claims)} | {study.lesson} |"


if __name__ == "__main__":
    main()
