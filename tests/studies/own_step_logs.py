"""A training step that returns its own numbers, as in Keras' guide to customizing fit."""

from harness import Arrays, Metric, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 6)).astype("float32")
    y = x @ np.arange(6, dtype="float32")[:, None] / 6
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    import tensorflow as tf
    from keras import layers

    class Plain(keras.Model):
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                error = tf.reduce_mean(tf.square(y - self(x, training=True)))
            gradients = tape.gradient(error, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": error, "gradient": tf.linalg.global_norm(gradients)}

        def test_step(self, data):
            x, y = data
            return {"loss": tf.reduce_mean(tf.square(y - self(x, training=False)))}

    given = keras.Input((6,))
    model = Plain(given, layers.Dense(1)(layers.Dense(8, activation="tanh")(given)))
    model.compile(keras.optimizers.SGD(settings.learning_rate))
    return model


STUDY = Study("own-step-logs", base=Settings(epochs=2, learning_rate=0.05), build=build, arrays=arrays,
    metric=Metric("loss", margin=0.01, higher_is_better=False), variants=(Variant("slow", learning_rate=0.01),))  # fmt: skip
