"""You have a tf.data pipeline: return it from datasets(settings, seed), batched, as you would give it to fit."""

from harness import Data, Settings, Study, Variant


def datasets(settings, seed):
    import tensorflow as tf
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rows = tf.data.Dataset.from_tensor_slices((x.astype("float32") / 16, y))
    train = rows.skip(500).shuffle(1297).batch(settings.batch_size).prefetch(2)
    return Data(train=train, test=rows.take(500).batch(500), classes=10)


def build(settings):
    from keras import Input, Sequential, layers

    return Sequential([Input((64,)), layers.Dense(32, activation="relu"), layers.Dense(10, activation="softmax")])


STUDY = Study("tf-data-pipeline", base=Settings(epochs=2), build=build, datasets=datasets,
    variants=(Variant("sgd", optimizer="sgd"),))  # fmt: skip
