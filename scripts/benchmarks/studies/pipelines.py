"""The pipeline to time: PNG files of Fashion-MNIST, decoded, flipped and shifted anew in each epoch."""

import os
from dataclasses import dataclass
from typing import Any

from harness import Data, Settings, Study, Variant


@dataclass(frozen=True)
class Pictures(Settings):
    """What the pipeline's network has besides."""

    filters: int = 16


def datasets(settings: Pictures, seed: int) -> Data:
    """Return all images to train on, and the first thousand to be tested on."""
    return Data(train=pipeline(settings.batch_size, seed), test=pipeline(settings.batch_size, None), version="pictures")


def pipeline(batch_size: int, seed: int | None) -> Any:
    """Return the pipeline over the files of IMAGES, named CLASS-NUMBER.png; without a seed in their order, as they are."""
    import tensorflow as tf

    names = sorted(os.listdir(os.environ["IMAGES"]))
    names = names if seed is not None else names[:1000]
    rows = tf.data.Dataset.from_tensor_slices((
        [os.path.join(os.environ["IMAGES"], name) for name in names], [int(name.partition("-")[0]) for name in names]
    ))  # fmt: skip
    rows = rows if seed is None else rows.shuffle(len(names), seed=seed)

    def read(path: Any, label: Any) -> tuple[Any, Any]:
        return tf.cast(tf.io.decode_png(tf.io.read_file(path), channels=1), tf.float32) / 255, label

    def augment(images: Any, labels: Any) -> tuple[Any, Any]:
        images = tf.image.random_flip_left_right(images, seed=seed)
        return tf.image.random_crop(tf.pad(images, [[0, 0], [2, 2], [2, 2], [0, 0]]), tf.shape(images), seed=seed), labels

    rows = rows.map(read).batch(batch_size)
    return (rows if seed is None else rows.map(augment)).prefetch(2)


def build(settings: Pictures) -> Any:
    """Return a small network of images, not compiled."""
    from keras import Input, Sequential, layers

    body = [layers.Conv2D(settings.filters, 3, strides=2, activation="relu"), layers.Flatten()]
    return Sequential([Input((28, 28, 1)), *body, layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")])


STUDY = Study("pipelines", base=Pictures(epochs=4), build=build, datasets=datasets, variants=(Variant("wide", filters=32),))
