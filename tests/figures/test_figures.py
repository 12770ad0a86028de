"""Each picture, drawn of a small real model and read back as an image."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

from harness import Metric, Settings, Study, UsageError
from harness.data.arrays import Arrays
from harness.figures.confusion_matrix import count_pairs
from harness.figures.figure_data import FigureData, NotApplicable, Predictions, Surface, answers, class_probabilities
from harness.figures.figure_registry import draw
from harness.figures.input_plane import plane
from harness.figures.kernels import first_kernel, named_weights
from harness.figures.layer_weights import first_layer_weights
from harness.figures.learning_curves import learning_curves
from harness.figures.samples import _answer
from harness.figures.translation import accuracy_by_shift, by_distance, moved
from harness.study.figure_names import PICTURES

pytestmark = pytest.mark.quick

CURVES = {"train_loss": [0.9, 0.4], "test_loss": [1.0, 0.6], "train_accuracy": [0.7, 0.9], "test_accuracy": [0.6, 0.8]}


def subject(model, x: np.ndarray, y: np.ndarray, **more) -> FigureData:
    """Fit a model to the first two thirds of the samples."""
    cut = 2 * len(x) // 3
    flat = x.reshape(len(x), -1)
    model.fit(flat[:cut], y[:cut])
    answer = getattr(model, "predict_proba", model.predict)

    def predict(samples: np.ndarray) -> np.ndarray:
        return answer(samples.reshape(len(samples), -1))

    arrays = Arrays(x[:cut], y[:cut], x[cut:], y[cut:])
    return FigureData("study · base · seed 0", arrays, predict, predict(x[cut:]), CURVES, first_kernel(model), **more)


@pytest.fixture(scope="module")
def digits() -> FigureData:
    """A classifier of 8x8 images."""
    data = load_digits()
    return subject(LogisticRegression(max_iter=30, C=0.01), data.images / 16.0, data.target)


@pytest.fixture(scope="module")
def petals() -> FigureData:
    """A classifier of two numbers, and its surface behind two epochs."""
    data = load_iris()
    order = np.random.default_rng(0).permutation(len(data.data))
    made = subject(LogisticRegression(), data.data[order, 2:], data.target[order], class_names=tuple(data.target_names))
    points = plane(made.arrays).points
    early = np.full((len(points), 3), 1 / 3) + points[:, :1] * [-0.01, 0.0, 0.01]
    return replace(made, surfaces=(Surface(1, 0, early, 0.4), Surface(2, 1, made.predict(points), 0.9)))


@pytest.fixture(scope="module")
def diabetes() -> FigureData:
    """A regression."""
    x, y = load_diabetes(return_X_y=True)
    history = {"train_loss": [5000.0, 3000.0], "test_loss": [5100.0, 3200.0]}
    made = subject(LinearRegression(), x, y, metric=Metric("rmse", margin=1.0, higher_is_better=False))
    return replace(made, history=history)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


def drawn(name: str, of: FigureData) -> np.ndarray:
    (drawing,) = draw(name, of)
    return pixels(drawing.png)


def drawable() -> Iterator[tuple[str, str]]:
    images = ("confusion-matrix", "mistakes", "first-of-each-class", "first-layer-weights", "predictions", "shift-accuracy")
    yield from (("digits", name) for name in ("learning-curves", *images))
    yield from (("petals", name) for name in ("confusion-matrix", "first-layer-weights"))
    yield from (("diabetes", name) for name in ("learning-curves", "predictions", "first-layer-weights"))


@pytest.mark.parametrize(("of", "name"), list(drawable()))
def test_a_picture_has_its_size_a_heading_and_something_below_it(of, name, request):
    image = drawn(name, request.getfixturevalue(of))
    height, width = image.shape[:2]
    assert 440 <= width <= 960 and 200 <= height <= 760
    dark = (image.sum(axis=2) < 300).any(axis=1)
    assert dark[:30].any() and dark[60:].any()
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 20


def test_a_surface_is_one_picture_an_epoch_in_which_nothing_else_moves(petals):
    first, second = draw("decision-surface", petals)
    assert (first.step, second.step) == (0, 1)
    one, other = pixels(first.png), pixels(second.png)
    assert one.shape == other.shape and (one != other).mean() > 0.1
    below = slice(int(0.93 * len(one)), None)  # the legend and the axis' name
    assert (one[below] == other[below]).all()


def test_a_surface_of_two_classes_or_of_numbers_is_drawn_too(petals):
    known = petals.arrays
    two = replace(known, y_train=(known.y_train > 0).astype(float), y_test=(known.y_test > 0).astype(float))
    numbers = replace(known, y_train=known.x_train[:, 1], y_test=known.x_test[:, 1])
    surface = Surface(3, 2, petals.surfaces[1].outputs[:, 2:], None)
    for arrays in (two, numbers):
        assert len(np.unique(drawn("decision-surface", replace(petals, arrays=arrays, surfaces=(surface,))))) > 100


@pytest.mark.parametrize(
    ("of", "name", "why"),
    [
        ("digits", "decision-surface", "needs 2 inputs; a sample here has shape .8, 8."),
        ("petals", "mistakes", "no images"),
        ("petals", "shift-accuracy", "no images"),
        ("diabetes", "confusion-matrix", "no classes"),
    ],
)
def test_a_picture_that_does_not_fit_the_task_says_why(of, name, why, request):
    with pytest.raises(NotApplicable, match=why):
        list(draw(name, request.getfixturevalue(of)))


def test_a_surface_and_a_matrix_of_weights_name_the_inputs_where_the_study_does(petals):
    named = replace(petals.arrays, feature_names=("length", "width"))
    kernel = np.ones((2, 3))
    assert [text.get_text() for text in _ylabels(replace(petals, arrays=named, kernel=kernel))] == ["length", "width"]
    other = replace(petals.arrays, feature_names=("length", "width", "height"))
    assert "length" not in [text.get_text() for text in _ylabels(replace(petals, arrays=other, kernel=kernel))]
    unnamed, with_names = (list(draw("decision-surface", replace(petals, arrays=each))) for each in (petals.arrays, named))
    assert unnamed[0].png != with_names[0].png


@pytest.mark.parametrize("shape", [(2, 1), (1, 3), (1, 1), (30, 40)])
def test_units_and_inputs_of_a_matrix_are_counted_in_whole_numbers(petals, shape):
    axes = first_layer_weights(replace(petals, kernel=np.ones(shape))).axes[0]
    axes.figure.canvas.draw()
    for axis in (axes.xaxis, axes.yaxis):
        labels = [float(text.get_text()) for text in axis.get_ticklabels() if text.get_text()]
        assert labels == [int(label) for label in labels] and len(set(labels)) == len(labels) > 0


def _ylabels(subject: FigureData) -> list:
    return first_layer_weights(subject).axes[0].get_yticklabels()


@pytest.mark.parametrize("values", [[0.5], [np.nan, np.nan, 0.5], []])
def test_one_measurement_is_no_curve(digits, values):
    with pytest.raises(NotApplicable, match="fewer than two measurements"):
        learning_curves(replace(digits, history={"train_loss": values, "test_loss": values}))


def test_learning_curves_go_over_what_the_training_is_counted_in(digits):
    assert learning_curves(digits).axes[0].get_xlabel() == "epoch"
    history = {"step": [50.0, 100.0], "epoch": [1.0, 2.0], "train_loss": [0.9, 0.5]}
    panel = learning_curves(replace(digits, history=history, counted="step")).axes[0]
    assert panel.get_xlabel() == "step" and list(panel.lines[0].get_xdata()) == [50.0, 100.0]


def test_a_model_that_diverged_still_has_learning_curves(digits):
    diverged = replace(digits, outputs=None, history={**CURVES, "train_loss": [0.9, np.nan]})
    assert drawn("learning-curves", diverged).size
    with pytest.raises(NotApplicable, match="diverged"):
        list(draw("confusion-matrix", diverged))


def test_a_model_without_a_mistake_has_no_picture_of_them(digits):
    perfect = np.eye(10)[digits.arrays.y_test]
    with pytest.raises(NotApplicable, match="no mistake"):
        list(draw("mistakes", replace(digits, outputs=perfect)))


def test_the_confusion_matrix_counts_what_was_said_of_each_class():
    found = Predictions(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 2]), np.eye(3), ("a", "b", "c"))
    assert count_pairs(found).tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 1]]


def test_one_hot_labels_and_single_outputs_are_read_as_classes():
    one_hot = np.eye(3)[[2, 0]]
    made = FigureData("", Arrays(one_hot, one_hot, one_hot, one_hot), lambda x: x, outputs=one_hot)
    assert answers(made).truth.tolist() == [2, 0] and answers(made).right.all()
    assert class_probabilities(np.array([[0.9], [0.2]]), np.array([1.0, 0.0])).argmax(axis=1).tolist() == [1, 0]


def test_an_answer_says_what_it_was_and_how_sure_never_more_sure_than_it_is():
    found = Predictions(np.array([7, 2]), np.array([7, 7]), np.eye(10)[[7, 7]] * [[0.99996], [0.5]], tuple("0123456789"))
    assert _answer(found, 0)[0] == "7  99.9%\nright"
    assert _answer(found, 1)[0] == "7  50%\nis 2"


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 8, 8, 1), (1, 64)])
def test_a_moved_image_leaves_background_behind(shape):
    image = np.zeros((8, 8), np.uint8)
    image[3, 4] = 255
    once = moved(image.reshape(shape), 2, -1)
    assert once.shape == shape and np.argwhere(once.reshape(8, 8)).tolist() == [[2, 6]]
    assert not moved(image.reshape(shape), 6, 0).any()


def test_accuracy_falls_with_the_distance_that_images_are_moved(digits):
    accuracies = by_distance(accuracy_by_shift(digits))
    assert accuracies[0] > 0.8 and accuracies[0] > accuracies[2] > accuracies[6]
    (drawing,) = draw("shift-accuracy", digits)
    assert drawing.values["moved by 2 pixels"] == accuracies[2]


def test_a_pipelines_weights_are_those_of_its_last_step():
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LinearRegression()).fit(np.eye(3), [1.0, 2.0, 3.0])
    assert first_kernel(model).shape == (3, 1)
    assert set(named_weights(model)) == {"coef", "intercept"}


def test_a_study_is_refused_with_a_picture_that_there_is_not():
    with pytest.raises(UsageError, match="picture 'confusion' is not known. Did you mean 'confusion-matrix'"):
        Study("study", base=Settings(), variants=(), pictures=("confusion",))
    with pytest.raises(UsageError, match="named twice"):
        Study("study", base=Settings(), variants=(), pictures=("mistakes", "mistakes"))
    assert Study("study", base=Settings(), variants=(), pictures="mistakes").pictures == ("mistakes",)
    assert Study("study", base=Settings(), variants=(), pictures=PICTURES).pictures == tuple(PICTURES)
