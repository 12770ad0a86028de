import sys
from pathlib import Path

from harness.isolation import BUILT_IN, PACKAGE, is_installed


def test_built_in_studies_are_loaded_anew_for_each_job_from_a_clone_and_from_a_wheel():
    assert is_installed(PACKAGE / "errors.py")
    assert not is_installed(BUILT_IN / "lenet.py")
    assert not is_installed(PACKAGE / "experiments" / "lenet.py")


def test_a_link_to_what_is_installed_is_installed_and_a_link_to_a_users_file_is_the_users(tmp_path: Path):
    own = tmp_path / "own.py"
    own.touch()
    (tmp_path / "link_to_own.py").symlink_to(own)
    (tmp_path / "link_to_python.py").symlink_to(Path(sys.modules["os"].__file__ or ""))
    (tmp_path / "link_to_harness").symlink_to(PACKAGE)
    assert not is_installed(own)
    assert not is_installed(tmp_path / "link_to_own.py")
    assert is_installed(tmp_path / "link_to_python.py")
    assert is_installed(tmp_path / "link_to_harness" / "errors.py")
