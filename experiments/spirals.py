"""Two interleaved spirals: how many layers a network of eight units each needs to tell them apart."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant, finishes, worse_than_control

TEST_POINTS = 1000


@dataclass(frozen=True)
class Spirals(Settings):
    points: int = 100  # to learn from, half of them on each spiral
    turns: float = 1.75  # of each spiral around the middle
    noise: float = 0.02  # standard deviation of both coordinates; the spirals end at 1
    draw: int = 0  # the seed of the points; a trial's own seed draws weights and batches
    activation: str = "relu"
    loss: str = "mean_squared_error"


def arrays(settings):
    """Return the points of one draw to learn from and of a second one for the test."""
    x_train, y_train = spirals(settings, settings.points, stream=0)
    x_test, y_test = spirals(settings, TEST_POINTS, stream=1)
    return Arrays(x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)


def spirals(settings, points, *, stream):
    """Return points of both spirals, shape (points, 2), and which of the two each is on."""
    import numpy as np

    random = np.random.default_rng((settings.draw, stream))
    labels = np.arange(points) % 2
    radius = np.sqrt(random.uniform(0.01, 1.0, points))  # as many points on every stretch of a spiral
    angle = 2 * np.pi * settings.turns * radius + np.pi * labels
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1) + random.normal(0, settings.noise, (points, 2))
    return x.astype("float32"), labels.astype("float32")


def build(settings):
    import keras
    from keras import layers

    hidden = [
        layers.Dense(units, activation=settings.activation, name=f"hidden-{number}")
        for number, units in enumerate(settings.hidden, start=1)
    ]
    model = keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(1, activation="sigmoid", name="output")])
    optimizer = keras.optimizers.get({"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}})
    model.compile(optimizer=optimizer, loss=settings.loss, metrics=["accuracy"])
    return model


STUDY = Study(
    "spirals",
    question="How many layers does it take to tell two spirals apart?",
    lesson="Depth is what it takes: three layers of eight units learn both spirals, two manage it with some seeds and not "
    "with others, and one layer fails, even one of as many units in all.",
    base=Spirals(hidden=(8, 8, 8), optimizer="sgd", learning_rate=0.05, batch_size=10, epochs=5000, log_every=100),
    build=build,
    arrays=arrays,
    pictures=("decision-surface", "learning-curves"),
    variants=(
        Variant("one-layer", hidden=(8,), expect=finishes(accuracy_at_most=0.85) & worse_than_control()),
        Variant("two-layers", hidden=(8, 8)),
        Variant("one-layer-24", hidden=(24,), expect=worse_than_control()),
        Variant("four-layers", hidden=(8, 8, 8, 8)),
        Variant("points-200", points=200),
        Variant("points-400", points=400),
        Variant("noise-0.05", noise=0.05),
        Variant("tanh", activation="tanh"),
        Variant("cross-entropy", loss="binary_crossentropy"),
        # A rate suits one optimizer: the two are one idea.
        Variant("adam", optimizer="adam", learning_rate=0.005, together=True),
    ),
)
