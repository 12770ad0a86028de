import csv
import io
import json
import math

import pandas as pd
import pytest
from plain_records import record

from harness.analysis.summary import concat, summary_table
from harness.errors import UsageError
from harness.results.formats import BEST, FORMATS, export, write_output
from harness.results.latex import paper_caption, paper_columns

pytestmark = pytest.mark.quick

TABLE = pd.DataFrame(
    {
        "variant": ["base", "wide", "deep_1", "fashion"],
        "test_accuracy": [0.97, 0.98, 0.9712345678901234, 0.87],
        "test_accuracy_std": [0.001, 0.002, math.nan, 0.001],
        "delta_test_accuracy": [math.nan, 0.01, 0.0012345, -0.1],
        "p_value": [math.nan, 0.001, 0.2, 0.001],
        "epochs": pd.array([5, 5, None, 5], dtype="Int64"),
        "data": ["mnist", "mnist", "mnist", "fashion-mnist"],
        "note": ["=1+1", "5% & $x_1$ \\ {a} ~ ^ #", "a | b *c* <i> [l] `d`\nnext", "−±…"],
    }
)
SHOWN = ["variant", "test_accuracy", "delta_test_accuracy"]


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_every_row(form):
    text = export(TABLE, ["variant", "test_accuracy"], form)
    assert all(name in text.replace("\\", "") for name in TABLE["variant"])


def test_csv_and_json_hold_numbers_in_full():
    assert float(rows_of(export(TABLE, SHOWN, "csv"))[2]["test_accuracy"]) == 0.9712345678901234
    assert json.loads(export(TABLE, SHOWN, "json"))[2]["test_accuracy"] == 0.9712345678901234


def test_what_is_not_known_is_empty_in_csv_and_null_in_json():
    assert rows_of(export(TABLE, ["epochs", "delta_test_accuracy"], "csv"))[2]["epochs"] == ""
    assert json.loads(export(TABLE, ["epochs", "delta_test_accuracy"], "json"))[0] == {
        "epochs": 5,
        "delta_test_accuracy": None,
    }


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_is_neutralized(text):
    rows = list(csv.reader(io.StringIO(export(pd.DataFrame({"note": [text]}), ["note"], "csv"))))
    assert rows == [["note"], ["'" + text.replace("\t", " ").replace("\r", " ")]]


def test_a_negative_number_stays_a_number_in_csv():
    assert rows_of(export(TABLE, SHOWN, "csv"))[3]["delta_test_accuracy"] == "-0.1"


def test_markdown_shows_mean_and_std_the_best_in_bold_and_significance():
    lines = export(TABLE, SHOWN, "markdown").splitlines()
    assert lines[0] == "| variant | test accuracy | delta test accuracy |"
    assert lines[2] == "| base | 0.9700 ± 0.0010 |  |"
    assert lines[3] == r"| wide | **0.9800 ± 0.0020** | +0.0100\* |"
    assert lines[4] == "| deep_1 | 0.9712 | +0.0012 |"


def test_the_best_is_sought_among_rows_of_the_same_data():
    assert export(TABLE, SHOWN, "markdown").count("**") == 2  # the only fashion-mnist row has no rival
    assert export(TABLE.assign(test_accuracy=0.9), SHOWN, "markdown").count("**") == 0


def test_one_caption_says_what_the_marks_mean():
    caption = export(TABLE, SHOWN, "latex", caption="Mine.").split("\\caption{")[1].splitlines()[0]
    assert caption.startswith(
        "Mine. Mean $\\pm$ standard deviation over seeds; best of each dataset in bold; * Holm-corrected p"
    )


def test_markdown_is_escaped_and_stays_on_its_line():
    row = export(TABLE, ["note"], "markdown").splitlines()[4]
    assert row == r"| a \| b \*c\* \<i\> \[l\] \`d\` next |"


def test_latex_is_escaped():
    text = export(TABLE, ["note"], "latex")
    assert r"5\% \& \$x\_1\$ \textbackslash{} \{a\} \textasciitilde{} \textasciicircum{} \#" in text
    assert r"$-$$\pm$\ldots{}" in text


def test_latex_has_booktabs_rules_bold_and_marks():
    lines = export(TABLE, SHOWN, "latex").splitlines()
    assert [line for line in lines if line.endswith("rule")] == ["\\toprule", "\\midrule", "\\bottomrule"]
    assert r"wide & \textbf{0.9800 $\pm$ 0.0020} & $+$0.0100$^{*}$ \\" in lines
    assert "\\begin{tabular}{lrr}" in lines


def test_the_plain_table_is_aligned_and_marks_the_best():
    lines = export(TABLE, SHOWN, "table").splitlines()
    assert f"0.9800 ± 0.0020{BEST}" in lines[3]
    assert lines[2].index("0.9700") + len("0.9700 ± 0.0010") == lines[3].index(BEST) + 1


def test_an_output_is_shown_or_written(tmp_path):
    shown: list[str] = []
    write_output("text", "-", show=shown.append)
    write_output("text", str(tmp_path / "new" / "t.csv"), show=shown.append)
    assert shown == ["text"] and (tmp_path / "new" / "t.csv").read_text() == "text"


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        write_output("text", str(tmp_path), show=print)
    with pytest.raises(UsageError, match="cannot be written"):
        write_output("text", "a\x00b", show=print)


def test_a_table_for_a_paper_has_the_interval_in_the_cell_of_its_difference_a_caption_and_a_label():
    frame = summary_table(
        [record("base", seed, 0.9 + seed / 1000) for seed in range(5)]
        + [record("wide", seed, 0.92 + seed / 500) for seed in range(5)]
    )
    columns = paper_columns(frame, "test_accuracy")
    text = export(frame, columns, "latex", caption=paper_caption(frame), label="s")
    assert columns == ["variant", "test_accuracy", "delta_test_accuracy", "ci_low", "ci_high", "verdict"]
    assert "variant & test accuracy & difference [95\\% interval] & verdict \\\\" in text
    assert "0.9240 $\\pm$ 0.0032" in text and "$+$0.0220$^{*}$ [$+$0.0200, $+$0.0240] & better" in text
    assert "\\label{tab:s}" in text and "s, 5 seeds a variant. Differences are from the control on the same seeds" in text


def test_several_studies_are_told_apart_in_a_table_for_a_paper():
    frame = concat([summary_table([record("base", 0, study=study)]) for study in ("one", "two")])
    assert paper_columns(frame, "test_accuracy") == ["study", "variant", "test_accuracy"]
    assert paper_caption(frame) == "one and two, 1 seed a variant."
