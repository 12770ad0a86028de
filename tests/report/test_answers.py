"""Confusion matrices and the samples that flip: of answers and labels that are kept together, or of none."""

from dataclasses import replace

import numpy as np
import pytest
from plain_records import record
from shown_studies import KEY, LABELS, answered, read_small, small_study, store

from harness.analysis.predictions import AnswersError
from harness.analysis.test_samples import load_test_samples, samples_file, write_test_samples
from harness.report.answers import NoAnswers, confusion, flips, read_answers
from harness.report.pages import variant_html
from harness.report.study_data import read_study

pytestmark = pytest.mark.quick

RIGHT = LABELS.tolist()


def wrong_at(*places: int) -> list[int]:
    return [(label + 1) % 3 if place in places else label for place, label in enumerate(RIGHT)]


@pytest.fixture
def folder(tmp_path):
    folder = small_study(tmp_path, seeds=3)
    answered(folder, "base", RIGHT, RIGHT, wrong_at(0, 7))
    answered(folder, "small", wrong_at(0, 1), wrong_at(0), wrong_at(2))
    return folder


def test_a_sample_flips_where_most_trials_of_either_say_so(folder):
    study = read_study(folder)
    found = flips(read_answers(study, "base"), read_answers(study, "small"))
    assert (found.lost_count, found.won_count, found.total) == (1, 0, 8)
    (flip,) = found.lost
    assert (flip.number, flip.truth, flip.control, flip.variant) == (0, "zero", "zero", "one")
    assert flip.votes == "right with 2 of 3 seeds of base, with 1 of 3 of small"
    assert flip.picture.startswith("data:image/png;base64,")
    turned = flips(read_answers(study, "small"), read_answers(study, "base"))
    assert (turned.lost_count, turned.won_count) == (0, 1)


def test_a_confusion_matrix_counts_every_trial_by_true_class(folder):
    found = confusion(read_answers(read_study(folder), "base"))
    assert found.names == ["zero", "one", "<two>"]
    assert [[count for _, count in row] for row in found.cells] == [[8, 1, 0], [0, 8, 1], [0, 0, 6]]
    assert found.cells[0][0][0] == pytest.approx(8 / 9) and found.accuracy == pytest.approx(22 / 24)


def test_of_a_half_the_trials_neither_way_is_most(tmp_path):
    folder = small_study(tmp_path, seeds=2)
    answered(folder, "base", RIGHT, RIGHT)
    answered(folder, "small", wrong_at(3), RIGHT)
    found = flips(*(read_answers(read_study(folder), name) for name in ("base", "small")))
    assert (found.lost_count, found.won_count) == (0, 0)


def test_no_picture_is_shown_of_samples_that_the_two_were_given_differently(folder):
    other = "ef" * 16
    moved = read_study(folder).records["small"]
    store(folder.parent, *(replace(one, provenance={"test_samples": other}) for one in moved))
    answered(folder, "small", wrong_at(0), wrong_at(0), wrong_at(0), key=other)
    study = read_study(folder)
    found = flips(*(read_answers(study, name) for name in ("base", "small")))
    assert found.lost_count == 1 and found.lost[0].picture == "" and not found.same_inputs
    assert "was given other inputs" in variant_html(study, "small")


def test_a_sample_that_most_get_wrong_is_told_by_a_wrong_answer(tmp_path):
    folder = small_study(tmp_path, seeds=5)
    answered(folder, "base", *[RIGHT] * 5)
    votes = [0, 0, 1, 2, 1]  # of the first sample, whose class is 0: right in two, wrong in three
    answered(folder, "small", *([vote, *RIGHT[1:]] for vote in votes))
    (flip,) = flips(*(read_answers(read_study(folder), name) for name in ("base", "small"))).lost
    assert (flip.control, flip.variant) == ("zero", "one")


def test_what_says_nothing_of_single_samples_is_told(folder, tmp_path):
    study = read_study(folder)
    with pytest.raises(NoAnswers, match="no trial of no-flatten has finished"):
        read_answers(study, "no-flatten")
    with pytest.raises(NoAnswers, match="are no classes, or were not kept"):
        read_answers(study, "hot")
    own = [{"name": "digits", "used": "digits", "test_sha256": letter * 64} for letter in "cd"]
    drawn = read_study(store(tmp_path / "own", *(record("base", seed, data=data) for seed, data in enumerate(own))))
    answered(drawn.folder, "base", RIGHT, RIGHT)
    with pytest.raises(NoAnswers, match="tested on different samples"):
        read_answers(drawn, "base")
    samples_file(folder, KEY).unlink()
    with pytest.raises(NoAnswers, match="run them again with --force"):
        read_answers(study, "base")


def test_answers_to_other_labels_than_the_kept_ones_are_refused(folder):
    path = samples_file(folder, KEY)
    path.unlink()
    write_test_samples(folder, KEY, np.roll(LABELS, 1))
    with pytest.raises(NoAnswers, match="do not fit the labels"):
        read_answers(read_study(folder), "base")
    path.unlink()
    write_test_samples(folder, KEY, LABELS[:4])
    with pytest.raises(NoAnswers, match="another number of samples"):
        read_answers(read_study(folder), "base")


def test_kept_samples_that_were_altered_are_not_shown(folder):
    path = samples_file(folder, KEY)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(AnswersError, match="torn or altered"):
        load_test_samples(folder, KEY)
    with pytest.raises(NoAnswers, match="torn or altered"):
        read_answers(read_study(folder), "base")


def test_images_keep_their_grey_and_a_test_set_is_written_once(tmp_path):
    images = np.linspace(0, 1, 8 * 9).reshape(8, 3, 3)
    write_test_samples(tmp_path, KEY, LABELS, images=images)
    kept = load_test_samples(tmp_path, KEY)
    assert kept.images.shape == (8, 3, 3) and np.abs(kept.images / 255 - images).max() <= 0.5 / 255 + 1e-9
    written = samples_file(tmp_path, KEY).stat().st_mtime_ns
    write_test_samples(tmp_path, KEY, LABELS[:2])
    assert samples_file(tmp_path, KEY).stat().st_mtime_ns == written and len(load_test_samples(tmp_path, KEY).labels) == 8


def test_of_many_large_images_the_first_ones_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.analysis.test_samples.MOST_IMAGE_BYTES", 30)
    write_test_samples(tmp_path, KEY, LABELS, images=np.zeros((8, 3, 3)))
    kept = load_test_samples(tmp_path, KEY)
    assert len(kept.images) == 3 and len(kept.labels) == 8


def test_too_many_classes_make_no_matrix(tmp_path, monkeypatch):
    monkeypatch.setattr("harness.report.answers.MOST_CLASSES", 2)
    study = read_small(tmp_path, seeds=1)
    answered(study.folder, "base", RIGHT)
    with pytest.raises(NoAnswers, match="3 classes are more than a matrix shows"):
        confusion(read_answers(study, "base"))
