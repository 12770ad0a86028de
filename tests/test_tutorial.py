"""The tutorial's commands, in its order, in an empty folder: a newcomer must come through, to the verdicts that it promises."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = "./scripts/harness"
SERVES = "board"  # runs until it is ended


def steps(text: str) -> list[str]:
    """Return the tutorial's blocks of code: those to type, and with a leading `diff` those to put into the study."""
    return [name + body for name, body in re.findall(r"^```(\w*\n)(.*?)^```", text, flags=re.M | re.S)]


def typed(block: str) -> list[list[str]]:
    lines = [line for line in block.strip().splitlines() if line.startswith(f"{PROGRAM} ")]
    assert len(lines) == len(block.strip().splitlines()), block
    return [line.split()[1:] for line in lines]


def put_in(study: Path, block: str) -> None:
    """Put the line with the plus behind the one that the study has already."""
    before, added = (line[1:] for line in block.splitlines()[1:])
    text = study.read_text(encoding="utf-8")
    assert text.count(f"{before}\n") == 1, f"the tutorial's line is not in what `new` writes: {before}"
    study.write_text(text.replace(f"{before}\n", f"{before}\n{added}\n"), encoding="utf-8")


def test_the_tutorial_leads_to_its_verdicts(tmp_path: Path):
    environment = os.environ | {"HARNESS_PROGRAM": PROGRAM, "COLUMNS": "120"}
    trained = []
    for block in steps((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")):
        if block.startswith("diff"):
            put_in(tmp_path / "my_study.py", block)
            continue
        for words in typed(block):
            if words[0] == SERVES:
                continue
            command = [sys.executable, "-m", "harness", *words]
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
            trained += [len(re.findall(r"^\[\d+/\d+\]", done.stdout, flags=re.M))] if words[0] == "run" else []
    assert trained == [0, 20, 5]
    summary = pd.read_csv(tmp_path / "logs" / "my-study" / "summary.csv").set_index("variant")
    assert summary["verdict"]["no-dropout"] == "inconclusive" and summary["verdict"]["learning-rate-0.0001"] == "worse"
