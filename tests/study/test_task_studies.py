"""The studies whose tasks are their own: house values, petals and XOR, spirals; their data, their models and a small run."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from calling import harness

from harness.data.arrays import Arrays, each
from harness.data.resolve import Table
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.sklearn import fit_estimator, is_estimator
from harness.errors import UsageError
from harness.models.build import make_model
from harness.records.record import Record, load_records
from harness.study.loading import load_study
from harness.study.settings import differences
from harness.study.study import BASE

HOUSING, PERCEPTRON, SPIRALS = STUDIES = ("housing-regression", "perceptron", "spirals")
EPOCHS, BATCH = 3, 16
TRAINED = ("auxiliary-output", "linear-regression", "gradient-boosting", "xor-mlp", "one-layer")  # and all their controls
# Every kind of network that the three studies build; what differs otherwise is tested with the engine.
NETWORKS = (
    *((HOUSING, variant) for variant in (BASE, "no-hidden-layer", "wide-and-deep", "two-input", "auxiliary-output")),
    (PERCEPTRON, "xor-mlp"),
    (SPIRALS, BASE),
)


@pytest.fixture(scope="module")
def districts() -> Table:
    """As many features as California's districts have, of a known straight line."""
    x = np.random.default_rng(0).normal(2.0, 3.0, (400, 8))
    return Table(x, x @ np.linspace(-0.5, 0.5, 8) + 2.0, tuple("abcdefgh"), ("value",))


def arrays_of(name: str, variant: str, districts: Table, **changes: Any) -> Arrays:
    study = load_study(name)
    settings = replace(study.settings(variant), **changes)
    return study.arrays(settings) if study.arrays else study.arrange(settings, districts)


def rows_of(samples: Any, rows: np.ndarray) -> Any:
    return [part[rows] for part in samples] if isinstance(samples, tuple) else samples[rows]


def fitted(model: keras.Model, arrays: Arrays) -> list[Mapping[str, float]]:
    """Train with nothing but Keras, and return what each epoch measured."""
    everything = slice(None)
    test = rows_of(arrays.x_test, everything), rows_of(arrays.y_test, everything)
    measured = []
    for index in range(EPOCHS):
        rows = epoch_order(len(each(arrays.x_train)[0]), 0, index)
        history = model.fit(
            rows_of(arrays.x_train, rows), rows_of(arrays.y_train, rows), batch_size=BATCH, shuffle=False, verbose=0,
            validation_data=test,
        ).history  # fmt: skip
        # fit's losses of single outputs are means over batches, and do not add up to its own loss.
        single = ("main_loss", "auxiliary_loss")
        measured.append({name: value[0] for name, value in history.items() if not name.endswith(single)})
    return measured


@pytest.mark.parametrize(("name", "variant"), NETWORKS)
def test_the_compiled_engine_trains_each_network_as_fit_does(name: str, variant: str, districts: Table):
    study = load_study(name)
    settings = study.settings(variant)
    arrays = replace(arrays_of(name, variant, districts), x_validation=None, y_validation=None)
    reference = make_model(study, settings, seed=0)
    expected = fitted(reference, arrays)
    training = train(make_model(study, settings, seed=0), arrays, batch_size=BATCH, epochs=EPOCHS, seed=0)
    epochs = list(training.epochs())
    assert training.engine == "xla", training.reason
    for epoch, values in zip(epochs, expected, strict=True):
        found = {**epoch.train, **{f"val_{name}": value for name, value in epoch.test.items()}}
        assert {name: found[name] for name in values} == pytest.approx(values, rel=1e-3, abs=1e-5)
    for mine, theirs in zip(training.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", STUDIES)
def test_every_variant_differs_from_its_control_in_one_setting_or_says_that_two_are_one(name: str):
    study = load_study(name)
    for variant in study.variants:
        differing = differences(study.settings(variant.name), study.settings(variant.control))
        assert len(differing) == 1 or variant.together


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_says_what_it_asks_and_what_it_teaches(name: str):
    study = load_study(name)
    assert study.question.endswith("?")
    assert study.lesson.endswith(".")
    assert study.pictures


def test_districts_are_split_into_nine_four_and_three_parts_of_sixteen(districts: Table):
    arrays = arrays_of(HOUSING, BASE, districts)
    assert [len(x) for x in (arrays.x_train, arrays.x_test, arrays.x_validation)] == [225, 100, 75]


def test_districts_are_standardized_on_the_training_part_alone(districts: Table):
    arrays = arrays_of(HOUSING, BASE, districts)
    np.testing.assert_allclose(arrays.x_train.mean(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(arrays.x_train.std(axis=0), 1.0, atol=1e-6)
    assert abs(arrays.x_test.mean(axis=0)).max() > 0.01
    leaking = arrays_of(HOUSING, "leaking-standardization", districts)
    assert abs(leaking.x_train.mean(axis=0)).max() > 0.001


def test_two_inputs_are_the_first_five_and_the_last_six_features(districts: Table):
    single, double = (arrays_of(HOUSING, variant, districts).x_test for variant in ("wide-and-deep", "two-input"))
    wide, deep = double
    np.testing.assert_array_equal(wide, single[:, :5])
    np.testing.assert_array_equal(deep, single[:, 2:])


def test_a_sample_of_districts_leaves_the_split_as_it_is(districts: Table):
    whole, sample = arrays_of(HOUSING, BASE, districts), arrays_of(HOUSING, BASE, districts, samples=20)
    assert [len(x) for x in (sample.x_train, sample.x_test, sample.x_validation)] == [20, 20, 20]
    for name in ("y_train", "y_test", "y_validation"):
        np.testing.assert_array_equal(getattr(sample, name), getattr(whole, name)[:20])


def test_a_sample_of_districts_is_standardized_on_itself_and_too_small_a_one_is_refused(districts: Table):
    sample = arrays_of(HOUSING, BASE, districts, samples=20)
    assert np.abs(sample.x_train.mean(axis=0)).max() < 1e-5 and np.abs(sample.x_train.std(axis=0) - 1).max() < 1e-5
    with pytest.raises(ValueError, match="Of 1 districts to train on, a feature is the same in all; expected more"):
        arrays_of(HOUSING, BASE, districts, samples=1)


def test_more_validation_than_there_are_districts_is_refused(districts: Table):
    with pytest.raises(ValueError, match="test_size=5000"):
        arrays_of(HOUSING, BASE, districts, validation=5000)


def test_linear_regression_finds_the_line(districts: Table):
    study = load_study(HOUSING)
    estimator = make_model(study, study.settings("linear-regression"), seed=0)
    assert is_estimator(estimator)
    assert fit_estimator(estimator, arrays_of(HOUSING, "linear-regression", districts), seed=0).epoch.test["rmse"] < 1e-3


@pytest.mark.parametrize(("name", "setting"), [(HOUSING, "model"), (PERCEPTRON, "model"), (PERCEPTRON, "problem")])
def test_an_unknown_model_or_problem_is_refused_with_the_known_ones(name: str, setting: str):
    with pytest.raises(UsageError, match="is not known"):
        replace(load_study(name).base, **{setting: "nothing-like-it"})


def answers(variant: str, points: Any, *, seeds: int) -> np.ndarray:
    """Return what the perceptrons of several seeds say of some points, shape (seeds, points)."""
    study = load_study(PERCEPTRON)
    settings = study.settings(variant)
    arrays = study.arrays(settings)
    fits = [fit_estimator(make_model(study, settings, seed=seed), arrays, seed=seed) for seed in range(seeds)]
    return np.array([fitted.predict(np.asarray(points, "float32")).argmax(axis=1) for fitted in fits])


def test_a_perceptron_tells_setosa_from_the_others():
    arrays = load_study(PERCEPTRON).arrays(load_study(PERCEPTRON).base)
    assert (answers(BASE, arrays.x_test, seeds=5) == arrays.y_test).all()


def test_most_perceptrons_call_the_notes_flower_setosa():
    called = answers("notes-flower", [(2, 0.5)], seeds=20)
    assert called.mean() > 0.5
    assert called.min() == 0  # a line that separates the irises may leave this flower on either side


def test_no_perceptron_learns_xor():
    arrays = load_study(PERCEPTRON).arrays(load_study(PERCEPTRON).settings("xor"))
    right = (answers("xor", arrays.x_test, seeds=20) == arrays.y_test).mean(axis=1)
    assert right.max() <= 0.75


def test_spirals_are_the_same_at_each_call_and_other_points_test_them():
    study = load_study(SPIRALS)
    first, second = study.arrays(study.base), study.arrays(study.base)
    np.testing.assert_array_equal(first.x_train, second.x_train)
    assert first.x_train.shape == (100, 2)
    assert first.x_test.shape == (1000, 2)
    assert not set(map(tuple, first.x_train)) & set(map(tuple, first.x_test))


def test_each_spiral_is_the_other_one_turned_by_half():
    study = load_study(SPIRALS)
    arrays = study.arrays(replace(study.base, noise=0.0))
    radius = np.linalg.norm(arrays.x_test, axis=1)
    turned = np.arctan2(arrays.x_test[:, 1], arrays.x_test[:, 0]) - 2 * np.pi * study.base.turns * radius
    np.testing.assert_allclose(np.cos(turned), np.where(arrays.y_test == 0, 1.0, -1.0), atol=1e-4)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], Record]:
    """Each kind of model in the three studies, one seed and one epoch, the first study on its bundled stand-in."""
    logdir = tmp_path_factory.mktemp("logs")
    only = [word for variant in TRAINED for word in ("--only", variant)]
    small = [word for change in ("epochs=1", "samples=100", "dataset=diabetes") for word in ("--set", change)]
    result = harness("run", *STUDIES, "--logdir", logdir, "--seeds", 1, "--jobs", 1, *only, *small)
    found, problems = load_records(logdir)
    assert found and not problems, result.output
    return {(record.study, record.variant): record for record in found}


def test_every_kind_of_model_trains_at_a_reduced_size(records: Mapping[tuple[str, str], Record]):
    assert {name for name, _ in records} == set(STUDIES)
    for (name, _), record in records.items():
        assert record.finished, record.error
        assert load_study(name).metric.column in record.metrics


def test_the_house_values_are_chosen_by_validation_and_told_in_rmse(records: Mapping[tuple[str, str], Record]):
    metrics = records[HOUSING, "auxiliary-output"].metrics
    assert metrics["test_rmse"] == metrics["test_main_rmse"]
    assert {"validation_rmse", "train_rmse"} <= set(metrics)
