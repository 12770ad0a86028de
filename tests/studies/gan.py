"""A generator and a discriminator, each with an optimizer of its own."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Adversaries(Settings):
    generator_rate: float = 0.001


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal([2.0, -1.0], 0.3, (256, 2)).astype("float32")
    return Arrays(x_train=x[:192], y_train=x[:192], x_test=x[192:], y_test=x[192:])


def build(settings):
    import keras
    import tensorflow as tf
    from keras import layers

    class Gan(keras.Model):
        def __init__(self):
            super().__init__()
            self.generator = keras.Sequential([keras.Input((3,)), layers.Dense(8, activation="relu"), layers.Dense(2)])
            self.discriminator = keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
            self.seeds = keras.random.SeedGenerator(11)
            self.d_loss, self.g_loss = keras.metrics.Mean(name="d_loss"), keras.metrics.Mean(name="g_loss")
            self.loss_function = keras.losses.BinaryCrossentropy(from_logits=True)

        def compile(self, d_optimizer, g_optimizer):
            super().compile()
            self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer

        @property
        def metrics(self):
            return [self.d_loss, self.g_loss]

        def call(self, x):
            return self.discriminator(x)

        def losses_on(self, x):
            made = self.generator(keras.random.normal((tf.shape(x)[0], 3), seed=self.seeds))
            real, fake = self.discriminator(x), self.discriminator(made)
            d_loss = self.loss_function(tf.ones_like(real), real) + self.loss_function(tf.zeros_like(fake), fake)
            return d_loss, self.loss_function(tf.ones_like(fake), fake)

        def train_step(self, data):
            x, _ = data
            with tf.GradientTape(persistent=True) as tape:
                d_loss, g_loss = self.losses_on(x)
            for optimizer, loss, part in (
                (self.d_optimizer, d_loss, self.discriminator),
                (self.g_optimizer, g_loss, self.generator),
            ):
                gradients = tape.gradient(loss, part.trainable_variables)
                optimizer.apply_gradients(zip(gradients, part.trainable_variables, strict=True))
            return self.noted(d_loss, g_loss)

        def test_step(self, data):
            return self.noted(*self.losses_on(data[0]))

        def noted(self, d_loss, g_loss):
            self.d_loss.update_state(d_loss)
            self.g_loss.update_state(g_loss)
            return {"loss": self.d_loss.result(), "d_loss": self.d_loss.result(), "g_loss": self.g_loss.result()}

    model = Gan()
    model.compile(keras.optimizers.Adam(0.002), keras.optimizers.Adam(settings.generator_rate))
    return model


STUDY = Study("gan", base=Adversaries(epochs=2), build=build, arrays=arrays,
    metric=Metric("g_loss", margin=0.05, higher_is_better=False), variants=(Variant("fast", generator_rate=0.01),))  # fmt: skip
