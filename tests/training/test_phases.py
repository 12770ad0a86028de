"""A training in phases is what fit is when it is called again and again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from plain_fits import plain_fit

from harness.data.arrays import Arrays
from harness.engine.engine_choice import train
from harness.engine.state import StateError
from harness.models.phase_changes import PhaseError
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.study.phases import Phase
from harness.training.phased_training import PhasedTraining

TWO = (Phase(2, freeze="hidden*"), Phase(3, learning_rate=0.01, train="hidden*"))


@pytest.fixture(scope="module")
def blobs() -> Arrays:
    """Two noisy classes in four dimensions, 96 of them to train on: three batches of 32."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(160, 4)).astype("float32")
    y = (x[:, 0] + generator.normal(size=160) > 0).astype("int64")
    return Arrays(x[:96], y[:96], x[96:128], y[96:128], x_validation=x[128:], y_validation=y[128:])


def dense(optimizer: Any = None) -> keras.Model:
    keras.utils.set_random_seed(5)
    hidden = [layers.Dense(8, activation="relu", name="hidden-1"), layers.BatchNormalization(name="hidden-2")]
    model = keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(2, activation="softmax", name="head")])
    model.compile(optimizer or keras.optimizers.Adam(0.05), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def phased(model: keras.Model, arrays: Arrays, phases: Any, *, callbacks: Any = lambda: (), **notes: Any) -> PhasedTraining:
    def begin(number: int, done: int, epochs: int) -> Any:
        options = {"batch_size": 32, "seed": 3, "engine": "graph", "callbacks": callbacks()}
        return train(model, arrays, epochs=epochs, initial_epoch=done, **options)

    return PhasedTraining(model, phases, begin, notes=notes)


def assert_same(training: PhasedTraining, epochs: list[Any], model: keras.Model, histories: list[Any]) -> None:
    assert [epoch.number - 1 for epoch in epochs] == [number for history in histories for number in history.epoch]
    for name, part in (("loss", "train"), ("val_loss", "validation")):
        expected = [value for history in histories for value in history.history[name]]
        assert [getattr(epoch, part)["loss"] for epoch in epochs] == pytest.approx(expected, rel=1e-3)
    for mine, its in zip(training.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-3, atol=1e-4)


def test_freezing_then_training_all_at_another_rate_is_two_fits(blobs: Arrays) -> None:
    training = phased(dense(), blobs, TWO)
    epochs = list(training.epochs())
    model = dense()
    model.layers[0].trainable = model.layers[1].trainable = False
    model.compile(keras.optimizers.Adam(0.05), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    histories = [plain_fit(model, blobs, epochs=2)]
    model.layers[0].trainable = model.layers[1].trainable = True
    model.compile(keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    histories.append(plain_fit(model, blobs, epochs=5, initial_epoch=2))
    assert_same(training, epochs, model, histories)
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.05] * 2 + [0.01] * 3)
    assert training.planned == 5 and training.ended


def test_each_phase_has_callbacks_of_its_own_and_begins_where_the_one_before_was_stopped(blobs: Arrays) -> None:
    def early() -> list[keras.callbacks.Callback]:
        plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=0, min_delta=1.0)
        return [plateau, keras.callbacks.EarlyStopping(patience=1, min_delta=0.5, restore_best_weights=True)]

    sgd = keras.optimizers.SGD
    notes: dict[str, Any] = {}
    model = dense(sgd(0.1))
    training = phased(model, blobs, (Phase(4), Phase(4)), callbacks=early)
    training._notes = notes
    epochs = list(training.epochs())
    plain = dense(sgd(0.1))
    histories = [plain_fit(plain, blobs, epochs=4, callbacks=early())]
    done = len(histories[0].epoch)
    plain.compile(sgd(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])  # the rate is what it was
    histories.append(plain_fit(plain, blobs, epochs=done + 4, initial_epoch=done, callbacks=early()))
    assert 1 < done < 4
    assert_same(training, epochs, plain, histories)
    assert training.weights == f"best epoch {done + 1}" and notes["2"]["first_epoch"] == done + 1


def test_an_interrupted_phase_goes_on_to_the_same_end(blobs: Arrays) -> None:
    def early() -> list[keras.callbacks.Callback]:
        return [keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True)]

    whole = phased(dense(), blobs, TWO, callbacks=early)
    epochs, states = [], {}
    for epoch in whole.epochs():
        epochs.append((epoch.number, epoch.train, epoch.test))
        states[epoch.number] = whole.state() if epoch.number in (2, 3) else None
    for after in (2, 3):
        second = phased(dense(), blobs, TWO, callbacks=early)
        second.resume(states[after])
        found = [(epoch.number, epoch.train, epoch.test) for epoch in second.epochs()]
        assert found == epochs[after:] and second.weights == whole.weights


def test_a_state_that_does_not_fit_leaves_the_first_phase_to_begin(blobs: Arrays) -> None:
    first = phased(dense(), blobs, TWO)
    drawn = first.epochs()
    state = [next(drawn) for _ in range(3)] and first.state()
    other = phased(dense(), blobs, TWO)
    with pytest.raises(StateError):
        other.resume(replace(state, variables=state.variables[1:]))
    again = [(epoch.number, epoch.train) for epoch in other.epochs()]
    assert again == [(epoch.number, epoch.train) for epoch in phased(dense(), blobs, TWO).epochs()]
    prepared = phased(dense(), blobs, (Phase(1, prepare=lambda model: None),))
    next(prepared.epochs())
    with pytest.raises(StateError, match="prepare"):
        prepared.state()


def nested() -> keras.Model:
    body = keras.Sequential([keras.Input((4,)), layers.Dense(4, name="one"), layers.Dense(4, name="two")], name="body")
    model = keras.Sequential([keras.Input((4,)), body, layers.Dense(2, activation="softmax", name="head")])
    model.compile("adam", loss="sparse_categorical_crossentropy")
    return model


def learning(phase: Phase, blobs: Arrays, *before: Phase) -> set[str]:
    """Return the paths of the variables that learn in the last of these phases."""
    model = nested()
    training = phased(model, blobs, (*before, phase))
    for _ in before:
        training._start(0)
    return {variable.path.removeprefix("sequential/") for variable in model.trainable_variables}


def test_the_narrower_of_two_choices_counts_and_layers_learn_within_a_frozen_model(blobs: Arrays) -> None:
    two, head = {"two/kernel", "two/bias"}, {"head/kernel", "head/bias"}
    names = lambda paths: {"/".join(path.split("/")[-2:]) for path in paths}  # noqa: E731
    assert names(learning(Phase(1, freeze="*", train="head"), blobs)) == head
    assert names(learning(Phase(1, freeze="*", train="body/two"), blobs)) == two
    assert names(learning(Phase(1, train="*", freeze=("body/one", "head")), blobs)) == two
    assert names(learning(Phase(1, train="body/two"), blobs, Phase(1, freeze="body"))) == two | head


class Compiled(keras.Sequential):
    """Has a compile that needs more than Keras' own."""

    def compile(self, **options: Any) -> None:
        super().compile(**options)


class OwnRate(keras.optimizers.SGD):
    """An optimizer that may hold what its configuration does not tell."""


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase(1, freeze="hiden-1"), "phase 1: freeze: Layer 'hiden-1' is not known. Did you mean 'hidden-1'"),
        (Phase(1, train="heat"), "train: Layer 'heat' is not known. Did you mean 'head'"),
        (Phase(1, freeze="*"), "leaves no weights that learn"),
        (Phase(1, freeze="head", train="hea*"), "both name head"),
    ],
)
def test_phases_that_cannot_be_meant_are_refused_before_any_trains(blobs: Arrays, phase: Phase, words: str) -> None:
    model = dense()
    with pytest.raises(PhaseError) as caught:
        phased(model, blobs, (Phase(1), phase) if "phase 1" not in words else (phase,))
    assert words in str(caught.value) and all(layer.trainable for layer in model.layers)


def test_a_model_that_cannot_be_compiled_anew_is_to_compile_itself(blobs: Arrays) -> None:
    own = Compiled([keras.Input((4,)), layers.Dense(2, activation="softmax")])
    own.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    for model, words in ((own, "Compiled has a compile of its own"), (dense(OwnRate(0.1)), "a new OwnRate")):
        with pytest.raises(PhaseError, match=f"{words}.*by prepare="):
            phased(model, blobs, (Phase(1), Phase(1)))
    by_itself = Phase(1, prepare=lambda model: model.compile("sgd", loss="sparse_categorical_crossentropy"))
    assert len(list(phased(dense(OwnRate(0.1)), blobs, (by_itself, by_itself)).epochs())) == 2
    with pytest.raises(PhaseError, match="expected one of the two"):
        phased(dense(), blobs, (replace(by_itself, learning_rate=0.1),))


@pytest.mark.parametrize("scaled", [False, True])
def test_a_new_optimizer_has_the_options_of_the_first_and_its_rate_or_the_phases(blobs: Arrays, scaled: bool) -> None:
    decay = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5)
    inner = keras.optimizers.AdamW(0.02 if scaled else decay, weight_decay=0.3)
    inner.exclude_from_weight_decay(var_names=["bias"])
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=4.0) if scaled else inner
    model = dense(optimizer)
    training = phased(model, blobs, (Phase(1), Phase(1, learning_rate=0.005)))
    first, second = training.epochs()
    assert first.learning_rate == pytest.approx(0.02 if scaled else float(decay(3)))
    assert second.learning_rate == pytest.approx(0.005)
    now = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    assert now is not inner and now.weight_decay == 0.3
    if scaled:
        assert model.optimizer.initial_scale == 4.0
    else:
        assert now._exclude_from_weight_decay_pattern == inner._exclude_from_weight_decay_pattern


OWN = Path(__file__).resolve().parents[2] / "docs" / "own"


def test_mobilenet_in_two_phases_has_the_figures_of_the_plain_script() -> None:
    study = load_study(str(OWN / "two_phases.py"))
    random = np.random.default_rng(0)
    x, y = random.random((96, 28, 28)).astype("float32"), random.integers(0, 10, 96)
    arrays = Arrays(x[:64], y[:64], x[64:80], y[64:80], x_validation=x[80:], y_validation=y[80:])

    def built() -> keras.Model:
        keras.utils.set_random_seed(1)
        model = study.build(study.base)
        model.compile(keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    training = phased(built(), arrays, [replace(phase, epochs=1) for phase in study.phases(study.base)])
    epochs = list(training.epochs())
    model = built()
    backbone = model.get_layer("backbone")
    backbone.trainable = False
    model.compile(keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    histories = [plain_fit(model, arrays, epochs=1)]
    backbone.trainable = True
    for layer in backbone.layers:
        layer.trainable = layer.name.startswith(("block_13", "block_14", "block_15", "block_16"))
    model.compile(keras.optimizers.Adam(1e-5), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    histories.append(plain_fit(model, arrays, epochs=2, initial_epoch=1))
    assert_same(training, epochs, model, histories)


STUDY = """
from dataclasses import dataclass
from harness import Arrays, Phase, Settings, Study, Variant


@dataclass(frozen=True)
class Own(Settings):
    second: int = 2
    patience: int = 1

def arrays(settings):
    import numpy as np
    random = np.random.default_rng(0)
    x = random.normal(size=(160, 4)).astype("float32")
    y = (x[:, 0] + random.normal(size=160) > 0).astype("int64")
    return Arrays(x_train=x[:96], y_train=y[:96], x_test=x[96:], y_test=y[96:])

def build(settings):
    import keras
    layers = keras.layers
    return keras.Sequential([layers.Input((4,)), layers.Dense(8, name="hidden"), layers.Dense(2, activation="softmax")])

def phases(settings):
    return [Phase(2, freeze="hidden"), Phase(settings.second, learning_rate=0.1, train="hidden")]

def callbacks(settings, folder):
    import keras
    return [keras.callbacks.ModelCheckpoint(folder / "last.keras"), keras.callbacks.EarlyStopping(patience=settings.patience)]

STUDY = Study("phased", base=Own(outputs=2, validation=32), build=build, arrays=arrays, phases=phases,
              callbacks=callbacks, variants=(Variant("longer", second=3),))
"""


def test_a_trial_records_its_phases_and_its_callbacks_write_into_its_attempt(tmp_path: Path) -> None:
    from harness.training.trial_runner import run_trial

    (tmp_path / "phased.py").write_text(STUDY)
    request = RunRequest(logdir=tmp_path / "logs", seeds=1, engine="graph", checkpoint_seconds=0.0)
    trial, _ = make_plan(load_study(str(tmp_path / "phased.py")), request, {}).trials
    trial.folder.parents[1].mkdir(parents=True)
    first = run_trial(trial, lambda epoch, values: epoch == 3)
    assert first.status == "interrupted" and "own folder" in first.provenance["checkpoint_unwritten"]
    record = run_trial(replace(trial, attempt=2), lambda epoch, values: False)
    assert record.status == "ok", record.error
    assert "own folder" in record.provenance["began_anew"]
    assert record.provenance["callbacks"] == ["ModelCheckpoint", "EarlyStopping"]
    begun = record.provenance["phases"]
    assert begun["1"]["weights_that_learn"] == 18 and begun["2"]["weights_that_learn"] == 58
    assert begun["2"] | {"learning_rate": pytest.approx(0.1), "first_epoch": begun["1"]["epochs"] + 1} == begun["2"]
    assert record.epochs == begun["1"]["epochs"] + begun["2"]["epochs"]
    saved = sorted(str(path.relative_to(trial.folder)) for path in trial.folder.glob("attempt-2/callbacks/**/*.keras"))
    assert saved == [f"attempt-2/callbacks/phase-{number}/last.keras" for number in (1, 2)]
