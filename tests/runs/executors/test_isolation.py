"""Nothing leaks from one job of a worker into the next; what cannot be undone costs the worker, and no trial."""

from typing import Any

import leaks
import pytest
from performing import perform

from harness.records.attempts import attempt_folder
from harness.records.record import Record
from harness.runs.executors.channel import OUTPUT_FILE
from harness.runs.executors.local import LocalExecutor
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

STUDY = """
import sys
from dataclasses import dataclass
from harness import Arrays, Settings, Study, Variant, raises

@dataclass(frozen=True, slots=True)
class Mine(Settings):
    what: str = "nothing"

def arrays(settings):
    import numpy as np
    x = np.random.normal(size=(64, 8)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x[:48], y[:48], x[48:], y[48:])

def build(settings):
    import keras
    if settings.what == "mixed":
        keras.mixed_precision.set_global_policy("mixed_float16")
    if settings.what == "epsilon":
        keras.config.set_epsilon(0.45)
    if settings.what == "patched":
        keras.layers.Dense.call = lambda self, inputs: keras.ops.matmul(inputs, self.kernel) * 0.5
    if settings.what == "said":
        print("\\x1b[31mfrom its build", flush=True)
        print("and its errors", file=sys.stderr)
    if settings.what == "huge":
        raise type("\\x1b]0;Title\\x07Odd", (Exception,), {})("\\x1b[2Jfirst \\u202eline\\x9b31m\\n" + "x" * 60_000_000)
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(8, activation="relu"),
                             keras.layers.Dense(2, activation="softplus")])

names = ["mixed", "epsilon", "patched", "said", "huge"]
STUDY = Study("mine", base=Mine(outputs=2, epochs=2, batch_size=16, optimizer="sgd", learning_rate=0.1), build=build,
              arrays=arrays, variants=[Variant(name, what=name) for name in names])
"""


@pytest.fixture(scope="module")
def executor():
    """One worker, begun from a terminal that is far too narrow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "10")
        executor = LocalExecutor(jobs=1)
        perform(executor, (leaks._sklearn,))  # before its memory is measured for the first time, as it takes much of it
        yield executor
        executor.close()


@pytest.fixture(scope="module")
def seen(executor) -> dict[str, tuple[Any, Any, Any]]:
    """What was seen of each kind of leak: before, when it was there, and in the next job; and how many workers that took."""
    calls = [(function, name) for name in leaks.LEAKS for function in (leaks.look, leaks.leave, leaks.look)]
    first, *results, last = perform(executor, (leaks.process,), *calls, (leaks.process,))
    assert executor.replaced == [] and first == last
    return {name: tuple(results[3 * number : 3 * number + 3]) for number, name in enumerate(leaks.LEAKS)}


@pytest.mark.parametrize("name", leaks.LEAKS)
def test_what_a_job_leaves_is_gone_before_the_next(seen, name):
    before, there, after = seen[name]
    assert repr(there) != repr(before), "the job left nothing"
    assert repr(after) == repr(before)


@pytest.fixture(scope="module")
def trials(tmp_path_factory) -> dict[str, Trial]:
    """The trials of the study by their variants, and as `again` a second one of the base."""
    folder = tmp_path_factory.mktemp("mine")
    path = folder / "mine.py"
    path.write_text(STUDY)
    first, again = (make_plan(load_study(str(path)), RunRequest(folder / name, seeds=1), {}) for name in ("first", "again"))
    for plan in (first, again):
        plan.folder.mkdir(parents=True)
    by_variant = {trial.variant: trial for trial in first.trials}
    bases = {"base": by_variant.pop("base")}, {"again": next(trial for trial in again.trials if trial.variant == "base")}
    return bases[0] | by_variant | bases[1]


@pytest.fixture(scope="module")
def trained(executor, trials) -> dict[str, Record]:
    """The records of the base, then of all variants, then of the base once more, one after another in one worker."""
    (before,) = perform(executor, (leaks.process,))
    ended = list(executor.run(list(trials.values()), progress=lambda _: None))
    (after,) = perform(executor, (leaks.process,))
    assert executor.replaced == [], executor.replaced
    assert before == after and all(isinstance(record, Record) for _, record in ended), ended
    return dict(zip(trials, (record for _, record in ended), strict=True))


@pytest.mark.parametrize("name", ["mixed", "epsilon", "patched"])
def test_a_variant_that_changes_how_models_are_made_is_not_the_base(trained, name):
    assert trained[name].status == "ok", trained[name].error
    assert trained[name].history["train_loss"] != trained["base"].history["train_loss"]


def test_the_base_is_the_same_bit_for_bit_behind_such_variants(trained):
    assert trained["base"].status == "ok", trained["base"].error
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert trained["again"].history[name] == trained["base"].history[name]


def test_a_look_at_what_a_variant_changes_sees_the_settings_of_the_libraries_and_leaves_none(executor, trials):
    seen = dict(zip(trials, executor.fingerprints([*trials.values(), trials["base"]]), strict=False))
    (again,) = executor.fingerprints([trials["base"]])
    assert seen["base"].digest and again == seen["base"]
    assert seen["epsilon"].digest not in ("", seen["base"].digest)
    assert seen["said"].digest == seen["base"].digest  # which has changed none
    assert seen["patched"].digest == ""  # which is to say: nobody can tell


def test_what_a_trial_prints_is_kept_beside_its_event_files(trained, trials):
    assert trained["said"].status == "ok"
    kept = attempt_folder(trials["said"].folder, 1) / OUTPUT_FILE
    assert {"\x1b[31mfrom its build", "and its errors"} <= set(kept.read_text().splitlines())


def test_an_error_of_sixty_megabytes_is_cut_and_cannot_steer_the_terminal(trained):
    record = trained["huge"]
    assert record.error == "Odd: first  line" and record.error_type == "Odd"
    assert 1000 < len(record.traceback) < 25_000
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(record.error + record.traceback)


def test_what_a_job_changes_in_modules_that_it_was_the_first_to_import_is_put_back(executor):
    executor.replaced.clear()
    first, second = perform(executor, (leaks.patch_first_imported,), (leaks.patch_first_imported,))
    assert first == (True, "open", "close") and second == (False, "open", "close")
    assert executor.replaced == []


def test_the_fork_server_that_a_job_has_started_is_started_anew_by_the_next(executor):
    executor.replaced.clear()
    assert perform(executor, (leaks.fork,), (leaks.fork,)) == [0, 0]
    assert executor.replaced == []


def test_a_worker_in_which_something_is_left_is_replaced_and_no_job_is_lost(executor):
    executor.replaced.clear()
    one, two, same, three = perform(executor, (leaks.leave_for_good,), (leaks.process,), (leaks.hoard,), (leaks.process,))
    assert len({one, two, three}) == 3 and two == same
    left, memory = executor.replaced
    assert left.startswith("thread ") and left.endswith("; TensorFlow's context") and memory.startswith("memory, from ")


def test_a_worker_frozen_in_the_middle_of_its_answer_is_ended_in_time(executor):
    executor._max_seconds = 0.5
    (result,) = perform(executor, (leaks.freeze,))
    assert executor._outcome(result).status == "timeout" and not executor._workers
