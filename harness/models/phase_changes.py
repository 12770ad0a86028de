"""A study's phases(settings) → what each phase does to a built model: which layers learn, and a compile anew."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from harness.engine import keras_internals
from harness.errors import UsageError, failure_text
from harness.models.callbacks import own_callbacks
from harness.models.layer_matching import LayerEdit, matching, places_of
from harness.study import Phase, Settings, Study, value_text

CALL = "phases(settings)"


class PhaseError(UsageError):
    """Phases that cannot be trained as they are declared: found in the plan, before anything trains."""


def make_phases(study: Study, settings: Settings) -> tuple[Phase, ...]:
    """Return a trial's phases, none where the study has no such function or it gives none; PhaseError for anything else."""
    if study.phases is None:
        return ()
    made = study.phases(settings)
    if not isinstance(made, (list, tuple)) or not all(isinstance(phase, Phase) for phase in made):
        received = [type(part).__name__ for part in made] if isinstance(made, (list, tuple)) else type(made).__name__
        raise PhaseError(f"{CALL} must return a list of harness.Phase; received {received}.")
    return tuple(made)


def require_no_callbacks(study: Study, settings: Settings, model: Any) -> None:
    """Raise PhaseError for an estimator that is given callbacks or phases, which only a training by Keras follows."""
    if isinstance(model, keras.Model):
        return
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "callbacks(settings)": own_callbacks(study, settings, Path(folder).resolve()),
            CALL: make_phases(study, settings),
        }
    for call, found in given.items():
        if found:
            fault = f"build(settings) returned a {type(model).__name__} of scikit-learn, whose training has none"
            raise PhaseError(f"{call}: {fault}; expected [] for these settings.")


@dataclass(frozen=True, slots=True)
class Compile:
    """What a model was compiled with, to compile it anew for each phase."""

    optimizer: Any  # the one that it had, of which only the kind and the options count
    config: Mapping[str, Any]  # these options, as they were before any training
    arguments: Mapping[str, Any]  # all else that compile was given
    scaled: bool  # whether it scales the loss for numbers of sixteen bits

    @classmethod
    def of(cls, model: keras.Model) -> "Compile":
        """Return what a model is compiled with now."""
        given = dict(keras_internals.compile_arguments(model))
        optimizer = given.pop("optimizer", None)
        optimizer = keras.optimizers.get(optimizer) if isinstance(optimizer, (str, dict)) else optimizer
        config = {} if optimizer is None else optimizer.get_config()
        scaled = isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) and optimizer is not model.optimizer
        return cls(optimizer, config, given, scaled)

    def again(self, model: keras.Model, learning_rate: float | None) -> None:
        """Compile the model anew, its optimizer with nothing in its memory."""
        optimizer = self._optimizer(learning_rate)
        model.compile(optimizer=optimizer, auto_scale_loss=self.scaled, **self.arguments)

    def _optimizer(self, learning_rate: float | None) -> Any:
        config = dict(self.config)
        schedule = getattr(self.optimizer, "_learning_rate", None)
        if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
            config["learning_rate"] = schedule  # the very one: it remembers nothing, and may be of the user's own class
        if learning_rate is not None:
            inner = config.get("inner_optimizer")
            if inner is not None:
                config["inner_optimizer"] = {**inner, "config": {**inner["config"], "learning_rate": learning_rate}}
            else:
                config["learning_rate"] = learning_rate
        new = type(self.optimizer).from_config(config)
        keras_internals.except_from_decay_alike(self.optimizer, new, [])
        return new


def phase_refusal(model: keras.Model, phases: Sequence[Phase]) -> str:
    """Say why a built and compiled model cannot be trained in these phases; empty where it can. The model stays as it is."""
    if phases and (reason := _no_compile(model)) and not all(phase.prepare for phase in phases):
        return f"{CALL}: {reason}; expected each Phase to compile the model itself, by prepare=..."
    layers = keras_internals.all_layers(model)
    before = [layer.trainable for layer in layers]
    try:
        for number, phase in enumerate(phases, start=1):
            _set_trainable(model, phase, f"{CALL}: phase {number}")
    except UsageError as error:
        return str(error)
    finally:
        for layer, trainable in zip(layers, before, strict=True):  # outer layers come before those within
            layer.trainable = trainable
    return ""


def begin_phase(model: keras.Model, phase: Phase, compiled: Compile, *, number: int) -> None:
    """Freeze, let learn and prepare as a phase says, and compile the model anew unless the phase has done so itself."""
    _set_trainable(model, phase, f"{CALL}: phase {number}")
    optimizer = model.optimizer
    if phase.prepare is not None:
        phase.prepare(model)
    if model.optimizer is optimizer:
        compiled.again(model, phase.learning_rate)
    elif phase.learning_rate is not None:
        raise PhaseError(
            f"{CALL}: phase {number} has a learning_rate, and its prepare compiles the model; expected one of the two."
        )
    if not model.trainable_variables:
        raise PhaseError(f"{CALL}: phase {number} leaves no weights that learn; expected train=... to name some layers.")


def phases_text(model: keras.Model, phases: Sequence[Phase]) -> str:
    """Return a text that two models share if they are trained in the same phases, whatever names mean the same layers."""
    places = _places(model)
    parts = [
        [
            phase.epochs,
            phase.learning_rate,
            *(sorted(_named(name, phase, places)) for name in ("freeze", "train")),
            phase.prepare,
        ]
        for phase in phases
    ]
    return value_text(parts) if parts else ""


def without_rate(model: keras.Model, phases: Sequence[Phase]) -> None:
    """Forget the learning rate of a model that is not trained with it, as each phase has its own."""
    if phases and all(phase.learning_rate is not None for phase in phases):
        with suppress(Exception):  # a schedule's, which is told by the optimizer's configuration
            model.optimizer.learning_rate = phases[0].learning_rate


def _no_compile(model: keras.Model) -> str:
    """Say why a model cannot be compiled anew by what it was compiled with; empty where it can."""
    if "compile" in vars(model) or type(model).compile is not keras.Model.compile:
        return f"{type(model).__name__} has a compile of its own"
    optimizer = keras_internals.compile_arguments(model).get("optimizer")
    if optimizer is None:
        return "the model was compiled without an optimizer"
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if not isinstance(optimizer, (str, dict)) and not type(inner).__module__.startswith("keras."):
        return f"whether a new {type(inner).__name__} would be the same cannot be told"
    try:
        Compile.of(model)._optimizer(None)
    except Exception as error:
        return f"the optimizer cannot be made anew ({failure_text(error)})"
    return ""


def _set_trainable(model: keras.Model, phase: Phase, who: str) -> None:
    places = _places(model)
    try:
        freeze, train = (_named(name, phase, places) for name in ("freeze", "train"))
    except UsageError as error:
        raise PhaseError(f"{who}: {error}") from None
    # The wider choice comes first, so that the narrower one counts where both name a layer.
    both = freeze.keys() & train.keys()
    if both and len(freeze) == len(train):
        raise PhaseError(f"{who}: freeze and train both name {', '.join(sorted(both))}; expected one of the two.")
    for chosen, learns in sorted(((freeze, False), (train, True)), key=lambda choice: -len(choice[0])):
        for path, place in chosen.items():
            for around in _around(path, places) if learns else ():
                _open(around.layer)
            place.layer.trainable = learns
    if not model.trainable_variables and phase.prepare is None:
        raise PhaseError(f"{who} leaves no weights that learn; expected train=... to name some layers.")


def _around(path: str, places: dict[str, LayerEdit]) -> list[LayerEdit]:
    """Return the places of the models that a layer lies in, the outermost first."""
    names = path.split("/")[:-1]
    return [places["/".join(names[: number + 1])] for number in range(len(names))]


def _open(model: Any) -> None:
    """Let those layers of a frozen model learn that are not frozen themselves: it holds them all back, as Keras has it."""
    if not model.trainable:
        within = [(layer, layer.trainable) for layer in keras_internals.all_layers(model, include_self=False)]
        model.trainable = True
        for layer, trainable in within:
            layer.trainable = trainable


def _places(model: keras.Model) -> dict[str, LayerEdit]:
    return {place.path: place for place in places_of(model)}


def _named(setting: str, phase: Phase, places: dict[str, LayerEdit]) -> dict[str, LayerEdit]:
    """Return the places of the layers that a phase freezes or lets learn; PhaseError for names of none that has weights."""
    found: dict[str, LayerEdit] = {}
    for pattern in getattr(phase, setting):
        matched = matching(setting, pattern, places)
        if not any(place.layer.weights for place in matched):
            raise PhaseError(f"{setting}: {pattern!r} matches no layer that has weights.")
        found |= {place.path: place for place in matched}
    return found
