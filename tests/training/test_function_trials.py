"""Trials that a study's own train(settings, trial) trains: what their records hold, and what is refused."""

import random
from pathlib import Path

import numpy as np
import pytest
from own_trials import HEAD, planned, ran
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from harness.records.attempts import attempt_folder
from harness.records.record import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, OK, Record

BASE = 'base={"epochs": 3, "rate": 0.5, "unread": 1}'
# Each is refused where the function is seen never to read its setting.
VARIANTS = {"settings.rate": 'Variant("fast", rate=0.25)', "other": 'Variant("other", unread=2)'}
LOOP = """
def train(settings, trial):
    for epoch in range(1, settings.epochs + 1):
        BODY
"""
TOLD = "trial.log(epoch, train_loss=1 / epoch, test_accuracy=settings.rate)"


def written(folder: Path, body: str, *, loop: str = LOOP, options: str = "", other: bool = False) -> Path:
    path = folder / "own.py"
    function = loop.replace("BODY", body)
    variants = ", ".join(one for sign, one in VARIANTS.items() if sign in function or (sign == "other" and other))
    path.write_text(f"{HEAD}{function}\nSTUDY = Study('own', train=train, {BASE}, variants=[{variants}]{options})\n")
    return path


def record_of(folder: Path, body: str, variant: str = "base", *, loop: str = LOOP, options: str = "") -> Record:
    return ran(planned(written(folder, body, loop=loop, options=options, other=variant == "other"), variant))


def points(folder: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder)).Reload().Tensors(tag)
    return [(event.step, round(float(event.tensor_proto.float_val[0]), 6)) for event in events]


def test_a_function_leaves_its_epochs_in_the_record_and_its_curves_in_tensorboard(tmp_path):
    trial = planned(written(tmp_path, TOLD))
    record = ran(trial)
    assert (record.status, record.epochs, record.error) == (OK, 3, "")
    assert record.metrics == {"train_loss": 1 / 3, "test_accuracy": 0.5}
    assert record.history["train_loss"] == [1.0, 0.5, 1 / 3] and record.history["epoch"] == [1.0, 2.0, 3.0]
    assert record.settings == {"epochs": 3, "rate": 0.5, "unread": 1}
    assert record.provenance["engine"] == "function" and "parameters" not in record.cost
    folder = attempt_folder(trial.folder, 1)
    assert points(folder / "train", "epoch_loss") == [(1, 1.0), (2, 0.5), (3, 0.333333)]
    assert points(folder / "test", "epoch_accuracy") == [(1, 0.5), (2, 0.5), (3, 0.5)]


def test_what_it_returns_is_what_is_judged_on_top_of_what_it_has_logged(tmp_path):
    loop = "\ndef train(settings, trial):\n    BODY\n"
    body = "trial.log(2, train_loss=0.5, test_accuracy=0.1); trial.log(5, train_loss=0.3); return {'test_accuracy': 0.7}"
    trial = planned(written(tmp_path, body, loop=loop))
    record = ran(trial)
    assert record.metrics == {"train_loss": 0.3, "test_accuracy": 0.7} and record.epochs == 5
    np.testing.assert_array_equal(record.history["test_accuracy"], [0.1, np.nan])
    assert points(attempt_folder(trial.folder, 1) / "test", "epoch_accuracy") == [(2, 0.1), (6, 0.7)]
    assert record.provenance["weights"] == "as train(settings, trial) measured them at the end"


def test_a_function_that_logs_nothing_has_one_epoch_of_what_it_returns(tmp_path):
    loop = "\ndef train(settings, trial):\n    return {'test_accuracy': settings.rate}\n"
    record = record_of(tmp_path, "", "fast", loop=loop)
    assert (record.status, record.epochs, record.metrics) == (OK, 1, {"test_accuracy": 0.25})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("trial.log(0, train_loss=1.0)", "epoch is 0; expected a whole number from 1 on"),
        ("trial.log(1, train_loss=1.0)", "epoch is 1; expected a whole number above 1, that of the last one"),
        ("trial.log(1.5, train_loss=1.0)", "epoch is 1.5; expected a whole number from 1 on"),
        ("trial.log(epoch)", "epoch 1 has no values; expected names such as train_loss"),
        ("trial.log(epoch, loss=1.0)", "'loss' is no name of a measured value; expected names such as train_loss"),
        ("trial.log(epoch, test_seconds=1.0)", "'test_seconds' is no name of a measured value"),
        ("trial.log(epoch, train_loss='low')", "train_loss is 'low', of type str; expected one number"),
        ("trial.log(epoch, train_loss=[1, 2])", "train_loss is '[1, 2]', of type list; expected one number"),
        ("trial.log(epoch, train_loss=None)", "train_loss is 'None', of type NoneType; expected one number"),
        ("trial.log(epoch, train_loss=1.0)", "judged by test_accuracy, which train(settings, trial) does not give at its end"),
        ("pass", "does not give at its end: there is no value at all"),
        ("return [0.5]", "returned '[0.5]', of type list; expected a mapping such as {'test_accuracy': 0.9}"),
        ("return {'accuracy': 0.5}", "'accuracy' is no name of a measured value"),
        (
            "return {'test_accuracy': 97.5}",
            "test_accuracy is 97.5; expected a share between 0 and 1 (of percent, divide by 100)",
        ),
        ("trial.checkpoint({})", "none was yet; call trial.log(epoch, ...) before it"),
        (f"{TOLD}; trial.checkpoint([1])", "trial.checkpoint: received a list; expected a dict of numbers, texts"),
        (f"{TOLD}; trial.checkpoint({{'a': {{1}}}})", "state['a'] is of type builtins.set, which is no plain value; expected"),
        ("trial.figure('a/b', b'')", "trial.figure: name is 'a/b'; expected letters"),
        ("trial.figure('a', b'GIF')", "received 3 bytes that are no PNG"),
        ("trial.figure('a', [1, 2])", "received a list of shape (2,); expected a Matplotlib figure"),
        ("trial.figure('a', [[2.0]])", "has values that are not from 0 to 1"),
    ],
)
def test_what_cannot_be_meant_fails_the_trial_in_one_line(tmp_path, body, said):
    record = record_of(tmp_path, body)
    assert (record.status, record.error_type) == (FAILED, "UsageError")
    assert said in record.error and "\n" not in record.error


def test_an_error_that_the_function_catches_ends_the_trial_all_the_same(tmp_path):
    loop = """
def train(settings, trial):
    for epoch in (1, 2):
        try:
            trial.log(epoch, loss=1.0)
        except Exception:
            pass
    return {"test_accuracy": 0.5}
"""
    record = record_of(tmp_path, "", loop=loop)
    assert record.status == FAILED and "'loss' is no name" in record.error


def test_a_loss_that_is_not_finite_ends_the_training_as_diverged(tmp_path):
    body = "trial.log(epoch, train_loss=1 / epoch if epoch < 2 else float('nan'), test_accuracy=0.5)"
    record = record_of(tmp_path, body, options=", expect=diverges()")
    assert (record.status, record.epochs, record.as_expected) == (DIVERGED, 2, True)
    assert record.error == "Loss is not finite after epoch 2."


def test_a_value_that_is_not_finite_ends_a_training_without_epochs_as_diverged(tmp_path):
    record = record_of(tmp_path, "", loop="def train(settings, trial):\n    return {'test_accuracy': float('nan')}\n")
    assert (record.status, record.as_expected) == (DIVERGED, False)


def test_an_expected_error_is_a_result(tmp_path):
    record = record_of(tmp_path, "raise KeyError('no such layer')", options=", expect=raises('KeyError', match='layer')")
    assert (record.status, record.as_expected) == (EXPECTED_ERROR, True)


def test_a_variant_whose_setting_is_never_read_is_not_taken_for_one_without_effect(tmp_path):
    path = written(tmp_path, f"print(settings); {TOLD}", other=True)
    record = ran(planned(path, "other"))
    assert record.status == FAILED
    assert (
        "changes unread=2, and train(settings, trial) never read settings.unread, so that it trained what 'base' does"
        in record.error
    )
    assert ran(planned(path, "fast")).status == OK


@pytest.mark.parametrize("read", ["settings.unread", "vars(settings)", "__import__('dataclasses').asdict(settings)"])
def test_a_setting_that_is_read_in_any_way_counts(tmp_path, read):
    assert record_of(tmp_path, f"{read}; {TOLD}", "other").status == OK


def test_what_a_forked_process_reads_counts_too(tmp_path):
    fork = "import os; pid = os.fork(); pid or os._exit(settings.unread); os.waitpid(pid, 0)"
    assert record_of(tmp_path, f"{fork}; {TOLD}; str(settings)", "other").status == OK


def test_a_frozen_dataclass_and_the_harnesses_settings_will_do_as_well(tmp_path):
    text = f"""{HEAD}
from dataclasses import dataclass
BASE
class Mine(PARENT):
    rate: float = 0.5
def train(settings, trial):
    return {{"test_accuracy": settings.rate}}
STUDY = Study("own", base=Mine(), variants=[Variant("fast", rate=0.25)], train=train)
"""
    for number, parent in enumerate(("object", "Settings")):
        path = tmp_path / str(number) / "own.py"
        path.parent.mkdir()
        path.write_text(text.replace("BASE", "@dataclass(frozen=True)").replace("PARENT", parent))
        record = ran(planned(path, "fast"))
        assert record.metrics == {"test_accuracy": 0.25}
        assert ("hidden" in record.settings) == (parent == "Settings")


def test_a_changed_base_that_is_never_read_is_noted(tmp_path):
    from harness.training import notices

    path = written(tmp_path, TOLD)
    record = ran(planned(path, base_changes=(("unread", 7), ("rate", 0.75))))
    assert notices(record) == ["base: --set unread changes nothing, as train(settings, trial) never read it."]


DRAWING = """
def train(settings, trial):
    import random
    import keras, numpy as np, tensorflow as tf
    drawn = random.random(), np.random.random(), float(keras.random.uniform(())), float(tf.random.uniform(()))
    trial.log(1, **{f"train_{name}": value for name, value in zip("abcd", drawn)}, test_accuracy=0.5)
"""


def test_all_that_is_random_follows_from_the_seed(tmp_path):
    path = written(tmp_path, "", loop=DRAWING)
    first, again = ran(planned(path)), ran(planned(path), attempt=2)
    other = ran(planned(path, seed=1))
    assert first.metrics == again.metrics
    assert all(first.metrics[f"train_{name}"] != other.metrics[f"train_{name}"] for name in "abcd")
    random.seed(0)
    assert first.metrics["train_a"] == random.random()  # as its plain script, with the seed set by hand


RESUMED = """
def train(settings, trial):
    import random
    import numpy as np
    state = trial.resume() or {"epoch": 0, "weights": np.zeros(2), "raw": b"", "log": []}
    for epoch in range(state["epoch"] + 1, 7):
        state = {"epoch": epoch, "weights": state["weights"] + np.random.random(2), "raw": state["raw"] + b"x",
                 "log": [*state["log"], random.random()]}
        BEFORE
        trial.log(epoch, train_loss=state["weights"].sum(), test_accuracy=len(state["raw"]) / 10, train_last=state["log"][-1])
        AFTER
"""
KEPT = "trial.checkpoint(state)"


def resumed(folder: Path, *, before: str = "", after: str = KEPT) -> Path:
    return written(folder, "", loop=RESUMED.replace("BEFORE", before).replace("AFTER", after))


def test_a_trial_that_was_stopped_goes_on_and_ends_as_if_it_had_not_been(tmp_path):
    (tmp_path / "whole").mkdir()
    whole = ran(planned(resumed(tmp_path / "whole")))
    trial = planned(resumed(tmp_path))
    first = ran(trial, stop_after=3)
    assert (first.status, first.epochs) == (INTERRUPTED, 3)
    second = ran(trial, attempt=2)
    assert (second.status, second.provenance["resumed_from"], second.provenance["attempts"]) == (OK, 3, [1, 2])
    assert second.metrics == whole.metrics and second.epochs == 6
    for name in ("train_loss", "test_accuracy", "train_last", "epoch"):
        assert second.history[name] == whole.history[name]
    assert len(points(attempt_folder(trial.folder, 2) / "train", "epoch_loss")) == 6
    assert not list(attempt_folder(trial.folder, 1).glob("checkpoint-*"))


def test_a_state_that_is_kept_before_its_epoch_is_logged_is_refused_not_resumed_with_a_gap(tmp_path):
    trial = planned(resumed(tmp_path, before="epoch == 2 and " + KEPT, after=""))
    assert ran(trial, stop_after=2).status == INTERRUPTED
    record = ran(trial, attempt=2)
    assert "gave the state behind epoch 1, and epoch 3 is logged next: the curves would lack what lies between" in record.error


@pytest.mark.parametrize(
    ("after", "status", "epochs"),
    [
        ("pass", INTERRUPTED, 2),  # ends at the next log
        ("if trial.stop: break", INTERRUPTED, 2),
        (KEPT, INTERRUPTED, 2),
    ],
)
def test_a_training_that_is_asked_to_stop_ends_with_its_epoch(tmp_path, after, status, epochs):
    record = ran(planned(resumed(tmp_path, after=after)), stop_after=2)
    assert (record.status, record.epochs) == (status, epochs)


def test_one_that_is_asked_in_its_last_epoch_and_knows_nothing_of_it_has_finished(tmp_path):
    record = ran(planned(resumed(tmp_path, after="pass")), stop_after=6)
    assert (record.status, record.epochs) == (OK, 6)


def test_a_damaged_checkpoint_is_set_aside_and_the_trial_begins_anew(tmp_path):
    trial = planned(resumed(tmp_path))
    ran(trial, stop_after=3)
    (path,) = attempt_folder(trial.folder, 1).glob("checkpoint-*")
    path.write_bytes(path.read_bytes()[:-9])
    record = ran(trial, attempt=2)
    assert (record.status, record.epochs) == (OK, 6) and "checkpoint_set_aside" in record.provenance


def test_files_lie_in_the_attempts_folder_and_figures_in_tensorboard(tmp_path):
    body = f"""{TOLD}
        (trial.folder / "note.txt").write_text("kept")
        trial.figure("array", [[0.0, 0.5], [1.0, 0.2]])
        import numpy as np, matplotlib.figure
        trial.figure("colours", np.zeros((2, 3, 3), np.uint8))
        figure = matplotlib.figure.Figure()
        figure.subplots().plot([1, 2])
        trial.figure("drawn", figure)"""
    trial = planned(written(tmp_path, body))
    assert ran(trial).status == OK
    folder = attempt_folder(trial.folder, 1)
    assert (folder / "files" / "note.txt").read_text() == "kept"
    tags = EventAccumulator(str(folder / "test"), {"images": 0, "tensors": 0}).Reload().Tags()
    assert {"array", "colours", "drawn"} <= {*tags["tensors"], *tags["images"]}
