"""Trials that begin alike: the longer one goes on from the shorter one's end, so that no epoch is trained twice."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from harness.study import Settings, Study, to_json
from harness.training import Trial


def with_warm_starts(trials: Sequence[Trial], study: Study, seconds: Mapping[str, float]) -> list[Trial]:
    """Return a study's trials of one seed in the order to run them, each tied to the shorter one that it goes on from.

    First comes whatever has the most work behind it: a trial's own, and that of the longer ones that wait for its end.
    seconds: the estimate for a whole trial of each variant.
    """
    groups: dict[object, list[Trial]] = {}
    for trial in trials:
        # What is logged on request of each epoch would lack those of the shorter trial.
        alike = "" if trial.log else _beginning(study, study.settings(trial.variant))
        # Other threads sum in another order; and the worker of a longer one would keep the cores that a shorter one waits for.
        key = (alike, trial.resources) if alike else trial.trial_id
        groups.setdefault(key, []).append(trial)
    ordered: list[tuple[float, Trial]] = []
    for group in groups.values():
        group.sort(key=lambda trial: study.epochs(trial.variant) or 0)
        longest = seconds[group[-1].variant]
        ordered.append((longest, replace(group[0], leaves_warm_start=len(group) > 1)))
        for shorter, longer in pairwise(group):
            tied = replace(longer, warm_start_from=shorter.trial_id, leaves_warm_start=longer is not group[-1])
            ordered.append((longest - seconds[shorter.variant], tied))
    return [trial for _, trial in sorted(ordered, key=lambda item: -item[0])]


def _beginning(study: Study, settings: Settings) -> str:
    """Return what two trials of a seed share if they differ in their epochs alone; empty where that cannot be told.

    A study's own functions may use the number of epochs, for a schedule say; the harness's own model does not. A trial
    that is measured at some epochs only measures its last one, which a longer trial would not.
    """
    if study.own_functions or study.trains_itself or settings.stop_below_loss is not None or settings.log_every != 1:
        return ""
    return json.dumps({name: value for name, value in to_json(settings).items() if name != "epochs"}, sort_keys=True)
