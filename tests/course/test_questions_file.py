"""Questions and documented figures beside a study of one's own: what is read, and what is wrong with them, in one line."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from course_records import write_all

from harness.cli.app import main
from harness.course.claim_judging import REFUTED, SUPPORTED, UNDECIDED
from harness.course.claim_kinds import KINDS
from harness.course.documented_file import documented_figures
from harness.course.question_evidence import collect_evidence
from harness.course.questions_file import load_questions
from harness.errors import UsageError
from harness.records.record import Record
from harness.study.loading import load_study, study_files
from harness.study.settings import to_json
from harness.study.study import Study

DOCS = Path(__file__).parents[2] / "docs"
STUDY = """
from harness import Metric, Settings, Study, Variant
STUDY = Study("mine", base=Settings(dataset="digits"), metric=Metric("rmse", margin=0.02, higher_is_better=False), variants=(
    Variant("wide", hidden=(256,)), Variant("wide-raw", hidden=(256,), normalize=False, control="wide")))
"""
QUESTIONS = """\
[questions.width]
topic = "Width"
question = "What does width do?"
documented = "It helps."

[questions.width.claims.closer]
text = "The wide one is closer."
kind = "lower"
variant = "wide"
value = "test_rmse"
"""
CHINESE = """\
[questions.width]
topic = "宽度"
question = "宽度有什么作用？"
documented = "有帮助。"
[questions.width.claims]
closer = "更宽的更接近"
"""
WIDTH, CLAIMS, CLOSER = "[questions.width]", "[questions.width.claims]", "[questions.width.claims.closer]"
FIGURES = "variant,metric,epoch,value,source\nwide,test_rmse,2,0.50,a page\nwide,test_rmse,,5e-1,a page\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    (tmp_path / "mine.py").write_text(STUDY)
    (tmp_path / "mine.questions.en.toml").write_text(QUESTIONS)
    (tmp_path / "mine.documented.csv").write_text(FIGURES)
    return load_study(str(tmp_path / "mine.py"))


def record(study: Study, variant: str, seed: int, rmse: float) -> Record:
    values = {"train_loss": rmse**2, "test_loss": rmse**2, "test_rmse": rmse}
    settings = study.settings(variant)
    return Record(
        study=study.name, variant=variant, seed=seed, trial_id="0123456789ab", attempt=1, position=study.names.index(variant),
        control=study.control(variant), change=study.change(variant), settings=to_json(settings),
        expectation=str(study.expectation(variant)), status="ok", as_expected=True, metrics=values,
        history={name: [2 * value, value] for name, value in values.items()} | {"epoch_seconds": [3.0, 1.0]},
        data={"name": settings.dataset, "used": settings.dataset}, metric=study.metric.to_dict(),
    )  # fmt: skip


def records(study: Study) -> list[Record]:
    """Return five records of each variant around its level."""
    return [
        record(study, name, seed, level + 0.01 * ((seed * (place + 2)) % 5))
        for place, (name, level) in enumerate({"base": 0.7, "wide": 0.5, "wide-raw": 0.9}.items())
        for seed in range(5)
    ]


def ask(*words: object) -> str:
    result = CliRunner().invoke(main, ["questions", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def test_questions_beside_a_study_of_ones_own_are_answered_in_its_own_metric(study: Study, tmp_path: Path) -> None:
    logdir = write_all(tmp_path / "logs", records(study))
    assert "The questions of mine, held against" in ask("--study", study.path, "--logdir", logdir)
    output = ask(1, "--study", study.path, "--logdir", logdir)
    assert "1. Width" in output and "test rmse" in output and "test accuracy" not in output and "supported" in output
    measured = output.partition("Measured")[2].splitlines()[3:5]  # behind the title, the headings and their line
    shown = [line.split()[0] for line in measured]
    assert shown[:2] == ["base", "wide"]  # the claim's variant, behind what it is compared with


def test_the_command_that_trains_what_is_missing_names_the_study(study: Study, tmp_path: Path) -> None:
    assert f"questions 1 --study {study.path} --run" in ask(1, "--study", study.path, "--logdir", tmp_path / "none")


def test_a_language_without_a_file_falls_back_to_english_with_a_note(study: Study, tmp_path: Path) -> None:
    asked = ("--study", study.path, "--lang", "zh", "--logdir", tmp_path / "none")
    output = ask(*asked)
    assert "What does width do?" in output and "mine.questions.zh.toml：问题以英文显示" in output
    (tmp_path / "mine.questions.zh.toml").write_text(CHINESE, encoding="utf-8")
    assert "宽度有什么作用" in ask(*asked) and "英文" not in ask(*asked)


def test_a_study_without_questions_is_one_line_that_says_which_file_to_write(study: Study, tmp_path: Path) -> None:
    (tmp_path / "mine.questions.en.toml").unlink()
    result = CliRunner().invoke(main, ["questions", "--study", str(study.path), "--run"])
    assert result.exit_code == 2
    assert "Study 'mine' has no questions; write " in result.output and "mine.questions.en.toml" in result.output


def test_a_file_of_questions_is_no_study(study: Study, tmp_path: Path) -> None:
    assert list(study_files(tmp_path)) == ["mine"]


def test_figures_beside_a_study_of_ones_own_are_held_against_its_records(study: Study, tmp_path: Path) -> None:
    logdir = write_all(tmp_path / "logs", records(study))
    result = CliRunner().invoke(main, ["reproduce", str(study.path), "--logdir", str(logdir)])
    assert result.exit_code == 0 and "mine: which documented figures one more run could give" in result.output
    assert re.search(r"(?m)^wide +2 of 2 +5", result.output)


def test_a_figure_is_as_exact_as_it_is_printed(study: Study) -> None:
    assert [(figure.value, figure.rounding) for figure in documented_figures(study)] == [(0.5, 0.005), (0.5, 0.05)]


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("topic = ", "topick = ", f"{WIDTH} topick", "Key 'topick' is not known. Did you mean 'topic'?"),
        ('topic = "Width"\n', "", WIDTH, 'questions.width has no topic; expected topic = "...".'),
        ('"Width"', "3", f"{WIDTH} topic", "topic must be text; received 3."),
        ('variant = "wide"', 'variant = "wid"', f"{CLOSER} variant", "Variant 'wid' is not known. Did you mean 'wide'?"),
        ('variant = "wide"', 'variant = "base"', f"{CLOSER} variant", "'base' is compared with itself"),
        ('variant = "wide"', 'variant = "wide"\ncontrol = "bas"',
         f"{CLOSER} control", "Variant 'bas' is not known. Did you mean 'base'?"),
        ('kind = "lower"', 'kind = "lowr"', f"{CLOSER} kind", "Kind of claim 'lowr' is not known. Did you mean 'lower'?"),
        ('kind = "lower"\n', "", CLOSER, 'questions.width.claims.closer has no kind; expected kind = "...".'),
        ('"test_rmse"', '"test_rsme"', f"{CLOSER} value", "Metric 'test_rsme' is not known. Did you mean 'test_rmse'?"),
        ('"test_rmse"', '"rmse"', f"{CLOSER} value", "Metric 'rmse' is not known."),
        ('value = "test_rmse"', 'metric = "test_rmse"', f"{CLOSER} metric", "Key 'metric' is not known."),
        ('value = "test_rmse"\n', "", CLOSER, "a claim of the kind 'lower' needs value; received variant, control."),
        ('value = "test_rmse"', 'value = "test_rmse"\nepoch = 0', f"{CLOSER} epoch", "epoch is 0; expected a number from 1."),
        ('value = "test_rmse"', 'value = "test_rmse"\nepoch = "2"', f"{CLOSER} epoch", "epoch must be"),
        ('kind = "lower"', 'kind = "better"', f"{CLOSER} value", "Key 'value' is not known."),
        ("[questions.width.claims.closer]", "[questions.width.claim.closer]", f"{WIDTH} claim", "Did you mean 'claims'?"),
        ("documented = ", "documented_choice = 1\ndocumented = ",
         f"{WIDTH} documented_choice", "documented_choice is 1; expected none without choices."),
        ('topic = "Width"', 'variants = ["bse"]\ntopic = "Width"',
         f"{WIDTH} variants", "Variant 'bse' is not known. Did you mean 'base'?"),
        ('topic = "Width"', "topic = Width", "line 2", "Invalid value"),
        ("[questions.width]", "titl = 'x'\n[questions.width]", "titl", "Key 'titl' is not known. Did you mean 'title'?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_question_is_one_line(
    study: Study, tmp_path: Path, old: str, new: str, place: str, expected: str
) -> None:
    path = tmp_path / "mine.questions.en.toml"
    path.write_text(QUESTIONS.replace(old, new, 1))
    with pytest.raises(UsageError) as raised:
        load_questions(study, evidence=collect_evidence(records(study), study))
    assert str(raised.value).startswith(f"Questions file {path}, {place}: ") and expected in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "text", ["", "title = 'x'", "questions = 3", "[questions]\nwidth = 1", "[questions.width]\nclaims = []"]
)
def test_a_file_of_another_shape_is_one_line(study: Study, tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.questions.en.toml").write_text(text)
    with pytest.raises(UsageError, match=r"^Questions file .*mine\.questions\.en\.toml.*expected"):
        load_questions(study)


@pytest.mark.parametrize(
    ("old", "new", "place", "expected"),
    [
        ("closer", "closr", f"{CLAIMS} closr", "Key 'closr' is not known. Did you mean 'closer'?"),
        ("[questions.width]", "[questions.with]", "[questions.with]", "Key 'with' is not known. Did you mean 'width'?"),
        ("documented = ", "variants = ", f"{WIDTH} variants", "Key 'variants' is not known."),
        ('topic = "宽度"\n', "", WIDTH, "questions.width has no topic"),
        ('closer = "更宽的更接近"\n', "", CLAIMS, "questions.width.claims has no closer"),
        ("topic = ", 'choices = ["a"]\ntopic = ', f"{WIDTH} choices", "1 choices; expected 0, as in English."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_translation_is_one_line(
    study: Study, tmp_path: Path, old: str, new: str, place: str, expected: str
) -> None:
    path = tmp_path / "mine.questions.zh.toml"
    path.write_text(CHINESE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        load_questions(study, "zh")
    assert str(raised.value).startswith(f"Questions file {path}, {place}: ") and expected in str(raised.value)


def test_before_any_record_a_metric_of_the_right_form_is_taken(study: Study, tmp_path: Path) -> None:
    (tmp_path / "mine.questions.en.toml").write_text(QUESTIONS.replace("test_rmse", "test_mae"))
    assert load_questions(study).questions[0].claims[0].parameters["value"] == "test_mae"


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("metric,", "metrik,", 1, "Column 'metrik' is not known. Did you mean 'metric'?"),
        (",source", "", 1, "no column source; expected variant,metric,epoch,value,source."),
        (",2,0.50", ",0.50", 2, "not as many cells as columns; expected 5."),
        ("a page", "a page,here", 2, "not as many cells as columns; expected 5."),
        ("wide,", "wid,", 2, "Variant 'wid' is not known. Did you mean 'wide'?"),
        ("test_rmse", "test_rsme", 2, "Metric 'test_rsme' is not known. Did you mean 'test_rmse'?"),
        ("test_rmse", "epochs", 2, "Metric 'epochs' is not known."),
        ("test_rmse", "test_rmse_above_at_step_", 2, "expected a number of batches behind"),
        (",2,", ",two,", 2, "epoch is 'two'; expected a number from 1, or nothing."),
        (",2,", ",0,", 2, "epoch is '0'; expected a number from 1, or nothing."),
        ("0.50", "50 %", 2, "value is '50 %'; expected a number as it is printed, such as 0.9785."),
        ("0.50", "nan", 2, "value is 'nan'"),
    ],
)
def test_what_is_wrong_with_a_figure_is_one_line(
    study: Study, tmp_path: Path, old: str, new: str, line: int, expected: str
) -> None:
    path = tmp_path / "mine.documented.csv"
    path.write_text(FIGURES.replace(old, new, 1))
    measured = [("wide", "test_rmse", 1), ("wide", "test_loss", 1)]
    with pytest.raises(UsageError) as raised:
        documented_figures(study, measured)
    assert str(raised.value).startswith(f"Figures file {path}, line {line}: ") and expected in str(raised.value)


def test_a_file_of_figures_that_is_no_text_is_one_line(study: Study, tmp_path: Path) -> None:
    (tmp_path / "mine.documented.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"^Figures file .*mine\.documented\.csv cannot be read: "):
        documented_figures(study)


CASES: dict[str, tuple[dict[str, object], str]] = {
    "better": ({"variant": "wide"}, SUPPORTED),
    "worse": ({"variant": "wide-raw"}, SUPPORTED),
    "equivalent": ({"variant": "wide"}, REFUTED),
    "higher": ({"variant": "wide", "control": "base", "value": "test_rmse"}, REFUTED),
    "lower": ({"variant": "wide", "control": "base", "value": "test_rmse", "epoch": 1}, SUPPORTED),
    "above": ({"variant": "wide", "value": "test_rmse", "limit": 0.6}, REFUTED),
    "below": ({"variant": "wide", "value": "test_rmse", "limit": 0.6}, SUPPORTED),
    "rises-again": ({"variant": "wide", "value": "test_loss"}, REFUTED),
    "raises": ({"variant": "wide", "match": "shape"}, REFUTED),
    "cannot-train": ({"variant": "wide"}, REFUTED),
    "stops-below": ({"variant": "wide", "value": "test_rmse", "limit": 0.6}, SUPPORTED),
    "stops-after": ({"variant": "wide", "epochs": 2}, SUPPORTED),
    "probabilities": ({"variant": "wide", "classes": 10}, UNDECIDED),
    "predicts": ({"variant": "wide", "label": 7}, UNDECIDED),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_claim_is_judged_of_any_study(study: Study, kind: str) -> None:
    parameters, state = CASES[kind]
    assert KINDS[kind](collect_evidence(records(study), study), **parameters).state == state


def test_the_example_of_the_documentation_runs_as_it_is_printed(tmp_path: Path) -> None:
    page = (DOCS / "your-own-study.md").read_text()
    for name in ("my_study.questions.en.toml", "my_study.documented.csv"):
        assert f"\n{(DOCS / name).read_text()}```\n" in page
    study, logdir = str(DOCS / "my_study.py"), str(tmp_path)
    output = ask(1, "--study", study, "--run", "--seeds", 1, "--logdir", logdir)
    trained = {path.name for path in (tmp_path / "my-study").iterdir() if path.is_dir() and path.name[0] != "."}
    assert trained == {"base", "no-dropout", "dropout-0.5"}
    assert "1 of 5 seeds needed" in output and "Conclusion: undecided." in output
    shown = CliRunner().invoke(main, ["reproduce", study, "--logdir", logdir, "--format", "csv"])
    assert shown.output.splitlines()[1].startswith("my-study,base,test_accuracy,20,0.947,0.9")


def test_the_documentation_knows_every_kind_of_claim() -> None:
    page = (DOCS / "your-own-study.md").read_text()
    assert set(KINDS) <= set(re.findall(r"`([a-z-]+)`", page))


def test_nothing_that_reads_and_judges_names_a_study() -> None:
    package = Path(__file__).parents[2] / "harness" / "course"
    text = "".join(path.read_text() for path in package.rglob("*.py"))
    names = {name for path in study_files().values() for name in load_study(str(path)).names} - {"base"}
    assert not [name for name in (*study_files(), *names) if f'"{name}"' in text]
