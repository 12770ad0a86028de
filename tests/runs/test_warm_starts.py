"""Which trials go on from a shorter one's end."""

from pathlib import Path

import pytest

from harness.data import prepare
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study import load_study

pytestmark = pytest.mark.quick

STUDY = """
from harness import Resources, Settings, Study, Variant
STUDY = Study("lengths", base=Settings(dataset="digits", hidden=(8,), epochs=1), variants=(
    Variant("longer", epochs=2), Variant("longest", epochs=3, resources=Resources(cpus=4))))
"""


def test_a_trial_goes_on_from_one_that_had_as_many_cores(tmp_path: Path) -> None:
    """Else a worker of four cores would wait for the shorter trial, which waits for a core."""
    path = tmp_path / "lengths.py"
    path.write_text(STUDY)
    plan = make_plan(load_study(str(path)), RunRequest(tmp_path, seeds=1), {"digits": prepare("digits")})
    names = {trial.trial_id: trial.variant for trial in plan.trials}
    behind = {trial.variant: names.get(trial.warm_start_from, "") for trial in plan.trials}
    assert behind == {"base": "", "longer": "base", "longest": ""}
