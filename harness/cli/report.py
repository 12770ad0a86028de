"""`report`: a study as a file to send, or several as a site of files."""

from collections.abc import Sequence
from pathlib import Path

import click

from harness.errors import UsageError, one_line, unknown
from harness.records import command, folders_in, on_one_line, with_addresses
from harness.report import HTML, REPORT_FORMATS, Studies, StudyData, write_bundle, write_report


def report(path: Path, *, output: str | None, form: str | None, bundle: str | None) -> None:
    """Write the report of the study at a path, or of all studies below it as a bundle.

    UsageError where there is no study, or several and no bundle was asked for.
    """
    if not path.is_dir():
        beside = [folder.name for folder in folders_in(path.parent)]
        expected = UsageError(f"Path {str(path)!r} is no folder; expected LOGDIR/STUDY, or a log folder.")
        raise unknown(f"In {str(path.parent)!r}, study", path.name, beside) if beside and not path.exists() else expected
    studies = Studies(path)
    names = list(studies.folders())
    if not names:
        raise UsageError(f"There is no recorded trial in {str(path)!r}; expected LOGDIR/STUDY, or a log folder.")
    if bundle is not None:
        if output is not None or form not in (None, HTML):
            raise UsageError(
                "--bundle writes a folder of HTML files; expected neither --output nor another --format beside it."
            )
        _write_bundle(studies, names, Path(bundle))
        return
    if len(names) > 1:
        told = command("report", str(path / names[0]))
        raise UsageError(
            f"{str(path)!r} holds {len(names)} studies: {', '.join(names)}. Expected one, as in `{told}`, or --bundle DIR."
        )
    ending = _by_ending(output)
    if form and ending and form != ending:
        raise UsageError(f"--format {form} and the ending of {output!r} are of two kinds of file; expected one.")
    chosen = form or ending or HTML
    if output == "-":
        raise UsageError("A report goes into a file; expected one, as in --output report.html.")
    study = studies.read(names[0])
    written = write_report(study, Path(output or f"{study.name}.{chosen}"), chosen)
    _told(study)
    click.echo(f"Written: {written} ({written.stat().st_size / 1e6:.1f} MB)")


def _by_ending(output: str | None) -> str | None:
    ending = Path(output or "").suffix.removeprefix(".").lower()
    if ending and ending not in REPORT_FORMATS:
        known = {f".{name}": name for name in REPORT_FORMATS}
        raise unknown("Ending", f".{ending}", known)
    return ending or None


def _write_bundle(studies: Studies, names: Sequence[str], folder: Path) -> None:
    found = []
    for name in names:
        try:
            found.append(studies.read(name))
        except UsageError as error:  # the others are worth a page all the same
            click.echo(f"Left out: {name} ({one_line(error)})", err=True)
    if not found:
        raise UsageError("No study can be shown: see above.")
    for study in found:
        _told(study)
    index = write_bundle(found, folder, told=lambda name: click.echo(f"Written: {folder / name}.html"))
    click.echo(f"Open {index}, or put the folder on a web server.")


def _told(study: StudyData) -> None:
    for note in study.notes:
        click.echo(f"Note: {with_addresses(on_one_line(note))}", err=True)
