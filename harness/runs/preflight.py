"""Whether each variant of a plan, and each --set, changes what is trained; found out before anything is."""

import math
from collections.abc import Mapping
from dataclasses import replace

from harness.data import find_dataset, is_table, none_left
from harness.errors import UsageError
from harness.models import VariantFingerprint
from harness.runs.executors.protocol import Executor
from harness.runs.plan import Plan
from harness.runs.request import in_changed_base
from harness.study import BASE, LAYER_EDITS, NON_TRAINING_SETTINGS, ONE_NUMBER, Study, differences, place_of, show_value
from harness.training import Trial

ELSEWHERE = (*NON_TRAINING_SETTINGS, "dataset")  # settings that train nothing else, or are looked at where a dataset is chosen
BUILT_IN_METRICS = ("loss", "accuracy")  # what the harness's own model reports


def require_different(plan: Plan, executor: Executor) -> dict[str, VariantFingerprint]:
    """Return what each variant comes to; UsageError for one without its layers, its effect, or the study's metric.

    Nothing has trained yet. The harness's own model and data heed every setting. A study's own may overlook one, and
    the unchanged model would then be trained and published under the variant's name.
    """
    study = plan.study
    if not must_be_built(plan):
        return {}
    fingerprints = dict(zip(study.names, executor.fingerprints([_like(plan, name) for name in study.names]), strict=True))
    for name in study.names:
        if fingerprints[name].fault:
            raise _refusal(plan, name, f": {fingerprints[name].fault}")
        if fingerprints[name].error and study.expectation(name).finishes:
            raise _refusal(plan, name, _joined(fingerprints[name].error))
        if fingerprints[name].estimator and plan.request.vary:
            raise _refusal(plan, name, f" is an estimator. {ONE_NUMBER}.")
        control = study.control(name)
        pair = _like(plan, name), _like(plan, control or name)
        seem_alike = control and _alike(fingerprints[name], fingerprints[control], edited=_edited(study, name, control))
        if seem_alike and _alike(*executor.fingerprints(pair, traced=True), edited=_edited(study, name, control)):
            text = f" changes nothing: with {study.change(name)}, the model, the arrays and the training are those of"
            raise _refusal(plan, name, f"{text} {control!r}. Does {_functions(study)} use the setting?")
    return fingerprints


def require_trainable(plan: Plan, executor: Executor) -> None:
    """Raise UsageError for the base or a variant that is expected to finish, and would fail before it trains anything."""
    names = [name for name in plan.study.names if plan.study.expectation(name).finishes]
    for name, fault in zip(names, executor.faults([_like(plan, name) for name in names]), strict=True):
        if fault:
            raise _refusal(plan, name, f" cannot be trained: {fault}")


def unused_overrides(plan: Plan, fingerprints: Mapping[str, VariantFingerprint], executor: Executor) -> list[str]:
    """Say which changes of the base no variant heeds, so that the results are those without them: a note for each.

    fingerprints: what the variants come to, as `require_different` has found it.
    """
    if not fingerprints:
        return []
    changed = differences(plan.study.base, plan.declared.base)
    looked_for = [name for name in changed if name not in ELSEWHERE and not (name == "samples" and _all_taken(plan))]
    return [
        f"{name}={show_value(getattr(plan.study.base, name))} changes nothing in study {plan.study.name!r}: "
        f"{_functions(plan.study)} makes the same without it."
        for name in looked_for
        if not _is_used(plan, name, fingerprints, executor)
    ]


def _all_taken(plan: Plan) -> bool:
    """Say whether the samples that are asked for are all that the datasets have, so that asking for them changes nothing."""
    asked = plan.study.base.samples or math.inf
    return bool(plan.data) and all(find_dataset(prepared.used).samples <= asked for prepared in plan.data.values())


def _is_used(plan: Plan, setting: str, fingerprints: Mapping[str, VariantFingerprint], executor: Executor) -> bool:
    """Say whether a setting that the options change in the base makes a difference to the base or to a variant."""
    others = tuple(change for change in plan.request.base_changes if change[0] != setting)
    inheriting = [variant.name for variant in plan.study.variants if setting not in variant.changes]
    # Most settings show in the base, and then no other variant need be built.
    for names in ([BASE], inheriting):
        trials = [replace(_like(plan, name), base_changes=others) for name in names]
        for name, trial, without in zip(names, trials, executor.fingerprints(trials), strict=True):
            edited = _edited(plan.study, name)
            if not _alike(fingerprints[name], without, edited=edited):
                return True
            if not _alike(*executor.fingerprints((_like(plan, name), trial), traced=True), edited=edited):
                return True
    return False


def require_samples(plan: Plan) -> None:
    """Raise UsageError for a variant that holds out all the samples that its dataset is known to have.

    A study that makes its arrays of the dataset may still have fewer of them; the arrays tell (`require_different`).
    """
    study = plan.study
    for name in study.names if study.needs_dataset and not study.trains_itself else ():
        settings = study.settings(name)
        prepared = plan.data.get(settings.dataset)
        if settings.validation is None or not plan.count(name) or not study.expectation(name).finishes:
            continue
        if prepared is None:
            continue
        count = find_dataset(prepared.used).samples
        if not study.arrays_from:
            count = min(count, settings.samples or count)
        kind = f"{'rows' if is_table(prepared.used) else 'training samples'} of {prepared.used}"
        fault = none_left(settings.validation, count, kind=kind)
        if fault:
            raise _refusal(plan, name, f": {fault}")


def _refusal(plan: Plan, name: str, fault: str) -> UsageError:
    who = "The base" if name == BASE else f"Variant {name!r}"
    said = f"{_place(plan, name, fault.removeprefix(': '))}{who} of study {plan.study.name!r}{fault}"
    changes = plan.request.base_changes
    advice = " Choose the others with --only." if changes and name != BASE else ""
    return UsageError(in_changed_base(changes, said) + advice)


def _joined(fault: str) -> str:
    """Return what is wrong as it follows on the variant's name: a sentence of its own, or the rest of one."""
    return f" {fault}" if fault.startswith("is ") else f": {fault}"


def _place(plan: Plan, name: str, fault: str) -> str:
    """Say where a TOML file has the edit of layers that is refused; empty for a study in Python and for one of --set."""
    setting = next((edit for edit in LAYER_EDITS if fault.startswith(edit)), "")
    variant = plan.study.variant(name)
    typed = setting in dict(plan.request.base_changes) and (variant is None or setting not in variant.changes)
    return place_of(plan.study, name, setting) if setting and not typed else ""


def _alike(one: VariantFingerprint, other: VariantFingerprint, *, edited: bool) -> bool:
    """Say whether two fingerprints are one; of a model with edited layers whatever weights the other order of draws gave."""
    return bool(one.digest) and one.digest == other.digest and (edited or one.weights == other.weights)


def _edited(study: Study, *names: str) -> bool:
    return any(study.settings(name).edits for name in names)


def must_be_built(plan: Plan) -> bool:
    """Say whether only the built models tell what the variants change: the study's own, or ones with edited layers."""
    study = plan.study
    if study.trains_itself:  # there is no model to build; its trials see whether what they change is read
        return False
    named = study.metric.name not in BUILT_IN_METRICS
    return bool(plan.trials and (study.own_functions or named or _edited(study, *study.names)))


def _like(plan: Plan, name: str) -> Trial:
    """Return a trial of a variant for its model and its arrays alone."""
    return replace(plan.trials[0], variant=name, data=plan.data.get(plan.study.dataset(name)))


def _functions(study: Study) -> str:
    return " or ".join(study.own_functions) or "the built-in model"
