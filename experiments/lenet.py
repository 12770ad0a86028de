"""Three dense layers against LeNet-5 on MNIST: at equal epochs, at equal time, and with the losses and steps of today."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant, better_than_control
from harness.errors import unknown

ARCHITECTURES = ("dense", "lenet-5")


@dataclass(frozen=True)
class LeNet(Settings):
    architecture: str = "dense"
    loss: str = "mean_squared_error"  # of the ten outputs against the one-hot label

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.architecture not in ARCHITECTURES:
            raise unknown("Architecture", self.architecture, ARCHITECTURES)


def arrange(settings, data):
    """Return the images with one-hot labels."""
    import numpy as np

    rows, count = np.eye(settings.outputs, dtype="float32"), settings.samples
    return Arrays(
        x_train=data.x_train[:count], y_train=rows[data.y_train[:count]],
        x_test=data.x_test[:count], y_test=rows[data.y_test[:count]],
        scale=255.0 if settings.normalize else 1.0,
    )  # fmt: skip


def build(settings):
    """Return the dense network or LeNet-5, compiled with the loss of the settings."""
    import keras
    from keras import layers

    if settings.architecture == "dense":
        parts = [layers.Flatten(name="flatten")]
        widths = settings.hidden
    else:
        parts = [
            layers.Reshape((28, 28, 1), name="channel"),
            layers.Conv2D(6, 5, padding="same", activation="relu", name="conv-1"),
            layers.AveragePooling2D(2, name="pool-1"),
            layers.Conv2D(16, 5, activation="relu", name="conv-2"),
            layers.AveragePooling2D(2, name="pool-2"),
            layers.Flatten(name="flatten"),
        ]
        widths = (120, 84)
    parts += [layers.Dense(units, activation="relu", name=f"hidden-{number}") for number, units in enumerate(widths, 1)]
    output = layers.Dense(settings.outputs, activation="softmax", name="outputs")
    model = keras.Sequential([keras.Input((28, 28), name="image"), *parts, output], name=settings.architecture)
    optimizer = keras.optimizers.get({"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}})
    model.compile(optimizer=optimizer, loss=settings.loss, metrics=["accuracy"])
    return model


def step_seconds(settings):
    """Return the seconds that one core took for a batch of 2,048."""
    return {"dense": 0.041, "lenet-5": 0.14}[settings.architecture] * settings.batch_size / 2048


STUDY = Study(
    "lenet",
    question="Is LeNet-5 better than dense layers with five times its parameters: after as many epochs, in as much time?",
    lesson=(
        "With plain SGD on the mean squared error both networks crawl over a plateau, LeNet-5 the longer: the notes' 5,000 "
        "epochs are spent there. Adam or cross-entropy leave it soon. With Adam LeNet-5 is then the better one by three "
        "quarters of a point, with a fifth of the parameters and more than three times the work; with cross-entropy and plain "
        "SGD it still jumps from epoch to epoch, and its last one says little."
    ),
    base=LeNet(
        dataset="mnist",
        hidden=(256, 256, 256),
        optimizer="sgd",
        learning_rate=0.05,
        batch_size=2048,
        log_every=5,
        # The notes train 5,000 epochs: --set epochs=5000. One epoch took one core 1.24 s for the dense network and 4.2 s
        # for LeNet-5; the seven variants together 3 * 1.24 + 3 * 4.2 + 4.2 * 9 / 30 = 17.6 s. An hour of two cores is
        # 7200 s, or 1440 s for each of five seeds: 75 epochs (1320 s), and the rest for starts and tests.
        epochs=75,
    ),
    build=build,
    arrange=arrange,
    step_seconds=step_seconds,
    pictures=("first-layer-weights", "confusion-matrix"),
    variants=(
        Variant("lenet-5", architecture="lenet-5"),
        # A step of LeNet-5 takes 3.4 times as long, so its epochs have 9 batches in place of 30, whatever their number.
        Variant("lenet-5-equal-time", architecture="lenet-5", steps_per_epoch=9, together=True),
        Variant("cross-entropy", loss="categorical_crossentropy", expect=better_than_control()),
        Variant(
            "lenet-5-cross-entropy",
            architecture="lenet-5",
            loss="categorical_crossentropy",
            control="cross-entropy",
        ),
        Variant("adam", optimizer="adam", learning_rate=0.001, together=True, expect=better_than_control()),
        Variant(
            "lenet-5-adam",
            architecture="lenet-5",
            optimizer="adam",
            learning_rate=0.001,
            control="adam",
            expect=better_than_control(),
        ),
    ),
)
