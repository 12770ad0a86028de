"""The variant that validation chooses, and what the test says of it."""

import math

import pytest

from harness.results.validating import chosen_by_validation


def row(variant: str, validation: float, test: float, *, metric: str = "accuracy", direction: str = "higher") -> dict:
    return {
        "variant": variant, "metric": f"test_{metric}", "direction": direction,
        "value": test, "value_std": 0.002, f"validation_{metric}": validation,
    }  # fmt: skip


def test_the_test_bears_out_what_validation_chooses():
    said = chosen_by_validation([row("base", 0.8, 0.81), row("adam", 0.9, 0.89)])
    assert said == (
        "Validation chooses adam (validation accuracy 0.9000); its test accuracy is 0.8900 ± 0.0020, the best of the test too."
    )


def test_the_test_may_disagree_and_does_not_take_part_in_the_choice():
    said = chosen_by_validation([row("base", 0.9, 0.80), row("adam", 0.8, 0.89)])
    assert said.startswith("Validation chooses base") and said.endswith("the best of the test is adam with 0.8900.")


def test_the_smaller_error_is_chosen():
    rows = [row("base", 1.5, 1.4, metric="rmse", direction="lower"), row("deep", 0.5, 0.6, metric="rmse", direction="lower")]
    assert chosen_by_validation(rows).startswith("Validation chooses deep (validation rmse 0.5000); its test rmse is 0.6000 ± ")


@pytest.mark.parametrize(
    "rows", [[], [row("base", 0.8, 0.81)], [row("base", 0.8, 0.81), row("failed", math.nan, math.nan)], [{"metric": "test_loss"}] * 2]
)
def test_without_two_to_choose_from_nothing_is_said(rows):
    assert chosen_by_validation(rows) == ""
