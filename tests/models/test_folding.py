import numpy as np
import pytest

from harness import Arrays, Folds, Settings, Study, UsageError, Variant
from harness.models.folding import fold_of

ROWS = np.arange(20)
SQUARES = np.zeros((20, 2, 2))
LABELS = (ROWS % 4 == 0).astype("int64")


def pooled() -> Arrays:
    return Arrays(ROWS[:14].reshape(-1, 1), LABELS[:14], ROWS[14:].reshape(-1, 1), LABELS[14:])


def held_out(folds: Folds, trial: int, **options: object) -> list[int]:
    found = fold_of(pooled(), folds, trial, **options)
    train, test = found.x_train.ravel().tolist(), found.x_test.ravel().tolist()
    assert sorted(train + test) == ROWS.tolist()
    assert found.y_train.tolist() == LABELS[train].tolist() and found.y_test.tolist() == LABELS[test].tolist()
    return test


def test_in_each_repeat_every_sample_is_tested_once_and_the_repeats_differ():
    folds = Folds(4, repeats=2)
    repeats = [[held_out(folds, 4 * repeat + number) for number in range(4)] for repeat in range(2)]
    for parts in repeats:
        assert sorted(row for part in parts for row in part) == ROWS.tolist()
    assert repeats[0] != repeats[1] and repeats[0][0] == held_out(folds, 0)


def test_stratified_folds_have_the_share_of_each_class_that_all_have():
    assert {LABELS[held_out(Folds(5, stratified=True), trial)].sum() for trial in range(5)} == {1}


def test_samples_of_one_group_are_never_on_both_sides():
    folds, groups = Folds(3, groups=lambda settings, arrays: None), ROWS // 4
    for trial in range(3):
        test = held_out(folds, trial, groups=groups)
        assert not set(groups[test]) & set(groups[np.setdiff1d(ROWS, test)])


def test_several_inputs_are_divided_together():
    two = Arrays((ROWS[:14], -ROWS[:14]), LABELS[:14], (ROWS[14:], -ROWS[14:]), LABELS[14:])
    found = fold_of(two, Folds(4), 1)
    assert (found.x_test[0] == -found.x_test[1]).all() and (found.x_train[0] == -found.x_train[1]).all()


@pytest.mark.parametrize(
    ("arrays", "folds", "groups", "said"),
    [
        (Arrays(ROWS, LABELS, ROWS, LABELS, sample_weight=np.ones(20)), Folds(2), None, "sample_weight cannot be divided"),
        (Arrays(ROWS, LABELS, ROWS, LABELS, sample_weight_test=np.ones(20)), Folds(2), None, "sample_weight_test cannot"),
        (Arrays(ROWS, LABELS, ROWS, LABELS, x_validation=ROWS, y_validation=LABELS), Folds(2), None, "validation=N"),
        (pooled(), Folds(2, groups=len), ROWS[:3], "3 labels for 20 samples"),
        (
            Arrays(ROWS, ROWS.reshape(5, 2, 2), ROWS, ROWS.reshape(5, 2, 2)),
            Folds(2, stratified=True),
            None,
            "one label a sample",
        ),
    ],
)
def test_what_cannot_be_divided_is_refused(arrays: Arrays, folds: Folds, groups: object, said: str):
    with pytest.raises(ValueError, match=said):
        fold_of(arrays, folds, 0, groups=groups)


@pytest.mark.parametrize("folds", [1, 0, "five", 2.5, True])
def test_a_study_without_meant_folds_is_refused(folds: object):
    with pytest.raises(UsageError, match="folds|Folds"):
        Study("s", base=Settings(), variants=[Variant("wide", hidden=(8,))], folds=folds)


def test_folds_and_a_split_by_the_seed_are_refused():
    with pytest.raises(UsageError, match="has folds and arrays\\(settings, seed\\)"):
        Study("s", base=Settings(), variants=[Variant("w", hidden=(8,))], folds=5, arrays=lambda settings, seed: None)
