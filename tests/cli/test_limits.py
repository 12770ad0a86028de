"""Odd input of every kind ends in one clear line: nothing written, nothing lost, no traceback."""

import json
import os
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hostile import call, nothing_new
from resulting import CHANGES, make_record, store, store_study

from harness.analysis.bands import band
from harness.analysis.summary import summary_table
from harness.analysis.table_files import write_tables
from harness.cli import doctor as examination
from harness.maintenance.doctor import Section
from harness.records.record import FORMAT, RECORD_FILE, Record, RecordError, encode, find_records, read_record

pytestmark = pytest.mark.quick


@pytest.fixture(autouse=True)
def no_machine(monkeypatch):
    """Examine log folders alone: TensorFlow takes seconds."""
    monkeypatch.setattr(examination, "examine_machine", lambda *_, **__: Section("machine", (), ()))


DEEP = {
    "a list": "[base]\nepochs = " + "[" * 5000 + "]" * 5000,
    "a shallower list": "[base]\nepochs = " + "[" * 30 + "]" * 30,
    "a table": "[variants" + ".a" * 5000 + "]\nx = 1",
    "a dotted key": "a" + ".a" * 900 + " = 1",
    "an inline table": "[base]\nepochs = " + "{a=" * 3000 + "1" + "}" * 3000,
}
ENDLESS = {
    "an integer": "[base]\nepochs = " + "9" * 5000,
    "a shorter one": "[base]\nepochs = " + "9" * 4000,
    "a hexadecimal one": "[base]\nlearning_rate = 0x" + "f" * 5000,
    "one of a family": "[families.one-at-a-time]\nepochs = [" + "9" * 4000 + ", 1]",
}


@pytest.mark.processes
@pytest.mark.parametrize(
    ("text", "said"),
    [(text, "nested more than 12 deep") for text in DEEP.values()]
    + [(text, "more than 400 digits") for text in ENDLESS.values()],
    ids=[*DEEP, *ENDLESS],
)
def test_a_toml_file_without_end_is_refused(place: Path, text: str, said: str):
    Path("study.toml").write_text(text)
    with nothing_new(place):
        result = call("list", "study.toml")
    assert result.exit_code == 2 and said in result.stderr


@pytest.mark.processes
@pytest.mark.parametrize("raised", ["class E(BaseException): pass\nraise E('odd')", "raise GeneratorExit('odd')"])
def test_a_study_may_raise_anything(place: Path, raised: str):
    Path("study.py").write_text(raised)
    assert "odd" in call("list", "study.py").stderr


LOOP, LONG, BYTES = "loop", "a" * 300, "\udcff/\udcfe"


@pytest.mark.processes
@pytest.mark.parametrize("path", [LOOP, LONG, BYTES, "a/" * 3000], ids=["loop", "long", "bytes", "deep"])
@pytest.mark.parametrize(
    "words",
    [
        ["compare", "PATH"], ["compare", "LOGS", "-o", "PATH/x"], ["show", "s/base/seed-0", "--logdir", "LOGS", "-o", "PATH/x"],
        ["list", "PATH/x.py"], ["show", "PATH", "--logdir", "LOGS"], ["remove", "PATH", "--logdir", "LOGS"],
        ["remove", "s/base", "--logdir", "PATH"], ["purge", "--yes", "--logdir", "PATH"], ["board", "--logdir", "PATH"],
        ["run", "spirals", "--dry-run", "--only", "nothing", "--logdir", "PATH"], ["doctor", "--logdir", "PATH"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_path_that_cannot_be_one_is_refused_in_one_line(place: Path, path: str, words: list[str]):
    Path(LOOP).symlink_to(LOOP)
    store(place / "logs", make_record())
    words = [word.replace("PATH", path).replace("LOGS", "logs") for word in words]
    if "-o" in words and path == BYTES:  # good names of a file, though no text
        assert call(*words).exit_code == 0 and Path(path, "x").exists()
        return
    with nothing_new(place):
        result = call(*words)
    assert result.exit_code == (0 if words[0] == "doctor" and path in (LOOP, BYTES) else 2)


@pytest.mark.processes
def test_a_study_whose_path_is_no_utf_8_is_loaded(place: Path):
    folder = Path("\udcff")
    folder.mkdir()
    (folder / "mine.py").write_text("import harness\nSTUDY = harness.Study('mine', base=harness.Settings(), variants=())\n")
    result = call("list", str(folder / "mine.py"))
    assert result.exit_code == 0, result.output


@pytest.mark.processes
def test_a_working_folder_that_was_removed_is_no_traceback(place: Path):
    store(place / "logs", make_record())
    gone = place / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    try:
        assert call("compare", place / "logs").exit_code == 0
        for words in (["compare", "logs"], ["run", "spirals"], ["purge", "--yes"], ["show", "s/base/seed-0"]):
            assert call(*words).exit_code == 2
    finally:
        os.chdir(place)


@pytest.mark.parametrize("columns", ["1", "10", "0", "-5", "9" * 400, "9" * 5000, "²", "abc"])
def test_no_width_of_a_terminal_breaks_a_table(study_tables: Path, monkeypatch, columns: str):
    monkeypatch.setenv("COLUMNS", columns)
    for terminal in (None, "1"):
        monkeypatch.setenv("FORCE_COLOR", "1") if terminal else monkeypatch.delenv("FORCE_COLOR", raising=False)
        for words in (["compare", study_tables], ["show", "s/base/seed-0", "--logdir", study_tables], ["list"]):
            assert call(*words).exit_code == 0
        assert call("doctor", "--logdir", study_tables).exit_code == 1


@pytest.fixture(scope="module")
def study_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return store_study(tmp_path_factory.mktemp("tables") / "logs", seeds=2)


def forged(record: Record, **changes: Any) -> str:
    """Return the text of a record's file with other values, under a checksum that is right; RAW: text as it is."""
    values = encode(asdict(record))
    for name, value in changes.items():
        (values["provenance"] if name in ("started", "ended", "engine", "base_changes") else values)[name] = value
    body = json.dumps(values, indent=1).replace('"RAW:', "").replace(':RAW"', "")
    return FORMAT.wrap(body.encode()).decode()


ODD = ["RAW:NaN:RAW", "RAW:1e400:RAW", "RAW:-1e400:RAW", -1, "x", None, "9" * 30, 2.0**70, f"RAW:{'9' * 4000}:RAW", [], {}]


@pytest.mark.parametrize("value", ODD, ids=[str(value)[:12] for value in ODD])
@pytest.mark.parametrize("name", ["started", "ended", "attempt", "seed", "position", "engine", "base_changes"])
def test_a_record_of_odd_numbers_is_set_aside_and_loses_nothing(tmp_path: Path, name: str, value: Any):
    path = tmp_path / RECORD_FILE
    path.write_text(forged(make_record(), **{name: value}))
    if (name, value) in (("engine", "x"), ("engine", "9" * 30), ("base_changes", {})):
        assert read_record(path).provenance[name] == value
        return
    with pytest.raises(RecordError, match="is no record of a trial"):
        read_record(path)


def test_odd_records_among_good_ones_are_named_and_left(tmp_path: Path):
    logdir = store_study(tmp_path / "logs", seeds=1)
    path = logdir / "s/wide/seed-0" / RECORD_FILE
    for name in ("started", "attempt"):
        path.write_text(forged(make_record("wide"), **{name: "RAW:1e400:RAW"}))
        before = path.read_bytes()
        assert "Set aside" in call("compare", logdir).stderr
        assert "Damaged record" in call("doctor", "--logdir", logdir).output
        assert call("show", "s/wide/seed-0", "--logdir", logdir).exit_code == 2
        assert path.read_bytes() == before


@pytest.mark.parametrize("large", [1e308, -1.7e308, 1e200])
@pytest.mark.parametrize("mixed", [False, True])
def test_numbers_near_the_largest_float_have_a_table(tmp_path: Path, large: float, mixed: bool):
    records = []
    for variant in CHANGES:
        for seed in range(5):
            value = -large if mixed and seed % 2 else large
            metrics = {"test_loss": value, "test_accuracy": value, "train_loss": value, "train_accuracy": value}
            cost = {"parameters": large, "seconds": large, "test_samples": large, "epoch_seconds": large}
            history = {name: [value, value] for name in metrics}
            records.append(make_record(variant, seed, metrics=metrics, history=history, cost=cost))
    write_tables(tmp_path / "s", records)
    row = summary_table(records).to_dict("records")[0]
    assert row["test_loss"] == pytest.approx(large / 5 if mixed else large)
    band(records[:5], "test_loss")
    store(tmp_path / "logs", *records)
    assert call("compare", tmp_path / "logs").exit_code == 0
    assert call("remove", "s/wide/seed-0", "--logdir", tmp_path / "logs").exit_code == 0


def test_records_that_cannot_be_opened_for_want_of_files_are_not_left_out(study_tables: Path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = []
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
        while len(opened) < 300:
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        with pytest.raises(OSError, match="Too many open files"):
            list(find_records(study_tables))
        with pytest.raises(OSError, match="Too many open files"):
            read_record(study_tables / "s/base/seed-0" / RECORD_FILE)
        said = call("compare", study_tables)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in opened:
            os.close(descriptor)
    assert said.exit_code == 2 and "Too many open files (ulimit -n sets how many)" in said.stderr
