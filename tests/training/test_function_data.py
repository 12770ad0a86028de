"""A study's own train(settings, trial, data): the harness's dataset, found, verified and named in the records."""

from pathlib import Path

import pytest
from calling import harness

from harness.errors import UsageError
from harness.records.record import OK, Record, load_records
from harness.study import Study, Variant

LEARN = """
from harness import Study, Variant

def train(settings, trial, data):
    x, y = (part[: settings.samples] for part in data[:2])
    return {"test_accuracy": (y == y[0]).mean(), "train_mean": x.mean(), "train_samples": len(x)}

STUDY = Study("own", base={"dataset": "DATASET", "samples": 50}, train=train, variants=[VARIANT])
"""


def run(folder: Path, dataset: str, variant: str, *options: object) -> tuple[dict[str, Record], str]:
    path = folder / "own.py"
    path.write_text(LEARN.replace("DATASET", dataset).replace("VARIANT", variant))
    result = harness("run", path, "--seeds", 1, "--jobs", 1, "--logdir", folder / "logs", *options)
    assert result.exit_code == 0, result.output
    return {record.variant: record for record in load_records(folder / "logs")[0]}, result.output


@pytest.mark.processes
def test_it_is_given_the_dataset_that_its_settings_name_and_a_variant_another_one(tmp_path):
    records, output = run(tmp_path, "digits", 'Variant("flowers", dataset="iris")')
    assert {record.status for record in records.values()} == {OK}
    assert {name: record.data["used"] for name, record in records.items()} == {"base": "digits", "flowers": "iris"}
    assert records["base"].metrics["train_samples"] == 50 and records["flowers"].metrics["test_accuracy"] == 1.0
    assert "Data: digits" in output


@pytest.mark.processes
def test_a_stand_in_is_said_and_an_absent_dataset_refused_where_it_is_asked_for(tmp_path, monkeypatch):
    for name in ("HARNESS_DATA_DIR", "KERAS_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("harness.data.downloads.download", _absent)
    records, output = run(tmp_path, "mnist", 'Variant("few", samples=20)')
    assert records["base"].data["used"] == "digits" and "stand-in for mnist" in output
    result = harness("run", tmp_path / "own.py", "--dataset", "mnist", "--logdir", tmp_path / "logs")
    assert result.exit_code == 2 and "mnist is absent" in result.output


def _absent(dataset: object, *, timeout: float | None) -> None:
    from harness.data import DataError

    raise DataError("no network.")


def train_on(settings, trial, data):
    """Stand for a function that asks for data."""


@pytest.mark.parametrize("base", [{"rate": 0.1}, {"dataset": 3}])
def test_a_study_without_the_name_of_a_dataset_is_refused(base):
    with pytest.raises(UsageError, match="its base has no such setting; expected base={'dataset': 'mnist', ...}"):
        Study("own", base=base, variants=(), train=train_on)


def test_the_base_of_harness_settings_names_one():
    from harness import Settings

    study = Study("own", base=Settings(), variants=(Variant("other", dataset="digits"),), train=train_on)
    assert study.needs_dataset and study.dataset("other") == "digits"
    assert not Study("own", base={"rate": 0.1}, variants=(), train=lambda settings, trial: None).needs_dataset


@pytest.mark.parametrize(
    ("function", "received"),
    [
        (lambda settings: None, r"train\(settings\)"),
        (lambda: None, r"train\(\)"),
        (lambda settings, trial, x: None, r"train\(settings, trial, x\)"),
    ],
)
def test_a_function_that_cannot_be_called_so_is_refused_before_it_trains(function, received):
    with pytest.raises(UsageError, match=rf"expected train\(settings, trial\) or .*; received {received}"):
        Study("own", base={"dataset": "mnist"}, variants=(), train=function)


def test_so_is_one_that_takes_nothing_at_all():
    from harness import Settings

    with pytest.raises(UsageError, match=r"expected build\(settings\) or build\(settings, data\); received build\(\)"):
        Study("own", base=Settings(), variants=(), build=lambda: None)
