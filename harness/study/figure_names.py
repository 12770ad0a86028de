"""The names of the pictures that a study may ask for, and of what else a run may log on request."""

from collections.abc import Iterable

from harness.errors import UsageError, unknown

LEARNING_CURVES = "learning-curves"
CONFUSION_MATRIX = "confusion-matrix"
MISTAKES = "mistakes"
FIRST_OF_EACH_CLASS = "first-of-each-class"
FIRST_LAYER_WEIGHTS = "first-layer-weights"
DECISION_SURFACE = "decision-surface"
PREDICTIONS = "predictions"
SHIFT_ACCURACY = "shift-accuracy"

DRAWN_SEED = 0  # one picture of each variant says enough: those of other seeds look alike

PICTURES = {
    LEARNING_CURVES: "loss and metrics of each epoch, on training, validation and test samples",
    CONFUSION_MATRIX: "how often each class is taken for each other one; any classifier",
    MISTAKES: "the wrong answers that the model is surest of; classifiers of images",
    FIRST_OF_EACH_CLASS: "the first training images of each class",
    FIRST_LAYER_WEIGHTS: "what each unit or filter of the first layer looks for",
    DECISION_SURFACE: "the model's answer at each point of the plane, while it forms; two inputs",
    PREDICTIONS: "the first test images with the model's answers, or predicted against true values",
    SHIFT_ACCURACY: "accuracy on test images that are moved off their place; classifiers of images",
}

HISTOGRAMS, PR_CURVES, EMBEDDINGS, ALL_PICTURES, MODELS = "histograms", "pr-curves", "embeddings", "pictures", "models"
LOGS = {
    ALL_PICTURES: "every picture that fits the task, for seed 0",
    HISTOGRAMS: "each layer's weights at each logged epoch",
    PR_CURVES: "precision and recall of each class",
    EMBEDDINGS: "the last hidden layer's view of 1,000 test samples in the projector, for seed 0",
    MODELS: "each trial's model in Keras' own format, as --save-models",
}


def checked_pictures(who: str, names: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names as a tuple; UsageError, with the nearest right name, for one that there is not or twice."""
    listed = (names,) if isinstance(names, str) else tuple(names)
    for name in listed:
        if not isinstance(name, str):
            raise UsageError(f"{who}: a picture is named by a text; received {name!r}. Known: {', '.join(PICTURES)}.")
        if name not in PICTURES:
            raise unknown(f"{who}: picture", name, PICTURES)
        if listed.count(name) > 1:
            raise UsageError(f"{who}: picture {name!r} is named twice; expected it once.")
    return listed
