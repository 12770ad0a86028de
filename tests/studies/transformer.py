"""A transformer block over sequences of unequal length, padded with zeros."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Attention(Settings):
    heads: int = 2
    causal: bool = False


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.integers(1, 20, (192, 8)).astype("int32")
    x[np.arange(8) >= generator.integers(3, 9, (192, 1))] = 0
    y = ((x == 3).sum(axis=1) > (x == 5).sum(axis=1)).astype("int64")
    return Arrays(x_train=x[:128], y_train=y[:128], x_test=x[128:], y_test=y[128:])


def build(settings):
    import keras
    from keras import layers

    ids = keras.Input((8,), dtype="int32")
    words = layers.Embedding(20, 8, mask_zero=True)(ids)
    seen = layers.MultiHeadAttention(settings.heads, 4)(words, words, use_causal_mask=settings.causal)
    hidden = layers.LayerNormalization()(words + seen)
    hidden = layers.LayerNormalization()(hidden + layers.Dense(8)(layers.Dense(16, activation="gelu")(hidden)))
    return keras.Model(ids, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling1D()(hidden)))


STUDY = Study("transformer", base=Attention(epochs=2), build=build, arrays=arrays,
    variants=(Variant("one-head", heads=1), Variant("causal", causal=True)))  # fmt: skip
