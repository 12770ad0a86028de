"""Settings → a compiled Keras model, its layers edited as the settings say, or the study's scikit-learn estimator."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.study import Settings, Study, takes

if TYPE_CHECKING:
    import keras

    from harness.models.samples import Given

IMAGE_SHAPE = (28, 28)
SUMMARY_WIDTH = 76  # characters; without it Keras asks how wide the terminal is, and fails where that is narrow


def make_model(
    study: Study, settings: Settings, *, seed: int, arrays: "Given | None" = None, drawn_by: int | None = None
) -> Any:
    """Return the study's model for these settings, compiled, its initial weights drawn by the seed and each layer's path.

    arrays: the data that it is for, batches too; build(settings, data) sees the training part, and a model that does not know
    its shapes, as a Sequential without Input, is built on them. drawn_by: the seed of what is drawn while it trains, as by
    dropout; without it, the same. A scikit-learn estimator is returned as it was made.
    TypeError if the study's own build returns neither; LayerError for layers to edit that the model does not have.
    """
    import keras

    from harness.engine import drawing, keras_internals, seed_streams
    from harness.models.kinds import SKLEARN, kind_of

    keras.utils.set_random_seed(seed)
    keras_internals.reset_uids()  # a layer without a name is `dense` in every trial, not in the first one of a process alone
    with drawing(seed):
        model = build_dense(settings) if study.build is None else _built(study.build, settings, arrays)
        if kind_of(model) is SKLEARN:
            return _unedited(model, settings)
        if arrays is not None:
            from harness.engine import Feeds, build

            build(model, arrays.look if isinstance(arrays, Feeds) else arrays, batch_size=settings.batch_size)
    if settings.edits:
        from harness.models.layer_ablation import edit

        with drawing(seed):  # anew: a layer that is put in draws the same whatever the model has of its name
            model = edit(model, **settings.edits)
    later = seed if drawn_by is None else drawn_by
    seed_streams(model, later)
    keras.utils.set_random_seed(later)  # whatever was drawn meanwhile
    if not model.compiled:
        compile_classifier(model, settings)
    return model


def _built(function: Callable[..., Any], settings: Settings, given: "Given | None") -> Any:
    """Call the study's build, with the training data where it asks for them."""
    if not takes(function, "data"):
        return function(settings)
    from harness.data import TrainingView
    from harness.engine import Feeds

    if given is None:
        raise UsageError("build(settings, data) needs the trial's data, which are not known here.")
    return function(settings, data=TrainingView(given.seen if isinstance(given, Feeds) else given))


def _unedited(estimator: Any, settings: Settings) -> Any:
    if settings.edits:
        from harness.models.layer_factory import LayerError

        raise LayerError(f"{min(settings.edits)} edits layers; a {type(estimator).__name__} of scikit-learn has none.")
    return estimator


def build_dense(settings: Settings) -> "keras.Model":
    """Return the course's network: Flatten, hidden layers with relu, a softmax over the outputs; not yet compiled."""
    import keras

    layers: list[Any] = [keras.Input(IMAGE_SHAPE, name="image")]
    if settings.flatten:
        layers.append(keras.layers.Flatten(name="flatten"))
    for number, units in enumerate(settings.hidden, start=1):
        layers.append(keras.layers.Dense(units, activation="relu", name=f"hidden-{number}"))
    layers.append(keras.layers.Dense(settings.outputs, activation="softmax", name="outputs"))
    return keras.Sequential(layers, name="dense")


def compile_classifier(model: "keras.Model", settings: Settings) -> None:
    """Compile a model that gives class probabilities for integer labels; ValueError for an unknown optimizer."""
    import keras

    optimizer = keras.optimizers.get({"class_name": settings.optimizer, "config": {"learning_rate": settings.learning_rate}})
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])


def describe_layers(model: "keras.Model") -> list[dict[str, Any]]:
    """Return each layer's name, class, output shape and number of parameters, as plain values."""

    def shape(layer: Any) -> str:
        try:
            return str(layer.output.shape)
        except (AttributeError, ValueError):  # a subclassed model's layers know no output until they are called
            return ""

    return [
        {"name": layer.name, "class": type(layer).__name__, "output": shape(layer), "parameters": count_parameters(layer)}
        for layer in model.layers
    ]


def count_parameters(layer: "keras.Layer") -> int:
    """Return the number of a layer's or a model's weights; Keras' count_params wants a call that not every model has."""
    return sum(math.prod(weight.shape) for weight in layer.weights)


def summary_text(model: "keras.Model") -> str:
    """Return what Keras' summary() prints: a line a layer, and the numbers of parameters."""
    lines: list[str] = []
    model.summary(line_length=SUMMARY_WIDTH, print_fn=lambda line, **_: lines.append(line))
    return "\n".join(lines)


def count_flops(model: "keras.Model") -> int | None:
    """Return the floating-point operations of one sample's forward pass, as TensorFlow's profiler counts them.

    None for a model that does not know its inputs before it is called.
    """
    import tensorflow as tf

    if not getattr(model, "inputs", None):
        return None
    shapes = [tensor.shape[1:] for tensor in model.inputs]
    if any(size is None for shape in shapes for size in shape):
        return None
    batch = [tf.TensorSpec((1, *shape), tensor.dtype) for shape, tensor in zip(shapes, model.inputs, strict=True)]
    graph = tf.function(lambda inputs: model(inputs, training=False), autograph=False)
    concrete = graph.get_concrete_function(batch[0] if len(batch) == 1 else batch)
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation()).with_empty_output().build()
    return int(profiler.profile(concrete.graph, options=options).total_float_ops)


def state_megabytes(model: "keras.Model") -> float:
    """Return the size of a model's weights and of its optimizer's state."""
    variables = [*model.variables, *(model.optimizer.variables if model.optimizer else ())]
    return sum(variable.numpy().nbytes for variable in variables) / 1e6
