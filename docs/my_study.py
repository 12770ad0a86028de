"""How much dropout does a small network need to tell two interleaved half-moons apart?"""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Moons(Settings):
    dropout: float = 0.2
    noise: float = 0.25


def arrays(settings):
    from sklearn.datasets import make_moons

    x, y = make_moons(3000, noise=settings.noise, random_state=0)
    x = x.astype("float32")
    return Arrays(x_train=x[:2000], y_train=y[:2000], x_test=x[2000:], y_test=y[2000:])


def build(settings):
    from keras import Sequential, layers

    hidden = [layers.Dense(units, activation="relu") for units in settings.hidden]
    dropout = layers.Dropout(settings.dropout)
    return Sequential([layers.Input((2,)), *hidden, dropout, layers.Dense(2, activation="softmax")])


STUDY = Study("my-study", base=Moons(hidden=(32, 32), epochs=20), build=build, arrays=arrays, variants=(
    Variant("no-dropout", dropout=0.0), Variant("dropout-0.5", dropout=0.5), Variant("one-layer", hidden=(32,)),
    Variant("learning-rate-0.01", learning_rate=0.01)),
    question="How much dropout do two half-moons need?")  # fmt: skip
