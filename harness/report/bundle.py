"""Several studies as a site of files, for GitHub Pages or a shared folder: a page each, and a list with a search."""

from collections.abc import Callable, Sequence
from pathlib import Path

from markupsafe import Markup

from harness.errors import UsageError
from harness.records import write_atomically
from harness.report.document import page_script, to_html
from harness.report.pages import render, static_text
from harness.report.study_data import StudyData

INDEX = "index.html"


def write_bundle(studies: Sequence[StudyData], folder: Path, *, told: Callable[[str], None] = lambda name: None) -> Path:
    """Write the pages of studies into a folder, and the list of them; return the list's path.

    Files of these names are replaced, all others stay. told: of each study's name, when its page is written. UsageError
    where they cannot be written, or two studies have one name.
    """
    names = [study.name for study in studies]
    if twice := {name for name in names if names.count(name) > 1}:
        raise UsageError(f"Study {min(twice)!r} is there twice; expected folders of different studies.")
    if INDEX.removesuffix(".html") in names:
        raise UsageError("A study is named 'index', as the list itself; a bundle cannot hold it.")
    listed = [_listed(study) for study in studies]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for study in studies:
            write_atomically(folder / f"{study.name}.html", to_html(study))
            told(study.name)
        page = render("bundle.html", studies=listed, style=Markup(static_text("style.css")), script=page_script())
        write_atomically(folder / INDEX, page)
    except (OSError, ValueError) as error:
        raise UsageError(f"Folder {str(folder)!r} cannot be written ({getattr(error, 'strerror', None) or error}).") from None
    return folder / INDEX


def _listed(study: StudyData) -> dict[str, object]:
    sentences = study.conclusion.sentences
    words = " ".join((study.name, study.question, *study.records, *sentences))
    file = f"{study.name}.html"
    return {
        "name": study.name,
        "question": study.question,
        "file": file,
        "tally": study.tally,
        "sentences": sentences[:3],
        "words": words,
    }
