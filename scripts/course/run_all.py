"""Run the twelve course scripts one after the other in this process, as a student would run a notebook.

Usage: python scripts/course/run_all.py [SECONDS.json [NAME...]]
A script that raises is named with its error, and the next one follows. Into SECONDS.json goes, for each script, its
seconds of wall time and its error's type, empty where there was none. Event files go to logs/course below the
current folder.
"""

import json
import runpy
import sys
import time
from pathlib import Path

NAMES = (
    "base",
    "neurons-1024",
    "no-flatten",
    "output-5",
    "extra-hidden-layer",
    "epochs-15",
    "epochs-30",
    "no-normalization",
    "early-stop",
    "learning-rate-0.0001",
    "learning-rate-0.01",
    "learning-rate-0.1",
)


def run_script(name: str) -> dict[str, float | str]:
    """Run one script to its end or its error; return its seconds and the error's type."""
    error, start = "", time.perf_counter()
    try:
        runpy.run_path(str(Path(__file__).with_name(f"{name}.py")), run_name="__main__")
    except Exception as caught:  # two of the scripts are there to raise
        error = type(caught).__name__
    return {"seconds": time.perf_counter() - start, "error": error}


def main(output: str | None = None, *names: str) -> None:
    """Run all scripts, or those named, and write their seconds to a file if one is given."""
    results = {}
    for name in names or NAMES:
        print(f"--- {name}", flush=True)
        results[name] = run_script(name)
        print(f"{results[name]['seconds']:.1f} s {results[name]['error']}", flush=True)
    if output:
        Path(output).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
