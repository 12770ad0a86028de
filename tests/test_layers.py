"""The house's order: imports point down, and the driver loads no framework."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
DRIVER = ("analysis", "cli", "course", "data", "maintenance", "mirror", "records", "report", "results", "runs", "study")


def python(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *words], cwd=PROJECT, capture_output=True, text=True)


def test_imports_point_down_and_the_driver_names_no_framework(tmp_path):
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(cache_dir=sys.argv[1]))"
    done = python(program, str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_of_the_driver_loads_a_framework():
    modules = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts).removesuffix(".__init__")
        for name in DRIVER
        for path in sorted((PROJECT / "harness" / name).rglob("*.py"))
    ]
    program = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
        "    loaded = {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
        "    assert not loaded, f'{name} loads {loaded}'\n"
    )
    done = python(program, *modules)
    assert done.returncode == 0, done.stderr
