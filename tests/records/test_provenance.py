"""Where a result comes from: commit, changes, command line, and of the environment only what is allowed."""

import json
import subprocess
from pathlib import Path

import pytest

from harness.records.provenance import commit, environment, origin

pytestmark = pytest.mark.quick


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with one committed study file."""

    def git(*words: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "mine.py").write_text("x = 1\n")
    git("add", "mine.py")
    git("commit", "-m", "first")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository: Path):
    found = commit(repository)
    assert len(found["commit"]) == 40 and found["dirty"] is False and "diff_sha256" not in found


def test_a_changed_tree_is_dirty_and_its_hash_follows_the_change(repository: Path):
    (repository / "mine.py").write_text("x = 2\n")
    one = commit(repository)
    (repository / "mine.py").write_text("x = 3\n")
    other = commit(repository)
    assert one["dirty"] and other["dirty"] and one["commit"] == other["commit"]
    assert one["diff_sha256"] != other["diff_sha256"]


def test_outside_a_repository_there_is_no_commit(tmp_path: Path):
    assert commit(tmp_path) == {}


def test_the_origin_names_command_file_and_both_commits(repository: Path):
    found = origin(repository / "mine.py", words=["run", "mine.py", "--set", "epochs=1 2"])
    assert found["command"] == "python -m harness run mine.py --set 'epochs=1 2'"
    assert found["study_file"] == str(repository / "mine.py") and len(found["study_sha256"]) == 64
    assert found["study_commit"] == commit(repository)["commit"]


def test_a_command_line_of_any_bytes_can_be_recorded(repository: Path):
    assert json.dumps(origin(repository / "mine.py", words=["run", "\udcff"]), ensure_ascii=False).encode()


def test_no_secret_of_the_environment_is_recorded(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "PASSWORD", "XLA_FLAGS"):
        monkeypatch.setenv(name, f"--value-of-{name}")
    text = json.dumps(environment())
    assert "--value-of-XLA_FLAGS" in text
    assert not any(f"--value-of-{name}" in text for name in ("AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "PASSWORD"))


def test_the_environment_says_versions_and_machine():
    found = environment()
    assert found["tensorflow"] != "absent" and found["python"] and found["cores"] >= 1 and len(found["packages_sha256"]) == 12
