"""What trials take of a node: said by the study, by a variant in its place, and refused where it cannot be meant."""

import math
import pickle
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.study import Resources, Settings, Study, Variant, load_study

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("kind", "amount"),
    [("cpus", each) for each in (0, -1, 1.5, True, "2", math.inf, 5000)]
    + [("gpus", each) for each in (2, 1.5, -0.5, math.nan, True)],
)
def test_what_no_node_can_give_is_refused(kind: str, amount: float) -> None:
    with pytest.raises(UsageError, match=f"Resources: {kind} is .*; expected"):
        Resources(**{kind: amount})


def test_parts_of_a_core_and_of_a_gpu_are_taken() -> None:
    assert [Resources(cpus=each).cpus for each in (0.5, 1, 16)] == [0.5, 1, 16]
    assert [Resources(gpus=each).gpus for each in (None, 0, 0.25, 1)] == [None, 0, 0.25, 1]


def test_a_variant_says_other_than_its_study_and_keeps_it_on_its_way_to_a_worker() -> None:
    wide = Variant("wide", hidden=(8,), resources=Resources(cpus=4))
    study = Study("one", base=Settings(), variants=[wide, Variant("slow", learning_rate=0.1)], resources=Resources(gpus=0.5))
    there = pickle.loads(pickle.dumps(study))
    assert [there.resources_of(name) for name in ("base", "wide", "slow")] == [
        Resources(gpus=0.5),
        Resources(cpus=4),
        Resources(gpus=0.5),
    ]


def test_what_are_no_resources_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Variant 'wide': resources is '4'; expected for example harness.Resources"):
        Variant("wide", hidden=(8,), resources=4)
    with pytest.raises(UsageError, match=r"Study 'one': resources is 'None'; expected for example harness.Resources"):
        Study("one", base=Settings(), variants=[], resources=None)


TOML = """
like = "one.py"
resources = {gpus = 0.5}

[variants.wide]
hidden = [8]
resources = {cpus = 4}

[variants.slow]
learning_rate = 0.1
"""


def toml_study(folder: Path, text: str) -> Study:
    (folder / "one.py").write_text(
        "from harness import Resources, Settings, Study\n"
        "STUDY = Study('one', base=Settings(), variants=(), resources=Resources(cpus=2))\n"
    )
    (folder / "two.toml").write_text(text)
    return load_study(str(folder / "two.toml"))


def test_toml_says_them_as_python_does(tmp_path: Path) -> None:
    study = toml_study(tmp_path, TOML)
    assert [study.resources_of(name) for name in ("base", "wide", "slow")] == [
        Resources(gpus=0.5),
        Resources(cpus=4),
        Resources(gpus=0.5),
    ]


def test_a_study_takes_them_over_from_the_one_that_it_is_like(tmp_path: Path) -> None:
    study = toml_study(tmp_path, TOML.replace("resources = {gpus = 0.5}", ""))
    assert [study.resources_of(name).cpus for name in ("base", "wide")] == [2, 4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TOML.replace("cpus = 4", "cpu = 4"), r"\[variants.wide\] resources: Key 'cpu' is not known. Did you mean 'cpus'"),
        (TOML.replace("{cpus = 4}", "4"), r"\[variants.wide\] resources: resources is 4; expected resources = {cpus = 4"),
        (TOML.replace("gpus = 0.5", "gpus = 2"), r"resources: Resources: gpus is 2; expected 1"),
    ],
)
def test_what_toml_says_wrongly_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        toml_study(tmp_path, text)
