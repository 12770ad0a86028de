from harness.isolation.reloaded_modules import is_installed
from harness.study.own_modules import BUILT_IN, HARNESS


def test_built_in_studies_are_loaded_anew_for_each_job_from_a_clone_and_from_a_wheel():
    assert is_installed(str(HARNESS / "errors.py"))
    assert not is_installed(str(BUILT_IN / "lenet.py"))
    assert not is_installed(str(HARNESS / "experiments" / "lenet.py"))
