"""A generative adversarial network whose state lies wherever a user may put it, on the model of Keras' own example."""

from typing import Any

import keras
import tensorflow as tf
from keras import layers


class Gan(keras.Model):
    """Two optimizers in a dict, TensorFlow's random generator and variable, and a metric that no pass resets."""

    def __init__(self) -> None:
        super().__init__()
        self.generator = keras.Sequential([keras.Input((2,)), layers.Dense(8, activation="relu"), layers.Dense(4)])
        self.critic = keras.Sequential([keras.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
        self.optimizers = {"generator": keras.optimizers.Adam(0.01), "critic": [keras.optimizers.SGD(0.05, momentum=0.9)]}
        self.noise = tf.random.Generator.from_seed(7)
        self.rounds = tf.Variable(0.0)
        self.seen = keras.metrics.Sum(name="seen")
        self.losses_of = [keras.metrics.Mean(name="loss"), keras.metrics.Mean(name="critic_loss")]

    @property
    def metrics(self) -> list[Any]:
        return self.losses_of  # and not self.seen, which goes on counting

    def call(self, inputs: Any) -> Any:
        return self.critic(inputs)

    def train_step(self, data: Any) -> dict[str, Any]:
        real = data[0]
        count = tf.shape(real)[0]
        self.rounds.assign_add(1.0)
        self.seen.update_state(real)
        noise = self.noise.normal((count, 2)) / (1 + self.rounds) + 0.01 * self.seen.result()
        with tf.GradientTape(persistent=True) as tape:
            made = self.generator(noise)
            judged, true = self.critic(made), self.critic(real)
            critic_loss = tf.reduce_mean(tf.nn.softplus(judged)) + tf.reduce_mean(tf.nn.softplus(-true))
            loss = tf.reduce_mean(tf.nn.softplus(-judged))
        for part, value, (optimizer,) in (
            (self.generator, loss, [self.optimizers["generator"]]),
            (self.critic, critic_loss, self.optimizers["critic"]),
        ):
            optimizer.apply(tape.gradient(value, part.trainable_variables), part.trainable_variables)
        return self._measured(loss, critic_loss)

    def test_step(self, data: Any) -> dict[str, Any]:
        judged = self.critic(data[0])
        return self._measured(tf.reduce_mean(tf.nn.softplus(-judged)), tf.reduce_mean(judged))

    def _measured(self, *values: Any) -> dict[str, Any]:
        for metric, value in zip(self.losses_of, values, strict=True):
            metric.update_state(value)
        return {metric.name: metric.result() for metric in self.losses_of}


def gan() -> keras.Model:
    """Return one, compiled."""
    keras.utils.set_random_seed(5)
    model = Gan()
    model.compile()
    return model
