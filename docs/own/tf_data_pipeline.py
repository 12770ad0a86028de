"""You have a tf.data pipeline: return it from datasets(settings, seed), batched, as you would give it to fit."""

from dataclasses import dataclass

from harness import Data, Settings, Study, Variant


@dataclass(frozen=True)
class Digits(Settings):
    noise: float = 0.1


def datasets(settings, seed):
    import tensorflow as tf
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rows = tf.data.Dataset.from_tensor_slices(((x / 16).astype("float32"), y))
    train = rows.skip(500).shuffle(1297).batch(settings.batch_size)
    return Data(
        train=train.map(lambda x, y: (x + settings.noise * tf.sin(99 * x), y)), test=rows.take(500).batch(500), classes=10
    )


def build(settings):
    from keras import Input, Sequential, layers

    return Sequential([Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10, activation="softmax")])


STUDY = Study(
    "tf-data-pipeline", base=Digits(epochs=2), build=build, datasets=datasets, variants=(Variant("clean", noise=0.0),)
)
