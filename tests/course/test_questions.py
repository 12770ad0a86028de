import re
from dataclasses import replace
from string import Formatter

import numpy as np
import pytest
from click.testing import CliRunner
from course_records import STUDY, course_record, course_records, write_all

from harness.cli.app import main
from harness.cli.questions_words import CHINESE, ENGLISH, WORDS
from harness.cli.terminal.wrapping import fold
from harness.course import claim_judging
from harness.course.question_evidence import collect_evidence
from harness.course.questions_file import load_questions
from harness.records.study_folders import folders_in

pytestmark = pytest.mark.quick


def test_records_of_other_settings_and_of_stand_in_data_are_left_out():
    other = course_record("base", 5, settings={"epochs": 1})
    stand_in = course_record("base", 6, data={"name": "mnist", "used": "digits"})
    evidence = collect_evidence([*course_records(only=["base"]), other, stand_in], STUDY)
    assert (len(evidence.of("base")), evidence.left_out) == (5, 2)


@pytest.mark.parametrize("language", WORDS)
def test_every_state_and_reason_has_its_words(language):
    words = WORDS[language]
    assert set(claim_judging.STATES) == set(words.states) == set(words.answers)
    assert set(words.reasons) == {*claim_judging.REASONS, "seeds-needed"}


def test_the_languages_have_the_same_words_with_the_same_values():
    for one, other in ((ENGLISH.labels, CHINESE.labels), (ENGLISH.reasons, CHINESE.reasons)):
        assert {name: fields(one[name]) for name in one} == {name: fields(other[name]) for name in other}


def test_a_translation_changes_nothing_but_texts():
    english, chinese = (load_questions(STUDY, language) for language in WORDS)
    assert (english.language, chinese.language) == ("en", "zh") and english.title != chinese.title
    for question, twin in zip(english.questions, chinese.questions, strict=True):
        assert question.explanation != twin.explanation and len(question.choices) == len(twin.choices)
        assert [replace(claim, text="") for claim in question.claims] == [replace(claim, text="") for claim in twin.claims]
        assert (question.variants, question.documented_choice) == (twin.variants, twin.documented_choice)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_chinese_lines_break_at_any_character_but_never_inside_a_word_or_before_a_mark():
    lines = fold("训练之前要把像素除以 255，然后用 softmax 输出概率。", 12).split("\n")
    assert max(map(len, lines)) <= 12 and "".join(lines).replace(" ", "") == "训练之前要把像素除以255，然后用softmax输出概率。"
    assert not any(line[0] in "，。" for line in lines) and any("softmax" in line for line in lines)


@pytest.fixture(scope="module")
def logdir(tmp_path_factory):
    return write_all(tmp_path_factory.mktemp("logs"), course_records())


def ask(*words: object) -> str:
    result = CliRunner().invoke(main, ["questions", *map(str, words)])
    assert result.exit_code == 0, result.output
    return result.output


def test_all_nine_are_listed_with_their_state(logdir):
    assert re.findall(r"(?m)^ +(\d)  .*  (\w+) *$", ask("--logdir", logdir)) == [
        (str(number), "supported") for number in range(1, 10)
    ]


def test_one_question_shows_choices_answer_numbers_and_conclusion(logdir):
    output = ask(2, "--logdir", logdir)
    mean = np.mean([record.metrics["test_accuracy"] for record in course_records(only=["neurons-1024"])])
    for part in ("(a) training takes longer", "(a) Training takes longer, because", f"{mean:.4f} ±", "Conclusion: supported."):
        assert part in output


def test_no_choice_is_marked_before_one_has_read_them(logdir):
    choices = ask(2, "--logdir", logdir).partition("Choices")[2].partition("Documented answer")[0]
    assert [line.strip()[:3] for line in choices.splitlines() if line] == ["(a)", "(b)", "(c)"] and "documented" not in choices


def test_where_nothing_was_run_that_is_said_and_not_that_it_is_undecided(tmp_path):
    write_all(tmp_path, course_records(only=["base"]))
    listed = ask("--logdir", tmp_path)
    assert listed.count("not run yet") == 5 and "undecided" in listed  # four of the nine need the base, among others
    whole = ask(3, "--logdir", tmp_path)
    assert "Conclusion: not run yet. Nothing is recorded that could decide." in whole and "undecided" not in whole


def quiz(monkeypatch, logdir, *words: object, answers: str, tty: bool = True):
    monkeypatch.setattr("harness.cli.quiz.sys.stdin.isatty", lambda: tty, raising=False)
    monkeypatch.setattr("harness.cli.questions.require_answers", lambda: None) if tty else None
    return CliRunner().invoke(main, ["questions", *map(str, words), "--quiz", "--logdir", str(logdir)], input=answers)


@pytest.mark.parametrize(
    ("answer", "said"), [("a", "Yes, that is the documented answer."), ("B", "That is not the documented answer.")]
)
def test_a_quiz_shows_answer_and_evidence_after_ones_own(answer, said, monkeypatch, logdir):
    result = quiz(monkeypatch, logdir, 2, answers=f"{answer}\n")
    assert result.exit_code == 0 and "undecided" not in result.output
    places = [result.output.index(part) for part in ("(a) training", "Your answer", said, "Documented answer", "Conclusion: ")]
    assert places == sorted(places)


def test_a_quiz_of_all_questions_counts_those_with_choices(monkeypatch, logdir):
    given = "".join("a\n" if question.choices else "\n" for question in load_questions(STUDY).questions)
    output = quiz(monkeypatch, logdir, answers=given).output
    assert output.count("Documented answer") == 9 and output.rstrip().endswith("2 of 2 as documented.")


def test_an_answer_that_is_none_of_the_choices_is_asked_for_again(monkeypatch, logdir):
    assert quiz(monkeypatch, logdir, 2, answers="x\na\n").output.count("Your answer (a to c)") == 2


def test_a_quiz_without_a_terminal_is_one_line_and_one_that_is_left_ends_as_interrupted(monkeypatch, logdir):
    result = quiz(monkeypatch, logdir, 2, answers="", tty=False)
    assert result.exit_code == 2 and result.output.startswith("Error: --quiz asks for answers")
    assert quiz(monkeypatch, logdir, 2, answers="").exit_code == 130


def test_the_first_question_shows_the_ten_probabilities(logdir):
    means = np.mean([record.first_test_image for record in course_records(only=["base"])], axis=0)
    assert f"7: {means[7]:.4f}" in ask(1, "--logdir", logdir)


@pytest.mark.parametrize("number", range(1, 10))
def test_chinese_output_has_no_english_labels(logdir, number):
    output = ask(number, "--logdir", logdir, "--lang", "zh")
    assert "总的结论：支持" in output
    spoken = {*ENGLISH.states.values(), *ENGLISH.labels.values()}
    words = [word for word in spoken if len(word) > 6 and "{" not in word]
    assert not [word for word in words if word in output]


def test_what_is_missing_is_named_with_the_command_that_trains_it(tmp_path):
    write_all(tmp_path, course_records(only=["base"]))
    output = ask(6, "--logdir", tmp_path)
    assert "Nothing is recorded for epochs-15, epochs-30." in output and "questions 6 --run" in output


def test_a_number_that_no_question_has_is_one_line(tmp_path):
    result = CliRunner().invoke(main, ["questions", "10", "--run", "--logdir", str(tmp_path / "none")])
    assert result.exit_code == 2 and "Question 10 does not exist; expected a number from 1 to 9." in result.output
    assert not (tmp_path / "none").exists()


@pytest.mark.processes
@pytest.mark.usefixtures("alone")
def test_run_trains_only_what_the_question_needs_and_counts_no_stand_in(tmp_path):
    output = ask(3, "--run", "--seeds", 1, "--logdir", tmp_path)
    trained = {folder.name for folder in folders_in(tmp_path / "ablations")}
    assert {"neurons-64", "no-flatten"} <= trained <= {"base", "neurons-64", "no-flatten"}
    assert "records of other settings or of stand-in data were not counted." in output
