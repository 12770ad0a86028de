"""Studies: a base configuration, named differences from it, and what each is expected to do."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.errors import UsageError, unknown
from harness.study.claims import VsControl
from harness.study.command import Command, as_command
from harness.study.expectations import FINISHES, Expectation
from harness.study.figure_names import checked_pictures
from harness.study.folds import Folds, as_folds
from harness.study.metrics import ACCURACY, Metric
from harness.study.names import check_name
from harness.study.own_calls import check_functions, takes, written
from harness.study.own_settings import settings_of
from harness.study.own_training import check_command, check_own_training
from harness.study.resources import USUAL, Resources
from harness.study.settings import Settings, changed, differences, to_json
from harness.study.variant import BASE, Variant, check_expectation, check_resources, show_value
from harness.study.variant_checks import check_variants

_CALLS = {  # how these are called, always
    "arrange": "arrange(settings, data)",
    "groups": "groups(settings, arrays)",
}


@dataclass(frozen=True, slots=True)
class Study:
    """A base and its variants, with the model and the arrays where they are the study's own.

    build(settings) returns a Keras model, compiled or not, or a scikit-learn estimator. arrays(settings) returns
    harness.Arrays of the study's own, datasets(settings) harness.Data of pipelines; arrange(settings, data) makes arrays of
    the dataset that the settings name. arrays and datasets may ask for the trial's `seed` by that name, build for the
    training `data`.

    callbacks(settings), or callbacks(settings, folder) where they write files, returns Keras callbacks made anew at each
    call; phases(settings) returns the harness.Phase of a training, in the place of the setting `epochs`. All of these may
    import what they like inside themselves. `path` is the file the study was loaded from; the loader sets it.

    train(settings, trial), in the place of these, trains by itself and tells `trial` what it measures; where it asks for
    `data` as well, it is given the dataset that the settings name. command is a script that trains, with its settings as
    placeholders: a text, or a harness.Command. The base of such a study may also be any frozen dataclass, or a mapping of
    settings.

    folds: a number, or harness.Folds: the samples of training and test together are divided anew, and each trial is a fold,
    not a seed. metric: what the verdicts are about. pictures: names from harness.study.figure_names, drawn for seed 0 of
    each variant. lesson: what the study teaches, in a sentence or two. step_seconds(settings): about how many seconds one
    batch takes one core, for the plan's guess of a study that was never run; without it, as dense layers would take.
    resources: what a trial takes of a node of a cluster, where its variant says nothing else.
    """

    name: str
    base: Any  # Settings, and of a study that trains itself whatever settings_of takes
    variants: tuple[Variant, ...]
    question: str = ""
    build: Callable[..., Any] | None = None
    arrays: Callable[..., Any] | None = None
    arrange: Callable[[Any, Any], Any] | None = None
    callbacks: Callable[..., Any] | None = None
    phases: Callable[[Any], Any] | None = None
    datasets: Callable[..., Any] | None = None
    folds: Folds | None = None
    metric: Metric = ACCURACY
    pictures: tuple[str, ...] = ()
    step_seconds: Callable[[Any], float] | None = None
    lesson: str = ""
    expect: Expectation = FINISHES  # of the base
    train: Callable[[Any, Any], Any] | None = None
    command: Command | None = None  # a text, which is made one
    path: Path | None = None
    resources: Resources = USUAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "variants", tuple(self.variants))
        check_name("Study", self.name)
        object.__setattr__(self, "pictures", checked_pictures(f"Study {self.name!r}", self.pictures))
        if not isinstance(self.metric, Metric):
            raise UsageError(f"Study {self.name!r}: metric is {self.metric!r}; expected a harness.Metric.")
        object.__setattr__(self, "folds", as_folds(f"Study {self.name!r}", self.folds))
        if self.command is not None:
            object.__setattr__(self, "command", as_command(self.command))
        check_own_training(self)
        if self.trains_itself:
            object.__setattr__(self, "base", settings_of(self.base, who=f"Study {self.name!r}"))
        for name in ("callbacks", "phases"):
            value = getattr(self, name)
            if value is not None and not callable(value):
                kind = type(value).__name__
                raise UsageError(
                    f"Study {self.name!r}: {name} is a {kind}; expected a function, as {name}=lambda settings: [...]."
                )
        check_functions(self)
        check_expectation(f"Study {self.name!r}", self.expect)
        check_resources(f"Study {self.name!r}", self.resources)
        if any(isinstance(claim, VsControl) for claim in self.expect.claims):
            raise UsageError(f"Study {self.name!r} expects its base to be {self.expect.claims[-1]}; the base has no control.")
        check_command(self, BASE, self.base)
        check_variants(self)

    @property
    def file(self) -> Path:
        """The file that it was loaded from; UsageError for a study made by a program, which a worker could not load."""
        if self.path is None:
            raise UsageError(f"Study {self.name!r} was not loaded from a file; expected one, which a worker can load.")
        return self.path

    @property
    def own_functions(self) -> dict[str, Callable[..., Any]]:
        """The functions of its own that decide what a trial gives, each by the way it is called."""
        names = ("build", "arrays", "arrange", "datasets", "train", "callbacks", "phases")
        functions: dict[str, Callable[..., Any] | None] = {name: getattr(self, name) for name in names}
        functions["groups"] = self.folds.groups if self.folds else None
        given = {name: function for name, function in functions.items() if function is not None}
        return {_CALLS.get(name) or written(name, function): function for name, function in given.items()}

    @property
    def needs_dataset(self) -> bool:
        """Whether its trials are given the dataset that their settings name, not data of the study's own alone."""
        if self.trains_itself:
            return self.train is not None and takes(self.train, "data")
        return self.arrays is None and self.datasets is None

    @property
    def trains_itself(self) -> bool:
        """Whether its own function or command trains, so that the harness has neither a model nor arrays of it."""
        return self.train is not None or self.command is not None

    def dataset(self, name: str) -> str:
        """Return the dataset that the base or a variant is given; empty where its data are the study's own alone."""
        return self.settings(name).dataset if self.needs_dataset else ""

    def epochs(self, name: str) -> int | None:
        """Return how many epochs the base or a variant trains at the most; None where only the study's own code knows."""
        return None if self.trains_itself or self.phases is not None else self.settings(name).epochs

    @property
    def data_by_seed(self) -> bool:
        """Whether its own function asks for the trial's seed, so that each seed may have other data."""
        return any(function is not None and takes(function, "seed") for function in (self.arrays, self.datasets))

    def trials_of(self, seeds: int) -> int:
        """Return how many trials a variant has: of so many seeds, or one a fold."""
        return self.folds.trials if self.folds else seeds

    @property
    def arrays_from(self) -> str:
        """What of its own makes a trial's data, as it is called; empty where a dataset is taken as it is."""
        return next((call for call in self.own_functions if call.startswith(("arr", "datasets"))), "")

    @property
    def own_data(self) -> str:
        """What its data are called where they are its own alone."""
        return "data" if self.trains_itself else "batches" if self.datasets else "arrays"

    @property
    def title(self) -> str:
        """Its name, and its question where it has one."""
        return f"{self.name}: {self.question}" if self.question else self.name

    @property
    def names(self) -> tuple[str, ...]:
        """All variants' names, the base first."""
        return (BASE, *(variant.name for variant in self.variants))

    def variant(self, name: str) -> Variant | None:
        """Return the variant of that name, None for the base; UsageError for a name that is not known."""
        if name == BASE:
            return None
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise unknown(f"Study {self.name!r}: variant", name, self.names)

    def settings(self, name: str) -> Settings:
        """Return the effective settings of the base or of a variant."""
        variant = self.variant(name)
        if variant is None:
            base: Settings = self.base
            return base
        try:
            return changed(self.base, variant.changes)
        except UsageError as error:
            raise UsageError(f"Variant {name!r} of study {self.name!r}: {error}") from None

    def control(self, name: str) -> str:
        """Return the name of a variant's control, empty for the base."""
        variant = self.variant(name)
        return variant.control if variant else ""

    def controls(self, name: str) -> tuple[str, ...]:
        """Return the chain of controls from a variant down to the base."""
        chain: list[str] = []
        while (name := self.control(name)) and name not in chain:
            chain.append(name)
        return tuple(chain)

    def change(self, name: str) -> str:
        """Say in a few words what differs from the control: ``normalize=False (vs neurons-512)``."""
        variant = self.variant(name)
        if variant is None:
            return ""
        settings = self.settings(name)
        words = ", ".join(
            f"{key}={show_value(getattr(settings, key))}" for key in differences(settings, self.settings(variant.control))
        )
        return words if variant.control == BASE else f"{words} (vs {variant.control})"

    def changes(self, name: str) -> dict[str, Any]:
        """Return the settings in which a variant differs from its control, each with its value as JSON can hold it."""
        if self.variant(name) is None:
            return {}
        settings = self.settings(name)
        values = to_json(settings)
        return {key: values[key] for key in differences(settings, self.settings(self.control(name)))}

    def corner(self, name: str) -> dict[str, Any]:
        """Return a variant's place in the screen that made it, as JSON can hold it; empty without one."""
        variant = self.variant(name)
        return variant.corner.to_dict(variant.family) if variant and variant.corner else {}

    def families(self) -> dict[str, tuple[str, ...]]:
        """Return the names of each family's variants, in the order of the study."""
        members: dict[str, list[str]] = {}
        for variant in self.variants:
            if variant.family:
                members.setdefault(variant.family, []).append(variant.name)
        return {family: tuple(names) for family, names in members.items()}

    def expectation(self, name: str) -> Expectation:
        """Return what the base or a variant is expected to do."""
        variant = self.variant(name)
        return variant.expect if variant else self.expect

    def resources_of(self, name: str) -> Resources:
        """Return what a trial of the base or of a variant takes of a node."""
        variant = self.variant(name)
        return (variant.resources if variant else None) or self.resources

    def only(self, names: Iterable[str]) -> "Study":
        """Return the study reduced to these variants, the base, and the controls they are taken against."""
        wanted = set(names)
        for name in tuple(wanted):
            self.variant(name)
            wanted.update(self.controls(name))
        return replace(self, variants=tuple(variant for variant in self.variants if variant.name in wanted))

    def with_base(self, changes: Mapping[str, Any]) -> "Study":
        """Return the study with settings of its base replaced, checked anew."""
        return replace(self, base=changed(self.base, changes)) if changes else self
