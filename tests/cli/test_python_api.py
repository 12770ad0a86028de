"""`harness.run`: studies of scripts, notebooks and tests, whose functions no file declares as a study."""

import importlib
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from calling import harness as command_line
from nbclient import NotebookClient

import harness
from harness.study import load_study, loaded_code, pickle_study, pickled_name
from harness.study.pickled import read_pickled
from harness.training import function_sources

pytestmark = pytest.mark.processes
NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"

SCRIPT = """
import sys
from dataclasses import dataclass
import harness
from helper import WIDTH, noise

print("the script runs")  # once: no worker runs it again

@dataclass(frozen=True)
class Mine(harness.Settings):
    dropout: float = 0.1

def arrays(settings):
    import numpy as np
    from later import labels
    x = np.random.default_rng(0).normal(size=(300, 4)).astype("float32") + noise()
    return harness.Arrays(x[:200], labels(x[:200]), x[200:], labels(x[200:]))

def build(settings):
    import keras
    layers = [keras.layers.Dense(WIDTH, "relu"), keras.layers.Dropout(settings.dropout), keras.layers.Dense(2, "softmax")]
    return keras.Sequential([keras.Input((4,)), *layers])

study = harness.Study("scripted", base=Mine(epochs=2, outputs=2, batch_size=50), build=build, arrays=arrays,
                      variants=[harness.Variant("no-dropout", dropout=0.0)])
results = harness.run(study, seeds=2, jobs=1, engine="graph", logdir="logs")
print("accuracy", results.summary.test_accuracy.tolist(), results.as_expected, len(results.trials), len(results.epochs))
"""
HELPER = "WIDTH = {width}\ndef noise():\n    return 0.25\n"
LATER = "def labels(x):\n    return (x[:, 0] > 0).astype('int64')\n"


def run_script(folder: Path, *, width: int = 4) -> str:
    (folder / "script.py").write_text(SCRIPT)
    (folder / "helper.py").write_text(HELPER.format(width=width))
    (folder / "later.py").write_text(LATER)
    done = subprocess.run([sys.executable, "script.py"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("scripted")
    return folder, run_script(folder)


def test_a_script_without_a_guard_runs_its_study_once(scripted: tuple[Path, str]):
    folder, output = scripted
    assert output.count("the script runs") == 1
    assert "4 to train, 0 done already" in output and "True 4 8" in output
    assert pd.read_csv(folder / "logs" / "scripted" / "summary.csv").status.tolist() == ["ok", "ok"]


def test_the_recorded_study_is_compared_and_trained_again_from_the_command_line(
    scripted: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
):
    folder, _ = scripted
    monkeypatch.chdir(folder)
    (kept,) = (folder / "logs" / "scripted").glob("study-*.pkl")
    for words in (["compare", "logs/scripted"], ["rerun", "scripted/base/seed-0", "--study", kept]):
        done = command_line(*words)
        assert done.exit_code == 0, done.output
    assert "Identical, bit for bit" in done.output


def test_run_again_it_trains_nothing_and_with_an_edited_helper_everything(scripted: tuple[Path, str]):
    folder, output = scripted
    again = run_script(folder)
    assert "0 to train, 4 done already" in again
    assert again.splitlines()[-1] == output.splitlines()[-1]
    assert "4 to train (4 changed), 0 done already" in run_script(folder, width=5)


def test_the_notebook_of_the_documentation_runs(tmp_path: Path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    assert any("<table>" in output.get("data", {}).get("text/html", "") for output in outputs)
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert (tmp_path / "report.html").stat().st_size > 10_000


def moons(scale: float = 1.0) -> harness.Study:
    def arrays(settings):
        import numpy as np

        x = np.random.default_rng(0).normal(size=(60, 2)) * scale
        return harness.Arrays(x[:40], (x[:40, 0] > 0).astype("int64"), x[40:], (x[40:, 0] > 0).astype("int64"))

    def build(settings):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=settings.learning_rate)

    variants = [harness.Variant("weak", learning_rate=0.0001)]
    return harness.Study("moons", base=harness.Settings(learning_rate=1.0), build=build, arrays=arrays, variants=variants)


def test_a_test_gets_results_and_no_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    results = harness.run(moons(), seeds=2, jobs=1, logdir=tmp_path, base={"learning_rate": 2.0}, progress=False)
    assert capsys.readouterr().out == ""
    assert results.as_expected and results.summary.variant.tolist() == ["base", "weak"]
    assert set(results.trials.setting_learning_rate) == {2.0, 0.0001}
    assert results.report(tmp_path / "page.html").read_text().count("<tr>") == 3
    assert len(results.plot().axes) == 1


def test_the_file_that_workers_read_is_named_by_all_that_the_study_holds():
    assert pickled_name(moons(), ["a"]) == pickled_name(moons(), ["a"])
    assert pickled_name(moons(), ["a"]) != pickled_name(moons(scale=2.0), ["a"])
    assert pickled_name(moons(), ["a"]) != pickled_name(moons(), ["b"])


RATE = 1.0


def test_a_changed_global_is_another_training(monkeypatch: pytest.MonkeyPatch):
    def build(settings):
        return RATE

    study = harness.Study("s", base=harness.Settings(), build=build, variants=[harness.Variant("w", hidden=(8,))])
    before = function_sources(study)
    monkeypatch.setitem(globals(), "RATE", 2.0)
    assert function_sources(study) != before


def test_a_module_that_was_edited_after_its_import_is_told_by_what_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "edited_later.py").write_text("def width():\n    return 4\n")
    monkeypatch.syspath_prepend(tmp_path)
    edited_later = importlib.import_module("edited_later")

    def build(settings):
        return edited_later.width()

    study = harness.Study("s", base=harness.Settings(), build=build, variants=[harness.Variant("w", hidden=(8,))])
    old = loaded_code(function_sources(study))
    # Of another length, by which Python tells files that were written in the same second.
    (tmp_path / "edited_later.py").write_text("def width():\n    return 50\n")
    assert loaded_code(function_sources(study)) == old != ""
    importlib.reload(edited_later)
    assert loaded_code(function_sources(study)) != old
    del sys.modules["edited_later"]


def test_a_study_read_from_its_file_shares_nothing_with_the_one_read_before(tmp_path: Path):
    (path := tmp_path / "study.pkl").write_bytes(pickle_study(moons(), ["source"]))
    one, other = load_study(str(path)), load_study(str(path))
    assert one.build is not other.build and one.path == path and read_pickled(path).sources == ("source",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seeds": 0}, "0 is not in the range"),
        ({"jobs": "two"}, "'two' is not a valid integer range"),
        ({"engine": "jax"}, "'jax' is not one of 'auto', 'xla', 'graph', 'fit'"),
        ({"epoch": 3}, "option 'epoch' is not known"),
        ({"base": {"learning_rat": 2}}, "learning_rat"),
        ({"only": ["wek"]}, "Did you mean 'weak'"),
    ],
)
def test_a_call_that_cannot_be_meant_is_one_line_and_writes_nothing(tmp_path: Path, options: dict[str, object], said: str):
    with pytest.raises(harness.UsageError) as caught:
        harness.run(moons(), logdir=tmp_path / "logs", progress=False, **options)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "logs").exists()


def test_what_cannot_leave_its_process_is_refused_with_what_to_do(tmp_path: Path):
    file = open(tmp_path / "open.txt", "w")  # noqa: SIM115

    def build(settings):
        file.write("x")

    study = harness.Study("holding", base=harness.Settings(), build=build, variants=[harness.Variant("wide", hidden=(8,))])
    with pytest.raises(harness.UsageError, match="cannot be handed to a worker process .* inside themselves"):
        harness.run(study, logdir=tmp_path / "logs", progress=False)
    file.close()
    assert not (tmp_path / "logs").exists()
