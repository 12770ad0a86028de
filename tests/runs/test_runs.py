"""Studies from the command line to the tables, with real workers, real training and real event files."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest
from calling import CLASSIC, harness
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_studies import VARIED

from harness.records.record import load_records, read_record
from harness.tensorboard.event_file import event_files

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def tiny(tmp_path):
    """Write a study of two classes in four dimensions with the variants given; return its path."""

    def write(variants: str, *, text: str = VARIED) -> Path:
        path = tmp_path / "tiny.py"
        path.write_text(text.replace("VARIANTS", variants))
        return path

    return write


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def records_of(logdir: Path) -> dict[str, object]:
    return {record.variant: record for record in load_records(logdir)[0]}


def test_a_run_leaves_a_picture_of_the_differences_and_says_what_it_found(finished):
    assert (finished.logdir / "ablations" / "differences.png").read_bytes().startswith(b"\x89PNG")
    assert "One seed shows what happened once" in finished.result.output and "McNemar" not in finished.result.output
    assert "[digits in place of" not in finished.result.output  # digits were asked for


def test_every_variant_does_what_is_expected_of_it(finished):
    assert finished.result.exit_code == 0, finished.result.output
    assert set(finished.records) == {"base", *CLASSIC}
    assert all(record.as_expected for record in finished.records.values())


def test_a_network_without_flatten_fails_over_its_shapes(finished):
    record = finished.records["no-flatten"]
    assert record.status == "expected-error" and "shape" in record.error and record.epochs == 0


def test_five_outputs_for_ten_classes_are_never_a_success(finished):
    record = finished.records["output-5"]
    assert record.status == "expected-error" and "label" in record.error.lower()


@pytest.mark.parametrize("engine", ["xla", "graph", "fit"])
def test_five_outputs_are_refused_whichever_engine_runs(tmp_path, engine):
    harness("run", "ablations", "--dataset", "digits", "--only", "output-5", "--seeds", 1, "--set", "epochs=1",
            "--engine", engine, "--logdir", tmp_path)  # fmt: skip
    assert records_of(tmp_path)["output-5"].status == "expected-error"


def test_the_stand_in_is_named_everywhere(finished):
    assert all("digits" in record.data["description"] for record in finished.records.values())
    assert {row["data"] for row in rows(finished.logdir / "ablations" / "summary.csv")} == {"digits"}


def test_the_tables_are_the_records(finished):
    runs = {row["variant"]: row for row in rows(finished.logdir / "ablations" / "runs.csv")}
    assert set(runs) == set(finished.records)
    for name, record in finished.records.items():
        assert runs[name]["status"] == record.status and runs[name]["trial_id"] == record.trial_id
        for metric, value in record.metrics.items():
            assert float(runs[name][metric]) == value
        assert (finished.logdir / runs[name]["logdir"]).is_dir()
    assert rows(finished.logdir / "ablations" / "summary.csv")[0]["variant"] == "base"


def test_the_event_files_hold_the_records_history(finished):
    record = finished.records["epochs-15"]
    folder = finished.logdir / "ablations" / "epochs-15" / "seed-0"
    for run in ("train", "test"):
        events = EventAccumulator(str(folder / run), size_guidance={"tensors": 0}).Reload()
        for name in ("loss", "accuracy"):
            points = events.Tensors(f"epoch_{name}")
            assert [point.step for point in points] == list(range(1, 16))
            values = [float(point.tensor_proto.float_val[0]) for point in points]
            assert values == pytest.approx(record.history[f"{run}_{name}"], rel=1e-6)
    assert EventAccumulator(str(folder / "train")).Reload().Tags()["graph"]


def test_a_failed_trial_has_its_error_in_tensorboard(finished):
    folder = finished.logdir / "ablations" / "no-flatten" / "seed-0" / "test"
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    text = events.Tensors("error")[0].tensor_proto.string_val[0].decode()
    assert "shape" in text


def test_the_first_test_image_has_ten_probabilities(finished):
    record = finished.records["base"]
    assert len(record.first_test_image) == 10 and sum(record.first_test_image) == pytest.approx(1, abs=1e-4)


def test_a_second_run_trains_nothing_and_force_makes_a_new_attempt(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,)),')
    words = ("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    assert harness(*words).exit_code == 0
    before = (tmp_path / "logs/tiny/wide/seed-0/record.json").read_bytes()
    again = harness(*words)
    assert again.exit_code == 0 and "2 trials recorded already" in again.output
    assert (tmp_path / "logs/tiny/wide/seed-0/record.json").read_bytes() == before
    harness(*words, "--force")
    assert read_record(tmp_path / "logs/tiny/wide/seed-0/record.json").attempt == 2
    older = tmp_path / "logs/tiny/wide/seed-0/attempt-1"
    assert (older / "record.json").read_bytes() == before
    shown = {path.parent for path in event_files(older.parent, recursive=True)}  # the first attempt's are kept, and hidden
    assert shown == {older.parent / "attempt-2/train", older.parent / "attempt-2/test"} and list(older.glob("t*/withdrawn*"))


def test_the_same_trial_gives_the_same_numbers_alone_and_beside_others(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,)), Variant("slow", learning_rate=0.01),')
    harness("run", study, "--seeds", 2, "--logdir", tmp_path / "together")
    harness("run", study, "--seeds", 1, "--logdir", tmp_path / "alone", "--only", "slow", "--jobs", 1)
    together = read_record(tmp_path / "together/tiny/slow/seed-0/record.json")
    alone = read_record(tmp_path / "alone/tiny/slow/seed-0/record.json")
    assert alone.history["train_loss"] == together.history["train_loss"]
    assert alone.history["test_accuracy"] == together.history["test_accuracy"]


def test_records_of_other_settings_are_left_out_not_mixed_in(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,)),')
    harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", "--set", "epochs=1", "--only", "base")
    assert "1 record of other settings" in result.output
    assert [row["variant"] for row in rows(tmp_path / "logs/tiny/summary.csv")] == ["base"]


def test_results_that_other_settings_displaced_are_taken_back_without_training(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,)),')
    words = ("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    trial = tmp_path / "logs/tiny/wide/seed-0"
    harness(*words)
    before = read_record(trial / "record.json")
    harness(*words, "--set", "epochs=1")
    assert read_record(trial / "record.json").epochs == 1
    again = harness(*words)
    assert "0 to train, 2 done already" in again.output
    assert read_record(trial / "record.json") == before
    assert [row["epochs"] for row in rows(tmp_path / "logs/tiny/summary.csv")] == ["2", "2"]
    assert {path.parents[1].name for path in event_files(trial, recursive=True)} == {"attempt-1"}


def test_a_changed_build_function_is_trained_again(tiny, tmp_path):
    words = ("--seeds", 1, "--logdir", tmp_path / "logs")
    harness("run", tiny('Variant("wide", hidden=(16,)),'), *words)
    changed = VARIED.replace('activation="relu"', 'activation="tanh"')
    result = harness("run", tiny('Variant("wide", hidden=(16,)),', text=changed), *words)
    assert "recorded already" not in result.output


def test_a_loss_that_is_not_finite_is_a_status_of_its_own(tiny, tmp_path):
    study = tiny('Variant("wild", learning_rate=1e30, expect=diverges()), Variant("wilder", learning_rate=1e35),')
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    records = records_of(tmp_path / "logs")
    assert records["wild"].status == "diverged" and records["wild"].as_expected
    assert records["wilder"].status == "diverged" and not records["wilder"].as_expected
    assert result.exit_code == 1 and "wilder seed 0: diverged" in result.output


def test_a_failure_that_does_not_come_is_not_as_expected(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,), expect=raises("ValueError")),')
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    assert result.exit_code == 1 and records_of(tmp_path / "logs")["wide"].status == "unexpected-pass"


@pytest.mark.parametrize("dry", [True, False])
def test_a_setting_that_the_model_overlooks_is_refused_before_anything_trains(tiny, tmp_path, dry):
    study = tiny('Variant("wide", hidden=(16,)), Variant("no-scale", normalize=False),')
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", *(["--dry-run"] if dry else []))
    assert result.exit_code == 2 and "Variant 'no-scale' of study 'tiny' changes nothing" in result.output
    assert not list((tmp_path / "logs").rglob("record.json")) and not list((tmp_path / "logs").rglob("*tfevents*"))


def test_a_change_of_the_base_that_the_study_overlooks_is_noted_and_one_that_a_variant_heeds_is_not(tiny, tmp_path):
    study = tiny('Variant("wide", hidden=(16,)),')
    changes = ("--set", "normalize=false", "--set", "learning_rate=0.5", "--set", "hidden=4", "--set", "log_every=2")
    result = harness("run", study, "--dry-run", "--seeds", 1, "--logdir", tmp_path / "logs", *changes)
    assert (
        result.exit_code == 0
        and "Note: normalize=False changes nothing in study 'tiny': build(settings) or arrays" in result.stderr
    )
    assert result.stderr.count("Note:") == 1


def test_a_picture_that_no_variant_can_have_is_told_of_with_the_reason(tiny, tmp_path):
    study = tiny("", text=VARIED.replace("question=", 'pictures=("decision-surface", "learning-curves"), question='))
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0 and "Note: no decision surface: " in result.stderr
    assert "learning-curves was drawn for no" not in result.stderr


def test_a_killed_worker_costs_its_own_trial_only(tiny, tmp_path):
    study = tiny('Variant("killed", optimizer="lion"), Variant("wide", hidden=(16,)),')
    result = harness("run", study, "--seeds", 2, "--logdir", tmp_path / "logs")
    assert result.exit_code == 1
    runs = {(row["variant"], row["seed"]): row for row in rows(tmp_path / "logs/tiny/runs.csv")}
    assert len(runs) == 6
    for (variant, _), row in runs.items():
        assert row["status"] == ("failed" if variant == "killed" else "ok")
    assert "SIGKILL" in runs["killed", "0"]["error"] and float(runs["killed", "0"]["seconds"]) > 0
    run = tmp_path / "logs" / runs["killed", "0"]["logdir"] / "test"
    events = EventAccumulator(str(run), size_guidance={"tensors": 0}).Reload()
    assert b"SIGKILL" in events.Tensors("error")[0].tensor_proto.string_val[0]


def test_a_trial_that_overruns_its_time_is_ended(tiny, tmp_path):
    study = tiny('Variant("slow", optimizer="ftrl"),')
    harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", "--only", "base")
    harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", "--max-seconds", 6)  # ends the slow one alone
    records = records_of(tmp_path / "logs")
    assert records["slow"].status == "timeout" and records["base"].status == "ok"


def test_the_study_of_the_documentation_runs_as_it_is_printed(tmp_path):
    page = (DOCS / "your-own-study.md").read_text()
    assert re.search(r"```python\n(.*?)```", page, re.DOTALL)[1] == (DOCS / "my_study.py").read_text()
    shutil.copy(DOCS / "my_study.py", tmp_path)
    result = harness("run", tmp_path / "my_study.py", "--seeds", 2, "--set", "epochs=2", "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    table = rows(tmp_path / "logs/my-study/summary.csv")
    assert [row["variant"] for row in table][:2] == ["base", "no-dropout"]
    assert all(float(row["test_accuracy"]) > 0.5 for row in table)


def test_records_are_json_that_anyone_can_read(finished):
    path = finished.logdir / "ablations" / "base" / "seed-0" / "record.json"
    content = json.loads(path.read_text())["record"]
    assert content["settings"]["hidden"] == [128] and content["provenance"]["tensorflow"]
