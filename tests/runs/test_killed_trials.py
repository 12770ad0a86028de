"""A trial that kills its worker goes on, and ends in the numbers of an undisturbed one."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from calling import harness
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer

from harness.records.record import OK, Record, load_records

# Once in a trial, the model kills its own process at the beginning of the fourth epoch.
STUDY = """
import os, signal
from dataclasses import dataclass
from pathlib import Path
from harness import Arrays, Settings, Study, Variant

CALLS_BEFORE = 7  # metrics are reset before training and before testing: this is the fourth epoch's beginning

@dataclass(frozen=True)
class Kinds(Settings):
    kind: str = "xla"

def arrays(settings):
    from sklearn.datasets import load_digits
    images, labels = load_digits(return_X_y=True)
    x, y = images.reshape(-1, 8, 8, 1).astype("uint8"), labels.astype("uint8")
    return Arrays(x_train=x[:165], y_train=y[:165], x_test=x[330:440], y_test=y[330:440], scale=16.0)

def build(settings):
    from keras import Sequential, layers
    from keras.optimizers import Adam

    class Mortal(Sequential):
        calls = 0

        def reset_metrics(self):
            Mortal.calls += 1
            if Mortal.calls == CALLS_BEFORE and "HARNESS_DEADLY_FOLDER" in os.environ:
                marker = Path(os.environ["HARNESS_DEADLY_FOLDER"]) / f"killed-{settings.kind}"
                if not marker.exists():
                    marker.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            super().reset_metrics()

    class Predicting(Mortal):  # a predict of its own is fit's business alone
        def predict(self, *args, **options):
            return super().predict(*args, **options)

    body = [layers.Conv2D(4, 3, activation="relu")] if settings.kind == "graph" else []
    body += [layers.Flatten(), layers.Dense(16, activation="relu")]
    # Dropout trains as a graph; what XLA carries from step to step here is Adam's and the normalization's state.
    body += [layers.BatchNormalization() if settings.kind == "xla" else layers.Dropout(0.3)]
    kind = Predicting if settings.kind == "fit" else Mortal
    model = kind([layers.Input((8, 8, 1)), *body, layers.Dense(10, activation="softmax")])
    model.compile(Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

STUDY = Study("kinds", base=Kinds(epochs=8, stop_below_loss=0.7), build=build, arrays=arrays, question="Does it go on?",
              variants=(Variant("graph", kind="graph"), Variant("fit", kind="fit")))
"""
VARIANTS = {"base": "xla", "graph": "graph", "fit": "fit"}  # and the engine that trains each
MEASURED = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate")


@dataclass(frozen=True)
class Runs:
    """The same trials undisturbed and killed, by variant."""

    undisturbed: dict[str, Record]
    killed: dict[str, Record]
    logdir: Path  # of the killed ones
    kills: int
    output: str  # what was printed while they were killed


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("kinds")
    study = folder / "kinds.py"
    study.write_text(STUDY)
    words = ("run", study, "--seeds", 1, "--jobs", 1, "--checkpoint-seconds", 0, "--engine", "auto", "--logdir")
    assert harness(*words, folder / "undisturbed").exit_code == 0
    os.environ["HARNESS_DEADLY_FOLDER"] = str(folder)
    try:
        result = harness(*words, folder / "killed")  # a trial whose worker died is tried once more
    finally:
        del os.environ["HARNESS_DEADLY_FOLDER"]
    assert result.exit_code == 0, result.output
    undisturbed, killed = (
        {record.variant: record for record in load_records(folder / name)[0]} for name in ("undisturbed", "killed")
    )
    return Runs(undisturbed, killed, folder / "killed", len(list(folder.glob("killed-*"))), result.output)


def test_each_trial_was_really_killed_and_went_on(runs: Runs) -> None:
    assert runs.kills == 3
    for record in runs.killed.values():
        assert record.provenance["attempts"] == [1, 2]
        assert record.provenance["resumed_from"] == 3
    assert "graph seed 0 went on from epoch 3 of attempt 1." in runs.output
    assert "resumed_from" not in runs.undisturbed["graph"].provenance


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_killed_trial_ends_in_the_numbers_of_an_undisturbed_one(runs: Runs, variant: str) -> None:
    found, expected = runs.killed[variant], runs.undisturbed[variant]
    assert found.provenance["engine"] == expected.provenance["engine"] == VARIANTS[variant]
    assert found.status == expected.status == OK
    assert found.trial_id == expected.trial_id
    assert {name: found.history[name] for name in MEASURED} == {name: expected.history[name] for name in MEASURED}
    assert found.metrics == expected.metrics
    assert found.first_test_image == expected.first_test_image


def test_the_callback_that_stops_below_a_loss_stops_in_the_same_epoch(runs: Runs) -> None:
    assert 3 < runs.killed["base"].epochs < 8


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("part", ["train", "test"])
def test_tensorboard_shows_every_epoch_once(runs: Runs, variant: str, part: str) -> None:
    shown = EventMultiplexer(size_guidance={"tensors": 0})
    shown.AddRunsFromDirectory(str(runs.logdir / "kinds" / variant)).Reload()
    curves = [run for run in shown.Runs() if run.endswith(part)]
    record = runs.killed[variant]
    assert curves == [f"seed-0/attempt-{record.attempt}/{part}"]
    points = shown.Tensors(curves[0], "epoch_loss")
    assert [point.step for point in points] == list(range(1, record.epochs + 1))
    values = [point.tensor_proto.float_val[0] for point in points]
    assert values == [float(np.float32(value)) for value in record.history[f"{part}_loss"]]


def test_a_finished_trial_keeps_no_checkpoint(runs: Runs) -> None:
    assert not list(runs.logdir.rglob("*checkpoint*"))


def test_the_seconds_of_all_attempts_are_counted(runs: Runs) -> None:
    record = runs.killed["base"]
    assert 0 < record.provenance["earlier_seconds"] < record.cost["seconds"]
    assert record.cost["seconds"] >= sum(record.history["epoch_seconds"])
