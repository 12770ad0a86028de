"""What the trials of a variant answered on each test sample: confusion matrices, and the samples that flip."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis import AnswersError, TestSamples, load_answers, load_test_samples
from harness.records import Record, attempt_folder, trial_folder
from harness.report.study_data import StudyData

MOST_CLASSES = 30  # beyond them a matrix is no picture any more
MOST_SHOWN = 24  # of the samples that flip, each way
OLD = "its trials were recorded before test samples were kept; run them again with --force to see them"


class NoAnswers(ValueError):
    """Nothing can be said of single samples; the text says why."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A variant's answers: classes and right are (trials, samples); samples: the test set that they share."""

    variant: str
    seeds: Sequence[int]
    classes: np.ndarray
    right: np.ndarray
    samples: TestSamples
    test_sha256: str
    key: str  # of what the models were given; control and variant may have the same labels and other inputs


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each true class (rows) was given each class (columns): shares of the true class, over all trials.

    cells: of each row, share and count.
    """

    variant: str
    names: Sequence[str]
    cells: Sequence[Sequence[tuple[float, int]]]
    accuracy: float


@dataclass(frozen=True, slots=True)
class Flip:
    """A test sample that control and variant answer differently, in most trials of each.

    number: its place in the test set. picture: a PNG as a data URI, empty where there is none. votes: of the trials of
    control and variant how many are right, in words.
    """

    number: int
    picture: str
    truth: str
    control: str
    variant: str
    votes: str


@dataclass(frozen=True, slots=True)
class Flips:
    """The samples that flip between a control and a variant: how many, and the clearest of them.

    lost: right with the control, wrong with the variant; won: the other way round.
    """

    control: str
    variant: str
    lost_count: int
    won_count: int
    total: int
    lost: Sequence[Flip]
    won: Sequence[Flip]
    same_inputs: bool = True  # else the variant was given other inputs, and no picture shows what both saw


def read_answers(study: StudyData, variant: str) -> Answers:
    """Return what the finished trials of a variant answered; NoAnswers says why there is nothing to say."""
    group = [record for record in study.records[variant] if record.finished]
    if not group:
        raise NoAnswers(f"no trial of {variant} has finished")
    try:
        kept = [(record, load_answers(_folder(study, record))) for record in group]
        found = [(record, answers) for record, answers in kept if answers is not None]
        if not found:
            raise NoAnswers(f"the answers of {variant} are no classes, or were not kept")
        keys = {str(record.provenance.get("test_samples", "")) for record, _ in found}
        if len({record.data.get("test_sha256", "") for record, _ in found}) > 1 or len(keys) > 1:
            raise NoAnswers(f"the {study.trials} of {variant} were tested on different samples")
        samples = load_test_samples(study.folder, *keys)
    except AnswersError as error:
        raise NoAnswers(str(error).rstrip(".")) from None
    if samples is None:
        raise NoAnswers(OLD)
    if any(len(classes) != len(samples.labels) for _, (classes, _) in found):
        raise NoAnswers(f"the answers of {variant} are of another number of samples than the test set that is kept")
    classes, right = (np.stack([answers[part] for _, answers in found]) for part in (0, 1))
    if not ((classes == samples.labels) == right).all():
        raise NoAnswers(f"the answers of {variant} do not fit the labels that are kept")
    test_sha256 = str(found[0][0].data.get("test_sha256", ""))
    return Answers(variant, [record.seed for record, _ in found], classes, right, samples, test_sha256, *keys)


def _folder(study: StudyData, record: Record) -> Path:
    return attempt_folder(trial_folder(study.folder.parent, study.folder.name, record.variant, record.seed), record.attempt)


def confusion(answers: Answers) -> Confusion:
    """Return a variant's confusion matrix over all its trials; NoAnswers for too many classes."""
    labels = answers.samples.labels
    size = int(max(labels.max(), answers.classes.max())) + 1
    if size > MOST_CLASSES:
        raise NoAnswers(f"{size} classes are more than a matrix shows; expected at most {MOST_CLASSES}")
    pairs = np.broadcast_to(labels * size, answers.classes.shape) + answers.classes
    counts = np.bincount(pairs.ravel(), minlength=size * size).reshape(size, size)
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    cells = [[(float(count / total[0]), int(count)) for count in row] for row, total in zip(counts, totals, strict=True)]
    names = [answers.samples.name_of(number) for number in range(size)]
    return Confusion(answers.variant, names, cells, float(answers.right.mean()))


def flips(control: Answers, variant: Answers, *, most: int = MOST_SHOWN) -> Flips:
    """Return the samples that most trials of one get right and most of the other wrong; NoAnswers for two test sets."""
    if control.test_sha256 != variant.test_sha256:
        raise NoAnswers(f"{variant.variant} and {control.variant} were tested on different samples")
    before, after = control.right.mean(axis=0), variant.right.mean(axis=0)
    lost, won = (before > 0.5) & (after < 0.5), (before < 0.5) & (after > 0.5)
    chosen = []
    for which in (lost, won):
        places = np.flatnonzero(which)
        clearest = places[np.argsort(-np.abs(before - after)[places], kind="stable")][:most]
        chosen.append([_flip(int(place), control, variant) for place in clearest])
    total = len(control.samples.labels)
    counts = int(lost.sum()), int(won.sum())
    alike = control.key == variant.key
    return Flips(control.variant, variant.variant, *counts, total, lost=chosen[0], won=chosen[1], same_inputs=alike)


def _flip(place: int, control: Answers, variant: Answers) -> Flip:
    samples, truth = control.samples, int(control.samples.labels[place])
    said = [samples.name_of(_answer(one, place, truth)) for one in (control, variant)]
    right = [f"{int(one.right[:, place].sum())} of {len(one.right)}" for one in (control, variant)]
    votes = f"right with {right[0]} seeds of {control.variant}, with {right[1]} of {variant.variant}"
    picture = _picture(samples, place) if control.key == variant.key else ""
    return Flip(place, picture, samples.name_of(truth), control=said[0], variant=said[1], votes=votes)


def _answer(answers: Answers, place: int, truth: int) -> int:
    """Return the class that most trials give a sample; where most are wrong, their most common wrong one."""
    given, right = answers.classes[:, place], answers.right[:, place]
    if right.mean() > 0.5:
        return truth
    return int(np.bincount(given[~right]).argmax())


def _picture(samples: TestSamples, place: int) -> str:
    if place >= len(samples.images):
        return ""
    from PIL import Image

    body = io.BytesIO()
    Image.fromarray(samples.images[place]).save(body, "PNG")
    return f"data:image/png;base64,{base64.b64encode(body.getvalue()).decode()}"
