"""A multilayer perceptron on Fashion-MNIST: which settings are worth tuning, chosen on held-out images."""

from dataclasses import dataclass

from harness import Settings, Study, Variant, finishes, worse_than_control


@dataclass(frozen=True)
class KerasMlp(Settings):
    initializer: str = "glorot_uniform"  # of each layer's weights, by Keras' name of it


# A function's text is a part of its trials' ids, so that it stays as it is.
# fmt: off
def build(settings):
    """Return Flatten, hidden layers with relu, and a softmax over the ten classes; not yet compiled."""
    from keras import Input, Sequential, layers

    parts = [Input((28, 28), name="image"), layers.Flatten(name="flatten")]
    for number, units in enumerate(settings.hidden, start=1):
        parts.append(
            layers.Dense(units, activation="relu", kernel_initializer=settings.initializer, name=f"hidden-{number}")
        )
    parts.append(
        layers.Dense(settings.outputs, activation="softmax", kernel_initializer=settings.initializer, name="outputs")
    )
    return Sequential(parts, name="keras-mlp")


# fmt: on


STUDY = Study(
    "keras-mlp",
    question="Which settings of a multilayer perceptron are worth tuning, and does the test confirm the choice?",
    lesson=(
        "Tune the step first: a tenth of the learning rate costs more than four times what a hidden layer or two thirds of "
        "the width do, and Adam gains as much as these are worth. Whether ten times the rate gains anything, and which usual "
        "initializer is best, five seeds do not tell; weights that begin equal never part. Validation chooses, and the test "
        "judges once."
    ),
    base=KerasMlp(
        dataset="fashion-mnist",
        validation=5000,
        hidden=(300, 100),
        optimizer="sgd",
        learning_rate=0.01,
        batch_size=32,
        epochs=30,
    ),
    build=build,
    expect=finishes(accuracy_at_least=0.87),
    pictures=("learning-curves", "predictions"),
    variants=(
        # The learning rate first: the notes tune it before anything else.
        Variant("learning-rate-0.001", learning_rate=0.001, expect=worse_than_control()),
        Variant("learning-rate-0.1", learning_rate=0.1),
        Variant("learning-rate-0.3", learning_rate=0.3),
        # A rate suits one optimizer: the two are one idea.
        Variant("adam", optimizer="adam", learning_rate=0.001, together=True),
        Variant("he-normal", initializer="he_normal"),
        Variant("zeros", initializer="zeros", expect=worse_than_control()),
        Variant("no-hidden-layer", hidden=(), expect=worse_than_control()),
        Variant("one-layer", hidden=(300,)),
        Variant("narrow", hidden=(100, 30)),
    ),
)
