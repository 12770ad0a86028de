"""A run where a dataset is absent: its smaller stand-in, and how much of that is held out."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.stand_ins import fitted, stand_in_notices
from harness.data.resolve import prepare
from harness.runs.request import RunRequest, selected
from harness.study.settings import Settings
from harness.study.study import Study, Variant

pytestmark = pytest.mark.quick

DIGITS = prepare("digits")
STAND_IN = replace(DIGITS, name="mnist", reason="mnist is absent.")
STUDY = Study("held", base=Settings(dataset="mnist", validation=5000), variants=(Variant("wide", hidden=(512,)),))


def fit(*changes: tuple[str, object], data=STAND_IN) -> tuple[dict, str]:
    request = RunRequest(logdir=Path(), base_changes=changes)
    request, note = fitted(selected(STUDY, request), request, {"mnist": data})
    return dict(request.base_changes), note


def test_as_large_a_share_of_the_stand_in_is_held_out_and_said():
    changes, note = fit(("epochs", 1))
    assert changes == {"epochs": 1, "validation": 120}  # 5,000 of 60,000 is a twelfth, as is 120 of 1,437
    assert note.startswith("held holds 5,000 of 60,000 samples out, and of digits there are 1,437 to train on: 120 of them")


def test_a_sample_of_the_stand_in_has_its_share_too():
    changes, note = fit(("samples", 600))
    assert changes["validation"] == 50 and "of digits there are 600 to train on: 50 of them" in note


def test_a_variant_that_has_that_share_already_keeps_the_base_as_it_is():
    study = replace(STUDY, variants=(Variant("few", validation=120),))
    assert fitted(study, RunRequest(logdir=Path()), {"mnist": STAND_IN}) == (RunRequest(logdir=Path()), "")


@pytest.mark.parametrize(
    ("changes", "data"),
    [
        ((("validation", 5000),), STAND_IN),  # asked for: refused later, in the user's own words
        ((("validation", 100),), STAND_IN),
        ((), replace(DIGITS, name="mnist", used="mnist")),
    ],
)
def test_what_the_user_says_and_what_fits_stay_as_they_are(changes, data):
    assert fit(*changes, data=data) == (dict(changes), "")


def test_a_study_without_validation_is_left_alone():
    study = replace(STUDY, base=Settings(dataset="mnist"))
    assert fitted(study, RunRequest(logdir=Path()), {"mnist": STAND_IN})[1] == ""


def test_one_stand_in_for_two_datasets_is_told_of():
    data = {"mnist": STAND_IN, "fashion-mnist": replace(STAND_IN, name="fashion-mnist")}
    assert "are not compared" in stand_in_notices(data)[-1] and len(stand_in_notices(data)) == 3
