"""The wheel and the sdist, as somebody gets them who has no clone: built, installed, run from another folder."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).resolve().parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist", "docs", "logs", "tests")
MINE = """\
from lenet import STUDY as LENET
from harness import Settings, Study, Variant
STUDY = Study("mine", question=f"What is mine beside {LENET.name}?", base=Settings(), variants=(Variant("w", hidden=(8,)),))
"""
TRIAL_IDS = """\
import json
from harness.study import load_study, study_files
from harness.training import trial_id
studies = [load_study(name) for name in study_files()]
print(json.dumps({
    f"{study.name}/{name}": trial_id(study, study.settings(name), seed=0, data_sha256="", engine="auto")
    for study in studies for name in study.names
}))
"""


def call(*words: object, cwd: Path, path: Path | None = None) -> str:
    """Run a command and return what it printed; path: the only folder that PYTHONPATH names."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(list(map(str, words)), cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}: status {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def builders(tmp_path_factory) -> Path:
    """What builds, in a folder of its own: the only thing that the package index is needed for."""
    folder = tmp_path_factory.mktemp("builders")
    wanted = tomllib.loads((PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "build", *wanted]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error was printed"])[-1]
        pytest.skip(f"NOT TESTED that a wheel can be built: build and {wanted} cannot be had from the package index ({last})")
    return folder


@pytest.fixture(scope="module")
def built(builders, tmp_path_factory) -> Path:
    """The folder with the sdist, and with the wheel that was built from it."""
    source, target = tmp_path_factory.mktemp("source") / "project", tmp_path_factory.mktemp("built")
    shutil.copytree(PROJECT, source, ignore=LEFT_OUT)  # building writes into the folder
    (source / "experiments" / "ablations.questions.xx.toml").write_text("")
    (source / "experiments" / "ablations.figures.csv").write_text("")
    call(sys.executable, "-m", "build", "--no-isolation", "--outdir", target, cwd=source, path=builders)
    return target


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """The bin/ of an environment with nothing in it but the wheel; what the wheel needs it sees in the present one."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    (wheel,) = built.glob("*.whl")
    python = folder / "bin" / "python"
    call(sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    (site,) = folder.glob("lib/python*/site-packages")
    assert sorted(path.name for path in site.iterdir() if not path.name.endswith(".dist-info")) == ["harness"]
    present = {sysconfig.get_path(name) for name in ("purelib", "platlib")}  # .pth files in there count for nothing here
    (site / "present.pth").write_text("\n".join(sorted(present)) + "\n")
    return folder / "bin"


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """A working folder with a study of its own, one by the name of a built-in one, and a script that is none."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "mine.py").write_text(MINE)
    (tmp_path / "experiments" / "spirals.toml").write_text(
        'question = "Whose spirals?"\nlike = "ablations"\n[base]\nepochs = 2\n'
    )
    (tmp_path / "experiments" / "train.py").write_text("raise SystemExit('it was run')\n")
    (tmp_path / "experiments" / "lenet.py").write_text(
        "from harness import Settings, Study\nSTUDY = Study('lenet', base=Settings(), variants=())\n"
    )
    return tmp_path


def test_wheel_and_sdist_hold_the_studies_with_their_data_and_the_licence(built):
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    in_wheel = set(ZipFile(wheel).namelist())
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    studies = {
        f"experiments/{path.name}" for path in (PROJECT / "experiments").iterdir() if path.suffix in (".py", ".toml", ".csv")
    }
    studies |= {"experiments/ablations.questions.xx.toml", "experiments/ablations.figures.csv"}
    package = {
        str(path.relative_to(PROJECT))
        for kind in ("py", "pyi", "typed", "toml", "csv")
        for path in (PROJECT / "harness").rglob(f"*.{kind}")
    }
    assert package | {f"harness/{name}" for name in studies} <= in_wheel
    assert package | studies | {"LICENSE", "CHANGELOG.md"} <= in_sdist
    assert {name.partition("/")[0] for name in in_wheel if ".dist-info" not in name} == {"harness"}
    assert any(name.endswith("licenses/LICENSE") for name in in_wheel)


def test_the_installed_command_lists_the_working_folders_studies_and_the_built_in_ones(installed, elsewhere):
    listed = call(installed / "harness", "list", cwd=elsewhere)
    assert "What is mine beside lenet?" in listed and "Whose spirals?" in listed
    assert "ablations" in listed and "perceptron" in listed
    assert "train" not in listed.split() and "questions" not in listed
    nowhere = elsewhere / "without-experiments"
    nowhere.mkdir()
    assert "mine" not in call(installed / "harness", "list", cwd=nowhere).split()


@pytest.mark.parametrize("words", [("harness",), ("python", "-m", "harness")], ids=" ".join)
def test_usage_names_the_program_as_it_was_called(installed, elsewhere, words):
    program, *rest = words
    text = call(installed / program, *rest, "run", "--help", cwd=elsewhere)
    assert text.startswith(f"Usage: {' '.join(words)} run ")
    assert f"\n    {' '.join(words)} run ablations " in text


def test_an_installed_study_runs_from_another_folder(installed, elsewhere):
    words = ("run", "ablations", "--dataset", "digits", "--set", "epochs=1", "--seeds", 1, "--only", "neurons-64")
    printed = call(installed / "harness", *words, cwd=elsewhere)
    assert "[2/2]" in printed
    summary = (elsewhere / "logs" / "ablations" / "summary.csv").read_text().splitlines()
    assert [line.split(",")[:4] for line in summary[1:]] == [
        ["ablations", "base", "", "ok"],
        ["ablations", "neurons-64", "hidden=64", "ok"],
    ]


def test_the_wheel_brings_no_top_level_experiments(installed, tmp_path):
    code = "import importlib.util as found, harness; print(found.find_spec('experiments'), harness.__file__)"
    printed = call(installed / "python", "-c", code, cwd=tmp_path)
    assert printed.startswith(f"None {installed.parent}/lib/")


def test_a_built_in_study_has_the_same_trial_ids_from_a_clone_and_from_the_wheel(installed, tmp_path):
    clone = json.loads(call(sys.executable, "-c", TRIAL_IDS, cwd=tmp_path, path=PROJECT))
    wheel = json.loads(call(installed / "python", "-c", TRIAL_IDS, cwd=tmp_path))
    assert len(wheel) > 80 and wheel == clone
