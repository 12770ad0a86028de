"""One row never averages records that were not made alike: the newest are kept, the others left out with a line."""

import warnings
from pathlib import Path

import pytest
from conftest import harness
from resulting import make_record, store

import harness as library
from harness.evidence.sameness import left_out_lines, told_apart
from harness.records import Record


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
