"""Points for the projector: what a model's last hidden layer makes of each test sample."""

from io import BytesIO
from math import ceil, sqrt
from typing import Any

import numpy as np
from PIL import Image

from harness.data import each
from harness.engine import scaled, structure
from harness.figures.figure_data import FigureData, NotApplicable, answers, as_grey, first_output, images_of, labels_of
from harness.tensorboard import Embedding

MOST_POINTS = 1000


def point_cloud(subject: FigureData, model: Any) -> Embedding:
    """Return the first test samples as the last hidden layer sees them, with labels and, of images, thumbnails."""
    inputs = tuple(np.asarray(part[:MOST_POINTS]) for part in each(subject.arrays.x_test))
    vectors, name = _hidden(model, inputs, scale=subject.arrays.scale)
    sprite, size = _sprite(subject)
    return Embedding(name, vectors, _labels(subject), sprite, size)


def _hidden(model: Any, inputs: tuple[np.ndarray, ...], *, scale: float) -> tuple[np.ndarray, str]:
    """Return the values that the model's last layer is given, (points, dimensions), and a name for them."""
    if not hasattr(model, "trainable_weights"):  # a scikit-learn estimator has none: the samples themselves
        return np.hstack([part.reshape(len(part), -1) for part in inputs]), "samples"
    import keras

    if not getattr(model, "inputs", None):
        raise NotApplicable("the model does not know its layers' inputs; expected a sequential or functional one.")
    given = model.layers[-1].input
    if isinstance(given, (list, tuple)):
        raise NotApplicable("the model's last layer has several inputs; expected one.")
    hidden = keras.Model(model.inputs, given)
    batch = scaled(model, tuple(structure(part) for part in inputs), scale)
    values = np.asarray(hidden(batch if len(batch) > 1 else batch[0], training=False))
    return values.reshape(len(values), -1), "last hidden layer"


def _labels(subject: FigureData) -> dict[str, list[str]]:
    try:
        found = answers(subject)
    except NotApplicable:
        truth, predicted = labels_of(subject.arrays.y_test), first_output(subject.outputs)
        columns = {"true": truth, "predicted": predicted}
        return {name: [f"{row:.4g}" for row in part[:MOST_POINTS].reshape(-1)] for name, part in columns.items()}
    columns = {"true": found.truth, "predicted": found.predicted}
    labels = {name: [found.names[number] for number in part[:MOST_POINTS]] for name, part in columns.items()}
    return labels | {"right": ["yes" if right else "no" for right in found.right[:MOST_POINTS]]}


def _sprite(subject: FigureData) -> tuple[bytes | None, tuple[int, int]]:
    """Return the thumbnails as one square PNG, as the projector wants them, and the size of each."""
    try:
        images = as_grey(np.asarray(images_of(subject.arrays.x_test)[:MOST_POINTS]))
    except NotApplicable:
        return None, (0, 0)
    side = ceil(sqrt(len(images)))
    height, width = images.shape[1:3]
    sheet = np.ones((side * height, side * width, *images.shape[3:]))
    for number, image in enumerate(images):
        row, column = divmod(number, side)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = image
    buffer = BytesIO()
    Image.fromarray(np.round(sheet * 255).astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue(), (width, height)
