"""The hello world of deep learning: one hidden layer on MNIST, and what closes the gap between training and test."""

from dataclasses import dataclass

from harness import Settings, Study, Variant, finishes, worse_than_control


@dataclass(frozen=True)
class HelloMnist(Settings):
    dropout: float = 0.0  # share of the hidden units that are left out of each training step
    weight_decay: float = 0.0  # L2: this times the sum of the squared weights of both dense layers is added to the loss


def build(settings):
    """Return 784 inputs, hidden layers with relu, a softmax over the ten digits; not yet compiled."""
    import keras
    from keras import layers

    # None, not 0.0: the base has no regularizer at all, as in the notes.
    penalty = keras.regularizers.L2(settings.weight_decay) if settings.weight_decay else None
    parts = [keras.Input((28, 28), name="image"), layers.Reshape((28 * 28,), name="pixels")]
    for number, units in enumerate(settings.hidden, start=1):
        parts.append(layers.Dense(units, activation="relu", kernel_regularizer=penalty, name=f"hidden-{number}"))
        if settings.dropout:
            parts.append(layers.Dropout(settings.dropout, name=f"dropout-{number}"))
    parts.append(layers.Dense(settings.outputs, activation="softmax", kernel_regularizer=penalty, name="outputs"))
    return keras.Sequential(parts, name="hello-mnist")


STUDY = Study(
    "hello-mnist",
    question="A network of one hidden layer is better on its training images than on new ones: what closes the gap?",
    lesson=(
        "The point between training and test is overfitting. Weight decay halves it and dropout closes it (its training "
        "figure is taken with half the units off), but neither makes the test any better within five epochs."
    ),
    base=HelloMnist(dataset="mnist", hidden=(512,), optimizer="rmsprop", learning_rate=0.001, batch_size=128, epochs=5),
    build=build,
    expect=finishes(accuracy_at_least=0.975),  # the notes print 0.9785, and 0.989 on the training images
    pictures=("predictions", "confusion-matrix", "mistakes"),
    variants=(
        Variant("adam", optimizer="adam"),
        # A rate suits one optimizer: the two are one idea.
        Variant("sgd", optimizer="sgd", learning_rate=0.01, together=True, expect=worse_than_control()),
        Variant("batch-32", batch_size=32),
        Variant("dropout", dropout=0.5),
        Variant("weight-decay", weight_decay=0.0001),
    ),
)
