"""An autoencoder that decodes by the weights it encodes with."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Tying(Settings):
    tied: bool = True


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = (generator.normal(size=(256, 3)) @ generator.normal(size=(3, 10))).astype("float32")
    return Arrays(x_train=x[:192], y_train=x[:192], x_test=x[192:], y_test=x[192:])


def build(settings):
    import keras
    from keras import layers, ops

    class Transposed(layers.Layer):
        def __init__(self, dense, **options):
            super().__init__(**options)
            self.dense = dense

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.dense.kernel))

    encoder = layers.Dense(3, name="encode")
    decoder = Transposed(encoder, name="decode") if settings.tied else layers.Dense(10, name="decode")
    model = keras.Sequential([keras.Input((10,)), encoder, decoder])
    model.compile(keras.optimizers.Adam(0.01), loss="mse")
    return model


STUDY = Study("tied-weights", base=Tying(epochs=2), build=build, arrays=arrays,
    metric=Metric("loss", margin=0.01, higher_is_better=False), variants=(Variant("free", tied=False),))  # fmt: skip
