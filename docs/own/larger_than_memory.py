"""You have arrays larger than memory: np.load(..., mmap_mode="r") in a tuple; only the batches are ever read."""

from pathlib import Path

from harness import Data, Settings, Study, Variant

FOLDER = Path(__file__).parent


def datasets(settings):
    import numpy as np

    x, y = (np.load(FOLDER / f"{name}.npy", mmap_mode="r") for name in "xy")
    return Data(train=(x[20:], y[20:]), test=(x[:20], y[:20]), classes=("below", "above"))


def build(settings):
    from keras import Input, Sequential, layers

    return Sequential([Input((4,)), layers.Dense(2, activation="softmax")])


STUDY = Study("larger-than-memory", base=Settings(epochs=2), build=build, datasets=datasets,
    variants=(Variant("sgd", optimizer="sgd"),))  # fmt: skip
