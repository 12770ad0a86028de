"""A command's placeholders, what of it is refused, and how a TOML file declares it."""

from pathlib import Path

import pytest

from harness import Command, Settings, Study, UsageError, Variant
from harness.study.command_files import command_source
from harness.study.loading import load_study
from harness.training.trial import trial_id

pytestmark = pytest.mark.quick

BASE = {"rate": 0.1, "layers": [32, 16], "wide": False}
LINE = "python train.py --rate {rate} --layers {layers} {wide:--wide} --seed {seed} --out={folder}"
VALUES = {"rate": 1e-05, "layers": (32, 16), "wide": True, "seed": 3, "folder": "/a b", "threads": 1, "gpu": "", "study": "/s"}


def study(command: object = LINE, *variants: Variant, base: object = BASE, **options: object) -> Study:
    return Study("mine", base=base, command=command, variants=variants or (Variant("fast", rate=0.2),), **options)


def test_each_value_becomes_one_argument_and_a_list_several():
    words = ("python", "train.py", "--rate", "1e-05", "--layers", "32", "16", "--wide", "--seed", "3", "--out=/a b")
    assert study().command.arguments(VALUES) == words


@pytest.mark.parametrize("text", ["; rm -rf /", "$(touch x)", "a b", "'quoted'", "{rate}", "--flag", "Umlaut ä"])
def test_no_value_is_ever_taken_for_more_than_a_value(text):
    assert Command("sh run.sh --name={name} {name}").arguments({"name": text}) == ("sh", "run.sh", f"--name={text}", text)


@pytest.mark.parametrize(
    ("word", "value", "arguments"),
    [
        ("{x:--on}", False, ()),
        ("{x:--on|--no-on}", False, ("--no-on",)),
        ("--x={x:true|false}", True, ("--x=true",)),
        ("--x={x}", None, ()),
        ("--x={x}", (1, 2), ("--x=1,2",)),
        ("{x}", (), ()),
        ("{{x}}{x}", "", ("{x}",)),
        ("{x}", "", ("",)),
    ],
)
def test_switches_lists_and_what_has_no_value_have_a_form_each(word, value, arguments):
    assert Command(f"run {word}").arguments({"x": value})[1:] == arguments


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("python t.py --rate {rat}", "placeholder 'rat' is not known. Did you mean 'rate'?"),
        ("python t.py --rate {rate} {wide}", "expected {wide:--wide} for a switch, or {wide:true|false} for two words"),
        ("python t.py --rate {rate:--on}", "{rate:--on} is for true or false, and rate is 0.1"),
        ("python t.py {rate", "'{rate' is not understood"),
        ("python t.py {0} {rate}", "has the placeholder {0}; expected a setting's name"),
        ("python t.py '{rate}", "cannot be split into arguments: No closing quotation"),
        ("python t.py --seed {seed}", "Variant 'fast' of study 'mine' changes rate, which the command does not name"),
        ("", "command is empty; expected for example"),
        (7, "command is '7'; expected a text, or harness.Command(...)."),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused_when_the_study_is_made(command, said):
    with pytest.raises(UsageError) as caught:
        study(command)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"json": "a.json", "csv": "a.csv"}, "metrics are to be read of json and of csv; expected one of"),
        ({"csv": "/tmp/log.csv"}, "expected a file's name in {folder}, which is each trial's own"),
        ({"json": "../metrics.json"}, "expected a file's name in {folder}"),
        ({"csv": "a.csv", "names": {"acc": "accuracy"}}, "names has 'acc' = 'accuracy'; metrics are named train_…"),
        ({"last_lines": "accuracy: {accuracy}"}, "names 'accuracy'; expected for example 'accuracy: {test_accuracy}'"),
        ({"last_lines": "accuracy"}, "names no metric"),
        ({"last_lines": "(?P<test_accuracy>[0-9"}, "is no regular expression"),
        ({"environment": "HF_HOME"}, "environment is 'HF_HOME'; expected a list, as in ['HF_HOME']"),
        ({"environment": ["A B"]}, "environment has 'A B'; expected NAME or NAME=value"),
    ],
)
def test_where_metrics_come_from_is_checked_when_the_command_is_made(options, said):
    with pytest.raises(UsageError) as caught:
        Command("python t.py", **options)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"train": len}, "has both train(settings, trial) and a command; expected one"),
        ({"build": len}, "has a command, which makes its own model and data, and build too"),
        ({"pictures": ("mistakes",)}, "which are of models that the harness trains; leave pictures out"),
        ({"base": {"seed": 1}}, "setting 'seed' has a name of the harness's own; expected another, as in 'my_seed'"),
        ({"base": {"learning-rate": 1}}, "setting 'learning-rate' is no name"),
        ({"base": {"rate": {}}}, "setting rate is {}; expected true or false, a number, a text, or a list"),
        ({"base": 3}, "base is '3'; expected Settings, a frozen dataclass, or a mapping"),
    ],
)
def test_what_a_study_cannot_have_beside_a_command_is_refused(options, said):
    with pytest.raises(UsageError) as caught:
        study(**options)
    assert said in str(caught.value)


def test_other_settings_than_the_harnesses_are_for_studies_that_train_themselves():
    with pytest.raises(UsageError, match="expected harness.Settings; others are for studies with train"):
        Study("mine", base={"rate": 0.1}, variants=())


def test_types_follow_from_the_values():
    with pytest.raises(UsageError, match="rate must be a number; received 'much'"):
        study(LINE, Variant("much", rate="much"))
    assert study(LINE, Variant("whole", rate=1)).settings("whole").rate == 1.0


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("import helper\n")
    (tmp_path / "helper.py").write_text("x = 1\n")
    (tmp_path / "more.yaml").write_text("a: 1\n")
    path = tmp_path / "study.toml"
    path.write_text('command = "python train.py --rate {rate} --config=more.yaml"\n[base]\nrate = 0.1\n')
    return path


def identity(path: Path) -> str:
    study = load_study(str(path))
    return trial_id(study, study.base, seed=0, data_sha256="", engine="auto")


@pytest.mark.parametrize("file", ["train.py", "helper.py", "more.yaml", "study.toml"])
def test_an_edit_of_the_script_of_what_it_imports_or_of_a_file_that_is_named_makes_another_trial(script, file):
    before = identity(script)
    assert identity(script) == before
    path = script.with_name(file)
    path.write_text(path.read_text().replace("--rate", "--lr") + "# edited\n")
    assert identity(script) != before


def test_the_module_of_dash_m_and_the_script_that_a_setting_names_count(tmp_path):
    (tmp_path / "pack").mkdir()
    for name in ("__init__", "train"):
        (tmp_path / "pack" / f"{name}.py").write_text("y = 1\n")
    path = tmp_path / "study.toml"
    path.write_text('command = "python -m pack.train {script}.py"\n[base]\nscript = "one"\n[variants.two]\nscript = "two"\n')
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(f"{name} = 1\n")
    study = load_study(str(path))
    base, two = (command_source(study, study.settings(name)) for name in ("base", "two"))
    assert any("pack.train" in text for text in base) and any("one = 1" in text for text in base)
    common = "".join(command_source(study, None))
    assert "pack.train" in common and "one = 1" not in common
    assert any("two = 1" in text for text in two) and not any("one = 1" in text for text in two)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('command = "run {rat}"\n[base]\nrate = 1', "command: placeholder 'rat' is not known. Did you mean 'rate'?"),
        (
            'command = "run {rate}"\nmetrics = {cvs = "a"}',
            "metrics.cvs: Key of metrics 'cvs' is not known. Did you mean 'csv'?",
        ),
        ('command = "run {rate}"\n[base]\nrate = 1\n[variants.a]\nrat = 2', "[variants.a] rat: Setting 'rat' is not known."),
        (
            'command = "run"\n[base]\nrate = 1\n[variants.a]\nrate = 2',
            "[variants.a]: Variant 'a' of study 'study' changes rate",
        ),
        ('command = "run"\n[base]\nseed = 1', "[base] seed: base: setting 'seed' has a name of the harness's own"),
        ("metrics = {csv = 'a'}", "metrics is of a command; expected command = "),
    ],
)
def test_what_is_wrong_with_a_command_in_toml_is_named_with_its_key(tmp_path, text, said):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_study(str(path))
    assert said in str(caught.value)


def test_a_toml_study_may_be_like_one_with_a_command_and_add_settings(script):
    other = script.with_name("other.toml")
    line = 'command = "python train.py {rate} {depth}"'
    other.write_text(f'like = "study.toml"\n{line}\n[base]\ndepth = 2\n[variants.deep]\ndepth = 3\n')
    study = load_study(str(other))
    assert (study.base.rate, study.base.depth, study.names) == (0.1, 2, ("base", "deep"))


def test_studies_that_do_not_train_themselves_keep_their_ids():
    plain = Study("plain", base=Settings(), variants=(Variant("wide", hidden=(512,)),))
    before = plain.own_functions
    assert before == {} and not plain.trains_itself and plain.epochs("base") == 5 and plain.dataset("wide") == "mnist"
