"""A module beside a study, which its functions import when they are called: part of what is trained."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tiny_studies import HEAD

from harness.errors import UsageError
from harness.records.record import write_record
from harness.runs.data_checks import outdated_records
from harness.runs.plan import CHANGED, Plan, make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial_runner import run_trial

REAL = """
from harness import Arrays

def arrays(settings):
    import helper
    import numpy as np
    rows = np.random.permutation(90)  # unseeded, as many write it
    x = np.arange(180.0).reshape(90, 2)[rows] / 180
    y = (rows % helper.CLASSES).astype("int64")
    return Arrays(x_train=x[:60], y_train=y[:60], x_test=x[60:], y_test=y[60:])

def build(settings):
    import helper
    return helper.model(settings)

STUDY = Study("tiny", base=Settings(epochs=1, outputs=3), variants=(Variant("wide", hidden=(9,)),), arrays=arrays, build=build)
"""
HELPER = """
CLASSES = 3

def model(settings):
    from sklearn.linear_model import LogisticRegression
    return LogisticRegression(C=1.0)
"""


def trained(folder: Path, helper: str) -> Plan:
    """Train each trial of two seeds in this process, as a worker does; return the plan after that."""
    folder.mkdir(exist_ok=True)
    (folder / "tiny.py").write_text(HEAD + REAL)
    (folder / "helper.py").write_text(helper)
    request = RunRequest(folder / "logs", seeds=2, engine="graph")
    for trial in make_plan(load_study(str(folder / "tiny.py")), request, {}).trials:
        record = run_trial(trial, lambda epoch, values: False)
        assert record.status == "ok", record.traceback
        write_record(trial.folder, record)
    return make_plan(load_study(str(folder / "tiny.py")), request, {})


def test_a_module_beside_the_study_is_found_inside_its_functions_and_its_edit_is_seen(tmp_path):
    plan = trained(tmp_path / "one", HELPER)
    assert len(plan.cached) == 4 and outdated_records(plan) == frozenset()
    judged = {(record.variant, record.seed): record.data["test_sha256"] for record in plan.cached}
    assert judged["base", 0] == judged["wide", 0] != judged["base", 1] == judged["wide", 1]
    other = trained(tmp_path / "two", HELPER.replace("= 3", "= 2"))  # another module of the same name
    assert {record.architecture[-1]["parameters"] for record in plan.cached} == {3 * 3}
    assert {record.architecture[-1]["parameters"] for record in other.cached} == {3}
    assert not {str(tmp_path / "one"), str(tmp_path / "two")} & set(sys.path)
    (tmp_path / "one" / "helper.py").write_text(HELPER.replace("1.0", "2.0"))
    assert make_plan(load_study(str(tmp_path / "one" / "tiny.py")), plan.request, {}).reasons == {CHANGED: 4}


def test_a_trial_is_not_trained_with_a_module_that_was_edited_since_it_was_planned(tmp_path):
    plan = trained(tmp_path / "one", HELPER)
    (trial, *_) = make_plan(plan.declared, replace(plan.request, force=True), {}).trials
    (tmp_path / "one" / "helper.py").write_text(HELPER.replace("1.0", "2.0"))
    with pytest.raises(UsageError, match="was changed while the study ran"):
        trial.load()
