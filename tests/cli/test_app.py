"""The command line as a user meets it: help without TensorFlow, and one clear line for every wrong call."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from harness.cli.app import main
from harness.cli.groups import SECTIONS

pytestmark = pytest.mark.quick

COMMANDS = sorted(main.commands)


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call the harness in an empty folder without data; return the result of CliRunner."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA_DIR", raising=False)
    return lambda *words: CliRunner().invoke(main, list(words))


@pytest.mark.processes
@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda words: " ".join(words) or "harness")
def test_help_needs_neither_tensorflow_nor_numpy(command):
    program = (
        "import sys; from harness.cli.app import main\n"
        f"try: main({[*command, '--help']!r})\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'pandas', 'rich', 'tensorboard'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
    assert "Usage:" in finished.stdout


@pytest.mark.processes
def test_a_plan_needs_no_tensorflow(tmp_path):
    program = (
        "import sys; from harness.cli.app import main\n"
        f"words = ['ablations', '--dry-run', '--dataset', 'digits', '--only', 'epochs-15', '--logdir', {str(tmp_path)!r}]\n"
        "try: main(['run', *words])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
    assert "epochs-15" in finished.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rum"], "Did you mean 'run'?"),
        (["run", "ablation"], "Study 'ablation' is not known. Did you mean 'ablations'?"),
        (["run", "absent.py"], "does not exist"),
        (["run", "ablations", "--only", "neurons-46"], "Did you mean 'neurons-64'?"),
        (["run", "ablations", "--set", "epoch=1"], "Did you mean 'epochs'?"),
        (["run", "ablations", "--set", "epochs=many"], "epochs must be a whole number; received 'many'"),
        (["run", "ablations", "--set", "epochs=15"], "expected a difference. Choose the others with --only."),
        (["run", "ablations", "--set", "epochs=0"], "With epochs=0 in the base: epochs must be above 0; received 0.\n"),
        (
            "run ablations --only epochs-15 --dataset digits --set validation=1437 --dry-run".split(),
            "The base of study 'ablations': validation=1437 would hold out all of 1437 training samples of digits;",
        ),
        (
            "run ablations --only epochs-15 --dataset digits --set samples=500 --set validation=500 --dry-run".split(),
            "With samples=500, validation=500, dataset=digits in the base: The base of study 'ablations': validation=500 "
            "would hold out all of 500 training samples of digits; expected fewer than these.",
        ),
        (
            ["run", "housing-regression", "--dataset", "diabetes", "--set", "validation=442", "--dry-run"],
            "validation=442 would hold out all of 442 rows of diabetes",
        ),
        (["run", "ablations", "--seeds", "0"], "--seeds"),
        (["run", "ablations", "--dataset", "mnits"], "Did you mean 'mnist'?"),
        (["run", "ablations", "--data-dir", "absent"], "absent"),
        (["run", "ablations", "--engine", "jit"], "--engine"),
        (["list", "ablation"], "Did you mean 'ablations'?"),
        (["board", "--logdir", "absent"], "does not exist"),
    ],
)
def test_a_wrong_call_is_one_clear_line_and_writes_nothing(call, tmp_path, words, said):
    result = call(*words)
    assert result.exit_code == 2, result.output
    assert said in result.output and "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_a_log_folder_that_cannot_be_written_is_named(call, tmp_path):
    (tmp_path / "file").write_text("")
    result = call("run", "ablations", "--dataset", "digits", "--only", "epochs-15", "--logdir", "file")
    assert result.exit_code == 2 and "cannot be written" in result.output


def test_a_study_file_with_a_syntax_error_is_named_with_its_line(call, tmp_path):
    (tmp_path / "mine.py").write_text("x = 1\nSTUDY = (\n")
    result = call("run", "mine.py")
    assert result.exit_code == 2 and "mine.py, line 2" in result.output


def test_the_plan_says_what_would_run(call):
    result = call("run", "ablations", "--dry-run", "--dataset", "digits", "--only", "no-flatten", "--seeds", "3")
    assert result.exit_code == 0
    assert "9 to train" in result.output and "flatten=False" in result.output


def test_list_shows_each_variant_with_its_control(call):
    result = call("list", "ablations")
    assert result.exit_code == 0 and "no-normalization" in result.output and "neurons-512" in result.output


@pytest.mark.processes
def test_usage_and_examples_name_the_program_as_the_script_was_called():
    environment = os.environ | {"HARNESS_PROGRAM": "./scripts/harness"}
    words = [sys.executable, "-m", "harness", "data", "fetch", "--help"]
    text = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    assert text.startswith("Usage: ./scripts/harness data fetch ") and "\n    ./scripts/harness data fetch mnist" in text


def test_help_has_every_command_under_what_it_is_for_in_one_line_of_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = CliRunner().invoke(main, ["--help"]).stdout.splitlines()
    assert [line for line in lines if line.rstrip(":") in SECTIONS] == [f"{title}:" for title in SECTIONS]
    shown = {line.split()[0]: line for line in lines if line.startswith("  ") and line.split()[0] in main.commands}
    assert set(shown) == set(main.commands) and all(len(line) <= 80 and "..." not in line for line in shown.values())
