"""One row never averages records that were not made alike: the newest are kept, the others left out with a line."""

import warnings
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store

import harness as library
from harness.analysis.declarations import write_declaration
from harness.analysis.sameness import left_out_lines, told_apart
from harness.records.record import Record

pytestmark = pytest.mark.quick


def record(seed: int, *, ended: float = 0.0, variant: str = "base", **values: object) -> Record:
    provenance = {"engine": "xla", "ended": ended, **values.pop("provenance", {})}
    return make_record(variant, seed, provenance=provenance, **values)


OTHERS = {
    "parameters": {"cost": {"parameters": 2000.0, "seconds": 2.0}},
    "settings": {"settings": {"dataset": "mnist", "epochs": 9}},
    "data": {"data": {"name": "mnist", "used": "digits", "sha256": "cd" * 32}},
    "layers": {"architecture": [{"name": "other", "kind": "Dense", "units": 128}]},
    "functions of the study's own": {"provenance": {"source": "new"}},
}


@pytest.mark.parametrize(("said", "values"), OTHERS.items(), ids=OTHERS.keys())
def test_the_newest_of_a_variant_are_kept_and_what_differs_is_said(said, values):
    source = {"provenance": {"source": "old"}}
    older = [record(seed, ended=seed, **source) for seed in range(3)]
    newer = [record(seed, ended=10.0 + seed, **source | values) for seed in (3, 4)]
    beside = [record(seed, variant="wide", **source) for seed in range(5)]
    kept, left_out = told_apart([*older, *newer, *beside])
    assert kept == [*newer, *beside] and left_out == older
    (line,) = left_out_lines(kept, left_out)
    assert line == f"s/base: seeds 0, 1, 2 left out: made with other {said} than the newest of its records."


def test_what_is_not_known_of_a_record_tells_nothing_apart():
    failed = record(2, ended=9.0, cost={}, architecture=(), status="failed")
    same = [record(0, provenance={"source": "old"}), record(1), failed]
    assert told_apart(same) == (same, [])
    two = [record(0, ended=1.0), record(1, ended=2.0, **OTHERS["parameters"]), failed]
    assert told_apart(two) == (two[1:], two[:1])


def test_estimators_learn_as_many_numbers_as_they_do():
    def forest(seed: int, count: float) -> Record:
        row = {"name": f"Forest(func=<function f at 0x7f{seed}>)", "class": "Forest", "output": "", "parameters": count}
        return record(seed, cost={"parameters": count}, architecture=(row,), provenance={"engine": "scikit-learn"})

    assert told_apart([forest(0, 10.0), forest(1, 12.0)])[1] == []


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    others = [record(seed, ended=5.0, accuracy=0.5, cost={"parameters": 7.0, "seconds": 1.0}) for seed in (3, 4)]
    return store(tmp_path / "logs", *(record(seed) for seed in range(3)), *others)


def test_compare_shows_the_newest_and_says_what_it_left_out(mixed):
    result = harness("compare", mixed, "--format", "csv", "--columns", "variant,seeds,parameters,test_accuracy")
    assert result.exit_code == 0 and "base,2,7,0.5" in result.output
    assert "s/base: seeds 0, 1, 2 left out: made with other parameters" in result.output


def test_load_has_the_newest_and_warns_of_what_it_left_out(mixed):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = library.load(mixed)
    assert sorted(results.trials.seed) == [3, 4] and "left out" in str(caught[0].message)
    assert any("seeds 0, 1, 2" in problem for problem in results.problems)


def rows(logdir: Path) -> tuple[str, str]:
    result = harness("compare", logdir, "--format", "csv", "--columns", "variant,seeds,test_accuracy")
    assert result.exit_code == 0
    return result.stdout.splitlines()[1], result.stderr


def test_what_the_last_run_left_out_is_left_out_by_compare_and_load(tmp_path):
    """Of own arrays only the run knows whether they are still given: their records name no other data."""
    current = [record(seed, accuracy=0.9) for seed in range(2)]
    older = [record(seed, ended=9.0, accuracy=0.1) for seed in (2, 3)]
    logdir = store(tmp_path / "logs", *current, *older)
    assert rows(logdir) == ("base,4,0.5", "")
    write_declaration(logdir / "s", current, left_out=older)
    row, said = rows(logdir)
    assert row == "base,2,0.9" and "s: 2 records left out, as by its last run" in said and "base seed 2, base seed 3" in said
    with pytest.warns(UserWarning, match="left out, as by its last run"):
        assert sorted(library.load(logdir).trials.seed) == [0, 1]
    store(logdir, record(3, attempt=2, accuracy=0.9))  # made later, as far as is known like the others
    assert rows(logdir)[0] == "base,3,0.9"
    row, said = rows(logdir / "s" / "base" / "seed-2")
    assert row == "base,1,0.1" and "its last run left out all 1 records that are here" in said


def test_the_experiment_of_the_last_run_is_shown_though_another_ended_later(tmp_path):
    small = {"settings": {"dataset": "mnist", "epochs": 2, "batch_size": 16}}
    plain = [record(seed, ended=1.0 + seed, accuracy=0.9) for seed in (0, 2, 3, 4, 5)]
    other = record(1, ended=50.0, accuracy=0.1, **small)
    logdir = store(tmp_path / "logs", *plain, other)
    write_declaration(logdir / "s", plain, left_out=[other])
    assert rows(logdir)[0] == "base,5,0.9"


def test_a_later_record_of_other_settings_decides_as_the_newest(tmp_path):
    counted = [record(seed, accuracy=0.9, cost={"parameters": 10.0 + seed}) for seed in range(3)]
    logdir = store(tmp_path / "logs", *counted)
    write_declaration(logdir / "s", counted)
    assert rows(logdir) == ("base,3,0.9", "")
    store(logdir, record(4, ended=9.0, accuracy=0.1, **OTHERS["settings"]))
    row, said = rows(logdir)
    assert row == "base,1,0.1" and "seeds" in said and "other settings" in said
