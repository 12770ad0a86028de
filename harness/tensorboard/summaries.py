"""Texts, images, histograms and PR curves as TensorBoard's own summaries, made without TensorFlow."""

import struct
from typing import Any

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.histogram import metadata as histogram_metadata
from tensorboard.plugins.image import metadata as image_metadata
from tensorboard.plugins.pr_curve import metadata as pr_curve_metadata
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.util import tensor_util

BUCKETS = 30  # of a histogram, as TensorBoard's own has
THRESHOLDS = 101  # of a PR curve: one a percent

_PNG = b"\x89PNG\r\n\x1a\n"
_LEAST_COUNT = 1e-7  # a precision without any positive is 0, as in TensorBoard's own curves


def text_summary(tag: str, markdown: str) -> Summary:
    """Return a text in Markdown; a message's half a character (a surrogate), which UTF-8 has no bytes for, becomes `?`."""
    return text_pb(tag, markdown.encode("utf-8", "replace"))


def image_summary(tag: str, png: bytes) -> Summary:
    """Return a picture, given as a PNG file's bytes; ValueError for other bytes."""
    if not png.startswith(_PNG):
        raise ValueError(f"An image must be the bytes of a PNG file; received {png[:8]!r}.")
    width, height = struct.unpack(">II", png[16:24])
    metadata = image_metadata.create_summary_metadata(display_name="", description="")
    return _summary(tag, metadata, tensor_util.make_tensor_proto([str(width).encode(), str(height).encode(), png]))


def histogram_summary(tag: str, values: Any) -> Summary:
    """Return the distribution of an array's values; those that are not finite are left out."""
    flat = np.asarray(values, np.float64).reshape(-1)
    flat = flat[np.isfinite(flat)]
    buckets = np.zeros((BUCKETS, 3))  # left edge, right edge, count
    if flat.size and flat.min() == flat.max():  # what TensorBoard's own does with one single value
        buckets[:, :2] = flat[0]
        buckets[-1, 2] = flat.size
    elif flat.size:
        counts, edges = np.histogram(flat, bins=BUCKETS)
        buckets = np.stack([edges[:-1], edges[1:], counts], axis=1)
    metadata = histogram_metadata.create_summary_metadata(display_name="", description="")
    return _summary(tag, metadata, tensor_util.make_tensor_proto(buckets, dtype=np.float64))


def pr_curve_summary(tag: str, positive: np.ndarray, probabilities: np.ndarray) -> Summary:
    """Return precision and recall at each threshold.

    positive: which samples are of the class, shape (n,). probabilities: what the model gives the class, from 0 to 1, (n,).
    """
    places = np.floor(np.clip(probabilities, 0.0, 1.0) * (THRESHOLDS - 1)).astype(np.int64)
    true, false = (np.bincount(places[chosen], minlength=THRESHOLDS)[::-1].cumsum()[::-1] for chosen in (positive, ~positive))
    precision = true / np.maximum(true + false, _LEAST_COUNT)
    recall = true / np.maximum(true[0], _LEAST_COUNT)
    rows = np.stack([true, false, false[0] - false, true[0] - true, precision, recall])
    metadata = pr_curve_metadata.create_summary_metadata(display_name=tag, description="", num_thresholds=THRESHOLDS)
    return _summary(tag, metadata, tensor_util.make_tensor_proto(rows, dtype=np.float32))


def _summary(tag: str, metadata: SummaryMetadata, tensor: Any) -> Summary:
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])
