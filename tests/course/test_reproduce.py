import csv
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner
from course_records import STUDY, course_record, course_records, write_all

from harness.cli.app import main
from harness.course.documented_file import documented_figures
from harness.records.record import Record

pytestmark = pytest.mark.quick

FIGURES = documented_figures(STUDY)
EPOCHS = 5


def as_documented(variant: str, seed: int, *, of: str) -> Record:
    """Return a record whose curves are the documented ones of a variant, with a seed's own small deviations."""
    rng = np.random.default_rng(seed)
    record = course_record(variant, seed)
    history = dict(record.history)
    for metric in ("train_loss", "train_accuracy", "test_loss", "test_accuracy"):
        known = {figure.epoch: figure.value for figure in FIGURES if (figure.variant, figure.metric) == (of, metric)}
        if known:
            curve = [known.get(epoch, known[max(known)]) for epoch in range(1, EPOCHS + 1)]
            history[metric] = list(np.array(curve) * (1 + rng.normal(scale=0.02, size=EPOCHS)))
    return replace(record, history=history, metrics={name: history[name][-1] for name in record.metrics})


def full_run(*, seeds: int) -> list[Record]:
    """Return records in which fashion-raw gives what the notes print of fashion-baseline."""
    others = course_records(seeds=range(seeds))
    raw = [as_documented("fashion-raw", seed, of="fashion-baseline") for seed in range(seeds)]
    wide = [as_documented("neurons-1024", seed, of="neurons-1024") for seed in range(seeds)]
    return [record for record in others if record.variant not in ("fashion-raw", "neurons-1024")] + raw + wide


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("logs"), full_run(seeds=5))


def reproduce(logdir, *words: str) -> str:
    result = CliRunner().invoke(main, ["reproduce", "ablations", "--logdir", str(logdir), *words])
    assert result.exit_code == 0, result.output
    return result.output


ROW = re.compile(
    r"(?P<metric>[a-z ]+?)  +(?P<epoch>\d+)?  +(?P<documented>[\d.]+)"
    r"(?:  +(?P<measured>[\d.]+(?: ± [\d.]+)?)  +(?P<seeds>\d+)  +(?P<interval>\S+ … \S+)? +(?P<plausible>yes|no|\?))? *"
)


def rows_of(output: str) -> dict[tuple[str, str, str], list[str]]:
    """Return documented, measured, seeds, interval and plausible by variant, metric and epoch."""
    rows, variant = {}, ""
    for line in output.splitlines():
        variant = line if line in {figure.variant for figure in FIGURES} else variant
        if found := ROW.fullmatch(line):
            metric, epoch, *cells = (cell or "" for cell in found.groups())
            rows[variant, metric.replace(" ", "_"), epoch] = cells
    return rows


def test_every_documented_figure_has_a_row(logdir):
    shown = rows_of(reproduce(logdir, "--details"))
    assert set(shown) == {(figure.variant, figure.metric, str(figure.epoch or "")) for figure in FIGURES}


def test_a_row_holds_the_printed_figure_the_measured_mean_and_the_interval_for_one_more_run(logdir):
    values = [record.history["train_loss"][4] for record in full_run(seeds=5) if record.variant == "neurons-1024"]
    documented, measured, seeds, interval, plausible = rows_of(reproduce(logdir, "--details"))[
        "neurons-1024", "train_loss", "5"
    ]
    assert (documented, seeds, plausible) == ("0.0255", "5", "yes")
    assert measured == f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"
    reach = 2.7764451051977987 * np.std(values, ddof=1) * np.sqrt(1 + 1 / 5)  # Student's t with 4 degrees of freedom
    assert interval == f"{np.mean(values) - reach:.4f} … {np.mean(values) + reach:.4f}"


def test_the_figures_of_the_normalized_fashion_model_are_found_to_be_those_of_raw_pixels(logdir):
    output = reproduce(logdir, "--details")
    assert rows_of(output)["fashion-baseline", "train_loss", "1"][4] == "no"
    line = next(line for line in output.splitlines() if line.startswith("fashion-baseline: "))
    assert "0 of 12 documented figures plausible" in line and "what fashion-raw gives" in line


def test_one_seed_gives_no_interval_and_says_so(tmp_path):
    output = reproduce(write_all(tmp_path, full_run(seeds=1)), "--details")
    assert rows_of(output)["neurons-1024", "train_loss", "5"][2:5] == ["1", "", "?"]
    assert "With one seed no interval is possible" in output


def test_two_seeds_try_no_other_variant_and_say_so(tmp_path):
    output = reproduce(write_all(tmp_path, full_run(seeds=2)), "--details")
    assert "With fewer than 3 seeds no other variant is tried as an explanation." in output
    assert "fashion-raw gives" not in output


def test_without_records_nothing_is_judged(tmp_path):
    output = reproduce(tmp_path)
    assert "Nothing is measured yet" in output and not re.search(r" (yes|no|\?) *$", output, re.MULTILINE)


def test_records_of_other_settings_are_not_counted(tmp_path):
    changed = [replace(record, settings=dict(record.settings) | {"epochs": 1}) for record in full_run(seeds=2)]
    output = reproduce(write_all(tmp_path, changed))
    assert "Nothing is measured yet" in output
    assert "records with epochs=1 (the study has 5)." in output
    assert f"To measure the study as it is: python -m harness run ablations --logdir {tmp_path}" in output


def test_records_of_stand_in_data_are_named_as_such(tmp_path):
    stand_in = [replace(record, data={"name": "mnist", "used": "digits"}) for record in full_run(seeds=1)]
    output = reproduce(write_all(tmp_path, stand_in))
    assert f"Not counted: {len(stand_in)} records trained on digits, a stand-in for mnist." in output


def test_a_variant_has_one_line_unless_details_are_asked_for(logdir):
    lines = reproduce(logdir).splitlines()
    shown = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[3:8]}
    assert set(shown) == {figure.variant for figure in FIGURES} and "Each figure: --details." in lines
    assert shown["neurons-1024"] == "7 of 7 5" and shown["fashion-baseline"].startswith("0 of 12 5 they are what fashion-raw")


def test_csv_holds_the_full_numbers(logdir):
    rows = list(csv.DictReader(io.StringIO(reproduce(logdir, "--format", "csv"))))
    assert len(rows) == len(FIGURES)
    baseline = rows[0]
    assert (baseline["variant"], baseline["epoch"], baseline["documented"]) == ("fashion-baseline", "1", "2.9202")
    assert (baseline["plausible"], baseline["explained_by"]) == ("False", "fashion-raw")
    assert float(baseline["low"]) < float(baseline["measured"]) < float(baseline["high"])


def test_json_has_null_where_nothing_is_known(tmp_path):
    rows = json.loads(reproduce(write_all(tmp_path, full_run(seeds=1)), "--format", "json"))
    assert rows[0]["documented"] == 2.9202 and rows[0]["low"] is None and rows[0]["plausible"] is None


def test_markdown_keeps_a_row_on_a_line_and_lists_the_findings(logdir):
    lines = reproduce(logdir, "--format", "markdown").splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == len(FIGURES) + 2 and len({line.count("|") for line in table}) == 1
    assert any(line.startswith("- fashion-baseline: ") for line in lines)


def test_an_unknown_study_is_one_line(tmp_path):
    result = CliRunner().invoke(main, ["reproduce", "ablation", "--logdir", str(tmp_path)])
    assert result.exit_code == 2 and "Did you mean 'ablations'?" in result.output


def test_a_study_without_documented_figures_is_one_line(tmp_path):
    study = tmp_path / "widths.py"
    study.write_text(
        "from harness import Settings, Study, Variant\n"
        "STUDY = Study('widths', base=Settings(), variants=(Variant('wide', hidden=(256,)),))\n"
    )
    result = CliRunner().invoke(main, ["reproduce", str(study), "--logdir", str(tmp_path)])
    assert (
        result.exit_code == 2 and "'widths' has no documented figures; expected one of ablations, hello-mnist" in result.output
    )
