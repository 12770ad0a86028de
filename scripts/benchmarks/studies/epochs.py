"""A network whose epochs are timed: dense or LeNet-5, as the settings say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import Settings, Study

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, slots=True)
class NetworkSettings(Settings):
    """The course's settings, and which kind of network they are for."""

    network: str = "dense"


def build(settings: NetworkSettings) -> "keras.Model":
    """Return the network, not yet compiled; both sides of the benchmark train this very model."""
    from harness.models import build_dense

    return build_lenet() if settings.network == "lenet-5" else build_dense(settings)


def build_lenet() -> "keras.Model":
    """Return LeNet-5 (LeCun et al., 1998, doi:10.1109/5.726791) with a softmax in place of its RBF outputs."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28)),
            layers.Reshape((28, 28, 1)),
            layers.Conv2D(6, 5, padding="same", activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ]
    )


STUDY = Study(
    "epochs",
    question="How long does an epoch take?",
    base=NetworkSettings(),
    variants=(),  # the benchmark sets the base, so that nothing else is trained
    build=build,
)
