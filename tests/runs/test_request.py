"""What a run is asked, as its records keep it, and the commands that are made from them."""

from pathlib import Path

import pytest
from plain_records import record

from harness.records.study_folders import run_command
from harness.runs.executors.slurm.options import SlurmOptions, slurm_options
from harness.runs.request import RunRequest

pytestmark = pytest.mark.quick


def again(request: RunRequest) -> str:
    found = record("base", 0, provenance=request.provenance | {"study_file": "/x/one.py"})
    return run_command(Path("logs/one"), [found], seeds=5).partition(" run ")[2]


@pytest.mark.parametrize(
    ("request_", "options"),
    [
        (RunRequest(Path(), jobs=3), ""),
        (RunRequest(Path(), executor="ray"), " --executor ray"),
        (RunRequest(Path(), executor="ray", address="h:6379", jobs=8), " --executor ray --address h:6379 --jobs 8"),
        (RunRequest(Path(), executor="slurm", engine="fit"), " --engine fit --executor slurm"),
        (
            RunRequest(Path(), executor="slurm", slurm=SlurmOptions(partition="gpu", time=90, mem="16G")),
            " --executor slurm --slurm partition=gpu,time=90,mem=16G",
        ),
    ],
)
def test_the_command_that_goes_on_goes_to_the_same_place(request_: RunRequest, options: str) -> None:
    assert again(request_) == f"/x/one.py --seeds 5{options}"


@pytest.mark.parametrize(
    ("file", "study"),
    [
        ("/x/one.toml", "/x/one.toml"),
        ("/x/logs/one/study-1a.pkl", "/x/logs/one/study-1a.pkl"),
    ],
)
def test_a_study_is_named_by_its_file_also_one_that_a_program_has_made(file: str, study: str) -> None:
    assert run_command(Path("logs/one"), [record("base", 0, provenance={"study_file": file})]).split()[-3] == study


def test_options_of_slurm_read_back_what_they_say() -> None:
    asked = SlurmOptions(partition="a", time=2880, gpus=1, cpus=4, mem="16G", account="me", qos="long", constraint="x")
    assert slurm_options([str(asked)]) == asked
    assert str(SlurmOptions()) == ""


def test_a_programs_study_in_a_bucket_is_run_again_by_its_program(monkeypatch):
    url = "s3://bucket/logs"
    monkeypatch.setattr("harness.records.study_folders.as_typed", lambda path: url)
    found = record("base", 0, provenance={"study_file": f"{url}/mine/study-0123456789ab.pkl"})
    folder = Path("cache/mine")
    assert run_command(folder, [found], seeds=5, variants=["wide"]) == (
        "harness.run(…, logdir='s3://bucket/logs', only=['wide'], seeds=5) in its program"
    )
    assert "until_settled=True)" in run_command(folder, [found], until_settled=True)
    assert "force=True, seeds=1)" in run_command(folder, [found], force=True)
