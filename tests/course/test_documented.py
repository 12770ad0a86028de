import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.analysis.statistics import prediction_interval
from harness.course.documented import (
    compare_documented,
    compare_figure,
    conclusions,
    measured_values,
)
from harness.course.documented_file import Figure, documented_figures
from harness.records.record import FAILED, OK, Record
from harness.study.loading import load_study
from harness.study.settings import Settings
from harness.study.study import Study

pytestmark = pytest.mark.quick

Curves = Mapping[str, Mapping[str, Sequence[Sequence[float]]]]

# Real curves of five seeds: a NumPy network of 784-128-10, Adam, batch 32, on the full Fashion-MNIST and MNIST.
CURVES: Curves = {
    "fashion-baseline": {
        "train_loss": [
            [0.4977, 0.3736, 0.3372, 0.3111, 0.2930],
            [0.5040, 0.3786, 0.3430, 0.3150, 0.2973],
            [0.4959, 0.3738, 0.3381, 0.3124, 0.2948],
            [0.4940, 0.3749, 0.3353, 0.3114, 0.2928],
            [0.5025, 0.3784, 0.3423, 0.3167, 0.2964],
        ],
        "train_accuracy": [
            [0.8254, 0.8653, 0.8770, 0.8854, 0.8919],
            [0.8240, 0.8646, 0.8760, 0.8849, 0.8907],
            [0.8256, 0.8648, 0.8756, 0.8861, 0.8916],
            [0.8266, 0.8645, 0.8789, 0.8850, 0.8918],
            [0.8216, 0.8637, 0.8752, 0.8837, 0.8912],
        ],
        "test_loss": [
            [0.4396, 0.4049, 0.3655, 0.3489, 0.3657],
            [0.4394, 0.4165, 0.3706, 0.3672, 0.3455],
            [0.4345, 0.3960, 0.3715, 0.3496, 0.3540],
            [0.4084, 0.3920, 0.3657, 0.3545, 0.3310],
            [0.4138, 0.4040, 0.3651, 0.3721, 0.3445],
        ],
        "test_accuracy": [
            [0.8408, 0.8533, 0.8676, 0.8731, 0.8682],
            [0.8496, 0.8448, 0.8637, 0.8699, 0.8752],
            [0.8449, 0.8573, 0.8688, 0.8718, 0.8757],
            [0.8541, 0.8633, 0.8667, 0.8702, 0.8815],
            [0.8523, 0.8542, 0.8697, 0.8680, 0.8737],
        ],
    },
    "fashion-raw": {
        "train_loss": [
            [3.0373, 0.7637, 0.6797, 0.6446, 0.6076],
            [3.3504, 0.7170, 0.6353, 0.5628, 0.5467],
            [3.9053, 0.6681, 0.5856, 0.5287, 0.5210],
            [2.5710, 0.6753, 0.6291, 0.5802, 0.5291],
            [3.1190, 0.6593, 0.5714, 0.5451, 0.5248],
        ],
        "train_accuracy": [
            [0.6718, 0.7145, 0.7321, 0.7479, 0.7637],
            [0.6926, 0.7459, 0.7689, 0.7950, 0.8078],
            [0.7060, 0.7662, 0.7899, 0.8101, 0.8189],
            [0.6892, 0.7343, 0.7534, 0.7763, 0.8160],
            [0.6930, 0.7712, 0.8004, 0.8105, 0.8176],
        ],
        "test_loss": [
            [0.8487, 0.7555, 0.7074, 0.7492, 0.6531],
            [0.8117, 0.6895, 0.6817, 0.5951, 0.5648],
            [0.7447, 0.6519, 0.5668, 0.5444, 0.5371],
            [0.7445, 0.6778, 0.6884, 0.5891, 0.5368],
            [0.7470, 0.6559, 0.6278, 0.6120, 0.5724],
        ],
        "test_accuracy": [
            [0.7027, 0.6982, 0.7372, 0.7403, 0.7519],
            [0.7440, 0.7457, 0.7468, 0.7987, 0.8063],
            [0.7548, 0.7517, 0.7995, 0.8089, 0.8186],
            [0.7112, 0.7270, 0.7357, 0.7940, 0.8180],
            [0.7507, 0.7861, 0.7987, 0.7793, 0.8113],
        ],
    },
    "base": {
        "train_loss": [
            [0.2612, 0.1157, 0.0800, 0.0594, 0.0448],
            [0.2587, 0.1140, 0.0786, 0.0588, 0.0460],
            [0.2585, 0.1154, 0.0786, 0.0585, 0.0447],
            [0.2586, 0.1136, 0.0786, 0.0573, 0.0451],
            [0.2566, 0.1139, 0.0805, 0.0593, 0.0471],
        ],
        "train_accuracy": [
            [0.9261, 0.9659, 0.9759, 0.9822, 0.9867],
            [0.9254, 0.9662, 0.9768, 0.9814, 0.9862],
            [0.9252, 0.9659, 0.9762, 0.9819, 0.9868],
            [0.9258, 0.9663, 0.9760, 0.9828, 0.9861],
            [0.9278, 0.9666, 0.9746, 0.9817, 0.9853],
        ],
        "test_loss": [
            [0.1346, 0.0964, 0.0887, 0.0736, 0.0731],
            [0.1467, 0.1060, 0.0840, 0.0761, 0.0719],
            [0.1349, 0.0953, 0.0945, 0.0805, 0.0781],
            [0.1357, 0.0969, 0.0891, 0.0763, 0.0741],
            [0.1481, 0.1023, 0.0802, 0.0757, 0.0722],
        ],
        "test_accuracy": [
            [0.9587, 0.9719, 0.9715, 0.9766, 0.9787],
            [0.9570, 0.9688, 0.9745, 0.9772, 0.9790],
            [0.9612, 0.9700, 0.9717, 0.9747, 0.9754],
            [0.9609, 0.9702, 0.9732, 0.9771, 0.9772],
            [0.9584, 0.9689, 0.9756, 0.9764, 0.9775],
        ],
    },
}


def measured_of(curves: Curves, *, seeds: int = 5) -> dict[tuple[str, str, int | None], list[float]]:
    """Return curves of shape (seeds, epochs) as what was measured, of the first so many seeds."""
    return {
        (variant, metric, epoch): [curve[epoch - 1] for curve in seeds_curves[:seeds]]
        for variant, metrics in curves.items()
        for metric, seeds_curves in metrics.items()
        for epoch in range(1, 6)
    }


def figure(metric: str, value: float, *, epoch: int | None = 5, rounding: float = 0.00005) -> Figure:
    return Figure("ablations", "base", metric, epoch, value, rounding, "notes")


def fashion_figures() -> list[Figure]:
    return [figure for figure in documented_figures(load_study("ablations")) if figure.variant == "fashion-baseline"]


def record(variant: str, seed: int, **changes: Any) -> Record:
    blank = Record(
        study="ablations", variant=variant, seed=seed, trial_id="0" * 12, attempt=1, position=0, control="", change="",
        settings={}, expectation="finishes", status=OK, as_expected=True, data={"name": "mnist", "used": "mnist"},
        history={"train_loss": [0.3, 0.1], "test_accuracy": [0.96, 0.97]}, first_test_image=[0.1, 0.7, 0.2],
    )  # fmt: skip
    return replace(blank, **changes)


def test_the_notes_figures_lie_beside_their_study() -> None:
    counts = Counter(row.variant for row in documented_figures(load_study("ablations")))
    assert counts == {
        "fashion-baseline": 12, "neurons-1024": 7, "extra-hidden-layer": 7, "no-normalization": 7, "early-stop": 3,
    }  # fmt: skip


def test_a_figure_knows_its_last_printed_digit() -> None:
    figures = {(row.metric, row.epoch): row for row in documented_figures(load_study("hello-mnist"))}
    accuracy = figures["train_accuracy", 5]
    assert (accuracy.value, accuracy.rounding, accuracy.source) == (0.989, 0.0005, "hello-world")


def test_a_figure_may_have_no_epoch() -> None:
    epochs_run = next(row for row in documented_figures(load_study("ablations")) if row.metric == "epochs_run")
    assert (epochs_run.epoch, epochs_run.value) == (None, 2.0)


def test_a_study_that_the_notes_do_not_know_has_no_figures() -> None:
    assert documented_figures(Study("my-study", base=Settings(), variants=())) == ()


@pytest.mark.parametrize("seeds", [3, 4, 5])
def test_the_notes_fashion_figures_are_found_to_be_those_of_raw_pixels(seeds: int) -> None:
    rows = compare_documented(fashion_figures(), measured_of(CURVES, seeds=seeds))
    assert {row.explained_by for row in rows} == {("fashion-raw",)}
    assert not any(row.plausible or row.together for row in rows)
    assert conclusions(rows) == ("fashion-baseline: 0 of 12 documented figures plausible; they are what fashion-raw gives.",)


def test_without_the_variant_that_explains_them_nothing_does() -> None:
    others = {name: CURVES[name] for name in ("fashion-baseline", "base")}
    rows = compare_documented(fashion_figures(), measured_of(others))
    assert {row.explained_by for row in rows} == {()}
    assert conclusions(rows)[0].endswith("no other variant explains them.")


def test_a_variant_that_lacks_an_epoch_explains_nothing() -> None:
    measured = measured_of(CURVES)
    del measured["fashion-raw", "train_loss", 4]
    assert {row.explained_by for row in compare_documented(fashion_figures(), measured)} == {()}


def test_two_seeds_are_too_few_to_look_for_an_explanation() -> None:
    rows = compare_documented(fashion_figures(), measured_of(CURVES, seeds=2))
    assert {(row.together, row.explained_by) for row in rows} == {(None, ())}


def test_figures_that_a_variants_own_runs_give_need_no_explanation() -> None:
    own = [replace(row, variant="fashion-raw") for row in fashion_figures()]
    rows = compare_documented(own, measured_of(CURVES | {"twin": CURVES["fashion-raw"]}))
    assert {(row.together, row.explained_by) for row in rows} == {(True, ())}


def test_a_variant_whose_first_class_differs_is_no_explanation() -> None:
    shown = Figure("ablations", "fashion-baseline", "first_test_image_class", 5, 9.0, 0.5, "notes")
    classes = {("fashion-baseline", shown.metric, 5): [9.0] * 5, ("fashion-raw", shown.metric, 5): [2.0] * 5}
    rows = compare_documented([*fashion_figures(), shown], measured_of(CURVES) | classes)
    assert {row.explained_by for row in rows} == {()}


def test_a_row_holds_the_interval_for_one_more_run() -> None:
    values = [0.0262, 0.0249, 0.0271, 0.0254, 0.0258]
    row = compare_figure(figure("train_loss", 0.0255), np.array(values))
    interval = prediction_interval(values)
    assert (row.measured, row.std, row.n) == (interval.mean, interval.std, 5)
    assert (row.low, row.high, row.plausible) == (interval.low, interval.high, True)


def test_a_figure_is_plausible_up_to_its_own_rounding() -> None:
    values = np.array([0.9881, 0.9882, 0.9883])
    edge = prediction_interval(values).high + 0.0004
    assert compare_figure(figure("train_accuracy", edge, rounding=0.0005), values).plausible is True
    assert compare_figure(figure("train_accuracy", edge, rounding=0.00005), values).plausible is False


def test_one_seed_cannot_judge_a_figure() -> None:
    row = compare_figure(figure("train_loss", 0.5), np.array([0.1]))
    assert (row.measured, row.std, row.plausible) == (0.1, None, None)


def test_seeds_without_spread_confirm_a_figure_and_refute_none() -> None:
    same = np.full(5, 0.098)
    assert compare_figure(figure("test_accuracy", 0.098), same).plausible is True
    assert compare_figure(figure("test_accuracy", 0.826), same).plausible is None


@pytest.mark.parametrize(
    ("classes", "measured", "plausible"),
    [([7, 7, 2], 7, True), ([2, 2, 7], 2, True), ([2, 2], 2, False), ([2], 2, None)],
)
def test_a_class_is_counted_and_not_averaged(classes: list[int], measured: int, plausible: bool | None) -> None:
    row = compare_figure(figure("first_test_image_class", 7), np.array(classes, dtype=float))
    assert (row.measured, row.std, row.plausible) == (measured, None, plausible)


@pytest.mark.parametrize(("values", "plausible"), [([0.91, 0.95], True), ([0.91, 0.90], False), ([0.93], True)])
def test_a_threshold_must_be_exceeded_by_every_seed(values: list[float], plausible: bool) -> None:
    threshold = figure("test_accuracy_above_at_step_200", 0.90, epoch=None)
    assert compare_figure(threshold, np.array(values)).plausible is plausible


def test_seeds_that_are_not_finite_are_left_out_and_counted() -> None:
    measured = {("base", "test_loss", 5): [0.06, math.nan, 0.08, math.inf]}
    row = compare_documented([figure("test_loss", 0.07)], measured)[0]
    assert (row.n, row.measured, row.note) == (2, pytest.approx(0.07), "2 seeds not finite")


def test_what_was_not_measured_is_said_so() -> None:
    rows = compare_documented(fashion_figures()[:1], {})
    assert (rows[0].measured, rows[0].plausible, rows[0].note) == (None, None, "not measured")
    assert conclusions(rows) == ("fashion-baseline: 1 documented figure; not measured.",)


def test_records_are_gathered_by_variant_metric_and_epoch() -> None:
    measured = measured_values([record("base", 0), record("base", 1, history={"train_loss": [0.4]})])
    assert measured["base", "train_loss", 1] == [0.3, 0.4]
    assert measured["base", "test_accuracy", 2] == [0.97]
    assert measured["base", "epochs_run", None] == [2, 1]
    assert measured["base", "first_test_image_class", 2] == [1]


@pytest.mark.parametrize("changes", [{"status": FAILED}, {"data": {"name": "mnist", "used": "digits"}}])
def test_failed_trials_and_stand_in_data_are_no_evidence(changes: dict[str, Any]) -> None:
    assert measured_values([record("base", 0, **changes)]) == {}


def test_a_threshold_is_held_against_the_accuracy_after_so_many_batches() -> None:
    history = {"train_loss": [0.9, 0.5, 0.4], "test_accuracy": [0.88, 0.91, 0.93], "epoch": [2, 4, 5], "step": [100, 200, 250]}
    measured = measured_values([record("base", seed, history=history) for seed in range(3)])
    above = figure("test_accuracy_above_at_step_200", 0.90, epoch=None)
    never_logged = figure("test_accuracy_above_at_step_150", 0.90, epoch=None)
    found, absent = compare_documented([above, never_logged], measured)
    assert (found.measured, found.n, found.plausible) == (pytest.approx(0.91), 3, True)
    assert (absent.n, absent.note) == (0, "not measured")


def test_where_epochs_were_left_out_a_curves_values_keep_their_epochs() -> None:
    measured = measured_values([record("base", 0, history={"test_accuracy": [0.88, 0.93], "epoch": [2, 5]})])
    assert measured["base", "test_accuracy", 5] == [0.93] and ("base", "test_accuracy", 1) not in measured


def test_any_metric_that_the_records_have_can_be_documented() -> None:
    history = {"validation_rmse": [0.8, 0.7], "test_rmse": [0.9, 0.75], "test_seconds": [0.1, 0.1]}
    measured = measured_values([record("base", seed, history=history) for seed in range(2)])
    assert measured["base", "validation_rmse", 2] == [0.7, 0.7] and measured["base", "test_rmse", None] == [0.75, 0.75]
    assert ("base", "test_seconds", 2) not in measured
