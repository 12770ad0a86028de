"""Records from before they held changes and expectations as data: read from their words, in one place."""

from dataclasses import replace

import pytest
from made_studies import made_record

from harness import better_than_control, diverges, equivalent_to_control, finishes, raises, worse_than_control
from harness.records.old_records import changes_of, claims_in, claims_of
from harness.study.loading import load_study

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    "expect",
    [
        finishes(accuracy_at_least=0.97, loss_at_most=0.12345678901234567, epochs_at_most=3),
        finishes(value_at_most=1234567.5) & worse_than_control(),
        finishes(accuracy_at_most=0.5) & better_than_control(),
        equivalent_to_control(),
    ],
)
def test_claims_are_read_back_from_the_words_that_a_record_keeps(expect):
    assert claims_in(str(expect)) == expect.claims


@pytest.mark.parametrize("expect", [finishes(), raises("ValueError", match="loss at least 3"), diverges()])
def test_an_expectation_without_claims_has_none_in_words(expect):
    assert claims_in(str(expect)) == ()


def test_what_is_kept_as_data_counts_and_words_only_where_there_is_none():
    record = made_record(load_study("mnist-cnn"), "test-shift-4", 0)
    assert record.change == "test_shift=4 (vs steps-500)" and record.expectation == "finishes, worse than its control"
    other = replace(record, change="epochs=9", expectation="finishes, better than its control")
    assert changes_of(other) == {"test_shift": 4} and claims_of(other) == worse_than_control().claims
    old = replace(record, changes={}, expects={})
    assert changes_of(old) == {"test_shift": 4} and claims_of(old) == worse_than_control().claims


def test_a_text_that_looks_like_a_change_is_none_of_what_is_no_setting():
    record = made_record(load_study("mnist-cnn"), "test-shift-4", 0)
    assert changes_of(replace(record, changes={}, change="augment=flip, rotate=10, epochs=3")) == {
        "epochs": record.settings["epochs"]
    }
