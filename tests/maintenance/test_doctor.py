"""`doctor`: each thing that is wrong is named, with the command that mends it."""

import shutil
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness
from plain_records import record
from resulting import make_record, store, store_study

from harness.data.resolve import DatasetLocation
from harness.maintenance import doctor, log_check
from harness.maintenance.doctor import Finding, Part
from harness.maintenance.retabling import make_tables_again
from harness.records.locks import one_writer
from harness.records.record import find_records, read_record, write_record
from harness.records.study_folders import StudyFolder
from harness.study.loading import load_study
from harness.study.settings import Settings, to_json
from harness.tensorboard.event_check import readable_records
from harness.tensorboard.event_file import EventFile
from harness.training.trial import trial_id

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One seed of a study, each trial with an event file, and its tables."""
    folder = store_study(tmp_path_factory.mktemp("template") / "logs", seeds=1)
    for path in find_records(folder):
        EventFile(path.parent / "train").close()
    make_tables_again(folder / "s", {read_record(path).trial_id for path in find_records(folder)})
    return folder


@pytest.fixture
def logdir(template: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return Path(shutil.copytree(template, tmp_path / "logs"))


def found(logdir: Path) -> list[Finding]:
    return list(log_check.examine_logs(logdir).findings)


def facts(logdir: Path) -> dict[str, str]:
    return dict(log_check.examine_logs(logdir).facts)


def truncate(logdir: Path) -> None:
    (path,) = (logdir / "s/wide/seed-0/train").glob("*tfevents*")
    path.write_bytes(path.read_bytes()[:-3])


def alter(logdir: Path) -> None:
    (path,) = (logdir / "s/wide/seed-0/train").glob("*tfevents*")
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(content)


def tear(logdir: Path) -> None:
    path = logdir / "s/wide/seed-0/record.json"
    path.write_bytes(path.read_bytes()[:100])


def leave_attempt(logdir: Path) -> None:
    EventFile(logdir / "s/wide/seed-0/attempt-2").close()


def leave_trial(logdir: Path) -> None:
    EventFile(logdir / "s/wide/seed-7/test").close()


def leave_events(logdir: Path) -> None:
    EventFile(logdir / "s/wide/by-hand").close()


def leave_temporary(logdir: Path) -> None:
    (logdir / "s/wide/seed-0/.record.json.123.tmp").write_text("{")


def set_checkpoint_aside(logdir: Path) -> None:
    (logdir / "s/wide/seed-0/damaged.checkpoint-0123456789ab.npz").write_bytes(b"torn")


def fail(logdir: Path) -> None:
    path = logdir / "s/wide/seed-0/record.json"
    write_record(path.parent, replace(read_record(path), status="failed", as_expected=False))


def lose_events(logdir: Path) -> None:
    shutil.rmtree(logdir / "s/wide/seed-0/train")


def lose_record(logdir: Path) -> None:
    shutil.rmtree(logdir / "s/wide/seed-0")


def test_a_whole_log_folder_is_healthy(logdir: Path):
    assert found(logdir) == []
    assert facts(logdir)["s"] == "4 records (3 ok, 1 expected-error), 4 attempts"


@pytest.mark.parametrize(
    ("damage", "what", "mend"),
    [
        (
            truncate,
            "has truncated record in data crc; 0 records can be read",
            "run s --logdir {} --seeds 1 --only wide --force",
        ),
        (alter, "failed event crc32 check; 0 records can be read", "run s --logdir {} --seeds 1 --only wide --force"),
        (tear, "Damaged record: {}/s/wide/seed-0/record.json", "run s --logdir {}"),
        (leave_attempt, "1 unfinished: wide/seed-0", "run s --logdir {}"),
        (leave_trial, "1 unfinished: wide/seed-7", "run s --logdir {}"),
        (leave_events, "s/wide/by-hand: 1 event files that belong to no trial", "remove {}/s/wide/by-hand --logdir {}"),
        (leave_temporary, "1 temporary files", "rm {}/s/wide/seed-0/.record.json.123.tmp"),
        (
            set_checkpoint_aside,
            "s: 1 damaged checkpoints set aside: wide/seed-0/damaged.checkpoint-0123456789ab.npz",
            "rm {}/s/wide/seed-0/damaged.checkpoint-0123456789ab.npz",
        ),
        (fail, "1 not as expected: wide seed 0 failed", "run s --logdir {}"),
        (lose_events, "1 records have no event files: wide seed 0", "run s --logdir {} --seeds 1 --only wide --force"),
        (lose_record, "runs.csv shows 1 trials that have no record", "run s --logdir {}"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_named_with_what_mends_it(logdir: Path, damage: Callable[[Path], None], what: str, mend: str):
    damage(logdir)
    findings = found(logdir)
    place = str(logdir)
    assert [what.replace("{}", place) in one.what and mend.replace("{}", place) in one.mend for one in findings] == [True], (
        findings
    )


def test_what_mends_an_orphan_does_mend_it(logdir: Path):
    leave_events(logdir)
    words = found(logdir)[0].mend.removeprefix("python -m harness ").split()
    assert harness(*words).exit_code == 0
    assert found(logdir) == [] and "trash" in facts(logdir)


def test_the_readable_records_of_a_torn_event_file_are_counted(tmp_path: Path):
    from tensorboard.compat.proto.summary_pb2 import Summary

    with EventFile(tmp_path) as file:
        for step in range(9):
            file.add_summary(Summary(value=[Summary.Value(tag="x", simple_value=1.0)]), step=step)
    whole = file.path.read_bytes()
    assert readable_records(file.path) == (10, "")
    file.path.write_bytes(whole[:-1])
    assert readable_records(file.path) == (9, "has truncated record in data crc")
    file.path.write_bytes(b"")
    assert readable_records(file.path) == (0, "it is empty")


def test_a_running_study_is_not_called_unfinished(logdir: Path):
    leave_trial(logdir)
    with one_writer(logdir / "s"):
        assert found(logdir) == [] and "is being written by" in facts(logdir)["s runs"]


def test_an_examination_writes_nothing(logdir: Path):
    before = sorted(logdir.rglob("*"))
    found(logdir)
    assert sorted(logdir.rglob("*")) == before


def stored(logdir: Path, study: str, **changes: object) -> None:
    """Store a trial of the base as the study of that name has it, or as it had it before some changes."""
    now = load_study(study)
    identity = trial_id(now, now.base, seed=0, data_sha256="ab" * 32, engine="auto")
    store(logdir, make_record(study=study, settings=to_json(now.base), trial_id=identity, **changes))


def test_a_record_of_another_time_is_stale_and_one_of_now_is_not(tmp_path: Path):
    stored(tmp_path, "ablations", history={})
    assert found(tmp_path) == []
    store(tmp_path, make_record(study="ablations", settings=to_json(Settings()), trial_id="0" * 12, history={}))
    assert "1 record of other settings" in found(tmp_path)[0].what and "--only base" in found(tmp_path)[0].mend


def test_a_record_made_with_set_is_not_stale(tmp_path: Path):
    now = load_study("ablations").with_base({"hidden": (32,)})
    identity = trial_id(now, now.base, seed=0, data_sha256="ab" * 32, engine="xla")
    provenance = {"base_changes": {"hidden": [32]}, "engine_asked": "xla"}
    store(tmp_path, make_record(study="ablations", trial_id=identity, provenance=provenance, history={}))
    assert found(tmp_path) == []


def test_a_log_folder_that_is_not_there_yet_is_no_finding(tmp_path: Path):
    assert found(tmp_path / "absent") == []


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without data of its own."""
    monkeypatch.delenv("HARNESS_DATA_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.mark.processes
@pytest.mark.usefixtures("bare")
def test_the_command_says_what_there_is_without_loading_tensorflow_itself(logdir: Path):
    loaded = "tensorflow" in sys.modules
    result = harness("doctor", "--logdir", logdir)
    assert result.exit_code == 0 and "No problems found." in result.output, result.output
    for name in ("python", "packages", "/device:CPU:0", "disk", "port 6006", "mnist", "log folder"):
        assert name in result.output
    assert ("tensorflow" in sys.modules) == loaded


@pytest.mark.processes
@pytest.mark.usefixtures("bare")
def test_the_status_says_that_something_was_found(logdir: Path):
    truncate(logdir)
    result = harness("doctor", "--logdir", logdir)
    assert result.exit_code == 1 and "mend: python -m harness run" in result.output and "1 problem found." in result.output


def findings_of(part: Part) -> list[Finding]:
    return list(doctor.make_section("", part).findings)


@pytest.mark.processes
def test_a_tensorflow_that_does_not_load_is_a_finding():
    (finding,) = findings_of(doctor.devices("raise ImportError('broken wheel')"))
    assert "ImportError: broken wheel" in finding.what and "pip install" in finding.mend


@pytest.mark.processes
@pytest.mark.usefixtures("alone")
def test_damaged_data_are_a_finding(tiny_dir: Path):
    next((tiny_dir / "tiny").iterdir()).write_bytes(b"junk")
    findings = findings_of(doctor.data(tiny_dir))
    assert "is damaged" in findings[0].what and "fetch tiny" in findings[0].mend


@pytest.mark.parametrize(
    ("source", "mend"),
    [
        ("files", "put the published file in its place, or remove it and: python -m harness data fetch mnist"),
        ("keras", "python -m harness data fetch mnist"),
        ("cache", "nothing to do, it is made anew when it is next used"),
        ("bundled", "python -m pip install --force-reinstall scikit-learn"),
    ],
)
def test_what_mends_damaged_data_depends_on_where_they_lie(source, mend, monkeypatch):
    monkeypatch.delenv("HARNESS_PROGRAM", raising=False)
    place = DatasetLocation("mnist", source, Path("/data/mnist"), "damaged", 60)
    assert doctor.damage(place) == Finding("/data/mnist is damaged", mend)


def test_a_data_folder_that_is_absent_is_a_finding(tmp_path: Path):
    (finding,) = findings_of(doctor.data(tmp_path / "absent"))
    assert "absent" in finding.what


def test_a_port_that_is_taken_is_said_and_is_no_finding():
    with socket.create_server(("localhost", 0)) as server:
        section = doctor.make_section("", doctor.port(server.getsockname()[1]))
    assert "taken" in section.facts[0][1] and not section.findings


def test_packages_that_are_too_old_or_missing_are_findings():
    findings = findings_of(
        doctor.packages(["click>=8", "rich>=9999", "no-such-package-here>=1", "click>=9999; python_version < '3'"])
    )
    assert ["rich" in findings[0].what, "expected >=9999" in findings[0].what] == [True, True]
    assert findings[1].what == "no-such-package-here is not installed" and len(findings) == 2


def test_the_projects_own_requirements_are_met_here():
    assert len(doctor.requirements()) > 5 and findings_of(doctor.packages(doctor.requirements())) == []


def test_the_command_that_mends_repeats_how_the_records_were_made(tmp_path):
    made = {"base_changes": {"hidden": [512, 256], "dataset": "digits"}, "engine_asked": "graph", "started": 2.0}
    older = {"base_changes": {"epochs": 1}, "started": 1.0}
    records = (record("base", 2, study="ablations", provenance=made), record("base", 0, study="ablations", provenance=older))
    found = StudyFolder(tmp_path / "ablations", records, damaged=(), unfinished=(), attempts=2, writer="")
    assert found.mend().endswith("--seeds 3 --set hidden=512,256 --dataset digits --engine graph")
