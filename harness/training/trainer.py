"""What trains a trial, an epoch at a time, whatever the study has built: the protocol, and the one place that picks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from harness.data import Samples
from harness.engine import Epoch, Feeds
from harness.models import KERAS, SKLEARN, Given, ModelKind, kind_of, make_model, require_no_callbacks
from harness.training.checkpoints import Checkpoints
from harness.training.context import TrialContext
from harness.training.keras_training import KerasTrainer
from harness.training.sklearn_training import SklearnTrainer


class Trainer(Protocol):
    """Trains one trial: made of its context, model and arrays, it yields epochs and says what they have made of the model.

    What it learns on the way (engine, architecture, parameters, warnings, which weights it ends with) it tells the
    context's progress and board as soon as it knows it: a trial that fails later has it all the same.
    """

    @property
    def model(self) -> Any:
        """What is trained, as figures look at it."""
        ...

    @property
    def planned(self) -> int:
        """How many epochs it trains at the most."""
        ...

    @property
    def checkpoints(self) -> Checkpoints | None:
        """What keeps the state behind its epochs and goes on from an earlier attempt's; None: it always begins anew."""
        ...

    def epochs(self) -> Iterator[Epoch]:
        """Train, and yield each epoch that is measured; to be drawn to its end, which may put other weights in place."""
        ...

    @property
    def ended(self) -> bool:
        """Whether no epoch is left to train."""
        ...

    @property
    def weights(self) -> str:
        """Which weights it has ended with, in words."""
        ...

    @property
    def final(self) -> Epoch | None:
        """What the model measures with these, where they are not those measured last."""
        ...

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs, one row a sample."""
        ...

    def outputs(self) -> Any:
        """Return the trained model's outputs for the test samples; None where it gives none."""
        ...

    @property
    def answered(self) -> tuple[Any, Any]:
        """These outputs, and the test samples' targets beside them."""
        ...


TRAINERS: Mapping[ModelKind, Callable[[TrialContext, Any, Any], Trainer]] = {KERAS: KerasTrainer, SKLEARN: SklearnTrainer}


def make_trainer(context: TrialContext, given: Given) -> Trainer:
    """Build the study's model for a trial and return what trains it; TypeError for an estimator and batches."""
    seeds = context.trial.seeds
    model = make_model(context.study, context.settings, seed=seeds.init, arrays=given, drawn_by=seeds.dropout)
    require_no_callbacks(context.study, context.settings, model)
    kind = kind_of(model)
    if isinstance(given, Feeds):
        if kind is SKLEARN:
            raise TypeError(
                f"build returned a {type(model).__name__}, which is fitted on arrays, not on the batches of "
                f"{context.study.arrays_from}; expected arrays(settings) in its place."
            )
        if given.not_reproducible:
            context.progress.provenance["not_reproducible"] = given.not_reproducible
    return TRAINERS[kind](context, model, given)
