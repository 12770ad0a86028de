"""Short texts told apart by a table of words and an embedding."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Words(Settings):
    width: int = 8


def texts():
    import numpy as np

    words = np.array("good fine great bad poor awful film plot cast".split())
    rows = np.random.default_rng(0).integers(0, len(words), (192, 5))
    return np.array([" ".join(words[row]) for row in rows]), (rows < 3).sum(1) > (abs(rows - 4) < 2).sum(1)


def arrays(settings):
    x, y = texts()
    y = y.astype("int64")
    return Arrays(x_train=x[:128], y_train=y[:128], x_test=x[128:], y_test=y[128:])


def build(settings):
    import keras
    from keras import layers

    vectorize = layers.TextVectorization(max_tokens=20, output_sequence_length=5)
    vectorize.adapt(texts()[0][:128])
    text = keras.Input((), dtype="string")
    words = layers.Embedding(20, settings.width)(vectorize(text))
    return keras.Model(text, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(words)))


STUDY = Study("text-vectorization", base=Words(epochs=2), build=build, arrays=arrays, variants=(Variant("wide", width=16),))
