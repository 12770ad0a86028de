"""Whether what is measured over samples is proven to be the same for every size of batch."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from harness.engine.configuration_proof import dictionaries, proven_config
from harness.engine.keras_internals import Functional, all_layers, metrics_given
from harness.isolation import changed_settings

# Keras' layers that, outside of training, make of a sample what that sample alone decides. Whatever is not named in these
# lists may mix the samples of a batch, as operations on tensors (ops.mean) and losses such as Dice do.
LAYERS = frozenset((
    Functional, keras.Sequential,
    *(getattr(keras.layers, name) for name in """
        InputLayer Dense EinsumDense Embedding Activation Softmax ReLU LeakyReLU PReLU ELU Identity Rescaling
        Flatten Reshape Permute RepeatVector Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
        Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose DepthwiseConv1D DepthwiseConv2D
        SeparableConv1D SeparableConv2D UpSampling1D UpSampling2D UpSampling3D MaxPooling1D MaxPooling2D MaxPooling3D
        AveragePooling1D AveragePooling2D AveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
        SimpleRNN SimpleRNNCell GRU GRUCell LSTM LSTMCell Bidirectional TimeDistributed
        Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
        BatchNormalization LayerNormalization GroupNormalization RMSNormalization UnitNormalization Normalization
        Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout GaussianNoise
        Add Subtract Multiply Average Maximum Minimum Concatenate
    """.split()),
))  # fmt: skip
LOSSES = """
    mean_squared_error mean_absolute_error mean_absolute_percentage_error mean_squared_logarithmic_error huber log_cosh
    binary_crossentropy categorical_crossentropy sparse_categorical_crossentropy binary_focal_crossentropy
    categorical_focal_crossentropy hinge squared_hinge categorical_hinge kl_divergence poisson cosine_similarity
""".split()
METRICS = """
    mean_squared_error mean_absolute_error mean_absolute_percentage_error mean_squared_logarithmic_error
    root_mean_squared_error log_cosh_error accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy
    top_k_categorical_accuracy sparse_top_k_categorical_accuracy binary_crossentropy categorical_crossentropy
    sparse_categorical_crossentropy hinge squared_hinge categorical_hinge kl_divergence poisson cosine_similarity
    auc precision recall true_positives true_negatives false_positives false_negatives
""".split()
BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")  # names that Keras resolves by the labels' shape

# Settings under which a sample's values hang on its neighbours, or a batch's loss is not the mean of its samples' losses.
UNEVEN: Mapping[str, Callable[[Any], bool]] = {
    "reduction": lambda value: value not in (None, "sum_over_batch_size"),
    "activity_regularizer": lambda value: value is not None,
    "ignore_class": lambda value: value is not None,
    "mask_zero": bool,
    "stateful": bool,
    "training": bool,  # of a layer that is called so: batch normalization and dropout while evaluating
    "axis": lambda value: _may_be_first(value),
    "batch_shape": lambda value: bool(value) and value[0] is not None,
}


def any_batch_size(model: keras.Model) -> bool:
    """Return whether loss and metrics over samples are proven to be the same for every size of batch.

    Proven are models of Keras' own classes in LAYERS, with one loss of LOSSES, and metrics of METRICS: means and counts
    of single samples. Everything else is measured in batches of the training's size, as evaluate(batch_size=...) does:
    also where a study has replaced something within Keras or TensorFlow, whatever it is.
    """
    if changed_settings() is None:
        return False
    config = proven_config(model)
    if config is None or several_losses(model) or not all(map(_is_listed, all_layers(model))):
        return False
    if not _all_among(LOSSES, model.loss, keras.losses.get):
        return False
    if not _all_among(METRICS, metrics_given(model), keras.metrics.get):
        return False
    return not any(name in UNEVEN and UNEVEN[name](value) for part in dictionaries(config) for name, value in part.items())


def several_losses(model: keras.Model) -> bool:
    """Return whether the model may report a loss for each of several outputs, which Keras takes as a mean over batches."""
    return max(len(keras.tree.flatten(model.loss)), len(getattr(model, "outputs", None) or ())) > 1


def _is_listed(layer: keras.Layer) -> bool:
    operations = layer.operations if isinstance(layer, Functional) else ()
    return type(layer) in LAYERS and all(isinstance(one, keras.Layer) for one in operations)


def _all_among(names: Iterable[str], given: Any, get: Callable[[Any], Any]) -> bool:
    known = {name.replace("_", "") for name in names}
    return all(one in BY_SHAPE or _plain_name(one, get) in known for one in keras.tree.flatten(given) if one is not None)


def _plain_name(given: Any, get: Callable[[Any], Any]) -> str:
    """Return the name of a loss or metric of Keras' own without regard to how it is written; empty for all others."""
    found = get(given) if isinstance(given, str) else given
    kind = found if hasattr(found, "__name__") else type(found)
    return kind.__name__.replace("_", "").lower() if kind.__module__.startswith("keras.") else ""


def _may_be_first(axis: Any) -> bool:
    """Say whether an axis may be that of the samples; one counted from the end may be, except the last one."""
    return any(number == 0 or number < -1 for number in keras.tree.flatten(axis) if isinstance(number, int))
