"""Records held against a study as it is declared now: what has changed since is not what they were judged by."""

import pytest
from resulting import make_record

from harness import Settings, Study, Variant, diverges, finishes, raises
from harness.analysis.judging import judged as decided, judged_anew
from harness.analysis.record_matching import as_declared, of_declared_base
from harness.records.record import Record
from harness.study.expectations import Expectation
from harness.study.settings import to_json

pytestmark = pytest.mark.quick


def declared(record: Record, expect: Expectation, **options: str) -> Record:
    variants = (Variant("wide", hidden=(512,)), Variant("deep", hidden=(512, 256), expect=expect, **options))
    return as_declared(record, Study("s", base=Settings(), variants=variants), position=2)


def judged(record: Record, expect: Expectation) -> tuple[str, bool]:
    found = declared(record, expect)
    assert found.expectation == str(expect)
    return found.status, found.as_expected


def test_a_success_that_is_no_longer_expected_is_an_unexpected_pass():
    assert judged(make_record("deep"), raises("ValueError")) == ("unexpected-pass", False)
    assert judged(make_record("deep"), diverges()) == ("unexpected-pass", False)


def test_an_unexpected_pass_that_is_now_expected_is_ok():
    record = make_record("deep", status="unexpected-pass", as_expected=False, expectation="raises ValueError")
    assert judged(record, finishes()) == ("ok", True)


def test_a_failure_is_held_against_the_new_pattern():
    record = make_record("deep", status="failed", as_expected=False, error="ValueError: bad shape", error_type="ValueError")
    assert judged(record, raises("ValueError", match="shape")) == ("expected-error", True)
    assert judged(record, raises("ValueError", match="label")) == ("failed", False)
    assert judged(record, raises("TypeError")) == ("failed", False)


def test_a_divergence_that_is_now_expected_is_as_expected():
    record = make_record("deep", status="diverged", as_expected=False)
    assert judged(record, diverges()) == ("diverged", True)


def test_a_worker_that_died_is_never_as_expected():
    record = make_record("deep", status="failed", as_expected=False, error="WorkerLost: killed by SIGKILL")
    assert judged(record, raises(".*")) == ("failed", False)


def test_the_control_is_the_one_that_the_study_names_now():
    found = declared(make_record("deep"), finishes(), control="wide")
    assert (found.control, found.change, found.position) == ("wide", "hidden=512-256 (vs wide)", 2)


def test_a_record_of_what_is_declared_is_left_as_it_is():
    expects = finishes().to_dict()
    record = make_record("deep", change="hidden=512-256", changes={"hidden": [512, 256]}, position=2, expects=expects)
    assert declared(record, finishes()) is record


SHAPE = dict(
    error="ValueError: In layer dense: shapes differ", error_type="ValueError",
    traceback="Traceback (most recent call last):\n  File x\nkeras.ValueError: In layer dense:\nshapes differ\nthe label is 9",
)  # fmt: skip


@pytest.mark.parametrize("kept", [{}, raises("ValueError", match="shape").to_dict()], ids=["old", "new"])
def test_an_edited_pattern_of_the_errors_text_is_judged_anew(kept):
    record = make_record("deep", status="expected-error", expectation="raises ValueError", expects=kept, **SHAPE)
    assert judged(record, raises("ValueError", match="dropout")) == ("failed", False)
    assert judged(record, raises("ValueError", match="shape")) == ("expected-error", True)


def test_a_pattern_is_held_against_all_of_the_errors_text_that_is_kept():
    record = make_record("deep", status="failed", as_expected=False, **SHAPE)
    assert judged(record, raises("ValueError", match="label")) == ("expected-error", True)
    assert judged(record, raises("ValueError", match="File x")) == ("failed", False)


def test_a_full_disk_is_never_what_a_variant_is_expected_to_raise():
    record = make_record("deep", status="failed", as_expected=False, error="disk full: /logs", error_type="OSError")
    assert judged(record, raises("OSError")) == ("failed", False)


def raised(error: Exception) -> Record:
    """Return the record of a trial that raised an error, as it is made when the trial ends."""
    from harness.errors import error_text, failure_text, traceback_text

    told = {"error": failure_text(error), "error_type": type(error).__name__, "traceback": traceback_text(error)}
    record = make_record("deep", status="failed", as_expected=False, **told)
    return decided(record, raises("ValueError", match="first"), error_text=error_text(error))


@pytest.mark.parametrize("match", ["first", "^$|^ValueError$", "no text", "second", "Exception", "inner"])
@pytest.mark.parametrize(
    "error",
    [
        ValueError("first\nValueError: second"),
        ValueError(),
        ValueError("Exception encountered when calling Dense.call().\n\nbad"),
    ],
    ids=["a line like a beginning", "no text", "Keras"],
)
def test_an_error_is_judged_alike_when_it_is_raised_and_from_its_record(error, match):
    expect = raises("ValueError", match=match)
    record = raised(error)
    raised_now = decided(record, expect, error_text=str(error))
    later = judged_anew(record, expect)
    assert (raised_now.status, raised_now.as_expected) == (later.status, later.as_expected)


def test_the_text_of_an_error_that_came_of_another_is_its_own():
    try:
        try:
            raise ValueError("inner")
        except ValueError:
            raise ValueError("first")  # noqa: B904
    except ValueError as error:
        record = raised(error)
    assert judged(record, raises("ValueError", match="inner")) == ("failed", False)
    assert judged(record, raises("ValueError", match="first")) == ("expected-error", True)


def test_a_base_that_its_file_has_by_now_is_not_a_changed_one():
    study = Study("s", base=Settings(epochs=5), variants=(Variant("wide", hidden=(512,)),))
    changed = {"base_changes": {"epochs": 5}}
    record = make_record(settings=to_json(study.base), provenance=changed)
    assert of_declared_base(record, study).provenance == {"base_changes": {}}
    edited = Study("s", base=Settings(epochs=6), variants=study.variants)
    assert of_declared_base(record, edited).provenance == changed
