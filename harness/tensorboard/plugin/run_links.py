"""Links from a study's variants into TensorBoard's own tabs, ticking exactly their runs."""

import re
from collections.abc import Sequence
from urllib.parse import quote

from harness.records import Record, attempt_folder, trial_folder
from harness.report import StudyData
from harness.study import BASE, TEST, TRAIN
from harness.tensorboard.views import MOST_TICKED

ROOT = "../"  # of the server, from the tab's own page


def run_links(study: StudyData, variants: Sequence[str], *, alone: bool) -> list[tuple[str, str]]:
    """Return titles and addresses of pages that show these variants' runs.

    alone: whether the study's folder is all that is served, so that its name is no part of its runs' names. Where their
    trials are more runs than the older tabs tick, the first seed's stand for them.
    """
    groups = [study.records[name] for name in variants]
    every = [record for group in groups for record in group]
    tests = [_run(study, record, TEST, alone) for record in every]
    shown = tests if len(tests) <= MOST_TICKED else [_run(study, group[0], TEST, alone) for group in groups]
    first = [_run(study, group[0], TEST, alone) for group in groups]
    graph = next((group[0] for group in groups if group[0].variant == BASE), groups[0][0])
    return [
        ("Scalars", f"#scalars&regexInput={_pattern(shown)}&_smoothingWeight=0"),
        ("Time Series", f"?runFilter={_pattern(tests)}&smoothing=0#timeseries"),
        ("Images", f"#images&regexInput={_pattern(first)}"),
        ("Graphs", f"#graphs&run={quote(_run(study, graph, TRAIN, alone), safe='/')}"),
    ]


def _run(study: StudyData, record: Record, split: str, alone: bool) -> str:
    trial = trial_folder(study.folder.parent, study.folder.name, record.variant, record.seed)
    run = attempt_folder(trial, record.attempt) / split
    return run.relative_to(study.folder if alone else study.folder.parent).as_posix()


def _pattern(runs: Sequence[str]) -> str:
    return quote(f"^({'|'.join(map(re.escape, runs))})$", safe="/$*,:()")
