"""An autoencoder whose loss is its own, so that there are no targets to give."""

from harness import Arrays, Metric, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = (generator.normal(size=(256, 2)) @ generator.normal(size=(2, 6))).astype("float32")
    return Arrays(x_train=x[:192], y_train=None, x_test=x[192:], y_test=None)


def build(settings):
    import keras
    from keras import layers, ops

    class Compared(layers.Layer):
        def call(self, given, decoded):
            self.add_loss(ops.mean(ops.square(given - decoded)))
            return decoded

    given = keras.Input((6,))
    model = keras.Model(given, Compared()(given, layers.Dense(6)(layers.Dense(2)(given))))
    model.compile(keras.optimizers.Adam(settings.learning_rate))
    return model


STUDY = Study("no-targets", base=Settings(epochs=2, learning_rate=0.01), build=build, arrays=arrays,
    metric=Metric("loss", margin=0.01, higher_is_better=False), variants=(Variant("slow", learning_rate=0.001),))  # fmt: skip
