"""Seeds until settled: a study's design, kept before anything of it trains, and with how many seeds each variant goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.analysis import (
    GOES_ON,
    POCOCK,
    Design,
    Standing,
    compare_study,
    design_dict,
    looks_up_to,
    make_of,
    read_looks,
    recorded_design,
    seeds_wanted,
)
from harness.errors import UsageError
from harness.records import INTERRUPTED, USUAL_MOST, Record
from harness.runs.plan import FAILED_BEFORE, Plan, make_plan, results
from harness.runs.request import RunRequest
from harness.study import BASE, Study


@dataclass(frozen=True, slots=True)
class Looked:
    """How the variants of a study stand, with how many seeds each is to be trained next, and how many trainings there are.

    words: each one's verdict at its last look. outside: the variants that the design was not declared for as they are now, and
    that it does not train.
    """

    design: Design
    standings: Mapping[str, Standing]
    wanted: Mapping[str, int]
    trainings: int
    outside: tuple[str, ...]
    words: Mapping[str, str]

    @property
    def going_on(self) -> tuple[str, ...]:
        """The variants that get more seeds."""
        return self.named(GOES_ON)

    @property
    def fixed(self) -> int:
        """How many trainings all variants would take with as many seeds as the last look has."""
        return self.design.most * sum(seeds > 0 for seeds in self.wanted.values())

    def named(self, word: str) -> tuple[str, ...]:
        """Return the variants that stand so."""
        return tuple(name for name, how in self.standings.items() if how.word == word)


def design_of(plan: Plan) -> Design:
    """Return the design that a study is run by: that of its folder, else the one that is asked for; nothing is written.

    UsageError where its guarantee could not be kept: other looks, another metric or margin than declared, a maximum below
    the seeds that are there.
    """
    study, request = plan.study, plan.request
    if study.folds:
        raise UsageError(
            f"Study {study.name!r} trains {study.folds}: more of the same samples settle little. "
            "--until-settled is for seeds; leave it out."
        )
    records = results(plan).records
    kept = read_looks(plan.folder, make_of(records))
    if declared := kept.design or recorded_design(records):
        _require_unchanged(declared, study, request)
        return declared
    looks = request.looks or looks_up_to(request.max_seeds or USUAL_MOST)
    _require_further_seeds(plan, records, looks, shown=kept.shown)
    if not _meant_to_train(study, study.names):
        raise UsageError(
            f"Study {study.name!r}, as it is to be run, has no variant that is meant to train: there is nothing to settle. "
            "Expected another --only, or none."
        )
    # What was trained before shares the error, wanted now or not: it may have decided which are.
    trained = {record.variant for record in records} | {*study.names}
    family = _meant_to_train(plan.declared, [name for name in plan.declared.names if name in trained])
    metric = study.metric
    changes = tuple(plan.declared.change(name) for name in family)
    return Design(looks, request.spending or POCOCK, family, metric.column, metric.margin, seen=kept.shown, changes=changes)


def _meant_to_train(study: Study, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != BASE and study.expectation(name).finishes)


def _require_further_seeds(plan: Plan, records: Sequence[Record], looks: Sequence[int], *, shown: Sequence[int]) -> None:
    """Refuse a last look that is not beyond what is there, or was shown: such looks are chosen by what they hold."""
    there, seen = max((record.seed + 1 for record in records), default=0), max(shown, default=0)
    if looks[-1] >= there and looks[-1] > seen:
        return
    told = f", and was shown with {seen}" if seen else ""
    raise UsageError(
        f"Study {plan.study.name!r} has {there} seeds in {plan.folder} already{told}: a design whose last look is at "
        f"{looks[-1]} would be chosen by what they say; expected --max-seeds {max(there, seen + 1)} or more."
    )


def _require_unchanged(design: Design, study: Study, request: RunRequest) -> None:
    asked = request.looks or (looks_up_to(request.max_seeds) if request.max_seeds else design.looks)
    changes = []
    if asked != design.looks:
        changes.append(f"looks at {', '.join(map(str, design.looks))} seeds, not {', '.join(map(str, asked))}")
    if request.spending not in ("", design.spending):
        changes.append(f"{design.spending} spending, not {request.spending}")
    if not design.fits(study.metric):
        mine = f"{study.metric.column} with a margin of {study.metric.margin:g}"
        changes.append(f"{design.metric} with a margin of {design.margin:g}, not {mine}")
    if changes:
        raise UsageError(
            f"Study {study.name!r} was declared with {'; '.join(changes)}. A design that changes after a look keeps no "
            "error rate: leave it as it is, or begin anew in another --logdir."
        )


def look(plan: Plan, design: Design) -> Looked:
    """Say how the variants of a study stand by what is recorded, and with how many seeds each goes on."""
    study = plan.study
    by_variant: dict[str, list[Record]] = {}
    for record in results(plan).records:
        by_variant.setdefault(record.variant, []).append(record)
    compared = compare_study(by_variant, metric=study.metric, design=design)
    controls = {name: study.control(name) for name in study.names if name != BASE}
    trained = [name for name in controls if study.expectation(name).finishes]
    outside = tuple(name for name in trained if design.excludes(name, study.change(name)))
    first = Standing(GOES_ON, following=design.looks[0])
    found = {name: compared[name].standing if name in compared else None for name in controls if name not in outside}
    standings = {name: how or first for name, how in found.items()}
    for name in standings.keys() - {*design.family}:  # meant to fail: looked at once
        standings[name] = replace(standings[name], word="", following=design.looks[0])
    wanted = seeds_wanted(standings, controls, study.names)
    trainings = sum(record.seed < wanted.get(name, 0) for name, group in by_variant.items() for record in group)
    words = {name: compared[name].verdict.word for name in standings if name in compared}
    return Looked(design, standings, wanted, trainings, outside, words)


def next_plan(plan: Plan, looked: Looked, *, tried: Mapping[str, int] | None = None) -> Plan:
    """Return the plan that brings each variant to its next look, and its controls as far as that takes.

    tried: with how many seeds of each variant this run has come to a look already. What diverged or failed among them is not
    trained again for the next one; the same command, called again, tries it once more.
    """
    request = replace(
        plan.request,
        seeds=max(looked.wanted.values(), default=0),
        seeds_of=tuple(sorted(looked.wanted.items())),
        design=design_dict(looked.design),
    )
    found = make_plan(plan.declared, request, plan.data, outdated=plan.outdated)
    return replace(_without(found, tried or {}), phased=plan.phased, home=plan.home)


def _without(plan: Plan, tried: Mapping[str, int]) -> Plan:
    every = results(plan).records if tried else ()
    ended = {
        (one.variant, one.seed): one for one in every if one.status != INTERRUPTED and one.seed < tried.get(one.variant, 0)
    }
    trials = tuple(trial for trial in plan.trials if (trial.variant, trial.seed) not in ended)
    kept = tuple(ended[trial.variant, trial.seed] for trial in plan.trials if (trial.variant, trial.seed) in ended)
    reasons = {why: count - (len(kept) if why == FAILED_BEFORE else 0) for why, count in plan.reasons.items()}
    reasons = {why: count for why, count in reasons.items() if count}
    return replace(plan, trials=trials, cached=(*plan.cached, *kept), reasons=reasons)
