"""The data that a study's own functions give: made under the trial's seed, hashed in its record, part of what stands."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calling import harness
from tiny_studies import HEAD

from harness.data.arrays import Arrays
from harness.models.array_hashes import arrays_sha256
from harness.models.fingerprint import effect
from harness.models.samples import make_arrays
from harness.records.attempts import set_apart
from harness.records.record import read_record, trial_folder, write_record
from harness.runs.data_checks import DataQuestion, answers, outdated_records, watch
from harness.runs.execution import write_judged
from harness.runs.executors.preloading import held_for_starting
from harness.runs.plan import FORCED, OTHER_DATA, Plan, make_plan, results
from harness.runs.request import RunRequest
from harness.study.loading import folders_of, importing_from, load_study
from harness.study.settings import Settings
from harness.study.study import Study
from harness.training.trial import blank_record

BODY = """
import numpy as np
from pathlib import Path
from harness import Arrays

HERE = Path(__file__).parent

@dataclass(frozen=True)
class Mine(Settings):
    noise: float = 0.1

def arrays(settings):
    (HERE / "calls").open("a").write("x")
    x = np.loadtxt(HERE / "data.csv") * settings.noise
    SPLIT
    return Arrays(x_train=x[:6], y_train=np.zeros(6), x_test=x[6:], y_test=x[6:])

def build(settings): return None

STUDY = Study("tiny", base=Mine(), variants=(Variant("loud", noise=0.9), Variant("long", epochs=9)), arrays=arrays, build=build)
"""


def written(folder: Path, split: str = "") -> Path:
    np.savetxt(folder / "data.csv", np.arange(10.0))
    path = folder / "tiny.py"
    path.write_text(HEAD + BODY.replace("SPLIT", split))
    return path


def recorded(path: Path, *, seeds: int = 2) -> Plan:
    """Store a good record of every trial, with the hash of its arrays; return the plan of the study after that."""
    request = RunRequest(path.parent / "logs", seeds=seeds, engine="graph")
    plan = make_plan(load_study(str(path)), request, {})
    for trial in plan.trials:
        study, settings = trial.load()
        with importing_from(folders_of(study)):
            digest = arrays_sha256(make_arrays(study, settings, None, seed=trial.seed))
        blank = blank_record(trial, study)
        record = replace(blank, status="ok", as_expected=True, data={**blank.data, "arrays_sha256": digest})
        write_record(trial.folder, record)
    (path.parent / "calls").unlink()
    return make_plan(load_study(str(path)), request, {})


def calls(path: Path) -> int:
    return len((path.parent / "calls").read_text())


def test_records_stand_while_the_functions_give_their_data_and_no_longer(tmp_path):
    path = written(tmp_path)
    plan = recorded(path)
    assert len(plan.cached) == 6 and outdated_records(plan) == frozenset()
    assert calls(path) == 2  # once for each noise: neither the epochs nor the seed is asked for
    np.savetxt(tmp_path / "data.csv", np.arange(1.0, 11.0))
    outdated = outdated_records(plan)
    again = make_plan(plan.declared, plan.request, {}, outdated=outdated)
    assert len(again.trials) == 6 and again.reasons == {OTHER_DATA: 6} and not again.cached
    found = results(again)
    assert not found.records and len(found.stale) == 6


def test_a_seeded_split_is_made_again_for_every_seed_and_stands(tmp_path):
    path = written(tmp_path, split="np.random.shuffle(x)")
    plan = recorded(path, seeds=3)
    hashes = {record.data["arrays_sha256"] for record in plan.cached if record.variant == "base"}
    assert len(hashes) == 3 and outdated_records(plan) == frozenset() and calls(path) == 6


def test_records_of_variants_that_are_not_selected_are_looked_at_too(tmp_path):
    path = written(tmp_path)
    plan = recorded(path)
    np.savetxt(tmp_path / "data.csv", np.ones(10))
    one = make_plan(plan.declared, replace(plan.request, seeds=1, only=("long",)), {})
    assert len(outdated_records(one)) == 6


def test_a_displaced_record_of_the_present_data_counts_again(tmp_path):
    path = written(tmp_path)
    plan = recorded(path, seeds=1)
    folder = trial_folder(plan.request.logdir, "tiny", "base", 0)
    first = read_record(folder / "record.json")
    write_record(set_apart(folder, 1), first)
    write_record(folder, replace(first, attempt=2, data={**first.data, "arrays_sha256": "00"}))
    outdated = outdated_records(plan)
    assert outdated == {("base", 0, 2)}
    assert not make_plan(plan.declared, plan.request, {}, outdated=outdated).trials


def test_a_forced_run_leaves_old_data_out_as_well(tmp_path):
    path = written(tmp_path)
    plan = recorded(path)
    np.savetxt(tmp_path / "data.csv", np.ones(10))
    forced = make_plan(plan.declared, replace(plan.request, seeds=1, force=True), {})
    outdated = outdated_records(forced)
    again = make_plan(plan.declared, forced.request, {}, outdated=outdated)
    assert len(outdated) == 6 and again.reasons == {FORCED: 3} and not results(again).records


def test_a_process_that_dies_answers_nothing_and_the_record_stands(tmp_path):
    path = written(tmp_path)
    plan, said = recorded(path, seeds=1), []
    (tmp_path / "data.csv").unlink()
    os.mkfifo(tmp_path / "data.csv")  # it waits for what is not written
    assert outdated_records(replace(plan, request=replace(plan.request, max_seconds=0.1)), notice=said.append) == frozenset()
    (line,) = said
    assert "3 records, which stand" in line and "0.1 seconds" in line and "base seed 0" in line and "--force" in line


def test_what_ends_the_process_is_not_known_and_the_others_are_asked_all_the_same(tmp_path):
    path = written(tmp_path, split="import os; settings.noise < 0.5 or os._exit(3)")
    asked = [DataQuestion(name, seed, None, "00") for seed, name in enumerate(("base", "loud", "base"))]
    assert answers(path, {}, asked) == [False, None, False]


def test_arrays_that_take_too_long_are_not_waited_for(tmp_path):
    path = written(tmp_path, split="import time; time.sleep(600)")
    assert answers(path, {}, [DataQuestion("base", 0, None, "00")] * 2, max_seconds=0.1) == [None, None]


def test_where_no_arrays_can_be_made_none_are_expected(tmp_path):
    path = written(tmp_path, split="raise ValueError")
    assert answers(path, {}, [DataQuestion("base", 0, None, ""), DataQuestion("base", 0, None, "00")]) == [True, False]


def test_settings_that_are_watched_are_the_same_settings():
    settings = Settings(hidden=(3,), epochs=7)
    read: set[str] = set()
    watched = watch(settings, read)
    assert isinstance(watched, Settings) and watched.epochs == 7 and read == {"epochs"}
    assert watched.edits == {} and "remove" in read and "batch_size" not in read


def test_processes_of_the_harness_order_sets_alike(monkeypatch):
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    with held_for_starting():
        said = {subprocess.check_output([sys.executable, "-c", "print({'one', 'two', 'three', 'four'})"]) for _ in range(4)}
    assert len(said) == 1 and "PYTHONHASHSEED" not in os.environ


def of(function) -> Study:
    return Study("tiny", base=Settings(), variants=(), arrays=function)


def arrays_of(values: np.ndarray) -> Arrays:
    return Arrays(x_train=values[:5], y_train=values[:5], x_test=values[5:], y_test=values[5:])


def drawn(settings: Settings) -> Arrays:
    import random

    import keras
    import tensorflow as tf

    parts = (np.random.normal(size=8), [random.random()], tf.random.normal((2,)).numpy(), keras.random.normal((2,)))
    return arrays_of(np.concatenate([np.asarray(part, float) for part in parts]))


def test_all_that_arrays_draw_follows_from_the_seed():
    study = of(drawn)
    first, again, other = (make_arrays(study, Settings(), None, seed=seed) for seed in (3, 3, 4))
    assert arrays_sha256(first) == arrays_sha256(again)
    apart = np.concatenate([first.x_train, first.x_test]) != np.concatenate([other.x_train, other.x_test])
    assert apart.all()


def test_arrays_that_follow_from_no_seed_are_refused_with_the_way_to_draw():
    study = of(lambda settings: arrays_of(np.random.default_rng().normal(size=9)))
    found = effect(study, study.base, twice=True)
    assert "other data each time" in found.fault and "numpy.random" in found.fault
    assert not effect(of(drawn), study.base, twice=True).fault


def test_a_model_that_follows_from_the_seed_stands_and_is_shown_with_a_note(tmp_path):
    path = written(tmp_path)
    plan = recorded(path, seeds=3)
    for seed, count in enumerate((10, 10, 20)):
        folder = trial_folder(plan.request.logdir, "tiny", "base", seed)
        ended = {"ended": 100.0 + seed}
        write_record(folder, replace(read_record(folder / "record.json"), cost={"parameters": count}, provenance=ended))
    again = make_plan(plan.declared, plan.request, {})
    assert not again.trials and len(again.cached) == 9
    write_judged(again, results(again))
    result = harness("compare", plan.request.logdir, "--format", "csv", "--columns", "variant,seeds,parameters,note")
    row = next(line for line in result.stdout.splitlines() if line.startswith("base"))
    assert row.startswith("base,3,10,") and "DIFFERS BY SEED: 10 to 20 parameters" in row and not result.stderr
    assert "DIFFERS" not in result.stdout.replace(row, "")


def test_what_a_short_run_counts_is_all_of_the_folder(tmp_path):
    plan = recorded(written(tmp_path), seeds=4)
    for seed in range(4):
        folder = trial_folder(plan.request.logdir, "tiny", "base", seed)
        write_record(folder, replace(read_record(folder / "record.json"), cost={"parameters": 10 + seed}))
    one = make_plan(plan.declared, replace(plan.request, seeds=1), {})
    assert one.tally == "0 to train, 3 done already" and len(results(one).records) == 12


@pytest.mark.parametrize("kind", ["dataclass", "slots"])
def test_settings_of_any_kind_can_be_watched(kind):
    from dataclasses import dataclass

    @dataclass(frozen=True, slots=kind == "slots")
    class Mine(Settings):
        noise: float = 0.5

        def twice(self) -> float:
            return 2 * self.noise

    read: set[str] = set()
    assert watch(Mine(), read).twice() == 1.0 and read == {"noise"}
