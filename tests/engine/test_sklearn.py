"""scikit-learn's estimators, measured as scikit-learn measures them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Perceptron
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from harness.data.arrays import Arrays
from harness.engine.sklearn import columns, count_parameters, describe_estimator, fit_estimator, is_estimator


@pytest.fixture(scope="module")
def iris() -> Arrays:
    """Flowers of three classes, every third one to test on."""
    x, y = load_iris(return_X_y=True)
    test = np.arange(len(y)) % 3 == 0
    return Arrays(x[~test], y[~test], x[test], y[test])


@pytest.fixture(scope="module")
def diabetes() -> Arrays:
    """Patients and a number to predict; 50 of them are held out for validation."""
    x, y = load_diabetes(return_X_y=True)
    return Arrays(x[100:], y[100:], x[:50], y[:50], x_validation=x[50:100], y_validation=y[50:100])


def test_a_classifier_has_accuracy_and_log_loss(iris):
    model = LogisticRegression()
    epoch = fit_estimator(model, iris, seed=0).epoch
    assert epoch.test["accuracy"] == model.score(iris.x_test, iris.y_test)
    assert epoch.train["loss"] == pytest.approx(log_loss(iris.y_train, model.predict_proba(iris.x_train)))
    assert (epoch.number, epoch.learning_rate, epoch.validation) == (1, None, {})


def test_a_classifier_without_chances_has_no_loss(iris):
    fitted = fit_estimator(Perceptron(), iris, seed=0)
    assert set(fitted.epoch.test) == {"accuracy"}
    outputs = fitted.predict(iris.x_test)
    assert outputs.shape == (50, 3) and set(np.unique(outputs)) == {0.0, 1.0}
    np.testing.assert_array_equal(outputs.argmax(axis=1), fitted.estimator.predict(iris.x_test))


def test_a_regressor_has_its_errors_on_all_three_parts(diabetes):
    model = LinearRegression()
    fitted = fit_estimator(model, diabetes, seed=0)
    expected = root_mean_squared_error(diabetes.y_validation, model.predict(diabetes.x_validation))
    assert fitted.epoch.validation["rmse"] == pytest.approx(expected)
    assert set(fitted.epoch.test) == {"loss", "mse", "rmse", "mae"}
    assert fitted.epoch.test["loss"] == pytest.approx(fitted.epoch.test["rmse"] ** 2)
    assert fitted.predict(diabetes.x_test).shape == (50, 1)


def test_labels_of_one_column_or_one_hot_give_what_class_numbers_give(iris):
    plain = fit_estimator(LogisticRegression(), iris, seed=0).epoch
    for form in (lambda y: y[:, None], lambda y: np.eye(3)[y], lambda y: (y.astype(float), y)):
        shaped = replace(iris, y_train=form(iris.y_train), y_test=form(iris.y_test))
        assert fit_estimator(LogisticRegression(), shaped, seed=0).epoch.test == plain.test


def test_several_inputs_are_put_side_by_side(diabetes):
    parted = {name: getattr(diabetes, name) for name in ("x_train", "x_validation", "x_test")}
    arrays = replace(diabetes, **{name: (x[:, :3], x[:, 3:]) for name, x in parted.items()})
    assert (
        fit_estimator(LinearRegression(), arrays, seed=0).epoch.test
        == fit_estimator(LinearRegression(), diabetes, seed=0).epoch.test
    )


def test_images_become_scaled_rows():
    pixels = np.array([[[0, 51], [102, 255]]], np.uint8)
    np.testing.assert_allclose(columns(pixels, 255.0), [[0.0, 0.2, 0.4, 1.0]], rtol=1e-6)
    assert columns(pixels, 1.0).tolist() == [[0, 51, 102, 255]]


def test_what_is_random_follows_from_the_seed(iris):
    def probabilities(seed: int, **options: int) -> np.ndarray:
        model = make_pipeline(StandardScaler(), RandomForestClassifier(n_estimators=5, **options))
        return fit_estimator(model, iris, seed=seed).predict(iris.x_test)

    np.testing.assert_array_equal(probabilities(1), probabilities(1))
    assert not np.array_equal(probabilities(1), probabilities(2))
    np.testing.assert_array_equal(probabilities(1, random_state=9), probabilities(2, random_state=9))


def test_a_warning_is_kept_and_fails_nothing(iris):
    fitted = fit_estimator(MLPClassifier(max_iter=1), iris, seed=0)
    assert any(text.startswith("ConvergenceWarning") for text in fitted.warnings)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (LogisticRegression(), 3 * 4 + 3),
        (make_pipeline(StandardScaler(), LogisticRegression()), 3 * 4 + 3),
        (MLPClassifier(hidden_layer_sizes=(5,), max_iter=5), 4 * 5 + 5 + 5 * 3 + 3),
        (KNeighborsClassifier(), None),
    ],
)
def test_parameters_are_coefficients(iris, model, expected):
    fit_estimator(model, iris, seed=0)
    assert count_parameters(model) == expected


def test_parameters_of_trees_are_their_nodes(iris, diabetes):
    tree = DecisionTreeClassifier()
    fit_estimator(tree, iris, seed=0)
    assert count_parameters(tree) == tree.tree_.node_count
    for forest in (RandomForestClassifier(n_estimators=3), GradientBoostingClassifier(n_estimators=3)):
        fit_estimator(forest, iris, seed=0)
        assert count_parameters(forest) == sum(part.tree_.node_count for part in np.ravel(forest.estimators_))
    boosted = HistGradientBoostingRegressor(max_iter=3)
    fit_estimator(boosted, diabetes, seed=0, threads=1)
    assert 3 * 3 <= count_parameters(boosted) <= 3 * 61


def test_an_estimator_is_described_as_it_was_made(iris):
    (row,) = describe_estimator(fit_estimator(LogisticRegression(C=0.5), iris, seed=0))
    assert row == {"name": "LogisticRegression(C=0.5)", "class": "LogisticRegression", "output": "", "parameters": 15}


def test_labels_that_are_no_classes_are_refused(iris):
    with pytest.raises(ValueError, match=r"y_train holds 1 labels that are no class numbers"):
        fit_estimator(LogisticRegression(), replace(iris, y_train=np.where(np.arange(100) == 3, 0.5, iris.y_train)), seed=0)


def test_weights_are_used_or_refused(iris):
    weighted = replace(iris, class_weight={0: 0.0})
    assert fit_estimator(LogisticRegression(), weighted, seed=0).epoch.test["accuracy"] < 0.7
    with pytest.raises(ValueError, match="KNeighborsClassifier takes no sample weights"):
        fit_estimator(KNeighborsClassifier(), weighted, seed=0)


def test_samples_that_are_not_finite_are_refused(iris):
    for value, model, said in (
        (np.nan, LogisticRegression(), "1 values that are NaN"),
        (np.nan, make_pipeline(PCA(2), HistGradientBoostingClassifier()), "1 values that are NaN"),
        (np.inf, HistGradientBoostingClassifier(), "1 values that are infinite"),
    ):
        x = iris.x_train.copy()
        x[0, 0] = value
        with pytest.raises(ValueError, match=f"x_train holds {said}"):
            fit_estimator(model, replace(iris, x_train=x), seed=0)


@pytest.mark.parametrize(
    "model", [HistGradientBoostingClassifier(max_iter=3), make_pipeline(SimpleImputer(), LogisticRegression())]
)
def test_an_estimator_that_takes_inputs_with_gaps_is_given_them(iris, model):
    gaps = np.where(iris.x_train > 6.0, np.nan, iris.x_train)
    assert fit_estimator(model, replace(iris, x_train=gaps), seed=0).epoch.test["accuracy"] > 0.8
    y = np.where(np.arange(len(gaps)) < 1, np.nan, iris.y_train)
    with pytest.raises(ValueError, match="y_train holds 1 values that are NaN"):
        fit_estimator(model, replace(iris, y_train=y), seed=0)


def test_only_what_can_be_fitted_and_asked_is_an_estimator():
    assert is_estimator(LinearRegression())
    assert not is_estimator(StandardScaler()) and not is_estimator(object())
