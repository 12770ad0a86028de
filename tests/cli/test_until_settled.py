"""`run --until-settled`, with trainings that are numbers: which seeds are trained, what stops one, what is said."""

from pathlib import Path

import pytest
from calling import harness
from settled import kept, run, seeds, toy, training, words

from harness.cli import study_runs
from harness.records.record import DIVERGED
from harness.results.loading import load

__all__ = ["toy"]
pytestmark = pytest.mark.quick


def test_only_what_is_open_gets_more_seeds_with_its_control(toy):
    said = run("--until-settled").output
    found = seeds()
    assert found["big"] == 5 < found["small"] <= found["base"] == max(found.values())
    assert words()["big"] == words()["small"] == "better" and words()["none"] != "better"
    assert "Until settled: looks at 5, 10, 20, 40 seeds" in said
    assert "Look 1 of 4, 5 seeds: 1 settled, 2 go on to 10 seeds (small, none)." in said
    assert f"{sum(found.values())} trainings in all; every variant with 40 seeds would take 160." in said


def test_the_design_is_kept_before_anything_trains_with_what_each_look_may_spend(toy, monkeypatch):
    seen = []
    monkeypatch.setattr(study_runs._Run, "train", lambda *_: seen.append(kept()["design"]) or ())
    run("--until-settled")
    assert seen[0]["looks"] == [5, 10, 20, 40] and seen[0]["family"] == ["big", "small", "none"]
    assert seen[0]["spent"] == pytest.approx([0.009728, 0.017869, 0.031006, 0.05])
    assert (seen[0]["metric"], seen[0]["margin"], seen[0]["error"]) == ("test_accuracy", 0.003, 0.05)


def test_a_dry_run_keeps_no_design(toy):
    assert "4 variants (the base included) × 5 seeds = 20 trials" in run("--until-settled", "--dry-run").output
    assert not Path("logs/toy/design.json").exists()


def test_compare_load_and_the_written_table_say_what_the_run_said(toy):
    run("--until-settled")
    frame = load("logs/toy", study="toy.py").summary
    by_load = {row["variant"]: row["verdict"] for row in frame.to_dict("records") if row["variant"] != "base"}
    written = Path("logs/toy/summary.csv").read_text()
    assert by_load == words() and all(f",{word}," in written for word in words().values())
    assert {row["variant"]: row["looks"] for row in frame.to_dict("records")}["big"] == "5"


def test_the_same_command_goes_on_after_a_stop_and_then_has_nothing_left_to_train(toy):
    run("--seeds", 3)
    run("--until-settled")
    before = seeds()
    said = run("--until-settled").output
    assert "0 to train" in said and "not trained again." in said and seeds() == before
    assert "not trained again (--force trains all)." in run("--seeds", 5).output


def test_one_variant_of_a_declared_design_goes_on_by_itself_and_is_corrected_over_all(toy):
    run("--until-settled", "--looks", "5,10")
    p_value = load("logs/toy").summary.set_index("variant")["p_value"]["small"]
    alone = harness("remove", "toy/small", "--logdir", "logs")
    assert alone.exit_code == 0 and "small" not in seeds(), alone.output
    run("--until-settled", "--only", "small")
    assert kept()["design"]["family"] == ["big", "small", "none"]
    assert load("logs/toy").summary.set_index("variant")["p_value"]["small"] == p_value


def test_a_seed_that_failed_stops_its_variant_until_it_is_trained(toy, monkeypatch):
    training(monkeypatch, lambda trial: (trial.variant, trial.seed) == ("small", 3))
    said = run("--until-settled", status=1).output
    assert "1 stuck" in said and seeds()["small"] == 5 and words()["small"] == "inconclusive"
    training(monkeypatch, lambda _: False)
    run("--until-settled")
    assert seeds()["small"] > 5 and words()["small"] == "better"


def test_what_diverged_is_not_trained_again_for_the_next_look_of_the_same_run(toy, monkeypatch):
    trained: list[tuple[str, int]] = []
    ended = {"status": DIVERGED, "error": "Loss is not finite after epoch 1."}
    training(monkeypatch, lambda one: one.variant == "none" and one.seed % 2 == 0, ended=ended, trained=trained)
    said = run("--until-settled", status=1).output
    assert seeds()["none"] > 5 and len(trained) == len(set(trained)) and "failed unexpectedly" not in said
    before = len(trained)
    run("--until-settled", status=1)
    assert {seed % 2 for variant, seed in trained[before:] if variant == "none"} == {0}  # the command again tries these once


def test_what_failed_is_not_tried_at_every_look_but_by_the_command_again(toy, monkeypatch):
    trained: list[tuple[str, int]] = []
    training(monkeypatch, lambda trial: trial.variant == "none", trained=trained)
    said = run("--until-settled", status=1).output
    assert seeds()["small"] > 5 and len(trained) == len(set(trained)) and "failed unexpectedly" not in said
    assert f"{len(trained)} trainings in all" in said
    assert "5 failed unexpectedly" in run("--until-settled", status=1).output


def test_what_failed_before_the_design_is_tried_when_its_look_comes(toy, monkeypatch):
    training(monkeypatch, lambda trial: (trial.variant, trial.seed) == ("small", 8))
    run("--seeds", 10, status=1)
    trained: list[tuple[str, int]] = []
    training(monkeypatch, lambda _: False, trained=trained)
    run("--until-settled")
    assert ("small", 8) in trained and words()["small"] == "better"


def test_a_study_without_a_spread_ends_at_its_first_look(toy, monkeypatch):
    training(monkeypatch, lambda _: False, spread=0.0)
    run("--until-settled")
    assert set(seeds().values()) == {5} and words() == {"big": "inconclusive", "small": "inconclusive", "none": "identical"}


def test_a_design_that_cannot_be_read_is_no_reason_to_judge_without_one(toy):
    run("--until-settled")
    Path("logs/toy/design.json").write_text('{"design": {"looks": [5]}}')
    for words_of in (("run", "toy.py", "--until-settled"), ("compare", "logs/toy")):
        said = harness(*words_of)
        assert said.exit_code == 2 and "design.json is damaged" in said.output


def test_a_design_that_was_removed_still_judges_what_was_trained_by_it(toy):
    run("--until-settled", "--looks", "5,10,30")
    said, design = words(), kept()["design"]
    Path("logs/toy/design.json").unlink()
    assert words() == said and load("logs/toy").summary.set_index("variant")["looks"]["big"] == "5"
    assert "Judged by the study's design, looks at 5, 10, 30 seeds" in harness("compare", "logs/toy").output
    run("--until-settled")
    assert kept()["design"] == design and words() == said


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--max-seeds", 20), "--max-seeds is of a design; expected --until-settled beside it"),
        (("--until-settled", "--seeds", 7), "--seeds 7 is a fixed number"),
        (("--until-settled", "--force"), "--force would train anew what a design has looked at"),
        (("--until-settled", "--max-seeds", 4), "a verdict takes 5 seeds"),
        (("--until-settled", "--looks", "10,5"), "increasing numbers of seeds"),
        (("--until-settled", "--looks", "5,ten"), "are no numbers of seeds"),
        (("--until-settled", "--looks", "5,10", "--max-seeds", 20), "--looks ends at 10 seeds and --max-seeds is 20"),
    ],
)
def test_options_that_say_otherwise_than_one_another_are_refused(toy, options, told):
    assert told in run(*options, status=2).output
    assert not Path("logs/toy").exists()


def test_a_base_alone_has_nothing_to_settle_and_declares_no_design(toy):
    assert "there is nothing to settle" in run("--until-settled", "--only", "base", status=2).output
    assert not Path("logs/toy/design.json").exists()


def test_a_design_for_some_variants_says_that_the_others_are_not_of_it(toy):
    run("--until-settled", "--only", "big")
    assert kept()["design"]["family"] == ["big"] and "small" not in seeds()
    assert "Not trained: small, none, which the design was not declared for." in run("--until-settled").output


def test_folds_are_refused(toy):
    toy.write_text(FOLDED)
    assert "--until-settled is for seeds" in run("--until-settled", status=2).output


FOLDED = """
import numpy as np
from dataclasses import dataclass
from harness import Arrays, Settings, Study, Variant

@dataclass(frozen=True)
class Depth(Settings):
    depth: int = 1

def arrays(settings):
    x = np.arange(40.0)[:, None]
    return Arrays(x, (x[:, 0] > 20).astype(int), x, (x[:, 0] > 20).astype(int))

def build(settings):
    from sklearn.tree import DecisionTreeClassifier
    return DecisionTreeClassifier(max_depth=settings.depth)

STUDY = Study("toy", question="Which?", base=Depth(), build=build, arrays=arrays, folds=5, variants=[Variant("deep", depth=3)])
"""
