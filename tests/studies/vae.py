"""A variational autoencoder with a training step of its own, as in Keras' examples."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Latent(Settings):
    weight: float = 0.1  # of the divergence


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = np.tanh(generator.normal(size=(256, 2)) @ generator.normal(size=(2, 8))).astype("float32")
    return Arrays(x_train=x[:192], y_train=x[:192], x_test=x[192:], y_test=x[192:])


def build(settings):
    import keras
    import tensorflow as tf
    from keras import layers, ops

    class Vae(keras.Model):
        def __init__(self):
            super().__init__()
            given = keras.Input((8,))
            hidden = layers.Dense(16, activation="relu")(given)
            self.encoder = keras.Model(given, [layers.Dense(2, name="mean")(hidden), layers.Dense(2, name="log_var")(hidden)])
            self.decoder = keras.Sequential([keras.Input((2,)), layers.Dense(16, activation="relu"), layers.Dense(8)])
            self.seeds = keras.random.SeedGenerator(5)
            self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "reconstruction", "divergence")]

        @property
        def metrics(self):
            return self.trackers

        def call(self, x):
            return self.decoder(self.encoder(x)[0])

        def measured(self, x):
            mean, log_var = self.encoder(x)
            drawn = mean + ops.exp(log_var / 2) * keras.random.normal(ops.shape(mean), seed=self.seeds)
            reconstruction = ops.mean(ops.sum(ops.square(x - self.decoder(drawn)), axis=1))
            divergence = -0.5 * ops.mean(ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1))
            return reconstruction + settings.weight * divergence, reconstruction, divergence

        def train_step(self, data):
            x, _ = data
            with tf.GradientTape() as tape:
                values = self.measured(x)
            gradients = tape.gradient(values[0], self.trainable_weights)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
            return self.noted(values)

        def test_step(self, data):
            return self.noted(self.measured(data[0]))

        def noted(self, values):
            for tracker, value in zip(self.trackers, values, strict=True):
                tracker.update_state(value)
            return {tracker.name: tracker.result() for tracker in self.trackers}

    model = Vae()
    model.compile(optimizer=keras.optimizers.Adam(0.005))
    return model


STUDY = Study("vae", base=Latent(epochs=2), build=build, arrays=arrays,
    metric=Metric("reconstruction", margin=0.05, higher_is_better=False), variants=(Variant("free", weight=0.0),))  # fmt: skip
