"""What TensorBoard shows of a whole study, read back by its own reader and its own HParams tab's code."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plain_records import record
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2
from tensorboard.util import tensor_util

from harness.tensorboard.event_file import EventFile, event_files
from harness.tensorboard.hparams import hparam_values, hyperparameter, metric_columns
from harness.tensorboard.study_writer import StudyFindings, announce_study, clear_study, write_study

ROWS = {
    "base": {"delta": float("nan"), "verdict": "", "test_accuracy": 0.9, "train_loss": 0.1},
    "small": {"delta": -0.05, "verdict": "worse", "test_accuracy": 0.85, "train_loss": 0.2},
}
HISTORY = {"test_accuracy": [0.5, 0.8]}
RECORDS = [record(name, seed, history=HISTORY) for name in ("base", "small") for seed in (0, 1)]


def read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def points(folder: Path, tag: str) -> dict[int, float]:
    return {event.step: tensor_util.make_ndarray(event.tensor_proto).item() for event in read(folder).Tensors(tag)}


def experiment(folder: Path) -> api_pb2.Experiment:
    return metadata.parse_experiment_plugin_data(read(folder).SummaryMetadata(metadata.EXPERIMENT_TAG).plugin_data.content)


def session(folder: Path) -> plugin_data_pb2.SessionStartInfo:
    content = read(folder).SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    return metadata.parse_session_start_info_plugin_data(content)


def varied(**values: object) -> list:
    """Return records of as many variants as each setting has values."""
    count = max(len(one) for one in values.values())
    changes = [{name: one[place] for name, one in values.items()} for place in range(count)]
    return [record("base" if place == 0 else f"v{place}", 0, settings=one) for place, one in enumerate(changes)]


@pytest.fixture
def study(tmp_path) -> Path:
    """The folder of a study of two variants, written."""
    picture = io.BytesIO()
    Image.new("RGB", (3, 2)).save(picture, "PNG")
    write_study(tmp_path / "s", RECORDS, StudyFindings(ROWS, "Small is **worse**.", picture.getvalue()))
    return tmp_path / "s"


def test_the_study_and_each_variant_are_a_run(study):
    assert {path.parent for path in event_files(study, recursive=True)} == {study, study / "base", study / "small"}


def test_a_variants_run_has_the_mean_of_its_seeds_and_the_band(tmp_path):
    two = [record("base", seed, history={"test_accuracy": one}) for seed, one in enumerate(([0.5, 0.8], [0.6, 0.9]))]
    for _ in range(2):  # the second replaces the first
        write_study(tmp_path, two, StudyFindings())
    means = points(tmp_path / "base", "test_accuracy/mean")
    assert list(means) == [1, 2] and list(means.values()) == pytest.approx([0.55, 0.85])
    assert {"test_accuracy/low", "test_accuracy/high"} <= set(read(tmp_path / "base").Tags()["tensors"])


def test_the_studys_run_has_the_summary_the_picture_and_the_charts(study):
    run = read(study)
    assert run.Tensors("summary")[0].tensor_proto.string_val[0] == b"Small is **worse**."
    assert run.SummaryMetadata("differences").plugin_data.plugin_name == "images"
    layout = layout_pb2.Layout.FromString(run.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    series = layout.category[0].chart[0].margin.series[0]
    assert (series.value, series.lower, series.upper) == ("test_accuracy/mean", "test_accuracy/low", "test_accuracy/high")


def test_the_layout_has_a_chart_for_each_metric_that_was_measured(tmp_path):
    made = record("base", 0, history={"test_rmse": [0.5], "validation_rmse": [0.6], "test_seconds": [1.0]})
    write_study(tmp_path, [made], StudyFindings())
    layout = layout_pb2.Layout.FromString(read(tmp_path).Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    assert [chart.title for chart in layout.category[0].chart] == ["test rmse", "validation rmse"]


def test_a_variant_is_a_row_whose_name_begins_with_it_and_that_holds_its_verdict(study):
    start = session(study / "small")
    assert start.group_name == "small · s"
    assert start.hparams["Verdict"].string_value == "worse" and start.hparams["hidden"].string_value == "64"


def test_the_difference_and_the_means_of_the_summary_are_metrics_of_the_variants_own_run(study):
    columns = {info.display_name: info.name for info in experiment(study).metric_infos}
    assert next(iter(columns)) == "Difference" and not any(name.group for name in columns.values())
    shown = {title: list(points(study / "small", name.tag).values()) for title, name in columns.items() if title != "Test loss"
             and title != "Training accuracy"}  # fmt: skip
    assert {title: pytest.approx(values) for title, values in shown.items()} == {
        "Difference": [-0.05], "Test accuracy": [0.85], "Training loss": [0.2],
    }  # fmt: skip
    assert columns["Difference"].tag not in read(study / "base").Tags()["tensors"]


@pytest.mark.parametrize(("status", "shown"), [("ok", "STATUS_SUCCESS"), ("diverged", "STATUS_FAILURE")])
def test_a_row_says_whether_all_seeds_finished(tmp_path, status, shown):
    write_study(tmp_path, [RECORDS[0], replace(RECORDS[1], status=status)], StudyFindings())
    content = read(tmp_path / "base").SummaryMetadata(metadata.SESSION_END_INFO_TAG).plugin_data.content
    assert api_pb2.Status.Name(metadata.parse_session_end_info_plugin_data(content).status) == shown


def test_the_settings_that_vary_are_marked_and_the_verdict_with_them(tmp_path):
    write_study(tmp_path, varied(hidden=[[128], [512, 256]], rate=[0.1, None], epochs=[5, 5]), StudyFindings())
    columns = {info.name: info for info in experiment(tmp_path).hparam_infos}
    assert {name for name, info in columns.items() if info.differs} == {"Verdict", "hidden", "rate"}
    assert list(columns["hidden"].domain_discrete) == ["128", "512-256"]
    assert (columns["epochs"].domain_interval.min_value, columns["epochs"].domain_interval.max_value) == (5, 5)


def test_where_more_settings_vary_than_are_ticked_one_column_says_what_each_variant_changes():
    few = hparam_values(varied(**{name: [1, 2] for name in "abcd"}), {})
    many = hparam_values(varied(**{name: [1, 2] for name in "abcde"}), {})
    assert next(iter(few["base"])) == "Verdict" and list(many["base"])[:2] == ["Change", "Verdict"]
    assert many["base"]["Change"] == "base" and many["v1"]["Change"] == "hidden=64"


def test_a_setting_of_several_types_is_shown_as_text():
    assert [row["stop"] for row in hparam_values(varied(stop=[0.4, "never"]), {}).values()] == ["0.4", "never"]


@pytest.mark.parametrize(
    ("metric", "splits", "expected"),
    [
        ("rmse", ("test", "train"), ["Test rmse", "Training rmse", "Test loss", "Training loss"]),
        (
            "rmse",
            ("test", "validation", "train"),
            [f"{run} {name}" for name in ("rmse", "loss") for run in ("Test", "Validation", "Training")],
        ),
        ("loss", ("test", "train"), ["Test loss", "Training loss"]),
    ],
)
def test_a_study_shows_the_metric_that_it_is_judged_by(metric, splits, expected):
    metrics = {f"{split}_{metric}": 0.5 for split in splits}
    found = metric_columns(
        [record("base", 0, metrics=metrics, metric={"name": metric, "margin": 0.1, "higher_is_better": False})]
    )
    assert [column.title for column in found] == ["Difference", *expected]


def test_variants_that_are_gone_and_runs_of_older_versions_are_removed(study):
    EventFile(study / "base/aggregate").close()
    write_study(study, [one for one in RECORDS if one.variant == "base"], StudyFindings())
    assert {path.parent for path in event_files(study, recursive=True)} == {study, study / "base"}


def test_trials_keep_their_files_when_the_study_is_written_and_cleared(study):
    EventFile(study / "base/seed-0/test").close()
    write_study(study, RECORDS, StudyFindings())
    clear_study(study)
    assert [path.parent for path in event_files(study, recursive=True)] == [study / "base/seed-0/test"]


def test_what_is_under_way_is_said_only_where_there_is_no_summary_yet(study, tmp_path):
    announce_study(study, "under way")
    announce_study(tmp_path / "new", "under way")
    assert read(study).Tensors("summary")[0].tensor_proto.string_val[0] == b"Small is **worse**."
    assert read(tmp_path / "new").Tensors("summary")[0].tensor_proto.string_val[0] == b"under way"


@pytest.mark.parametrize(("value", "shown"), [((512, 256), "512-256"), ((), "none"), (np.float64(0.5), 0.5), (True, True)])
def test_a_hyperparameter_is_shown_as_one_plain_value(value, shown):
    assert hyperparameter(value) == shown and type(hyperparameter(value)) is type(shown)


@pytest.mark.parametrize(("value", "error"), [({}, TypeError), (float("nan"), ValueError), (float("inf"), ValueError)])
def test_a_hyperparameter_that_the_tab_cannot_hold_is_refused(value, error):
    with pytest.raises(error, match="hyperparameter"):
        hyperparameter(value)


def test_a_study_is_written_without_tensorflow(tmp_path):
    program = (
        "import sys; sys.path[:0] = ['tests', 'tests/tensorboard']\n"
        "from test_study_writer import RECORDS, ROWS, StudyFindings, write_study; from pathlib import Path\n"
        f"write_study(Path({str(tmp_path)!r}), RECORDS, StudyFindings(ROWS))\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
