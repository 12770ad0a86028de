"""A command that cannot work, whatever its script does, is refused before it runs."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.runs.command_checks import require_command
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study

pytestmark = pytest.mark.quick


def check(folder: Path, command: str, rest: str = "") -> None:
    (folder / "train.py").write_text("")
    path = folder / "own.toml"
    path.write_text(f'command = "{command}"\n{rest}\n[base]\nrate = 0.1\nscript = "train"\n')
    require_command(make_plan(load_study(str(path)), RunRequest(logdir=folder / "logs", seeds=1), {}))


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        ("python train.py {rate} --out {folder}", ""),
        ("python {study}/{script}.py {rate} --out {folder}", 'working_folder = "{folder}"'),
        ("python {study}/train.py {rate}", 'working_folder = "{folder}"'),
        ("python train.py {rate}", 'environment = ["OUT={folder}"]'),
        ("python train.py {rate}", 'metrics = {last_lines = "accuracy: {test_accuracy}"}'),
        ("python -m elsewhere {rate} {folder}", ""),
        ("sh -c 'python x.py > y' {rate} {folder}", ""),
        ("./own-program {rate} {folder}", ""),
    ],
)
def test_one_that_may_work_is_let_run(tmp_path, command, rest):
    check(tmp_path, command, rest)


@pytest.mark.parametrize(
    ("command", "rest", "said"),
    [
        (
            "python train.py {rate}",
            "",
            "does not name {folder}, where its metrics.json would be looked for; expected it in the",
        ),
        ("python train.py {rate}", 'metrics = {events = "*"}', "where its event files would be looked for"),
        (
            "python train.py {rate} {folder} > log.txt",
            "",
            "has '>', which is for a shell, and none reads it; its output is kept",
        ),
        ("python tarin.py {rate} {folder}", "", "of the base: 'tarin.py' is not found in "),
        ("python {script}s.py {rate} {folder}", "", "of the base: 'trains.py' is not found in "),
        ("python train.py {rate}", 'working_folder = "{folder}"', "expected {study}/train.py."),
    ],
)
def test_one_that_cannot_is_refused_with_what_to_write(tmp_path, command, rest, said):
    with pytest.raises(UsageError) as caught:
        check(tmp_path, command, rest)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_variant_that_is_expected_to_fail_may_lack_its_script(tmp_path):
    check(tmp_path, "python {script}.py {rate} {folder}", "")
    path = tmp_path / "own.toml"
    path.write_text(path.read_text() + '[variants.lost]\nscript = "lost"\nexpect = {raises = "CommandFailed"}\n')
    require_command(make_plan(load_study(str(path)), RunRequest(logdir=tmp_path / "logs", seeds=1), {}))
