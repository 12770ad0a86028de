"""The TensorBoard exercise: a convolutional network on MNIST, counted in steps, and what each of its parts does."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant, finishes, worse_than_control


@dataclass(frozen=True)
class MnistCnn(Settings):
    filters: int = 16  # of 5x5 pixels: with as wide a dense layer, 32 learn hardly faster and cost twice as much
    test_shift: int = 0  # pixels that the test images are moved to the right; the training images stay in the middle


def arrange(settings, data):
    """Return the images, those of the test moved to the right over an empty background."""
    import numpy as np

    count, shift = settings.samples, settings.test_shift
    x_test = data.x_test[:count]
    if shift:
        moved = np.zeros_like(x_test)
        moved[:, :, shift:] = x_test[:, :, :-shift]
        x_test = moved
    return Arrays(
        x_train=data.x_train[:count], y_train=data.y_train[:count],
        x_test=x_test, y_test=data.y_test[:count],
        scale=255.0 if settings.normalize else 1.0,
    )  # fmt: skip


def build(settings):
    """Return a convolution, a max-pool and two dense layers, their weights drawn as the notes do; not yet compiled."""
    import keras
    from keras import layers

    def drawn():
        # New ones for each layer: an initializer draws the same weights again where it is used twice.
        return {
            "kernel_initializer": keras.initializers.TruncatedNormal(stddev=0.1),
            "bias_initializer": keras.initializers.Constant(0.1),
        }

    (units,) = settings.hidden
    return keras.Sequential(
        [
            keras.Input((28, 28), name="image"),
            layers.Reshape((28, 28, 1), name="channel"),
            layers.Conv2D(settings.filters, 5, padding="same", activation="relu", name="conv-1", **drawn()),
            layers.MaxPooling2D(2, name="pool-1"),
            layers.Flatten(name="flatten"),
            layers.Dense(units, activation="relu", name="hidden-1", **drawn()),
            layers.Dense(settings.outputs, activation="softmax", name="outputs", **drawn()),
        ],
        name="mnist-cnn",
    )


def step_seconds(settings):
    """Return the seconds that one core took for a batch of 100: most go into the dense layer behind the convolution."""
    small = {"conv-1", "hidden-1"} & set(settings.remove)
    return (0.005 if small else 0.05) * settings.batch_size / 100


STUDY = Study(
    "mnist-cnn",
    question="How fast does a convolutional network learn, which of its parts does it need, and what does it not see?",
    lesson=(
        "Two thousand small steps reach 97%; ten times the rate is ahead after a hundred, a hundred times fails with some "
        "seeds, a thousand times with all. Random filters that never learn do nearly as well as learned ones, the dense "
        "layer does most of the work, and it knows a digit only where it has seen one: four pixels aside most are lost."
    ),
    # An epoch is 50 steps, so that the test accuracy is known every 50 steps, 2,000 in all.
    base=MnistCnn(
        dataset="mnist",
        hidden=(1024,),
        optimizer="adam",
        learning_rate=0.0001,
        batch_size=100,
        steps_per_epoch=50,
        epochs=40,
    ),
    build=build,
    arrange=arrange,
    expect=finishes(accuracy_at_least=0.97),
    step_seconds=step_seconds,
    pictures=("learning-curves", "first-layer-weights", "confusion-matrix", "shift-accuracy"),
    variants=(
        # What the parts do shows at 500 steps, at a quarter of the cost.
        Variant("steps-500", epochs=10),
        Variant("test-shift-4", test_shift=4, epochs=10, control="steps-500", expect=worse_than_control()),
        Variant("no-conv-1", remove="conv-1", epochs=10, control="steps-500", expect=worse_than_control()),
        Variant("frozen-conv-1", freeze="conv-1", epochs=10, control="steps-500"),
        Variant("average-pool", replace="pool-1=AveragePooling2D(2)", epochs=10, control="steps-500"),
        Variant("no-hidden-1", remove="hidden-1", epochs=10, control="steps-500"),
        # The notes' sweep of the learning rate, of 100 steps each.
        Variant("steps-100", epochs=2, expect=worse_than_control()),
        Variant("learning-rate-0.001", learning_rate=0.001, epochs=2, control="steps-100"),
        Variant("learning-rate-0.01", learning_rate=0.01, epochs=2, control="steps-100"),
        Variant("learning-rate-0.1", learning_rate=0.1, epochs=2, control="steps-100", expect=worse_than_control()),
        Variant("learning-rate-1", learning_rate=1.0, epochs=2, control="steps-100", expect=worse_than_control()),
    ),
)
