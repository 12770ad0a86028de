"""Links from a study's variants into TensorBoard's own tabs, ticking exactly their runs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from harness.records import Record, attempt_folder, trial_folder
from harness.report import StudyData
from harness.study import TEST, TRAIN
from harness.tensorboard.views import MOST_TICKED, ROOT_RUN, has_graph, holding


@dataclass(frozen=True, slots=True)
class _Run:
    """A run as TensorBoard names it, and its folder."""

    name: str
    folder: Path


def run_links(study: StudyData, variants: Sequence[str], *, alone: bool, sole: bool = True) -> list[tuple[str, str]]:
    """Return titles and addresses of pages that show these variants' runs, behind that of the server.

    alone: whether the study's folder is all that is served, so that its name is no part of its runs' names. sole: whether
    it is the only study: of several, the Graphs tab opens the first one's network, whatever its address says. Where their
    trials are more runs than the older tabs tick, the first seed's stand for them. A tab with nothing to show has no link.
    """
    served = study.folder if alone else study.folder.parent
    groups = [study.records[name] for name in variants]
    tests = [_run(study, record, TEST, served) for group in groups for record in group]
    first = [_run(study, group[0], TEST, served) for group in groups]
    ticked = tests if len(tests) <= MOST_TICKED else first
    found = []
    if any(map(holding("scalars"), (run.folder for run in ticked))):
        found.append(("Scalars", f"#scalars&regexInput={_pattern(ticked)}&_smoothingWeight=0"))
        found.append(("Time Series", f"?runFilter={_pattern(tests)}&smoothing=0#timeseries"))
    own = _Run(ROOT_RUN if alone else study.folder.name, study.folder)
    pictures = [run for run in (own, *first) if holding("images")(run.folder)]
    if pictures:
        found.append(("Images", f"#images&regexInput={_pattern(pictures)}"))
    # The Graphs tab opens the first run that has one, whatever its address says.
    runs = sorted((_run(study, group[0], TRAIN, served) for group in study.records.values()), key=lambda run: run.name)
    graph = next((run for run in runs if has_graph(run.folder)), None) if sole else None
    if graph is not None and graph.name in {_run(study, group[0], TRAIN, served).name for group in groups}:
        found.append(("Graphs", f"#graphs&run={quote(graph.name, safe='/')}"))
    return found


def _run(study: StudyData, record: Record, split: str, served: Path) -> _Run:
    trial = trial_folder(study.folder.parent, study.folder.name, record.variant, record.seed)
    folder = attempt_folder(trial, record.attempt) / split
    return _Run(folder.relative_to(served).as_posix(), folder)


def _pattern(runs: Sequence[_Run]) -> str:
    return quote(f"^({'|'.join(re.escape(run.name) for run in runs)})$", safe="/$*,:()")
