"""Which sources of randomness a trial's number moves: the seeds, the names of folders, trial ids, and what is refused."""

import hashlib
import json
from itertools import product

import pytest
from plain_records import record

from harness import Arrays, Settings, Study, UsageError, Variant
from harness.analysis.confounding import confounding
from harness.cli.run_choices import as_request
from harness.records.record import RecordError, read_record, write_record
from harness.runs.vary_checks import varied
from harness.study.seed_sources import Seeds, crossed, crossing, plain_name, seeds_of, varied_name, vary_words, varying
from harness.study.settings import to_json
from harness.training import trial_id
from harness.training.trial import _versions, function_sources

pytestmark = pytest.mark.quick

STUDY = Study("s", Settings(epochs=1), (Variant("wide", hidden=(64,)),))


def arrays(settings, seed):
    return Arrays([[0.0]], [0], [[0.0]], [0])


def test_one_number_drives_all_unless_sources_are_named():
    assert seeds_of("", 3) == Seeds(3, 3, 3, 3)
    assert seeds_of("init+order", 3) == Seeds(init=3, order=3, dropout=0, split=0)
    assert seeds_of("init+split", 0) == seeds_of("", 0) == seeds_of("init3+order2", 0)


def test_crossed_each_seed_meets_each_other_once():
    vary, count = crossing(["order", "init", "dropout"], 3)
    assert (vary, count, crossed(vary)) == ("init3+order3+dropout3", 27, True)
    met = [(one.init, one.order, one.dropout, one.split) for one in (seeds_of(vary, number) for number in range(count))]
    assert sorted(met) == [(*cell, 0) for cell in product(range(3), repeat=3)]
    with pytest.raises(ValueError, match="seed 27 is none of the 27"):
        seeds_of(vary, 27)


@pytest.mark.parametrize("vary", ["inits", "init+init", "init4+order", "init+", "init0+order3", "order/../.."])
def test_other_texts_are_no_way_of_varying(vary, tmp_path):
    with pytest.raises(ValueError, match="expected for example init"):
        seeds_of(vary, 0)
    with pytest.raises(RecordError):
        read_record(write_record(tmp_path, record("base", 0, provenance={"vary": vary})))


def test_sources_are_read_in_any_order_and_a_wrong_one_is_named():
    assert varying(" order, init,") == "init+order" and varying("") == ""
    with pytest.raises(UsageError, match="'inti' is not known. Did you mean 'init'"):
        as_request(vary="inti", logdir=".")
    for wrong in ((["init"], 4), (["init", "order"], 1), (["init", "order", "dropout", "split"], 11)):
        with pytest.raises(UsageError, match="expected at least two of either"):
            crossing(*wrong)


def test_a_varied_study_has_a_folder_of_its_own():
    for vary in ("init", "init+order", "init4+order4", ""):
        assert plain_name(varied_name("s", vary), vary) == "s"
    assert (
        varied(STUDY, "init+order").name == "s.vary-init+order" and varied_name("s", "init4+order4") == "s.cross-init4+order4"
    )
    assert varied(STUDY, "") is STUDY
    assert record("base", 0, provenance={"vary": "init"}, study="s.vary-init").declared_study == "s"


def test_trial_ids_are_those_of_before_where_nothing_is_varied_and_others_where_something_is():
    settings = STUDY.base
    content = {
        "settings": to_json(settings), "seed": 3, "data": "d", "source": function_sources(STUDY, settings), "engine": "auto",
        "initial": "by seed and path", "versions": _versions(),
    }  # fmt: skip
    before = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    known = {"seed": 3, "data_sha256": "d", "engine": "auto"}
    assert trial_id(STUDY, settings, **known) == trial_id(STUDY, settings, **known, vary="") == before
    ids = [trial_id(STUDY, settings, **known, vary=vary) for vary in ("init", "order", "init+order", "init2+order2")]
    assert len({before, *ids}) == 5


@pytest.mark.parametrize(
    ("options", "vary", "said"),
    [
        (
            {"train": lambda settings, trial: None, "base": Settings()},
            "init",
            "is given one number and draws everything from it",
        ),
        ({"datasets": lambda settings: None}, "init", "draws and orders its batches under one number"),
        ({"folds": 3}, "init", "its trials are folds"),
        ({}, "init+split", "draws nothing for its data, so that split would change nothing"),
    ],
)
def test_what_cannot_be_separated_is_refused(options, vary, said):
    study = Study(**{"name": "s", "base": Settings(epochs=1), "variants": (), **options})
    with pytest.raises(UsageError, match="Study 's'") as caught:
        varied(study, vary)
    assert said in str(caught.value)


def test_a_split_can_vary_where_something_is_drawn():
    assert varied(Study("s", Settings(epochs=1), (), arrays=arrays), "split").name == "s.vary-split"
    drawn = Settings(epochs=1, validation=100, validation_by="random")
    assert varied(Study("s", drawn, ()), "split").name == "s.vary-split"


def test_records_of_other_sources_are_never_paired():
    groups = [
        [record("base", seed, provenance={"vary": vary} if vary else {}) for seed in range(5)] for vary in ("init", "order", "")
    ]
    for one, other in product(groups, repeat=2):
        said = confounding(other, one) if other is one else confounding([*one[:1], *other[1:]], one)
        assert ("other sources of randomness varied" in said) is (one is not other)


def test_what_varies_is_said():
    assert "initial weights; fixed at seed 0: order of the samples" in vary_words("init")
    assert vary_words("init2+order2").startswith("Crossed") and vary_words("") == ""
