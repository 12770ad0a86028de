"""`run` with several studies: which option concerns which, one after another in the same workers, the worst status."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from calling import harness
from click.testing import Result

from harness.cli.run_choices import choose_studies, dataset_notices, datasets_of, named_studies, possible
from harness.errors import UsageError
from harness.runs.request import RunRequest
from harness.study.loading import load_study, study_files

pytestmark = pytest.mark.quick

STUDY = """
import os, time
from dataclasses import dataclass
from harness import Arrays, Settings, Study, Variant, raises

@dataclass(frozen=True, slots=True)
class Own(Settings):
    EXTRA: int = 1

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(settings.EXTRA).normal(size=(40, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])

def build(settings):
    import keras
    with open(os.environ["HARNESS_TOLD"], "a") as told:
        print(os.getpid(), file=told)
    if settings.optimizer == "ftrl":
        time.sleep(600)
    layers = [keras.layers.Dense(units) for units in settings.hidden]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(2, activation="softmax")])

STUDY = Study("NAME", base=Own(outputs=2, hidden=(8,), epochs=1, optimizer="sgd", learning_rate=0.1),
              build=build, arrays=arrays, question="?", variants=(VARIANTS))
"""
WIDE = 'Variant("wide", hidden=(16,)),'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of four studies: one is well, one has a broken expectation, one an overlooked setting, one sleeps."""
    folder = tmp_path_factory.mktemp("studies")
    unexpected = 'Variant("wide", hidden=(16,), expect=raises("ValueError")),'
    for name, variants, extra in (
        ("well", WIDE, "more"),
        ("broken", unexpected, "points"),
        ("overlooked", 'Variant("raw", normalize=False),', "points"),
        ("sleeping", 'Variant("slow", optimizer="ftrl"),', "points"),
    ):
        text = STUDY.replace("NAME", name).replace("VARIANTS", variants).replace("EXTRA", extra)
        (folder / f"{name}.py").write_text(text)
    return folder


@pytest.fixture(scope="module")
def ran(folder: Path) -> Result:
    """Three of them run in one call, in one worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_TOLD", str(folder / "told"))
        studies = [folder / f"{name}.py" for name in ("broken", "well", "overlooked")]
        return harness("run", *studies, "--seeds", 1, "--jobs", 1, "--logdir", folder / "logs")


def statuses(folder: Path, study: str) -> dict[str, str]:
    with open(folder / "logs" / study / "runs.csv", newline="") as file:
        return {row["variant"]: row["status"] for row in csv.DictReader(file)}


@pytest.mark.processes
def test_each_study_runs_under_its_own_heading_and_the_worst_status_counts(ran, folder):
    assert ran.exit_code == 2
    assert all(f"{name} ({number} of 3)" in ran.output for number, name in enumerate(("broken", "well", "overlooked"), 1))
    assert statuses(folder, "broken") == {"base": "ok", "wide": "unexpected-pass"}
    assert statuses(folder, "well") == {"base": "ok", "wide": "ok"}


@pytest.mark.processes
def test_a_study_that_cannot_be_run_is_named_and_does_not_keep_the_others_from_running(ran, folder):
    assert "Error: Variant 'raw' of study 'overlooked' changes nothing" in ran.stderr and "Not run" in ran.output
    assert not list((folder / "logs/overlooked").rglob("record.json"))


@pytest.mark.processes
def test_all_studies_are_checked_before_the_first_one_trains_in_workers_that_they_share(ran, folder):
    workers = (folder / "told").read_text().split()
    # Each variant is built twice, to see that it changes something and to train. In the study that is refused, the variant
    # and its control are built once more instead, to see by their steps that they are alike indeed.
    # After that error the worker may be at anything, so there is a new one for the rest.
    assert len(workers) == 3 * 2 * 2
    assert len(set(workers[:8])) == len(set(workers[8:])) == 1 and workers[7] != workers[8]


@pytest.mark.processes
def test_one_ctrl_c_ends_all(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_TOLD", str(tmp_path / "told"))
    words = ["run", folder / "sleeping.py", folder / "well.py", "--only", "slow", "--only", "wide"]
    words += ["--seeds", 1, "--logdir", tmp_path / "logs", "--jobs", 1]
    with open(tmp_path / "out", "w") as out:
        driver = subprocess.Popen([sys.executable, "-m", "harness", *map(str, words)], stdout=out, stderr=out)
    deadline = time.monotonic() + 600
    while not (tmp_path / "told").exists():  # it sleeps while its variants are looked at
        assert time.monotonic() < deadline and driver.poll() is None, (tmp_path / "out").read_text()
        time.sleep(0.1)
    driver.send_signal(signal.SIGINT)
    assert driver.wait(timeout=600) == 130
    assert not (tmp_path / "logs/well").exists()


def test_plans_of_several_studies_end_with_a_total(folder, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(
        "from harness import Settings, Study, Variant\nSTUDY = Study('own', base=Settings(dataset='digits'), question='?',\n"
        "    variants=(Variant('a', hidden=(2,), family='widths'), Variant('b', hidden=(3,), family='widths')))\n"
    )
    words = ("--dataset", "digits", "--only", "base", "--only", "a", "--only", "epochs-15", "--seeds", 2, "--jobs", 2)
    result = harness("run", "ablations", tmp_path / "own.py", *words, "--dry-run", "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    assert result.output.count(": 2 variants (the base included) × 2 seeds = 4 trials") == 2
    assert "widths: 1 variant, about" in result.output and "Total of 2 studies: 8 to train, 0 done already" in result.output
    assert "with 2 workers" in result.output and not (tmp_path / "logs").exists()


def test_an_unknown_study_is_an_error_before_anything_runs(folder, tmp_path):
    result = harness("run", folder / "well.py", "ablation", "--logdir", tmp_path / "logs")
    assert result.exit_code == 2 and "Did you mean 'ablations'?" in result.output
    assert not (tmp_path / "logs").exists()


def chosen(*names: object, only: tuple[str, ...] = (), assignments: tuple[str, ...] = (), dataset: str = "auto") -> dict:
    request = RunRequest(Path(), only=only, assignments=assignments, dataset=dataset)
    chosen = choose_studies([str(name) for name in names], request)
    return {each.study.name: (each.request.only, dict(each.request.base_changes)) for each in chosen}


def test_only_leaves_out_the_studies_that_have_none_of_the_variants(folder):
    found = chosen("ablations", folder / "well.py", folder / "sleeping.py", only=("wide", "epochs-15"))
    assert found == {"ablations": (("epochs-15",), {}), "well": (("wide",), {})}


def test_a_variant_that_no_study_has_is_refused_with_the_nearest_name(folder):
    with pytest.raises(UsageError, match="Variant 'wude' is not known. Did you mean 'wide'?"):
        chosen("ablations", folder / "well.py", only=("epochs-15", "wude"))


def test_set_changes_those_that_have_the_setting(folder):
    found = chosen("ablations", folder / "well.py", assignments=("epochs=3", "more=7"))
    assert found == {"ablations": ((), {"epochs": 3}), "well": ((), {"epochs": 3, "more": 7})}


def test_a_setting_that_no_study_has_is_refused(folder):
    with pytest.raises(UsageError, match="Did you mean 'epochs'?"):
        chosen("ablations", folder / "well.py", assignments=("epoch=3",))


def test_a_dataset_concerns_the_studies_that_can_be_run_on_it(folder):
    found = chosen("ablations", folder / "well.py", dataset="digits")
    assert found == {"ablations": ((), {"dataset": "digits"}), "well": ((), {})}


@pytest.mark.parametrize(
    ("name", "dataset", "said"),
    [
        ("well", "digits", "has arrays of its own; --dataset 'digits' would have no effect"),
        ("ablations", "iris", "needs images; --dataset 'iris' is a table. Expected mnist or fashion-mnist or digits"),
        ("ablations", "iriss", "Did you mean 'iris'?"),
    ],
)
def test_a_dataset_that_fits_no_study_is_refused(folder, name, dataset, said):
    path = folder / f"{name}.py"
    with pytest.raises(UsageError, match=said):
        chosen(path if path.exists() else name, dataset=dataset)


def test_which_studies_a_dataset_concerns_is_said(folder):
    choices = choose_studies(["ablations", str(folder / "well.py")], RunRequest(Path(), dataset="digits"))
    assert dataset_notices(choices, "digits") == ["--dataset digits applies to ablations; well keeps its own data."]
    assert dataset_notices(choices[:1], "digits") == [] and dataset_notices(choices, "auto") == []


def test_of_several_studies_a_variant_that_the_changed_base_makes_equal_to_its_control_is_left_out():
    choices = choose_studies(["ablations", "mnist-cnn"], RunRequest(Path(), assignments=("epochs=10",)))
    (ablations, cnn), notices = possible(choices)
    # The variants of 500 steps are taken against one that the longer base makes equal to it.
    rates = (f"learning-rate-{rate}" for rate in ("0.001", "0.01", "0.1", "1"))
    assert not ablations.request.only and cnn.request.only == ("base", "steps-100", *rates)
    (said,) = notices
    assert said.startswith("With epochs=10 in the base: Variant 'steps-500' of study 'mnist-cnn' equals the base")
    assert said.endswith("Left out: steps-500, test-shift-4, no-conv-1, frozen-conv-1, average-pool, no-hidden-1.")


def test_of_several_studies_variants_that_the_changed_base_makes_equal_to_each_other_are_trained_once(tmp_path):
    (tmp_path / "own.py").write_text(
        "from harness import Settings, Study, Variant\nSTUDY = Study('own', base=Settings(dataset='digits'), variants=(\n"
        "    Variant('wide', hidden=(2,)), Variant('wide-raw', hidden=(2,), normalize=False, together=True),\n"
        "    Variant('wide-raw-long', hidden=(2,), normalize=False, epochs=9, control='wide-raw')))\n"
    )
    choices = choose_studies([str(tmp_path / "own.py")], RunRequest(Path(), assignments=("normalize=false",)))
    (own,), (said,) = possible(choices)
    assert "Variants 'wide' and 'wide-raw' of study 'own' are the same: hidden=2" in said
    assert own.request.only == ("base", "wide") and said.endswith("Left out: wide-raw, wide-raw-long.")
    own.study.only(own.request.only).with_base(dict(own.request.base_changes))


def test_a_variant_that_is_left_out_keeps_no_plan_from_being_made(folder, tmp_path):
    words = ("--only", "epochs-15", "--only", "wide", "--set", "epochs=15", "--seeds", 1, "--dry-run", "--logdir", tmp_path)
    (tmp_path / "own.py").write_text(
        "from harness import Settings, Study, Variant\n"
        "STUDY = Study('own', base=Settings(dataset='digits'), variants=(Variant('wide', hidden=(2,)),))\n"
    )
    result = harness("run", "ablations", tmp_path / "own.py", "--dataset", "digits", *words)
    assert result.exit_code == 0 and "Left out: epochs-15." in result.stderr, result.output
    assert "Total of 2 studies: 3 to train" in result.output


def test_all_means_every_study_and_each_study_runs_once():
    assert [study.name for study in named_studies(["ablations", "all"])] == sorted(study_files(), key="ablations".__ne__)


def test_two_studies_of_one_name_are_refused(folder, tmp_path):
    (tmp_path / "other.py").write_text((folder / "well.py").read_text())
    with pytest.raises(UsageError, match="Two studies are named 'well'"):
        named_studies([str(folder / "well.py"), str(tmp_path / "other.py")])


def test_a_table_is_refused_by_a_study_that_does_not_arrange_it(tmp_path):
    (tmp_path / "flowers.py").write_text(
        "from harness import Settings, Study, Variant\n"
        "STUDY = Study('flowers', base=Settings(dataset='iris'), variants=(Variant('a', epochs=2),))\n"
    )
    result = harness("run", tmp_path / "flowers.py", "--dry-run")
    assert result.exit_code == 2
    assert "dataset 'iris' is a table; to use it, the study needs arrange(settings, data)" in result.output


def test_an_arranging_study_names_its_table(tmp_path):
    (tmp_path / "flowers.py").write_text(
        "from harness import Settings, Study, Variant\ndef arrange(settings, data): ...\n"
        "STUDY = Study('flowers', base=Settings(dataset='iris'), variants=(Variant('a', epochs=2),), arrange=arrange)\n"
    )
    study = load_study(str(tmp_path / "flowers.py"))
    assert datasets_of(study) == ["iris"]
    assert chosen(tmp_path / "flowers.py", dataset="diabetes") == {"flowers": ((), {"dataset": "diabetes"})}
    with pytest.raises(UsageError, match="needs a table; --dataset 'mnist' is images"):
        chosen(tmp_path / "flowers.py", dataset="mnist")


def test_a_dataset_set_by_hand_is_refused_where_a_study_has_arrays_of_its_own():
    result = harness("run", "spirals", "--dry-run", "--set", "dataset=iris")
    assert (
        result.exit_code == 2
        and "Study 'spirals' has arrays of its own; --dataset 'iris' would have no effect." in result.output
    )


@pytest.mark.processes
def test_a_sample_as_large_as_the_data_is_not_told_of_as_overlooked(tmp_path):
    words = ("--dry-run", "--seeds", 1, "--dataset", "digits", "--logdir", tmp_path / "logs")
    assert "changes nothing" not in harness("run", "lenet", *words, "--set", "samples=6000").output
    assert (
        "samples=6000 changes nothing in study 'spirals'"
        in harness("run", "spirals", "--dry-run", "--set", "samples=6000").output
    )
