"""Hostile words on the command line: each call ends in status 0, or in one clear line with status 1 or 2.

Never a traceback, a file outside the log folder, or text that is evaluated.
"""

import os
import string
from pathlib import Path

import pytest
from hostile import PWNED, call, many, nothing_new, texts
from hypothesis import given, strategies as st

from harness.errors import UsageError
from harness.results.filters import parse_filter
from harness.study.names import check_name
from harness.study.settings import Settings, annotations, parse


@many(900)
@given(
    name=st.sampled_from(sorted(annotations(Settings))) | texts,
    value=texts,
    sign=st.sampled_from(["=", "==", " = ", ""]),
)
def test_set_is_parsed_or_refused(name: str, value: str, sign: str):
    try:
        key, parsed = parse(f"{name}{sign}{value}", Settings)
    except UsageError:
        return
    assert key in annotations(Settings)
    assert isinstance(parsed, bool | int | float | str | tuple | None)


@many(200)
@given(name=st.sampled_from(sorted(annotations(Settings))) | texts, value=texts)
def test_a_run_with_a_hostile_set_plans_or_says_why_not(place: Path, name: str, value: str):
    with nothing_new(place):
        call(
            "run",
            "ablations",
            "--dry-run",
            "--dataset",
            "digits",
            "--only",
            "epochs-15",
            "--seeds",
            1,
            "--set",
            f"{name}={value}",
        )


@many(150)
@given(
    option=st.sampled_from(
        [
            "--checkpoint-seconds",
            "--only",
            "--dataset",
            "--engine",
            "--seeds",
            "--jobs",
            "--max-seconds",
            "--data-dir",
            "STUDY",
        ]
    ),
    value=texts,
)
def test_a_run_with_hostile_options_plans_or_says_why_not(place: Path, option: str, value: str):
    words = (
        ["run", value]
        if option == "STUDY"
        else ["run", "ablations", "--only", "epochs-15", "--dataset", "digits", option, value]
    )
    with nothing_new(place):
        call(*words, "--dry-run")


@many(100)
@given(logdir=texts.filter(lambda text: not text.startswith(("-", "/", ".")) and text.strip()))
def test_no_log_folder_is_made_by_looking(place: Path, logdir: str):
    with nothing_new(place):
        for words in (
            ["compare", logdir],
            ["show", "x", "--logdir", logdir],
            ["remove", "x", "--logdir", logdir],
            ["questions", "--logdir", logdir],
        ):
            call(*words)


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "1e999", "soon"])
def test_a_duration_is_a_finite_number(place: Path, seconds: str):
    for option in ("--max-seconds", "--checkpoint-seconds"):
        assert call("run", "ablations", "--dry-run", option, seconds).exit_code == 2


@pytest.mark.parametrize("assignment", ["epochs", "hidden", "batch_size", "outputs", "samples"])
def test_a_number_beyond_counting_is_refused(place: Path, assignment: str):
    result = call("run", "ablations", "--dry-run", "--dataset", "digits", "--set", f"{assignment}={'9' * 400}")
    assert result.exit_code == 2 and "received one of 400 digits" in result.stderr and len(result.stderr) < 400


def test_more_seeds_than_can_be_planned_are_refused(place: Path):
    assert call("run", "ablations", "--dry-run", "--seeds", "9" * 30).exit_code == 2


def test_an_output_that_is_no_file_is_written_to_and_not_replaced(study_logs: Path, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert call("compare", study_logs, "--format", "csv", "-o", pipe).exit_code == 0
        assert pipe.is_fifo() and os.read(reader, 100_000).count(b"wide")
    finally:
        os.close(reader)
    assert call("compare", study_logs, "-o", tmp_path).exit_code == 2


COLUMNS = ("study", "variant", "seeds", "test_accuracy", "as_expected", "epochs")
ROWS = [
    {"study": "s", "variant": "base", "seeds": 5, "test_accuracy": 0.97, "as_expected": True, "epochs": float("nan")},
    {"study": "s", "variant": "=1", "seeds": 0, "test_accuracy": float("nan"), "as_expected": False, "epochs": 3.0},
]
words = st.lists(
    st.sampled_from(
        [
            *COLUMNS,
            "and",
            "or",
            "not",
            "in",
            "(",
            ")",
            ",",
            "==",
            "<",
            ">=",
            "0.97",
            "1e400",
            "'base'",
            "none",
            "true",
            "+",
            "**",
        ]
    )
    | texts,
    max_size=8,
).map(" ".join)


@many(1500)
@given(text=words | texts)
def test_a_filter_is_asked_or_refused_and_never_evaluated(text: str):
    try:
        condition = parse_filter(text, COLUMNS)
        answers = [condition.holds(row) for row in ROWS]
    except UsageError:
        return
    assert all(isinstance(answer, bool) for answer in answers)
    assert not Path(PWNED).exists()


@many(60)
@given(
    option=st.sampled_from(["--filter", "--sort", "--columns"]),
    text=words | texts,
    form=st.sampled_from(["table", "csv", "json"]),
)
def test_compare_with_hostile_options_answers_or_refuses(place: Path, study_logs: Path, option: str, text: str, form: str):
    with nothing_new(study_logs), nothing_new(place):
        call("compare", study_logs, option, text, "--format", form)


@many(120)
@given(
    name=texts | st.text(alphabet="s/base-wide.0123456789seed", max_size=20),
    command=st.sampled_from(["show", "diff", "restore", "purge"]),
)
def test_hostile_names_of_trials_find_one_or_say_why_not(place: Path, study_logs: Path, name: str, command: str):
    with nothing_new(study_logs), nothing_new(place):
        call(command, *([name, name] if command == "diff" else [name]), "--logdir", study_logs)


@many(500)
@given(name=texts | st.text(max_size=120))
def test_a_name_is_a_plain_folder_or_refused(name: str):
    try:
        check_name("Variant", name)
    except UsageError as error:
        assert len(str(error)) < 600
        return
    assert set(name) <= set(string.ascii_letters + string.digits + "._+-") and len(name) <= 100
    assert os.path.basename(name) == name and name not in (".", "..")
