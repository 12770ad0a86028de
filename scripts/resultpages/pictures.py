"""Pictures out of a study's event files, as small PNG files beside its page."""

import io
from collections.abc import Iterator
from pathlib import Path

from resultpages.published import Published

LARGEST = 100_000  # bytes
COLOURS = (256, 128, 64, 32)
MOST = 3  # of a study
CHOSEN = {  # study → (variant, picture); of any other study the base's first ones are shown
    "housing-regression": (("base", "learning-curves"), ("base", "predictions"), ("gradient-boosting", "predictions")),
    "lenet": (("base", "confusion-matrix"), ("lenet-5", "confusion-matrix"), ("lenet-5-adam", "first-layer-weights")),
    "mnist-cnn": (("base", "learning-curves"), ("base", "shift-accuracy"), ("base", "first-layer-weights")),
    "perceptron": (("notes-flower", "decision-surface"), ("xor", "decision-surface"), ("xor-mlp", "decision-surface")),
    "spirals": (("base", "decision-surface"), ("two-layers", "decision-surface"), ("one-layer", "decision-surface")),
}


def write_pictures(found: Published, folder: Path) -> list[tuple[str, Path]]:
    """Write the study's pictures into the folder; return what each shows, and its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{found.study.name}--*.png"):
        old.unlink()
    written = []
    for variant, name, png in _chosen(found):
        path = folder / f"{found.study.name}--{variant}--{name.replace('/', '-')}.png"
        path.write_bytes(smaller(png))
        written.append((f"{variant}: {name.replace('-', ' ')}", path))
    return written


def _chosen(found: Published) -> Iterator[tuple[str, str, bytes]]:
    wanted = CHOSEN.get(found.study.name) or tuple(("base", name) for name in found.study.pictures)
    drawn: dict[str, dict[str, bytes]] = {}
    for variant, name in wanted[:MOST]:
        attempt = found.attempt(variant)
        if attempt is None:
            continue
        images = drawn.setdefault(variant, last_images(attempt))
        if name in images:
            yield variant, name, images[name]


def last_images(attempt: Path) -> dict[str, bytes]:
    """Return the last step's PNG of each picture of a trial, by name."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = attempt if any(attempt.glob("*tfevents*")) else attempt / "test"  # older versions wrote them beside its runs
    events = EventAccumulator(str(run), size_guidance={"tensors": 0})
    events.Reload()
    tags = events.summary_metadata
    names = [tag for tag, metadata in tags.items() if metadata.plugin_data.plugin_name == "images"]
    # An image summary holds width, height and then the pictures of its batch.
    return {name: events.Tensors(name)[-1].tensor_proto.string_val[2] for name in names}


def smaller(png: bytes) -> bytes:
    """Return the picture with as many colours as fit into a small file."""
    from PIL import Image

    for colours in COLOURS:
        if len(png) <= LARGEST:
            break
        file = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").quantize(colours).save(file, "PNG", optimize=True)
        png = min(png, file.getvalue(), key=len)
    return png
