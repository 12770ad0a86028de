import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts/screenshots"


@pytest.fixture
def bare(tmp_path) -> Path:
    """A folder of programs without a browser or a way to install one."""
    for name in ("bash", "dirname", "id"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    return tmp_path


def test_without_a_browser_it_says_aloud_that_no_screenshot_was_taken(bare):
    done = subprocess.run(["/usr/bin/bash", SCRIPT, bare / "out"], env={"PATH": str(bare)}, capture_output=True, text=True)
    assert done.returncode == 3 and "NO SCREENSHOT WAS TAKEN" in done.stderr
    assert not (bare / "out").exists()
