"""`check`: a study is looked at as a run would, and nothing is trained or written."""

from pathlib import Path

import pytest
from calling import harness

pytestmark = pytest.mark.processes
STUDY = """
from harness import Arrays, Settings, Study, Variant

def arrays(settings):
    import numpy as np
    x = np.arange(80, dtype="float32").reshape(40, 2)
    return Arrays(x[:30], (x[:30, 0] > 40).astype("int64"), x[30:], (x[30:, 0] > 40).astype("int64"))

def build(settings):
    import keras
    return keras.Sequential([keras.Input((INPUTS,)), keras.layers.Dense(2, "softmax")])

STUDY = Study("mine", base=Settings(outputs=2), build=build, arrays=arrays, variants=[Variant("VARIED")])
"""


@pytest.mark.parametrize(
    ("inputs", "varied", "status", "said"),
    [
        (2, '"fast", learning_rate=0.1', 0, "mine: sound. The base and 1 variant; each trains otherwise than its control."),
        (3, '"fast", learning_rate=0.1', 2, "expects shape (3,)"),
        (2, '"wide", hidden=(64,)', 2, "wide"),  # which its build never reads
    ],
)
def test_a_study_is_sound_or_one_line_says_why_not(place: Path, inputs: int, varied: str, status: int, said: str):
    (place / "mine.py").write_text(STUDY.replace("INPUTS", str(inputs)).replace('"VARIED"', varied))
    result = harness("check", "mine.py")
    assert result.exit_code == status and said in result.output, result.output
    assert len(result.output.strip().splitlines()) == 1
    assert [path.name for path in place.iterdir()] == ["mine.py"]


@pytest.mark.parametrize(("kind", "said"), [("datasets", "sound"), ("train", "declared soundly")])
def test_studies_of_every_kind_are_looked_at(place: Path, kind: str, said: str):
    assert harness("new", "mine", f"--{kind}").exit_code == 0
    result = harness("check", "mine.py")
    assert result.exit_code == 0 and f"mine: {said}." in result.output, result.output


OWN_STEPS = """
def build(settings):
    import keras
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = keras.layers.Dense(2, "softmax")
        def call(self, x):
            return self.layer(x)
    return Own()
"""


def test_what_a_models_own_code_hides_is_not_said_to_train_otherwise(place: Path):
    text = (
        STUDY.replace('"VARIED"', '"fast", learning_rate=0.1').replace("INPUTS", "2").replace("\nSTUDY", f"{OWN_STEPS}\nSTUDY")
    )
    (place / "mine.py").write_text(text)
    result = harness("check", "mine.py")
    assert result.exit_code == 0, result.output
    assert (
        "sound. The base and 1 variant; whether fast trains otherwise than its control, only its training tells."
        in result.output
    )


def test_labels_that_an_estimator_would_refuse_are_found(place: Path):
    text = STUDY.replace('"VARIED"', '"fast", learning_rate=0.1').replace("variants=[Variant", "variants=[] and [Variant")
    start = text.index("def build")
    build = "def build(settings):\n    from sklearn.linear_model import LogisticRegression\n    return LogisticRegression()\n\n"
    text = text[:start] + build + text[text.index("STUDY = ") :]
    (place / "mine.py").write_text(text.replace('.astype("int64")', '.astype("str")'))
    result = harness("check", "mine.py")
    assert result.exit_code == 2 and "labels that are no class numbers; a classifier expects 0, 1, 2, ..." in result.output


def test_a_plan_says_how_many_epochs_the_phases_train(place: Path):
    text = STUDY.replace("INPUTS", "2").replace("VARIED", "plain").replace('("plain")', '("plain", batch_size=16)')
    phases = "phases=lambda settings: [Phase(1), Phase(8)] if settings.batch_size == 32 else [],"
    text = text.replace("import Arrays", "import Phase, Arrays").replace("build=build,", f"build=build, {phases}")
    (place / "mine.py").write_text(text)
    result = harness("run", "mine.py", "--dry-run", "--seeds", 7)
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split() for line in result.output.splitlines() if line.startswith(("base", "plain"))}
    assert rows["base"][-4:-2] == ["9", "7"] and rows["plain"][-4:-2] == ["5", "7"], result.output
