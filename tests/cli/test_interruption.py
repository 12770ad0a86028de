"""Ctrl-C from the first moment on, and hints in the words in which the harness was called."""

import subprocess
import sys

import pytest

from harness.records.study_folders import PROGRAM_VARIABLE, command

pytestmark = [pytest.mark.quick, pytest.mark.processes]


def test_ctrl_c_while_a_study_is_loaded_ends_with_the_status_of_an_interruption(tmp_path):
    study = tmp_path / "impatient.py"
    study.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "harness", "run", study, "--logdir", tmp_path / "logs"], capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr.strip()) == (130, "Stopped.")
    assert not (tmp_path / "logs").exists()


def test_ctrl_c_while_the_command_line_is_loaded_ends_without_a_traceback():
    code = """
import sys
class Interrupting:
    def find_spec(self, name, *_):
        if name == "harness.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from harness.__main__ import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


@pytest.mark.parametrize(
    ("argument", "variable", "said"),
    [
        ("/usr/lib/python3/harness/__main__.py", "", "python -m harness"),
        ("/home/me/.venv/bin/harness", "", "harness"),
        ("/home/me/notebook.py", "", "python -m harness"),
        ("/home/me/clone/harness/__main__.py", "./scripts/harness", "./scripts/harness"),
    ],
)
def test_hints_are_in_the_form_in_which_the_harness_was_called(monkeypatch, argument, variable, said):
    monkeypatch.setattr(sys, "argv", [argument])
    monkeypatch.setenv(PROGRAM_VARIABLE, variable)
    assert command("board", "--logdir", "my logs") == f"{said} board --logdir 'my logs'"


def test_examples_in_help_are_in_the_same_form(monkeypatch):
    monkeypatch.setenv(PROGRAM_VARIABLE, "./scripts/harness")
    shown = subprocess.run([sys.executable, "-m", "harness", "run", "--help"], capture_output=True, text=True).stdout
    assert "./scripts/harness run ablations " in shown and "python -m harness" not in shown
