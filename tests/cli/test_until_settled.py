"""`run --until-settled` and looks by hand, with trainings that are numbers: which seeds are trained, what is kept and said."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from calling import harness
from click.testing import Result

from harness.analysis.judging import judged
from harness.cli import study_runs
from harness.records.record import DIVERGED, FAILED, OK, find_records, read_record
from harness.records.study_folders import run_command
from harness.results.compare_inputs import read_tables
from harness.results.loading import load
from harness.runs.execution import write_judged
from harness.runs.plan import Plan, results
from harness.runs.record_store import store
from harness.training.trial import Trial, blank_record

pytestmark = pytest.mark.quick

STUDY = """
from dataclasses import dataclass
from harness import Metric, Study, Variant

@dataclass(frozen=True)
class Settings:
    shift: float = 0.0
    kind: str = ""

def train(settings, trial):
    return {"test_accuracy": 0.9 + settings.shift + len(settings.kind)}

STUDY = Study("toy", question="Which?", base=Settings(), train=train,
    metric=Metric("accuracy", margin=%s, higher_is_better=True),
    variants=[Variant("big", shift=0.05), Variant("small", shift=0.0055), Variant("none", kind="n")%s])
"""
LATE = ', Variant("late", shift=0.06)'
SPREAD = 0.005
NO_ROOM = {"status": FAILED, "error": "OSError: no room", "error_type": "OSError"}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study whose trials give numbers at once: a base, a large effect, a small one, and none."""
    monkeypatch.chdir(tmp_path)
    training(monkeypatch, lambda _: False)
    return write(tmp_path)


def write(folder: Path, *, margin: float = 0.003, more: str = "") -> Path:
    path = folder / "toy.py"
    path.write_text(STUDY % (margin, more))
    return path


def training(
    monkeypatch: pytest.MonkeyPatch,
    failing: Callable[[Trial], bool],
    *,
    spread: float = SPREAD,
    ended: Mapping[str, str] = NO_ROOM,
    trained: list[tuple[str, int]] | None = None,
) -> None:
    """Have trials give numbers in place of being trained, those that are to fail none, but end so; trained: takes them down."""

    def train(run: study_runs._Run, plan: Plan, interrupts: object) -> tuple[str, ...]:
        for trial in plan.trials:
            settings = plan.study.settings(trial.variant)
            noise = np.random.default_rng([trial.seed, *trial.variant.encode()]).normal(0, spread)
            how = ended if failing(trial) else {"status": OK}
            if trained is not None:
                trained.append((trial.variant, trial.seed))
            metrics = {} if failing(trial) else {"test_accuracy": 0.9 + settings.shift + noise}
            record = replace(blank_record(trial, plan.study), metrics=metrics, history={"test_accuracy": [0.9]}, **how)
            record = replace(record, provenance=plan.request.provenance)
            store(trial.folder, judged(record, plan.study.expectation(trial.variant)))
        write_judged(plan, results(plan))
        run.shown.append(SimpleNamespace(finished=len(plan.trials)))  # type: ignore[arg-type]
        return ()

    monkeypatch.setattr(study_runs._Run, "train", train)
    monkeypatch.setattr(study_runs, "_written_again", lambda plan: write_judged(plan, results(plan)) or ())
    monkeypatch.setattr(study_runs, "begin_study", lambda _: None)  # TensorBoard's share is tested elsewhere


def run(*words: object, status: int = 0) -> Result:
    found = harness("run", "toy.py", *words)
    assert found.exit_code == status, found.output
    return found


def seeds() -> dict[str, int]:
    """Return how many seeds of each variant are recorded."""
    found: dict[str, int] = {}
    for path in find_records(Path("logs/toy")):
        variant = read_record(path).variant
        found[variant] = found.get(variant, 0) + 1
    return found


def words() -> dict[str, str]:
    """Return the verdict of each variant as the study's table has it."""
    (table,) = read_tables([Path("logs/toy")])
    return {row["variant"]: row["verdict"] for row in table.table.to_dict("records") if row["variant"] != "base"}


def kept() -> dict:
    return json.loads(Path("logs/toy/design.json").read_text())


def shown() -> list[int]:
    """Return with how many seeds the study was shown, one after another."""
    return [one["seeds"] for one in kept()["shown"]]


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
    assert "0 to train" in run("--until-settled").output and seeds() == before


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


def test_a_run_from_python_has_the_same_looks(toy):
    from harness.cli.python_api import run as run_from_python

    found = run_from_python("toy.py", until_settled=True, looks=(5, 12), progress=False)
    assert kept()["design"]["looks"] == [5, 12] and max(seeds().values()) == 12
    assert found.summary.set_index("variant")["verdict"].to_dict().items() >= words().items()


def test_one_variant_of_a_declared_design_goes_on_by_itself_and_is_corrected_over_all(toy):
    run("--until-settled", "--looks", "5,10")
    p_value = load("logs/toy").summary.set_index("variant")["p_value"]["small"]
    alone = harness("remove", "toy/small", "--logdir", "logs")
    assert alone.exit_code == 0 and "small" not in seeds(), alone.output
    run("--until-settled", "--only", "small")
    assert kept()["design"]["family"] == ["big", "small", "none"]
    assert load("logs/toy").summary.set_index("variant")["p_value"]["small"] == p_value


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
