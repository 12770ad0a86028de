import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store, store_study

from harness.analysis.confounding import confounding
from harness.analysis.table_files import write_tables
from harness.records.record import load_records, trial_folder, write_record

pytestmark = pytest.mark.quick


@pytest.fixture
def logdir(tmp_path) -> Path:
    return store_study(tmp_path / "logs")


def rows(*words: object) -> list[dict[str, str]]:
    """Call compare and return its rows, every column."""
    result = harness("compare", *words, "--format", "csv")
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def refused(*words: object) -> str:
    """Call compare, which must refuse in one line with status 2; return the line."""
    result = harness("compare", *words)
    assert result.exit_code == 2 and result.stdout == "" and result.stderr.count("\n") == 1, result.output
    return result.stderr


def write_csv(logdir: Path, name: str, *records) -> Path:
    """Return the table of that name that the harness writes for a study's records."""
    write_tables(logdir / "s", records)
    return logdir / "s" / name


def test_the_table_has_one_row_a_variant_with_its_verdict(logdir):
    found = {row["variant"]: row["verdict"] for row in rows(logdir)}
    assert found == {"base": "", "wide": "better", "deep": "equivalent", "broken": "expected-error"}


def test_a_log_folder_and_its_study_give_the_same_table(logdir):
    assert rows(logdir) == rows(logdir / "s")


def test_the_users_folder_is_meant_by_its_sign(logdir, monkeypatch):
    monkeypatch.setenv("HOME", str(logdir.parent))
    assert rows(f"~/{logdir.name}") == rows(logdir)


def test_only_columns_that_vary_are_shown_and_the_others_named(logdir):
    result = harness("compare", logdir)
    assert "The same in every row: study s, seeds 5" in result.stdout
    assert "seeds" not in rows(logdir)[0] and "study" not in rows(logdir)[0]


def test_all_columns_are_shown_when_asked(logdir):
    assert {"study", "seeds", "effect_size", "control", "first_test_image_class"} <= rows(logdir, "--all-columns")[0].keys()


def test_columns_are_chosen_in_the_order_given(logdir):
    assert list(rows(logdir, "--columns", "verdict,variant", "--columns", "seeds")[0]) == [
        "verdict",
        "variant",
        "seeds",
    ]


def test_rows_are_sorted_and_empty_cells_come_last(logdir):
    names = [row["variant"] for row in rows(logdir, "--sort", "-test_accuracy")]
    assert names == ["wide", "deep", "base", "broken"]
    assert [row["variant"] for row in rows(logdir, "--sort", "test_accuracy", "--descending")] == names
    assert [row["variant"] for row in rows(logdir, "--sort", "test_accuracy")] == ["base", "deep", "wide", "broken"]


def test_rows_are_filtered_by_columns_that_are_not_shown(logdir):
    assert [row["variant"] for row in rows(logdir, "--filter", "test_accuracy > 0.97 and seeds >= 3 and pairs == 5")] == [
        "wide",
        "deep",
    ]


def test_a_filter_that_fits_nothing_leaves_the_heading_and_says_so(logdir):
    result = harness("compare", logdir, "--filter", "seeds > 99", "--format", "csv")
    assert result.exit_code == 0 and result.stdout.startswith("variant") and result.stdout.count("\n") == 1
    assert "None of 4 rows" in result.stderr
    assert harness("compare", logdir, "--filter", "seeds > 99").exit_code == 0


def test_a_table_is_written_to_a_file(logdir, tmp_path):
    result = harness("compare", logdir, "--format", "latex", "-o", tmp_path / "t.tex")
    assert result.stdout == "" and "\\bottomrule" in (tmp_path / "t.tex").read_text()


def test_the_summary_that_a_run_wrote_gives_the_same_table_as_its_records(logdir):
    summary = write_csv(logdir, "summary.csv", *load_records(logdir)[0])
    assert rows(summary, "--all-columns") == rows(logdir, "--all-columns")


def test_runs_give_means_but_no_differences_from_controls(logdir):
    runs = write_csv(logdir, "runs.csv", *(make_record(variant, seed) for variant in ("base", "wide") for seed in range(5)))
    result = harness("compare", runs, "--format", "json", "--all-columns")
    wide = json.loads(result.stdout)[1]
    assert wide["test_accuracy"] == pytest.approx(0.98) and wide["seeds"] == 5 and wide["epochs"] == 2
    assert wide["delta_test_accuracy"] is None and "does not name the controls" in result.stderr


def test_two_dates_stand_side_by_side_with_the_difference(logdir, tmp_path):
    later = store(
        tmp_path / "later", *(make_record(name, seed, accuracy=0.99) for name in ("base", "wide") for seed in range(3))
    )
    wide = next(row for row in rows(logdir, later) if row["variant"] == "wide")
    assert (wide["seeds_1"], wide["seeds_2"]) == ("5", "3")
    assert float(wide["test_accuracy_1"]) == pytest.approx(0.98) and float(wide["test_accuracy_2"]) == pytest.approx(0.99)
    assert float(wide["difference_test_accuracy"]) == pytest.approx(0.01)


def test_a_variant_of_one_source_alone_is_shown_without_a_difference(logdir, tmp_path):
    later = store(tmp_path / "later", make_record("base"))
    wide = next(row for row in rows(logdir, later) if row["variant"] == "wide")
    assert wide["difference_test_accuracy"] == "" and "not in 2" in wide["note"]


def test_what_else_differs_between_two_sources_is_said(logdir, tmp_path):
    other = make_record("base", settings=dict(make_record("base").settings) | {"epochs": 9}, data={"used": "digits"})
    note = rows(logdir, store(tmp_path / "later", other))[0]["note"]
    assert "settings differ in 2: epochs" in note and "data differ in 2: mnist, digits" in note and "seeds differ in 2" in note


def test_the_variants_of_two_studies_are_never_subtracted_though_they_share_a_name(logdir, tmp_path):
    other = store(tmp_path / "other", *(replace(make_record("wide", seed), study="t") for seed in range(2)))
    found = {row["study"]: row for row in rows(logdir, other, "--all-columns") if row["variant"] == "wide"}
    assert set(found) == {"s", "t"} and not any(row["difference_test_accuracy"] for row in found.values())
    caption = " ".join(harness("compare", logdir, other).stdout.split())
    assert "have no variant of a study in common" in caption and "difference_" not in rows(logdir, other)[0]


def test_a_column_is_the_same_in_each_source_only_where_both_have_values(logdir, tmp_path):
    losses = [dict(make_record("wide", seed).metrics) | {"test_loss": 0.5} for seed in range(5)]
    others = (replace(make_record("wide", seed, metrics=metrics), study="t") for seed, metrics in enumerate(losses))
    other = store(tmp_path / "other", *others)
    assert "The same in each: seeds 5, epochs 2. " in harness("compare", logdir, other, "--format", "markdown").stdout
    assert rows(logdir, other)[0]["test_loss_1"] and "test_accuracy_2" in rows(logdir, other)[0]


def test_a_column_of_several_sources_is_chosen_by_its_name(logdir, tmp_path):
    later = store(tmp_path / "later", make_record("base"))
    found = rows(logdir, later, "--columns", "variant,test_accuracy")[0]
    assert list(found) == ["variant", "test_accuracy_1", "test_accuracy_2", "difference_test_accuracy"]


def test_records_of_another_study_in_the_folder_are_not_mixed_in(logdir):
    for seed in range(5):
        write_record(logdir / "s" / "other" / f"seed-{seed}", replace(make_record("base", seed, accuracy=0.1), study="t"))
    found = {(row["study"], row["variant"]): float(row["test_accuracy"] or 0) for row in rows(logdir / "s")}
    assert found["s", "base"] == pytest.approx(0.97) and found["t", "base"] == pytest.approx(0.1)


def test_a_damaged_record_is_named_in_one_line_and_the_others_count(logdir):
    trial_folder(logdir, "s", "wide", 4).joinpath("record.json").write_text("{")
    result = harness("compare", logdir, "--format", "csv", "--columns", "variant,seeds")
    assert result.exit_code == 0 and "wide,4" in result.stdout
    assert result.stderr.count("\n") == 1 and "seed-4" in result.stderr


def test_a_nan_metric_is_left_out_and_its_seed_named(logdir):
    store(logdir, make_record("wide", 4, metrics={"test_accuracy": float("nan")}))
    wide = rows(logdir, "--columns", "variant,test_accuracy,pairs,note")[1]
    assert float(wide["test_accuracy"]) == pytest.approx(0.98, abs=1e-3)
    assert wide["pairs"] == "4" and "1 of 5 not finite (seed 4)" in wide["note"]


def test_wrong_paths_are_refused(tmp_path, logdir):
    assert "is not a folder" in refused(tmp_path / "absent")
    assert "is not a folder" in refused("x" * 5000)
    assert "given twice" in refused(logdir, logdir)
    (tmp_path / "empty").mkdir()
    assert "holds no record" in refused(tmp_path / "empty")


def test_wrong_columns_are_answered_with_the_nearest(logdir):
    assert "Did you mean 'test_accuracy'?" in refused(logdir, "--sort", "tets_accuracy")
    assert "Did you mean 'verdict'?" in refused(logdir, "--columns", "variant,verdit")
    assert "Did you mean 'seeds'?" in refused(logdir, "--filter", "seds > 3")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "is neither a summary.csv nor a runs.csv"),
        ("", "cannot be read as CSV"),
        ("study,variant,status,test_accuracy\n", "holds no rows"),
        ("study,variant,status,test_accuracy\ns,base,ok,high\n", "row 2: test_accuracy is 'high'; expected a number"),
        ("study,variant,status,test_accuracy\ns,base,ok,97.1\n", "expected a fraction from 0 to 1"),
        (
            "study,variant,status,test_accuracy\ns,base,ok,0.9\ns,base,ok,0.8\n",
            "row 3: a second row of study s, variant base",
        ),
        ("study,variant,status,test_accuracy\ns,base,fine,0.9\n", "row 2: status is 'fine'"),
        ("study,variant,status,test_accuracy\ns,,ok,0.9\n", "row 2: variant is empty"),
        (
            "study,variant,seed,status,test_accuracy\ns,base,0.5,ok,0.9\n",
            "row 2: seed is '0.5'; expected a whole number",
        ),
        ("study,variant,status,test_accuracy\ns,base,ok,0.9,5,6\n", "more cells"),
        ("\udcff\x00", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_no_table_of_the_harness_is_refused(tmp_path, text, said):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert said in refused(path)


def test_foreign_columns_are_left_out_and_named(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("study,variant,status,test_accuracy,mood\ns,base,ok,0.9,=cmd\n")
    result = harness("compare", path, "--all-columns", "--format", "csv")
    assert result.exit_code == 0 and "cmd" not in result.stdout and "left out: mood" in result.stderr


def test_a_base_recorded_with_other_settings_is_not_paired(logdir):
    for seed in range(5):
        record = make_record("base", seed)
        store(logdir, replace(record, settings=dict(record.settings) | {"epochs": 1}))
    wide = rows(logdir, "--all-columns")[1]
    assert wide["verdict"] == "" and wide["delta_test_accuracy"] == "" and wide["p_value"] == ""
    assert "confounded: differs from base also in epochs (2 against 1)" in wide["note"]


@pytest.mark.parametrize(
    ("variant", "control", "said"),
    [
        ([make_record("wide")], [make_record("base")], ""),
        (
            [make_record("wide", settings=make_record("base").settings)],
            [make_record("base")],
            "the same hidden as base",
        ),
        (
            [make_record("wide", data={"used": "digits"})],
            [make_record("base")],
            "other data than base: digits and mnist",
        ),
        (
            [make_record("wide"), make_record("wide", 1, settings={})],
            [make_record("base")],
            "seeds of wide were recorded with different",
        ),
        (
            [make_record("wide")],
            [make_record("base"), make_record("base", 1, data={"used": "digits"})],
            "seeds of base were recorded on diff",
        ),
    ],
)
def test_only_the_declared_change_may_differ_between_a_variant_and_its_control(variant, control, said):
    reason = confounding(variant, control)
    assert said in reason and bool(said) == bool(reason)


def test_two_seeds_are_shown_without_a_p_value_and_without_a_mark(tmp_path):
    store_study(tmp_path, seeds=2)
    result = harness("compare", tmp_path, "--format", "markdown")
    assert "\\*" not in result.stdout and "delta test accuracy" in result.stdout
    assert {row["p_value"] for row in rows(tmp_path, "--all-columns")} == {""}
    summary = tmp_path / "older.csv"  # of a version that gave two seeds a p-value
    summary.write_text("study,variant,status,test_accuracy,delta_test_accuracy,p_value,verdict\ns,wide,ok,0.98,0.01,0.001,\n")
    assert "+0.0100\\*" not in harness("compare", summary, "--format", "markdown").stdout
