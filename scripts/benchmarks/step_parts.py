"""Where a LeNet-5 step's time goes, in processor seconds of an epoch on one thread: python scripts/benchmarks/step_parts.py.

Each part runs alone in a compiled loop of its own; the sum need not be the whole step.
"""

import time
from collections.abc import Callable, Sequence

import keras
import tensorflow as tf
from keras import layers

BATCH, STEPS, EPOCH = 32, 400, 1875
Step = Callable[[tf.Tensor], tf.Tensor]


def main() -> None:
    """Print the parts."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    first = [layers.Conv2D(6, 5, padding="same", activation="tanh"), layers.AveragePooling2D(2)]
    second = [layers.Conv2D(16, 5, activation="tanh"), layers.AveragePooling2D(2)]
    dense = [layers.Flatten(), layers.Dense(120, activation="tanh"), layers.Dense(84, activation="tanh")]
    dense.append(layers.Dense(10, activation="softmax"))
    model = keras.Sequential([keras.Input((28, 28, 1)), *first, *second, *dense])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.build(model.trainable_variables)
    images, labels = tf.random.uniform((BATCH, 28, 28, 1)), tf.random.uniform((BATCH,), 0, 10, tf.int64)

    def whole(total: tf.Tensor) -> tf.Tensor:
        model.train_step((images + 0 * total, labels))
        return total

    parts = {
        "the whole training step": whole,
        "forward": lambda total: total + 0 * tf.reduce_sum(model(images + 0 * total, training=True)),
        "forward and gradients": gradients(model.layers, (28, 28, 1)),
        "first convolution and pooling, and their gradients": gradients(first, (28, 28, 1)),
        "second convolution and pooling, and their gradients": gradients(second, (14, 14, 6)),
        "dense layers and their gradients": gradients(dense, (5, 5, 16)),
    }
    for name, step in parts.items():
        print(f"{seconds(step):6.2f} s  {name}")


def gradients(part: Sequence[keras.layers.Layer], shape: tuple[int, ...]) -> Step:
    """Return a step that runs these layers forward and takes the gradients of their weights."""
    model = keras.Sequential([keras.Input(shape), *part])
    inputs, weights = tf.random.uniform((BATCH, *shape)), tf.random.uniform(model.output_shape[1:])

    def step(total: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(weights * model(inputs + 0 * total, training=True))
        found = tape.gradient(value, model.trainable_variables)
        return total + 0 * sum(tf.reduce_sum(gradient) for gradient in found)

    return step


def seconds(step: Step) -> float:
    """Return the processor seconds of an epoch of such steps."""

    def run() -> tf.Tensor:
        start = [tf.constant(0), tf.constant(0.0)]
        return tf.while_loop(
            lambda number, _: number < STEPS, lambda number, total: (number + 1, step(total)), start, parallel_iterations=1
        )

    compiled = tf.function(run)
    compiled()
    begun = time.process_time()
    compiled()
    return (time.process_time() - begun) / STEPS * EPOCH


if __name__ == "__main__":
    main()
