import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness
from measuring import regression_record
from resulting import make_record, store, store_study
from rich.console import Console

from harness.cli.show import page
from harness.errors import UsageError
from harness.results.selection import Found, find_trial

pytestmark = pytest.mark.quick


@pytest.fixture
def logdir(tmp_path):
    return store_study(tmp_path / "logs", seeds=2)


@pytest.mark.parametrize("name", ["s/wide/seed-1", "wide/seed-1", "000001000001", "s/wide/seed-1/"])
def test_a_trial_is_found_by_name_or_id(logdir, name):
    found = find_trial(name, logdir=logdir)
    assert (found.record.variant, found.record.seed) == ("wide", 1)


def test_a_trial_is_found_by_a_unique_beginning_of_its_id(tmp_path):
    logdir = store(tmp_path, make_record("base", trial_id="ab12cd34ef56"), make_record("wide", trial_id="ab99cd34ef56"))
    assert find_trial("ab1", logdir=logdir).record.variant == "base"
    with pytest.raises(UsageError, match="ambiguous: s/base/seed-0 .ab12cd34ef56., s/wide/seed-0"):
        find_trial("ab", logdir=logdir)


def test_a_trial_is_found_by_its_path_whatever_the_log_folder(logdir, tmp_path):
    folder = logdir / "s" / "wide" / "seed-1"
    (folder / "attempt-1").mkdir()
    for path in (folder, folder / "record.json", folder / "attempt-1"):
        assert find_trial(str(path), logdir=tmp_path / "absent").path == folder / "record.json"


def test_a_variant_with_one_seed_is_a_trial(tmp_path):
    logdir = store(tmp_path, make_record("base"), make_record("wide"))
    assert find_trial("wide", logdir=logdir).record.variant == "wide"
    assert find_trial(str(logdir / "s" / "wide"), logdir=logdir).record.variant == "wide"


def test_an_ambiguous_name_lists_what_it_fits(logdir):
    result = harness("show", "wide", "--logdir", logdir)
    assert result.exit_code == 2 and "s/wide/seed-0" in result.stderr and "s/wide/seed-1" in result.stderr


def test_an_unknown_name_is_answered_with_the_nearest(logdir):
    result = harness("show", "s/wied/seed-1", "--logdir", logdir)
    assert result.exit_code == 2 and "Did you mean 's/wide/seed-1'?" in result.stderr


@pytest.mark.parametrize("name", ["", "..", "\x00", "x" * 5000, "🦆", "../../etc", "["])
def test_a_name_that_is_none_is_refused_in_one_line(logdir, name):
    result = harness("show", name, "--logdir", logdir)
    assert result.exit_code == 2 and result.stderr.startswith("Error: ") and result.stderr.count("\n") == 1


def test_a_damaged_record_cannot_be_shown(logdir):
    path = logdir / "s" / "wide" / "seed-1" / "record.json"
    path.write_text("{")
    result = harness("show", path)
    assert result.exit_code == 2 and "no whole record" in result.stderr


def test_show_tells_what_a_trial_was_and_how_it_went(logdir):
    shown = harness("show", "wide/seed-1", "--logdir", logdir).stdout
    for text in (
        "hidden=512 against base",
        "ok, as expected",
        "epochs",
        "class 7 with probability 0.3000",
        "tensorflow",
        "Dense",
    ):
        assert text in shown


def test_show_tells_why_a_trial_failed(logdir):
    shown = harness("show", "broken/seed-0", "--logdir", logdir).stdout
    assert "expected-error, as expected (raises ValueError)" in shown and "ValueError: 5% of a_b | c" in shown


def test_show_gives_the_whole_record_as_json(logdir):
    record = json.loads(harness("show", "wide/seed-1", "--logdir", logdir, "--format", "json").stdout)
    assert record["metrics"] == make_record("wide", 1).metrics and record["settings"]["hidden"] == [512]


def test_show_writes_a_file_without_colours(logdir, tmp_path):
    result = harness("show", "wide/seed-1", "--logdir", logdir, "-o", tmp_path / "wide.txt")
    text = (tmp_path / "wide.txt").read_text()
    assert result.stdout == "" and "hidden=512 against base" in text and "\x1b" not in text


def test_what_could_steer_a_terminal_is_not_printed(tmp_path):
    logdir = store(tmp_path, make_record("broken", error="\x1b[2Jgone", traceback="\x1b]0;x\x07"))
    assert "\x1b" not in harness("show", "broken", "--logdir", logdir).stdout
    assert "\x1b" not in harness("compare", logdir).stdout


def difference_rows(*words) -> dict[tuple[str, str], dict]:
    rows = json.loads(harness("diff", *words, "--format", "json").stdout)
    return {(row["part"], row["name"]): row for row in rows}


def test_diff_names_what_differs_and_nothing_else(logdir):
    rows = difference_rows("base/seed-0", "wide/seed-0", "--logdir", logdir)
    assert rows["settings", "hidden"]["A"] == "128" and rows["settings", "hidden"]["B"] == "512"
    assert ("settings", "epochs") not in rows and ("provenance", "engine") not in rows
    assert rows["metrics", "test_accuracy"]["difference"] == pytest.approx(0.01)
    assert ("architecture", "layer 1") in rows


def test_diff_names_the_first_epoch_that_is_not_the_same(logdir):
    rows = difference_rows("wide/seed-0", "wide/seed-1", "--logdir", logdir)
    assert ("history", "test_accuracy from epoch 2") in rows and ("history", "train_loss from epoch 1") not in rows


def test_diff_sees_another_environment(tmp_path):
    other = make_record("wide", provenance={"engine": "xla", "tensorflow": "2.20.0"})
    logdir = store(tmp_path, make_record("base"), other)
    row = difference_rows("base", "wide", "--logdir", logdir)["provenance", "tensorflow"]
    assert (row["A"], row["B"]) == ("2.21.0", "2.20.0")


def test_a_trial_does_not_differ_from_itself(logdir):
    result = harness("diff", "base/seed-0", "base/seed-0", "--logdir", logdir)
    assert result.exit_code == 0 and "Nothing differs." in result.stdout


def test_epochs_are_shown_with_their_own_numbers_and_values_of_a_metric_with_four_digits(tmp_path):
    text = harness("show", "r/base/seed-0", "--logdir", store(tmp_path, regression_record(rmse=0.7123456))).stdout
    lines = [line.split() for line in text.splitlines()]
    assert [words[0] for words in lines if len(words) > 5 and words[0].isdigit()] == ["10", "20", "30"]
    assert "0.7123" in text and "0.71234" not in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_of_many_metrics_those_of_the_study_are_shown_whole_and_those_without_room_are_named(width):
    record = regression_record()
    more = {f"{split}_{name}": [0.25, 0.5, 0.75] for name in ("main_rmse", "side_rmse") for split in ("train", "test")}
    found = Found(replace(record, history=more | dict(record.history)), Path("record.json"))
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(page(found))
    lines = console.file.getvalue().splitlines()
    first = next(line.split() for line in lines if line.split()[:1] == ["10"])
    assert first[:7] == ["10", "0.9000", "0.3600", "1.000", "0.9500", "0.6000", "0.9990"]
    assert "…" not in "".join(lines) and max(map(len, lines)) <= width
    assert ("Hidden, as the terminal is narrow:" in " ".join(lines)) == (len(first) < 1 + len(found.record.history) - 1)
