"""What a run does where a dataset is absent and a smaller one takes its place."""

from collections.abc import Mapping
from dataclasses import replace

from harness.data import ResolvedDataset, find_dataset
from harness.runs import RunRequest
from harness.study import BASE, Study


def stand_in_notices(data: Mapping[str, ResolvedDataset]) -> list[str]:
    """Say which datasets are absent and what takes their place."""
    replaced = [prepared for prepared in data.values() if prepared.stand_in]
    notices = [f"{prepared.reason} Using {prepared.description}." for prepared in replaced]
    if len({prepared.used for prepared in replaced}) < len(replaced):
        notices.append("One stand-in for several datasets: variants that differ in their dataset alone are not compared.")
    return notices


def fitted(study: Study, request: RunRequest, data: Mapping[str, ResolvedDataset]) -> tuple[RunRequest, str]:
    """Return the request with as large a share held out of the stand-in as of the absent dataset, and a note of it.

    Where the stand-in has samples enough, or the user has said how many to hold out, the request is as it was and the
    note is empty; so where a variant has that very share already. study: with the changes that the request makes.
    """
    base = study.base
    prepared = data.get(study.dataset(BASE))
    if (
        study.trains_itself
        or prepared is None
        or not prepared.stand_in
        or base.validation is None
        or "validation" in dict(request.base_changes)
    ):
        return request, ""
    whole, count = find_dataset(prepared.name).samples, find_dataset(prepared.used).samples
    count = min(count, base.samples or count)
    if base.validation < count:
        return request, ""
    share = max(round(base.validation / whole * count), 1)
    note = (
        f"{study.name} holds {base.validation:,} of {whole:,} samples out, and of {prepared.used} there are {count:,} to "
        f"train on: {share:,} of them are held out, the same share (validation={share})."
    )
    if any(study.settings(name).validation == share for name in study.names):
        return request, ""
    return replace(request, base_changes=(*request.base_changes, ("validation", share))), note
