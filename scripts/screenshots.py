"""Pictures of TensorBoard as a user sees it: one of each page that `harness board` names, in headless Chromium.

./scripts/screenshots FOLDER                    of hello-mnist, run for it with all that can be logged: some minutes
./scripts/screenshots FOLDER --logdir LOGDIR    of a log folder that is there already, or of one STUDY in it
./scripts/screenshots FOLDER --page URL         of any page
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from browser import Browser

from harness.records import folder_of
from harness.report import Studies, first_choice
from harness.tensorboard import Board, serve

STUDY = "hello-mnist"
RUN = ("run", STUDY, "--seeds", "5", "--set", "samples=5000", "--set", "epochs=5")
LOGS = ("pictures", "histograms", "pr-curves", "embeddings")
PORT = 6106
LOADING_SECONDS = 10.0  # TensorBoard reads a log folder in the background and does not say when it is done


def main() -> None:
    """Take the screenshots and name their files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--logdir", type=Path)
    parser.add_argument("--study", default="")
    parser.add_argument("--page", default="")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        Browser(os.environ["BROWSER"]) as browser,
    ):
        if given.page:
            pages: Iterator[tuple[str, str]] = iter([("page", given.page)])
        else:
            logdir = given.logdir or _run(Path(scratch) / "logs")
            pages = _pages(folder_of(logdir, given.study) if given.study else logdir)
        for name, address in pages:
            path = given.folder / f"{name}.png"
            path.write_bytes(browser.picture(address, asking="" if given.page else "/data/plugin/"))
            print(path)


def _run(logdir: Path) -> Path:
    words = [*RUN, "--logdir", str(logdir), *(word for log in LOGS for word in ("--log", log))]
    subprocess.run([sys.executable, "-m", "harness", *words], check=True, stdout=sys.stderr)
    return logdir


def _pages(folder: Path) -> Iterator[tuple[str, str]]:
    with serve(folder, port=PORT) as board:
        time.sleep(LOADING_SECONDS)
        yield from _named(board, Studies(folder))


def _named(board: Board, studies: Studies) -> Iterator[tuple[str, str]]:
    for view in board.views:
        name, address = re.sub(r"[^A-Za-z0-9]+", "-", f"{view.study}--{view.title}").strip("-"), board.url + view.address
        yield name, address
        if "#ablations" in address:  # and one variant beside its control
            study = studies.read(view.study)
            variant = next((one for one in first_choice(study) if one != study.base), "")
            yield f"{view.study}--variant", f"{address}&variant={variant}"


if __name__ == "__main__":
    main()
