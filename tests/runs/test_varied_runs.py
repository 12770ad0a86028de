"""Trials whose seeds move one source alone: seed 0 is that of any run, and they lie beside the others, never among them."""

import pytest

import harness
from harness import UsageError
from harness.records.record import load_records

STUDY = """\
from harness import Settings, Study

STUDY = Study("varied", Settings(dataset="digits", hidden=(8,), epochs=1, steps_per_epoch=5), ())
"""


def test_seed_0_is_that_of_any_run_and_the_others_differ_in_what_moves(tmp_path):
    path, logs = tmp_path / "varied.py", tmp_path / "logs"
    path.write_text(STUDY)
    found = harness.run(path, logdir=logs, seeds=2, vary=["init"], jobs=1, engine="graph", progress=False)
    assert set(found.summary["study"]) == {"varied.vary-init"}
    harness.run(path, logdir=logs, seeds=2, jobs=1, engine="graph", progress=False)
    records = {(one.study, one.seed): one for one in load_records(logs)[0]}
    varied, plain = ([records[name, seed] for seed in range(2)] for name in ("varied.vary-init", "varied"))
    assert varied[0].metrics == plain[0].metrics and varied[1].metrics not in (plain[0].metrics, plain[1].metrics)
    assert {one.vary for one in varied} == {"init"} and {one.vary for one in plain} == {""}
    assert len({one.trial_id for one in records.values()}) == 4
    again = harness.run(path, logdir=logs, seeds=2, vary="init", jobs=1, engine="graph", progress=False)
    assert again.as_expected and len(again.records) == 2


def test_an_estimator_is_refused_before_any_trial_of_it_runs(tmp_path):
    path = tmp_path / "tree.py"
    path.write_text(TREE)
    with pytest.raises(UsageError, match="is an estimator. scikit-learn draws all that is random from one number"):
        harness.run(path, logdir=tmp_path / "logs", seeds=2, vary="init", jobs=1, progress=False)
    assert load_records(tmp_path / "logs") == ([], [])


TREE = """\
from harness import Settings, Study

def build(settings):
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier(max_depth=len(settings.hidden))

STUDY = Study("tree", Settings(dataset="digits", hidden=(8,)), (), build=build)
"""
