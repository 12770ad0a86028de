import doctest
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import benchmark
import pytest
from benchmarks import imports, processes, report
from benchmarks.bench import STUDIES
from benchmarks.made_records import make_records
from benchmarks.processes import Failed, Memory, run_python
from benchmarks.report import Figure, Goal, Profile, Report, median_of
from click.testing import CliRunner

from harness.records.record import load_records
from harness.study.loading import load_study

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("value", "goal", "outcome"),
    [
        (12.0, Goal(12.0), "reached"),
        (11.9, Goal(12.0), "missed"),
        (0.2, Goal(0.2, at_most=True), "reached"),
        (0.3, Goal(0.2, at_most=True), "missed"),
        (math.nan, Goal(1.0), "not measured"),
        (5.0, None, ""),
    ],
)
def test_a_figure_is_held_against_its_goal(value, goal, outcome):
    assert Figure("f", value, "s", goal).outcome == outcome


def test_the_median_keeps_its_samples_and_says_their_range():
    figure = median_of("f", [3.0, 1.0, 2.0], "s")
    assert figure.value == 2.0 and figure.samples == (3.0, 1.0, 2.0) and "1.00 … 3.00 s in 3 runs" in figure.note


def test_markdown_shows_the_goal_beside_the_figure_and_escapes_bars():
    figure, profile = Figure("a|b", 13.1, "×", Goal(12.0), part="suite"), Profile("Why", ("h",), [("r",)])
    text = report.to_markdown(Report({"machine": "2 × CPU"}, [figure], [profile]))
    assert "- machine: 2 × CPU" in text and "## Why" in text
    assert "| suite | a\\|b | 13.1 × | ≥ 12 | reached |  |" in text


def test_json_has_null_for_what_was_not_measured():
    values = json.loads(json.dumps(report.to_json(Report({}, [Figure("f", math.nan, "s")])), allow_nan=False))
    assert values["figures"][0]["value"] is None and values["figures"][0]["outcome"] == "not measured"


@pytest.mark.processes
@pytest.mark.parametrize("module", [imports, report])
def test_the_examples_hold(module):
    results = doctest.testmod(module)
    assert results.attempted and not results.failed


def test_made_records_are_read_as_a_study_of_that_many_trials(tmp_path):
    make_records(tmp_path, 40)
    records, problems = load_records(tmp_path)
    assert len({(record.variant, record.seed) for record in records}) == 40 and not problems
    assert {record.status for record in records} == {"ok", "expected-error"}


def test_the_course_study_and_the_course_scripts_have_the_same_variants():
    scripts = {path.stem for path in (SCRIPTS / "course").glob("*.py")} - {"run_all", "images"}
    assert scripts == set(load_study(str(STUDIES / "course.py")).names) and len(scripts) == 12


@pytest.mark.processes
def test_a_process_that_fails_is_named_with_its_last_line(tmp_path):
    with pytest.raises(Failed, match="status 3: why"):
        run_python(["-c", "print('why'); raise SystemExit(3)"], folder=tmp_path)


@pytest.mark.processes
def test_memory_is_that_of_the_process_below(tmp_path, monkeypatch):
    # The process holds its memory until the watch has looked at it, however seldom a busy machine lets it look.
    held, seen = tmp_path / "held", tmp_path / "seen"
    hold = (
        "import pathlib, time\n"
        "block = bytearray(200_000_000); block[::4096] = block[::4096]\n"
        f"pathlib.Path({str(held)!r}).touch()\n"
        f"while not pathlib.Path({str(seen)!r}).exists(): time.sleep(0.05)\n"
    )
    watch, look = Memory(), processes.descendants

    def looking(root: int) -> list[int]:
        if held.exists():
            looks.append(root)
        if len(looks) == 3:  # two looks have ended since it held everything
            seen.touch()
        return look(root)

    looks: list[int] = []
    monkeypatch.setattr(processes, "descendants", looking)
    run_python(
        ["-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"], folder=tmp_path, watch=watch
    )
    # Pages that it shares with other processes of the machine count in part, so the sum may be the smaller one.
    assert 190 < watch.peak_of_one < 260 and watch.peak_of_all > 190


def test_an_unknown_part_is_refused():
    answer = CliRunner().invoke(benchmark.main, ["speed"])
    assert answer.exit_code == 2 and "'speed' is not one of" in answer.output


@pytest.mark.processes
def test_a_course_script_that_raises_is_named_and_the_next_one_follows(tmp_path):
    split = "np.zeros((64, 28, 28), 'uint8'), np.full(64, 9, 'uint8')"
    images = f"import numpy as np\nsplit = {split}\ndef load_images(name):\n    return split, split\n"
    (tmp_path / "images.py").write_text(images)
    for name in ("run_all", "output-5", "base"):
        (tmp_path / f"{name}.py").write_text((SCRIPTS / "course" / f"{name}.py").read_text())
    command = [sys.executable, "run_all.py", "seconds.json", "output-5", "base"]
    subprocess.run(command, cwd=tmp_path, env=os.environ, check=True, capture_output=True)
    found = json.loads((tmp_path / "seconds.json").read_text())
    assert found["output-5"]["error"] and not found["base"]["error"] and found["base"]["seconds"] > 0
    assert list((tmp_path / "logs" / "course" / "base" / "train").glob("events.*"))
