"""Screens: designs that tell parts apart, what is mixed with what, and the variants that they make."""

import pickle
from itertools import combinations

import numpy as np
import pytest
from plain_records import record

from harness import Settings, Study, UsageError, screen
from harness.records.record import RecordError, read_record, write_record
from harness.study.screen_designs import CLEAR, FULL, MAIN, alias_lines, is_orthogonal, levels_of, resolved_pairs
from harness.study.screening import screens_of
from harness.study.toml import read_study
from harness.study.variant import corner_from

pytestmark = pytest.mark.quick

BASE = Settings(hidden=(32,), epochs=2)


@pytest.mark.parametrize("design", [None, MAIN, CLEAR, FULL])
@pytest.mark.parametrize("parts", [2, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 19, 20, 23])
def test_every_design_is_balanced_orthogonal_and_has_the_base_as_its_first_variant(parts, design):
    if design == FULL and parts > 6:
        pytest.skip("refused, see below")
    levels = levels_of(parts, design)
    assert is_orthogonal(levels) and (levels[0] == -1).all()
    assert len(np.unique(levels, axis=0)) == len(levels)


def test_so_many_parts_take_about_one_variant_more():
    counts = {parts: len(levels_of(parts)) for parts in (3, 4, 7, 8, 11, 15, 19, 23)}
    assert counts == {3: 8, 4: 8, 7: 8, 8: 12, 11: 12, 15: 16, 19: 20, 23: 24}


@pytest.mark.parametrize("parts", [3, 4, 5, 8, 9, 11, 12, 15, 17, 23])
def test_a_clear_design_mixes_no_interaction_of_two_with_a_part(parts):
    levels = levels_of(parts, CLEAR)
    for one, other in combinations(range(parts), 2):
        assert not (levels[:, one] * levels[:, other] @ levels).any()
    assert not any(
        "cannot be told" in line or "holds" in line for line in alias_lines([str(one) for one in range(parts)], levels)
    )


def test_the_twelve_runs_of_plackett_and_burman_mix_thirds():
    levels = levels_of(11)
    products = {
        abs(int(levels[:, one] * levels[:, other] @ levels[:, third])) for one, other, third in combinations(range(11), 3)
    }
    assert products == {4}  # of 12
    assert alias_lines([f"p{one}" for one in range(11)], levels) == [
        "Each part holds up to 33% of the interactions of two other parts."
    ]


def test_what_is_mixed_in_a_half_fraction_is_said():
    # Box, Hunter and Hunter, "Statistics for experimenters": the 2^(4-1) with D = ABC has AB = CD, AC = BD, AD = BC.
    assert alias_lines("ABCD", levels_of(4)) == [
        "One and the same here: A × B and C × D.",
        "One and the same here: A × C and B × D.",
        "One and the same here: A × D and B × C.",
    ]
    assert resolved_pairs(levels_of(4)) == [] and len(resolved_pairs(levels_of(5, CLEAR))) == 10
    assert alias_lines("ABC", levels_of(3, MAIN)) == [
        f"{one} cannot be told from {two}." for one, two in zip("ABC", ("B × C", "A × C", "A × B"), strict=True)
    ]


def test_a_part_is_a_switch_a_setting_with_its_value_or_a_layer():
    variants = screen(BASE, "normalize", learning_rate=0.01, remove=("hidden-1", "output"))
    assert len(variants) == 7 and all(variant.control == "base" for variant in variants)
    assert variants[0].corner.parts == ("no-normalize", "learning-rate-0.01", "no-hidden-1", "no-output")
    both = next(variant for variant in variants if {"no-hidden-1", "no-output"} <= {*variant.corner.changed})
    assert both.changes["remove"] == ("hidden-1", "output")
    study = Study("s", BASE, variants)
    (found,) = screens_of(study)
    assert found.variants[0] == "base" and is_orthogonal(found.levels) and len(found.variants) == 8
    assert (
        screens_of(Study("s", BASE, screen(BASE, "normalize", learning_rate=0.01)))[0]
        .lines[0]
        .endswith("and 1 interaction of two, and each part's share of the whole gain.")
    )
    assert "4 parts in 8 variants" in found.lines[0] and "One and the same here" in found.lines[1]
    assert screens_of(study.only(["base", variants[0].name])) == []


def test_a_variant_keeps_its_corner_in_another_process():
    variant = screen(BASE, "normalize", epochs=3)[0]
    assert pickle.loads(pickle.dumps(variant)) == variant and pickle.loads(pickle.dumps(variant)).corner == variant.corner


@pytest.mark.parametrize(
    ("switches", "changes", "said"),
    [
        (("normalize",), {}, "received 1 part; expected 2 to 23"),
        (("epochs",), {"normalize": False}, "epochs"),
        (("normalize",), {"normalize": False}, "expected normalize as a switch, or once with its value"),
        (("normalize", "normalize"), {}, "expected each part once"),
        (("normalize",), {"epochs": 2}, "epochs is 2, as in the base or twice"),
        (("normalize",), {"design": "best"}, "design is 'best'; expected one of main, clear, full"),
        (("normalise",), {"epochs": 3}, "normalize"),
    ],
)
def test_what_is_no_screen_is_refused_by_its_name(switches, changes, said):
    with pytest.raises(UsageError, match="Family 'mine'.*") as caught:
        screen(BASE, *switches, family="mine", **changes)
    assert said in str(caught.value)


def test_all_subsets_of_more_than_six_parts_are_refused():
    layers = tuple(f"hidden-{number}" for number in range(1, 8))
    with pytest.raises(UsageError, match="received 7 parts; expected 2 to 6 for a screen of all subsets"):
        screen(Settings(hidden=(8,) * 7), remove=layers, design=FULL)


def test_a_screen_in_toml_is_the_one_of_python(tmp_path):
    path = tmp_path / "parts.toml"
    path.write_text(
        'question = "?"\n[base]\nhidden = [32]\nepochs = 2\n[families.mine]\nkind = "screen"\nswitches = ["normalize"]\n'
        'learning_rate = 0.01\nremove = ["hidden-1", "output"]\ndesign = "full"\n'
    )
    study = read_study(path, load_like=lambda name: pytest.fail(name))
    assert study.variants == screen(
        BASE, "normalize", learning_rate=0.01, remove=("hidden-1", "output"), design=FULL, family="mine"
    )


def test_a_record_keeps_its_corner_and_one_that_is_none_is_refused(tmp_path):
    kept = {"family": "f", "changed": ["a"], "parts": ["a", "b"], "variants": 4}
    assert corner_from(read_record(write_record(tmp_path, record("v", 0, screen=kept))).screen).parts == ("a", "b")
    for wrong in (
        {"changed": []},
        {"changed": ["c"]},
        {"variants": "4"},
        {"family": 3},
        {"parts": None},
        {"parts": ["a", *map(str, range(99))]},
    ):
        with pytest.raises(RecordError, match="screen"):
            read_record(write_record(tmp_path, record("v", 0, screen={**kept, **wrong})))
