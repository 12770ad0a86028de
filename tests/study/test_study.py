import pickle

import pytest

from harness.errors import UsageError
from harness.study.expectations import diverges, raises
from harness.study.settings import Settings
from harness.study.study import Study, Variant

pytestmark = pytest.mark.quick


def study(*variants: Variant) -> Study:
    return Study("widths", base=Settings(), variants=variants)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Variant("nothing"), "changes nothing"),
        (lambda: study(Variant("same", hidden=(128,))), "'same' of study 'widths' equals the base (hidden=(128,))"),
        (lambda: study(Variant("a", epochs=1), Variant("a", epochs=2)), "two variants of one name: 'a' and 'a'"),
        (lambda: study(Variant("wide", epochs=1), Variant("Wide", epochs=2)), "'wide' and 'Wide'"),
        (lambda: study(Variant("base", epochs=1)), "two variants of one name"),
        (lambda: study(Variant("a", epoch=1)), "Did you mean 'epochs'?"),
        (lambda: study(Variant("a", epochs="many")), "epochs must be a whole number"),
        (lambda: study(Variant("a", epochs=1, control="bas")), "Did you mean 'base'?"),
        (lambda: study(Variant("a", epochs=1, control="a")), "its own control"),
        (lambda: study(Variant("a", epochs=1, control=None)), "control is None; expected the name of a variant, or nothing"),
        (lambda: study(Variant("a", epochs=1), Variant("b", epochs=1, control="a")), "equals its control 'a'"),
        (
            lambda: study(Variant("wide", hidden=(64, 64)), Variant("hidden-64-64", hidden=[64, 64])),
            "Variants 'wide' and 'hidden-64-64' of study 'widths' are the same: hidden=64-64; expected a difference.",
        ),
        (lambda: study(Variant("a", log_every=2)), "differs from the base in log_every alone, which changes nothing"),
        (
            lambda: study(Variant("a", epochs=1), Variant("b", epochs=1, log_every=2, control="a")),
            "'b' of study 'widths' differs from its control 'a' in log_every alone",
        ),
        (
            lambda: study(Variant("a", epochs=1), Variant("b", epochs=1, log_every=2, together=True)),
            "Variants 'a' and 'b' of study 'widths' are the same: epochs=1; expected",
        ),
        (
            lambda: study(Variant("a", epochs=1, control="b"), Variant("b", epochs=2, control="a")),
            "its own control",
        ),
        (lambda: study(Variant("raw-wide", normalize=False, hidden=(512,))), "confounded"),
        (lambda: raises("ValueError", match="("), "no regular expression"),
    ],
)
def test_a_study_that_is_wrong_is_refused(make, said):
    with pytest.raises(UsageError) as caught:
        make()
    assert said in str(caught.value)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".hidden", "a" * 101, "näme", "a b", "nul\0", "trailing.", "😀"])
def test_a_name_that_is_no_safe_folder_is_refused(name):
    with pytest.raises(UsageError, match="cannot be a folder's name"):
        Variant(name, epochs=1)


@pytest.mark.parametrize(
    "name",
    [
        "attempt-2",
        "Attempt-10",
        "seed-0",
        "summary.csv",
        "RUNS.csv",
        "interactions.csv",
        "Samples.csv",
        "record.json",
        "train",
        "test",
        "validation",
        "aggregate",
    ],
)
def test_a_name_of_the_harnesss_own_files_is_refused(name):
    for make in (lambda: Variant(name, epochs=1), lambda: Study(name, base=Settings(), variants=())):
        with pytest.raises(UsageError, match="of the harness's own; expected another, as in 'my-"):
            make()


@pytest.mark.parametrize("name", ["CON", "nul", "nul.txt", "Com1", "lpt9.tar.gz", "aux", "prn"])
def test_a_name_of_a_device_is_refused(name):
    with pytest.raises(UsageError, match="device on Windows"):
        Variant(name, epochs=1)


@pytest.mark.parametrize(
    "name", ["attempt", "attempt-two", "attempts-2", "my-seed-0", "training", "console", "summary", "com", "com10"]
)
def test_a_name_that_only_looks_like_one_of_these_is_a_name(name):
    assert Variant(name, epochs=1).name == name


@pytest.mark.parametrize("name", ["attempt-²", "a\x1bb", "a\n", "a\x85", "\u202eb"])
def test_signs_and_digits_of_other_kinds_are_no_name(name):
    with pytest.raises(UsageError, match="cannot be a folder's name"):
        Variant(name, epochs=1)


def test_a_variant_is_taken_against_the_control_that_shares_the_rest():
    made = study(Variant("wide", hidden=(512,)), Variant("raw", normalize=False, hidden=(512,), control="wide"))
    assert made.change("raw") == "normalize=False (vs wide)"
    assert made.controls("raw") == ("wide", "base")
    assert made.settings("raw") == Settings(normalize=False, hidden=(512,))


def test_a_change_of_layers_is_shown_as_it_is_typed():
    made = study(Variant("edited", remove=("pool-1", "pool-2")), Variant("pooled", replace={"a": "MaxPooling2D(2, strides=1)"}))
    assert made.change("edited") == "remove=pool-1,pool-2"
    assert made.change("pooled") == "replace=a=MaxPooling2D(2,strides=1)"
    assert made.changes("pooled") == {"replace": ["a=MaxPooling2D(2,strides=1)"]}


def test_settings_may_change_together_when_the_study_says_so():
    made = study(Variant("big", batch_size=256, learning_rate=0.008, together=True))
    assert made.change("big") == "learning_rate=0.008, batch_size=256"


def test_only_brings_the_controls_along():
    made = study(
        Variant("wide", hidden=(512,)), Variant("raw", normalize=False, hidden=(512,), control="wide"), Variant("x", epochs=1)
    )
    assert made.only(["raw"]).names == ("base", "wide", "raw")


def test_only_refuses_an_unknown_variant():
    with pytest.raises(UsageError, match="Did you mean 'wide'"):
        study(Variant("wide", hidden=(512,))).only(["wid"])


def test_a_changed_base_is_checked_anew():
    with pytest.raises(UsageError, match="equals the base"):
        study(Variant("short", epochs=1)).with_base({"epochs": 1})


def test_a_variant_survives_pickling():
    variant = Variant("wide", hidden=(512,), expect=raises("ValueError"))
    assert pickle.loads(pickle.dumps(variant)) == variant


def test_an_error_is_expected_by_its_type_and_its_text():
    expectation = raises("ValueError|InvalidArgumentError", match="(?i)shape")
    assert expectation.accepts_error("ValueError", "Shapes differ")
    assert not expectation.accepts_error("ValueError", "labels")
    assert not expectation.accepts_error("TypeError", "shape")
    assert not diverges().accepts_error("ValueError", "shape")


class Nothing:
    """A function that counts as false, as an object with a length of 0 does."""

    def __len__(self) -> int:
        return 0

    def __call__(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    ("given", "calls", "needs_dataset", "arrays_from"),
    [
        ({}, [], True, ""),
        ({"build": Nothing()}, ["build(settings)"], True, ""),
        ({"arrays": Nothing()}, ["arrays(settings)"], False, "arrays(settings)"),
        (
            {"arrange": Nothing(), "build": Nothing()},
            ["build(settings)", "arrange(settings, data)"],
            True,
            "arrange(settings, data)",
        ),
    ],
)
def test_a_studys_own_functions_are_those_that_it_was_given(given, calls, needs_dataset, arrays_from):
    own = Study("own", base=Settings(), variants=(), **given)
    assert [*own.own_functions] == calls
    assert (own.needs_dataset, own.arrays_from) == (needs_dataset, arrays_from)
