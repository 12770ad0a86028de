"""Whether each variant of a plan changes what is trained, found out before anything is."""

from dataclasses import replace

from harness.errors import UsageError
from harness.executors import Effect, Executor
from harness.runner import Plan
from harness.trials import Trial
from harness.variants import BASE, Study


def require_effects(plan: Plan, executor: Executor) -> None:
    """Raise UsageError for a variant that edits layers which are not there, or changes nothing in what is trained.

    Nothing has trained yet. The harness's own model and data heed every setting. A study's own may overlook one, and
    the unchanged model would then be trained and published under the variant's name.
    """
    study = plan.study
    if not must_be_built(plan):
        return
    effects = executor.effects([_like(plan, name) for name in study.names])
    for name in study.names:
        who = f"Variant {name!r} of study {study.name!r}" if name != BASE else f"The base of study {study.name!r}"
        if effects[name].fault:
            raise UsageError(f"{who}: {effects[name].fault}")
        control = study.control(name)
        if control and _alike(effects[name], effects[control], edited=_edited(study, name, control)):
            raise UsageError(
                f"{who} changes nothing: with {study.change(name)}, the model, the arrays "
                f"and the training are those of {control!r}. Does {_functions(study)} use the setting?"
            )


def _alike(one: Effect, other: Effect, *, edited: bool) -> bool:
    """Say whether two effects are one; that of a model with edited layers whatever weights the other order of draws gave."""
    return bool(one.digest) and one.digest == other.digest and (edited or one.weights == other.weights)


def _edited(study: Study, *names: str) -> bool:
    return any(study.settings(name).edits for name in names)


def must_be_built(plan: Plan) -> bool:
    """Say whether only the built models tell what the variants change: the study's own, or ones with edited layers."""
    study = plan.study
    own = study.build or study.arrays or study.arrange
    return bool(plan.trials and (own or _edited(study, *study.names)))


def _like(plan: Plan, name: str) -> Trial:
    """Return a trial of a variant for its model and its arrays alone."""
    return replace(plan.trials[0], variant=name, data=plan.data.get(plan.study.settings(name).dataset))


def _functions(study: Study) -> str:
    named = {"build(settings)": study.build, "arrays(settings)": study.arrays, "arrange(settings, data)": study.arrange}
    return " or ".join(name for name, function in named.items() if function) or "the built-in model"
