import pytest
from calling import harness

from harness.errors import UsageError
from harness.study.expectations import finishes, raises, worse_than_control
from harness.study.loading import load_study, study_files
from harness.study.metrics import Metric
from harness.study.toml import place_of
from harness.training.trial import source_hash

pytestmark = pytest.mark.quick

WHOLE = """
question = "Which rate?"
lesson = "It depends."

[base]
hidden = [64]
samples = "none"

[expect]
accuracy_at_least = 0.9

[variants.wide]
hidden = [512]
expect = {control = "worse", loss_at_most = 1}

[variants.wide-raw]
hidden = [512]
normalize = false
control = "wide"
expect = {raises = "ValueError", match = "shape", or_diverges = true}

[variants.big]
batch_size = 256
learning_rate = 0.008
together = true

[variants.edited]
remove = "hidden-1"
[variants.edited-more]
replace = {hidden-1 = "Dense(32)"}

[families.rates]
kind = "grid"
learning_rate = [
    0.01,
    0.1,  # the largest
]
epochs = [2]

[families.parts]
kind = "leave-one-out"
switches = ["flatten"]
"""

PYTHON = """
from dataclasses import dataclass
from harness import Metric, Settings, Study

@dataclass(frozen=True)
class Own(Settings):
    noise: float | None = 0.5

def build(settings):
    return NUMBER

STUDY = Study("own", base=Own(), variants=(), build=build, question="What?", metric=Metric("rmse", 0.1, False))
"""


@pytest.fixture
def toml(tmp_path):
    def write(text: str, name: str = "my_rates.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_study_in_toml_is_what_it_would_be_in_python(toml):
    path = toml(WHOLE)
    study = load_study(str(path))
    assert (study.name, study.question, study.lesson, study.path) == ("my-rates", "Which rate?", "It depends.", path)
    assert study.base.hidden == (64,) and study.base.samples is None and study.expect == finishes(accuracy_at_least=0.9)
    assert study.change("wide-raw") == "normalize=False (vs wide)"
    assert study.expectation("wide") == finishes(loss_at_most=1) & worse_than_control()
    assert study.expectation("wide-raw") == raises("ValueError", match="shape", or_diverges=True)
    assert study.change("big") == "learning_rate=0.008, batch_size=256"
    assert study.settings("edited").remove == ("hidden-1",)
    assert study.settings("edited-more").replace == ("hidden-1=Dense(32)",)


def test_families_become_variants_with_their_familys_name(toml):
    study = load_study(str(toml(WHOLE)))
    assert study.families()["parts"] == ("no-flatten",)
    assert len(study.families()["rates"]) == 5
    assert study.change("learning-rate-0.1-epochs-2") == "epochs=2 (vs learning-rate-0.1)"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ('kind = "one-at-a-time"\nhidden = [[32], [64, 64]]', ("hidden-32", "hidden-64-64")),
        ('kind = "pairs"\nepochs = 2\nhidden = [32]', ("epochs-2", "hidden-32", "epochs-2-hidden-32")),
        ('kind = "add-one-in"\nremove = ["a", "b"]\nswitches = []', ("bare", "only-a", "only-b")),
        ('kind = "combinations"\nlist = [{epochs = 2, optimizer = "sgd"}]', ("optimizer-sgd-epochs-2",)),
    ],
)
def test_every_kind_of_family_can_be_written(toml, kind, names):
    assert load_study(str(toml(f"[families.mine]\n{kind}\n"))).families() == {"mine": names}


def test_a_study_like_another_has_its_model_and_its_settings(toml):
    toml(PYTHON.replace("NUMBER", "1"), "own.py")
    study = load_study(str(toml('like = "own.py"\n[base]\nnoise = "none"\n[variants.loud]\nnoise = 0.9\n')))
    assert study.build(study.base) == 1 and study.base.noise is None and study.metric.name == "rmse"
    assert study.question == "What?" and study.names == ("base", "loud")


def test_the_source_of_the_other_studys_functions_counts(toml):
    toml(PYTHON.replace("NUMBER", "1"), "own.py")
    path = toml('like = "own"\n[variants.loud]\nnoise = 0.9\n')
    before = source_hash(load_study(str(path)))
    toml(PYTHON.replace("NUMBER", "2"), "own.py")
    assert source_hash(load_study(str(path))) != before


def test_metric_and_pictures_can_be_named(toml):
    head = 'pictures = ["mistakes"]\n[metric]\nname = "loss"\nmargin = 0.01\nhigher_is_better = false\n'
    study = load_study(str(toml(head + "[base]\nepochs = 1\n")))
    assert (study.metric, study.pictures) == (Metric("loss", 0.01, higher_is_better=False), ("mistakes",))


@pytest.mark.parametrize("text", ["", 'question = "What?"\n', "[variants]\n"])
def test_a_study_of_nothing_is_refused(toml, text):
    with pytest.raises(UsageError, match=r"my_rates.toml has neither a base nor variants; expected \[base\]"):
        load_study(str(toml(text)))


def test_both_kinds_of_file_are_found_by_name(toml, tmp_path):
    toml("[base]", "in_toml.toml")
    toml(PYTHON, "own.py")
    assert list(study_files(tmp_path)) == ["in-toml", "own"]
    assert load_study("in-toml", folder=tmp_path).names == ("base",)


def test_one_name_for_two_files_is_refused(toml, tmp_path):
    toml("", "own.toml")
    toml(PYTHON, "own.py")
    with pytest.raises(UsageError, match="'own' has two files in .*: own.py and own.toml"):
        load_study("own", folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a = = 1\n", "line 1", "Invalid value (column 5)"),
        ("[base]\nepochs = 1\nepochs = 2\n", "line 3", "Cannot overwrite a value"),
        ("\nquestion = 3\n", "question", "question must be text; received 3"),
        ("[bas]\nepochs = 1\n", "[bas]", "Key 'bas' is not known. Did you mean 'base'?"),
        ("[base]\n\nepoch = 1\n", "[base] epoch", "Setting 'epoch' is not known. Did you mean 'epochs'?"),
        ('[base]\nepochs = "many"\n', "[base] epochs", "epochs must be a whole number; received 'many'"),
        ("[base]\nlearning_rate = nan\n", "[base] learning_rate", "learning_rate must be a finite number"),
        ("base = 3\n", "base", "base is '3'; expected a table [base]"),
        ('[base]\noptimizer = "adm"\n', "[base] optimizer", "Did you mean 'adam'?"),
        ("[variants.a]\nepochs = 1\n\n[variants.b]\nhidden = [\n  1,\n  2.5,\n]\n", "[variants.b] hidden",
         "[1, 2.5], whose item 2 is 2.5"),
        ("[variants.a]\n", "[variants.a]", "Variant 'a' changes nothing"),
        ("[variants.a]\nepochs = 1\n[variants.b]\nepochs = 5\n",
         "[variants.b]", "Variant 'b' of study 'my-rates' equals the base"),
        ("[variants.a]\nepochs = 1\nhidden = [1]\n", "[variants.a] hidden", "shares the others, or say together = true."),
        ('[variants.a]\nepochs = 1\ncontrol = "bas"\n', "[variants.a] control", "Did you mean 'base'?"),
        ("[variants.a]\nepochs = 1\ntogether = 1\n", "[variants.a] together", "together must be true or false"),
        ("variants.a = {epochs = 1, expect = {accuracy = 1}}",
         "variants.a.expect", "Key of expect 'accuracy' is not known. Did you mean"),
        ("[variants.a]\nepochs = 1\nexpect.accuracy_at_least = 3\n", "[variants.a] expect", "expected a fraction from 0 to 1"),
        ('[variants.a]\nepochs = 1\nexpect = {control = "wors"}\n',
         "[variants.a] expect", "Comparison 'wors' is not known. Did you mean 'worse'?"),
        ('[variants.a]\nepochs = 1\nexpect = {raises = "E", control = "worse"}\n',
         "[variants.a] expect", "the two cannot hold at once"),
        ("[families.a]\nepochs = [1]\n", "[families.a]", "Family 'a' has no kind; expected kind = one of"),
        ('[families.a]\nkind = "gird"\n', "[families.a] kind", "Family kind 'gird' is not known. Did you mean 'grid'?"),
        ('[families.a]\nkind = "grid"\nepoch = [1]\n', "[families.a] epoch", "Did you mean 'epochs'?"),
        ('[families.a]\nkind = "grid"\nepochs = [1, "x"]\n',
         "[families.a] epochs", "epochs must be a whole number; received 'x'"),
        ('[families.a]\nkind = "grid"\nepochs = 1\n', "[families.a] epochs", "epochs is 1; expected a list of values"),
        ('[families.a]\nkind = "grid"\nepochs = [5]\n', "[families.a]", "the base has all of its values already"),
        ('[families.a]\nkind = "grid"\nepochs=[1]\n[families.b]\nkind = "pairs"\nepochs = 1\n',
         "[families.b]", "two variants of one name"),
        ('\nlike = "absent"\n', "like", "Study 'absent' is not known"),
        ('like = "my_rates.toml"\n', "like", "is like itself"),
        ('[variants."a b"]\nepochs = 1\n', '[variants."a b"]', "cannot be a folder's name"),
        ("[variants.base]\nepochs = 1\n", "[variants.base]", "'base' is reserved; use [base]."),
        ("[base]\nhidden = 64\n",
         "[base] hidden", "hidden must be a list of whole numbers; received 64; expected hidden = [64]."),
        ('[families.a]\nkind = "grid"\nhidden = [64]\n', "[families.a] hidden", "received 64; expected hidden = [[64], ...]."),
        ("[variants.a]\nepochs = 1\nbatch_size = 0\n", "[variants.a] batch_size", "batch_size must be above 0; received 0."),
        ("[variants.a]\nepochs = 1\n[variants.a.replace]\nhidden-1 = 3\n",
         "[variants.a.replace]", "expected the name of a Keras layer"),
        ('[variants.a]\nepochs = 1\ncontrol = "a"\n', "[variants.a] control", "is its own control"),
        ('[families.a]\nkind = "grid"\nepochs = [1, 0]\n', "[families.a] epochs", "epochs must be above 0"),
        ('[families.a]\nkind = "leave-one-out"\nswitches = ["flaten"]\n', "[families.a] switches", "Did you mean 'flatten'?"),
        ('[families.a]\nkind = "combinations"\nlist = [{epochs = 1}, {epoch = 1}]\n',
         "[families.a] list.2.epoch", "Did you mean 'epochs'?"),
        ('[families.a]\nkind = "combinations"\nlist = 3\n',
         "[families.a] list", "expected list = [{setting = value, ...}, ...]"),
        ('[families.a]\nkind = "leave-one-out"\nepochs = [1]\n',
         "[families.a]", "expected switches = [...] by their names, and remove = "),
        ('[base]\nhidden = [64, "64"]\n',
         "[base] hidden", "must be a list of whole numbers; received [64, '64'], whose item 2 is '64'"),
        ('[families.a]\nkind = "combinations"\n[[families.a.list]]\nepoch = 1\n',
         "[families.a.list] 1.epoch", "mean 'epochs'?"),
        ("variants.a.epoch = 1\n", "variants.a.epoch", "Did you mean 'epochs'?"),
        ("[variants.'größer']\nepoch = 1\n", '[variants."größer"] epoch', "Did you mean 'epochs'?"),
        ("[variants.a]\nepochs = 5\n[variants.b]\nepoch = 1\n",
         "[variants.a]", "Variant 'a' of study 'my-rates' equals the base"),
        ('[families.a]\nkind = "gird"\n[variants.b]\nepoch = 1\n', "[families.a] kind", "Did you mean 'grid'?"),
        ('[families.a]\nkind = "grid"\nlog_every = [2]\n[variants.b]\nepochs = 5\n', "[families.a]", "in log_every alone"),
        ('[variants.a]\nepochs = 1\ncontrol = "b"\n[variants.b]\nepoch = 1\n',
         "[variants.b] epoch", "Setting 'epoch' is not known"),
        ("[variants.a]\nepochs = 1\n[variants.b]\nepochs = 1\n",
         "[variants.b]", "Variants 'a' and 'b' of study 'my-rates' are the same"),
        ('\npictures = ["mistake"]\n', "pictures", "Did you mean 'mistakes'?"),
        ('[metric]\nname = "rmse"\nmargin = -1\n', "[metric] margin", "margin must be a finite number of at least 0"),
        ('[metric]\nname = "rmse"\nmargn = 1\n',
         "[metric] margn", "Key of metric 'margn' is not known. Did you mean 'margin'?"),
        ('[metric]\nname = "rmse"\n', "[metric]", "metric has no margin; expected for example"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_key(toml, text, place, said):
    path = toml(text)
    with pytest.raises(UsageError) as caught:
        load_study(str(path))
    assert str(caught.value).startswith(f"Study file {path}, {place}: ") and said in str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"question = '\xff'")
    with pytest.raises(UsageError, match="bytes.toml is not UTF-8: byte 12"):
        load_study(str(path))


@pytest.mark.parametrize(
    ("text", "name", "setting", "place"),
    [
        ('[variants.a]\nepochs = 1\n[variants.b]\nremove = "x"\n', "b", "remove", "[variants.b] remove"),
        ('[base]\nfreeze = "x"\n', "base", "freeze", "[base] freeze"),
        ('[families.a]\nkind = "leave-one-out"\n\nremove = ["x"]\n', "no-x", "remove", "[families.a] remove"),
        ('[families.a]\nkind = "combinations"\nlist = [{remove = "x"}]\n', "no-x", "remove", "[families.a] list"),
    ],
)
def test_what_only_the_built_model_tells_has_a_key_too(toml, text, name, setting, place):
    path = toml(text)
    assert place_of(load_study(str(path)), name, setting) == f"Study file {path}, {place}: "


def test_a_dataset_that_is_not_known_is_named_with_its_key(toml):
    path = toml('[base]\nepochs = 1\n[variants.a]\ndataset = "mnits"\n')
    result = harness("run", path, "--dry-run")
    said = f"Error: Study file {path}, [variants.a] dataset: Dataset 'mnits' is not known. Did you mean 'mnist'?"
    assert result.exit_code == 2 and said in result.output


def test_a_study_without_a_question_has_a_title_without_a_colon(toml):
    assert load_study(str(toml("[base]\nepochs = 1\n"))).title == "my-rates"
    assert load_study(str(toml(WHOLE))).title == "my-rates: Which rate?"


def test_not_every_file_is_listed_for_one_that_is_not_there(toml, tmp_path):
    for number in range(30):
        toml("", f"other_{number}.toml")
    with pytest.raises(UsageError, match=r"'nothere.py' does not exist.* one of: .*, …\.$"):
        load_study(str(toml('like = "nothere.py"\n')))


def test_the_plan_of_one_trial_says_so(toml, tmp_path):
    plan = harness("run", toml("[base]\nepochs = 1\n"), "--dry-run", "--seeds", 1, "--dataset", "digits", "--logdir", tmp_path)
    assert "Plan of my-rates: 1 trial\n" in "\n".join(line.rstrip() for line in plan.output.splitlines())
