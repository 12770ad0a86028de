"""A point cloud for TensorBoard's projector: vectors, labels and thumbnails as files in a run's folder."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from harness.records import write_atomically

VECTORS_FILE, LABELS_FILE, SPRITE_FILE = "projector_vectors.tsv", "projector_labels.tsv", "projector_sprite.png"


@dataclass(frozen=True, slots=True)
class Embedding:
    """Points in a space of many dimensions, and what is known of each.

    labels: at least two columns, a text a point. sprite: a PNG in which the points' images, each of `image_size`
    (width, height), lie row by row in as many columns as rows; None without images.
    """

    name: str
    vectors: np.ndarray  # (points, dimensions)
    labels: Mapping[str, Sequence[str]]
    sprite: bytes | None = None
    image_size: tuple[int, int] = (0, 0)


def write_embedding(folder: Path, embedding: Embedding) -> None:
    """Write the files into the folder of a run, where the projector looks for them; it must hold an event file."""
    config = ProjectorConfig()
    entry = config.embeddings.add(tensor_name=embedding.name, tensor_path=VECTORS_FILE, metadata_path=LABELS_FILE)
    vectors = io.StringIO()
    np.savetxt(vectors, embedding.vectors, fmt="%.5g", delimiter="\t")
    write_atomically(folder / VECTORS_FILE, vectors.getvalue())
    # TensorBoard reads the first line as titles only where there is more than one column.
    rows = [tuple(embedding.labels), *zip(*embedding.labels.values(), strict=True)]
    text = "".join("\t".join(" ".join(str(cell).split()) for cell in row) + "\n" for row in rows)
    write_atomically(folder / LABELS_FILE, text)
    if embedding.sprite is not None:
        entry.sprite.image_path = SPRITE_FILE
        entry.sprite.single_image_dim.extend(embedding.image_size)
        write_atomically(folder / SPRITE_FILE, embedding.sprite)
    write_atomically(folder / PROJECTOR_FILENAME, text_format.MessageToString(config))  # last: all is there
