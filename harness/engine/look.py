"""A study's `datasets`, called and looked at before anything trains: one set to look at, another one to train on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from harness.data import Arrays, Data
from harness.engine.batches import BatchSchedule
from harness.engine.data_identity import (
    differs_by_itself,
    drawn_sha256,
    first_batches,
    held_sha256,
    identity,
    needs_drawing,
    other_data,
    parts,
)
from harness.engine.feeds import FeedSamples, feeds_of
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.pipeline_nodes import cut_from_one_shuffle
from harness.engine.python_feeds import as_batch
from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Feeds(FeedSamples):
    """A trial's data as the programs take them, and what was seen of them."""

    look: Arrays  # the first batch of each part
    seen: Data  # the data that were looked at, for build(settings, data): drawing from them disturbs no training
    content: str  # a hash that differs where the data do, as far as can be seen
    identity: str  # a hash by which a record's data are told from others
    judged: str  # of the test part, where its samples cannot be told by their targets; empty where nothing tells them
    not_reproducible: str  # why the same seed may give other data, empty where nothing says so
    class_names: tuple[str, ...] = field(default=())


def look_at(make: Callable[[], Data], *, batches: BatchSchedule, seed: int) -> Feeds:
    """Return the data that `make` gives under the seed, which it sets itself, as feeds to train on.

    It is called twice, or three times where only drawing tells what it gives: what is looked at is not trained on, so that
    an epoch is what it would be had nobody looked. UsageError for what cannot be trained or measured on.
    """
    seen = make()
    looked = feeds_of(seen, batches=batches, seed=seed)
    _require_apart(looked)
    held = {feed.name: held_sha256(feed) for feed in parts(looked)}
    drawn = {feed.name: first_batches(feed) for feed in parts(looked)}
    reasons = [differs_by_itself(feed) for feed in parts(looked)]
    hashes = {name: drawn_sha256(found) for name, found in drawn.items()}
    if any(map(needs_drawing, parts(looked))):
        again = feeds_of(make(), batches=batches, seed=seed)
        reasons.append(other_data(hashes, {feed.name: drawn_sha256(first_batches(feed)) for feed in parts(again)}))
    samples = feeds_of(make(), batches=batches, seed=seed)
    reasons.append(other_data(held, {feed.name: held_sha256(feed) for feed in parts(samples)}))
    for feed in parts(samples):
        feed.example = drawn[feed.name][0]
    for feed in parts(looked):
        feed.example = drawn[feed.name][0]
    content = repr([held, hashes])
    reason = next(filter(None, reasons), "")
    return Feeds(
        samples.train,
        samples.test,
        samples.validation,
        look=_arrays({name: as_batch(found[0]) for name, found in drawn.items()}),
        seen=seen,
        content=content,
        identity=identity(seen, looked, content, reason=reason),
        judged="" if needs_drawing(looked.test) else held["test"],
        not_reproducible=reason,
        class_names=seen.class_names,
    )


def _require_apart(samples: FeedSamples) -> None:
    pipelines = [feed for feed in parts(samples) if isinstance(feed, PipelineFeed)]
    if cut_from_one_shuffle([feed.dataset for feed in pipelines]):
        names = " and ".join(feed.name for feed in pipelines)
        raise UsageError(
            f"{names} of Data(...) are cut from one shuffle that shuffles anew at each pass, so that test samples would be "
            "trained on; expected shuffle(..., reshuffle_each_iteration=False) before take and skip, or a shuffle behind them."
        )


def _arrays(first: dict[str, Any]) -> Arrays:
    """Return the first batch of each part as arrays, which is what can be held against a model."""
    fields: dict[str, Any] = {}
    for name, batch in first.items():
        x, y, weights = _unpacked(name, batch)
        fields |= {f"x_{name}": x, f"y_{name}": y}
        if name == "train" and weights is not None:
            fields["sample_weight"] = weights
    return Arrays(**fields, nan_inputs=True)  # what NaN does to the loss is seen; a pipeline need not declare it


def _unpacked(name: str, batch: Any) -> tuple[Any, Any, Any]:
    if not isinstance(batch, tuple):
        batch = (batch,)
    if not 1 <= len(batch) <= 3:
        raise UsageError(f"{name} of Data(...) gives {len(batch)} parts a batch; expected (x, y) or (x, y, sample_weight).")
    flat = keras.tree.flatten(batch)
    if any(np.ndim(part) == 0 for part in flat):
        shapes = ", ".join(str(np.shape(part)) for part in flat)
        raise UsageError(
            f"{name} of Data(...) gives samples, not batches (shapes {shapes}); expected .batch(settings.batch_size)."
        )
    x, y, weights = (*batch, None, None)[:3]
    return x, y, weights
