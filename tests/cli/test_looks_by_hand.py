"""Looks by hand, designs that change, and what is declared after something was seen: no way round the error."""

from pathlib import Path

import pytest
from calling import harness
from settled import LATE, kept, run, seeds, shown, toy, words, write

from harness.records.record import find_records, read_record
from harness.records.study_folders import run_command
from harness.results.loading import load

__all__ = ["toy"]
pytestmark = pytest.mark.quick


def test_a_second_look_by_hand_is_known_as_one_and_its_words_allow_for_both(toy):
    first = run("--seeds", 5).output
    assert "A second look" not in first and shown() == [5]
    fixed = load("logs/toy").summary.set_index("variant")["p_value"]
    second = run("--seeds", 10).output
    assert "A second look: the study was shown with 5, then 10 seeds." in second
    assert load("logs/toy").summary.set_index("variant")["looks"]["small"] == "5 10"
    assert load("logs/toy").summary.set_index("variant")["verdict_detail"]["big"].endswith("over 2 looks")
    assert fixed["big"] < 0.05


def test_compare_says_by_which_looks_a_study_is_judged(toy):
    run("--seeds", 5)
    assert "look" not in harness("compare", "logs/toy").output
    run("--seeds", 10)
    assert "toy: A second look: the study was shown with 5, then 10 seeds." in harness("compare", "logs/toy").output


@pytest.mark.parametrize("form", ["table", "latex", "markdown"])
def test_a_table_for_a_paper_says_that_its_p_values_are_over_looks(toy, form):
    run("--seeds", 5)
    over = "over the looks of its design)"
    assert over not in " ".join(harness("compare", "logs/toy", "--format", form).stdout.split())
    run("--seeds", 10)
    assert over in " ".join(harness("compare", "logs/toy", "--format", form).stdout.split())


def test_a_run_from_python_has_the_same_looks(toy):
    from harness.cli.python_api import run as run_from_python

    found = run_from_python("toy.py", until_settled=True, looks=(5, 12), progress=False)
    assert kept()["design"]["looks"] == [5, 12] and max(seeds().values()) == 12
    assert found.summary.set_index("variant")["verdict"].to_dict().items() >= words().items()


def test_the_same_seeds_again_and_fewer_of_them_are_no_further_look(toy):
    for count in (10, 10, 5):
        run("--seeds", count)
    assert shown() == [10]


def test_looks_at_another_base_are_counted_for_themselves(toy):
    run("--seeds", 10)
    # The same study changed: fewer seeds than before are a first look at it, and ten are then a second one.
    assert "A second look" not in run("--seeds", 5, "--set", "shift=0.01").output
    assert "shown with 5, then 10 seeds" in run("--seeds", 10, "--set", "shift=0.01").output
    assert shown() == [10, 5, 10]


def test_fewer_seeds_than_a_verdict_takes_are_no_look(toy):
    run("--seeds", 2)
    assert "A second look" not in run("--seeds", 5).output


def test_a_design_after_a_look_by_hand_says_at_how_many_seeds_that_was(toy):
    run("--seeds", 7)
    assert "declared when the study had been shown with 7 seeds" in run("--until-settled").output
    assert kept()["design"]["seen"] == [7]


def test_more_seeds_by_hand_within_the_design_are_counted_by_its_looks(toy):
    run("--until-settled", "--looks", "5,10,20")
    run("--seeds", 20)
    assert load("logs/toy").summary.set_index("variant")["looks"]["big"] == "5 10 20"
    run("--seeds", 23)
    note = load("logs/toy").summary.set_index("variant")["pairs_note"]["big"]
    assert note == "seeds 20, 21, 22 not counted: beyond the 20 of the design, exploratory"


def test_a_variant_added_after_the_declaration_is_not_trained_and_gets_no_word(toy):
    run("--until-settled")
    write(toy.parent, more=LATE)
    said = run("--until-settled").output
    assert "Not trained: late, which the design was not declared for." in said and "late" not in seeds()
    run("--seeds", 5, "--only", "late")
    row = load("logs/toy").summary.set_index("variant").loc["late"]
    assert row["verdict"] == "" and "exploratory" in row["verdict_detail"]


@pytest.mark.filterwarnings("ignore:.*records left out:UserWarning")
@pytest.mark.parametrize(
    ("was", "now"), [('"none", kind="n"', '"none", kind="nn"'), ("shift=0.0055)", 'shift=0.0055, control="big")')]
)
def test_a_variant_that_is_another_by_now_is_not_the_one_that_was_declared(toy, was, now):
    run("--until-settled")
    before, name = seeds(), "none" if "none" in was else "small"
    toy.write_text(toy.read_text().replace(was, now))
    assert f"Not trained: {name}, which the design was not declared for." in run("--until-settled").output
    assert seeds() == before
    run("--seeds", 5, "--only", name)
    rows = load("logs/toy", study="toy.py").summary.set_index("variant")
    assert rows["verdict"][name] == "" and "changed since the design was declared, for " in rows["verdict_detail"][name]
    assert rows["verdict"]["big"] == "better"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--max-seeds", 20), "was declared with looks at 5, 10, 20, 40 seeds, not 5, 10, 20"),
        (("--looks", "5,40"), "was declared with looks at 5, 10, 20, 40 seeds, not 5, 40"),
        (("--spending", "obrien-fleming"), "was declared with pocock spending, not obrien-fleming"),
    ],
)
def test_a_design_changed_half_way_is_refused(toy, options, told):
    run("--until-settled")
    said = run("--until-settled", *options, status=2).output
    assert told in said and "another --logdir" in said


def test_a_margin_changed_half_way_is_refused_and_gives_no_word_elsewhere(toy):
    run("--until-settled")
    write(toy.parent, margin=0.001)
    assert "test_accuracy with a margin of 0.003, not test_accuracy" in run("--until-settled", status=2).output
    rows = load("logs/toy", study="toy.py").summary.set_index("variant")
    assert rows["verdict"]["big"] == "" and "the design was declared for" in rows["verdict_detail"]["big"]
    said = " ".join(run("--seeds", 5).output.split())
    assert "The study's words are withheld: the design was declared for" in said and "Judged by" not in said


def test_a_maximum_below_the_seeds_that_are_there_is_refused(toy):
    run("--seeds", 12)
    said = run("--until-settled", "--max-seeds", 8, status=2).output
    assert "has 12 seeds in" in said and "expected --max-seeds 13 or more" in said


def test_looks_at_nothing_but_what_was_shown_are_refused_as_its_numbers_would_choose_them(toy):
    run("--seeds", 5)
    run("--seeds", 10)
    said = run("--until-settled", "--looks", "10", status=2).output
    assert "was shown with 10" in said and "expected --max-seeds 11 or more" in said
    assert kept()["design"] is None


def test_what_is_suggested_where_all_seeds_of_a_usual_design_are_there_is_taken(toy):
    run("--seeds", 40)
    records = [read_record(path) for path in find_records(Path("logs/toy"))]
    suggested = run_command(Path("logs/toy"), records, until_settled=True)
    assert "--until-settled --max-seeds 80" in suggested
    run("--until-settled", "--max-seeds", 80, "--dry-run")


def test_a_variant_chosen_by_an_earlier_look_shares_the_error_with_those_it_was_chosen_from(toy):
    run("--seeds", 5)
    said = run("--until-settled", "--only", "none").output
    assert kept()["design"]["family"] == ["big", "small", "none"]
    assert "Not trained now, but of the design, and sharing its error: big, small." in said
    assert "unless what 5 seeds had shown before chose the design" in said
