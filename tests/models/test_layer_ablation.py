"""Layers edited by a study's settings, from the command line to the records, and the examples of the documentation."""

import re
from pathlib import Path

import numpy as np
import pytest
from calling import harness

from harness import Arrays, Settings, Study
from harness.models.build import make_model
from harness.models.fingerprint import effect
from harness.models.layer_factory import LayerError
from harness.records.record import load_records
from harness.study.loading import load_study

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "your-own-study.md").read_text()

STUDY = """
from harness import Arrays, Settings, Study, Variant, raises

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(60, 8, 8, 1)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) > 0).astype("int64")
    return Arrays(x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])

def build(settings):
    import keras
    layers = keras.layers
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, name="conv")(image)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Flatten(name="flatten")(x)
    return keras.Model(image, layers.Dense(2, activation="softmax", name="outputs")(x))

BASE = Settings(epochs=1, outputs=2)
STUDY = Study("edits", base=BASE, build=build, arrays=arrays, question="Does it hold?", variants=(VARIANTS))
"""


@pytest.fixture
def edits(tmp_path):
    def write(variants: str) -> Path:
        path = tmp_path / "edits.py"
        path.write_text(STUDY.replace("VARIANTS", variants))
        return path

    return write


def test_each_variant_trains_the_model_that_its_edits_make(edits, tmp_path):
    edits("")
    study = tmp_path / "in_toml.toml"
    study.write_text(
        """
        like = "edits.py"
        variants.no-pool.remove = "pool"
        variants.average.replace.pool = "AveragePooling2D(2)"
        variants.frozen.freeze = "conv"
        variants.unfit = {insert_after = "flatten=Conv2D(2, 3)", expect = {raises = "ValueError"}}
        """
    )
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    records = {record.variant: record for record in load_records(tmp_path / "logs")[0]}
    layers = {name: [layer["class"] for layer in record.architecture] for name, record in records.items()}
    assert "MaxPooling2D" in layers["base"] and "MaxPooling2D" not in layers["no-pool"]
    assert "AveragePooling2D" in layers["average"]
    assert records["no-pool"].cost["parameters"] > records["base"].cost["parameters"]
    assert records["frozen"].history["train_loss"] != records["base"].history["train_loss"]
    assert records["unfit"].status == "expected-error" and "incompatible with the layer" in records["unfit"].error


def test_a_layer_that_is_not_there_is_refused_before_anything_trains(edits, tmp_path):
    study = edits('Variant("pooled", replace="pool=AveragePooling2D(2)"), Variant("no-pool", remove="pol"),')
    result = harness("run", study, "--seeds", 1, "--logdir", tmp_path / "logs")
    said = "Error: Variant 'no-pool' of study 'edits': remove: Layer 'pol' is not known. Did you mean 'pool'?"
    assert result.exit_code == 2 and result.stderr.strip() == said
    assert not list((tmp_path / "logs").rglob("record.json")) and not list((tmp_path / "logs").rglob("*tfevents*"))


def test_the_built_in_model_is_checked_in_the_plan_too(tmp_path):
    words = ("--only", "neurons-64", "--seeds", 1, "--dataset", "digits", "--logdir", tmp_path / "logs", "--dry-run")
    result = harness("run", "ablations", *words, "--set", "freeze=hiden-1")
    assert result.exit_code == 2 and not (tmp_path / "logs").exists()
    said = "The base of study 'ablations': freeze: Layer 'hiden-1' is not known. Did you mean 'hidden-1'?"
    assert f"Error: With freeze=hiden-1, dataset=digits in the base: {said}\n" in result.output


def test_how_often_a_training_is_measured_changes_nothing_that_is_learned():
    study = Study("same", base=Settings(), variants=())
    assert effect(study, Settings(log_every=2)) == effect(study, Settings())
    assert effect(study, Settings(steps_per_epoch=2)) != effect(study, Settings())


def test_two_ways_to_say_one_edit_are_the_same():
    study = Study("same", base=Settings(hidden=(8, 8)), variants=())
    one, other = Settings(hidden=(8, 8), remove=("hidden-2",)), Settings(hidden=(8,))
    assert effect(study, one).digest == effect(study, other).digest


def test_an_arranged_studys_arrays_count(tmp_path):
    from harness.data.resolve import prepare

    def arrange(settings, images):
        x = images.x_train[:20] // (2 if settings.normalize else 1)
        return Arrays(x_train=x, y_train=images.y_train[:20], x_test=x, y_test=images.y_train[:20])

    study, digits = Study("own", base=Settings(), variants=(), arrange=arrange), prepare("digits", strict=True)
    assert effect(study, Settings(), digits) == effect(study, Settings(samples=5), digits)
    assert effect(study, Settings(), digits) != effect(study, Settings(normalize=False), digits)


def test_arranged_arrays_that_are_too_few_to_hold_samples_out_are_found():
    from harness.data.resolve import prepare

    def arrange(settings, images):
        x, y = images.x_train[: settings.samples], images.y_train[: settings.samples]
        return Arrays(x_train=x, y_train=y, x_test=x, y_test=y)

    study, digits = Study("own", base=Settings(), variants=(), arrange=arrange), prepare("digits", strict=True)
    assert not effect(study, Settings(samples=20, validation=19), digits).error
    found = effect(study, Settings(samples=20, validation=20), digits)
    assert found.error == "validation=20 would hold out all of 20 training samples; expected fewer than these."


def logistic(settings):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=settings.learning_rate)


def test_an_estimator_is_known_by_its_class_and_its_parameters():
    study = Study("own", base=Settings(), variants=(), build=logistic, arrays=lambda settings: Arrays(*[np.zeros(3)] * 4))
    assert effect(study, Settings()) == effect(study, Settings(hidden=(3,)))
    assert effect(study, Settings()) != effect(study, Settings(learning_rate=0.5))


def test_an_estimator_has_no_layers_to_edit():
    study = Study("own", base=Settings(remove="pool"), variants=(), build=logistic)
    with pytest.raises(LayerError, match="remove edits layers; a LogisticRegression of scikit-learn has none"):
        make_model(study, study.base, seed=0)


def test_layers_without_a_name_are_called_alike_in_every_trial():
    def build(settings):
        import keras

        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])

    study = Study("own", base=Settings(remove="dense"), variants=(), build=build)
    for _ in range(2):
        assert [layer.name for layer in make_model(study, study.base, seed=0).layers] == ["dense_1"]


def test_the_study_in_toml_of_the_documentation_makes_the_models_it_says():
    assert re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1] == (DOCS / "my_numbers.toml").read_text()
    study = load_study(str(DOCS / "my_numbers.toml"))
    assert study.families()["layers"] == ("no-dense", "no-dense_1") and len(study.families()["rates-and-depths"]) == 8
    layers = {name: [layer.name for layer in make_model(study, study.settings(name), seed=0).layers] for name in study.names}
    assert layers["base"] == ["dense", "dense_1", "dropout", "dense_2"]
    assert layers["no-dense"] == ["dense_1", "dropout", "dense_2"] and "dropout" not in layers["no-dropout-layer"]


def test_the_regression_of_the_documentation_runs_as_it_is_printed(tmp_path):
    assert f"```python\n{(DOCS / 'my_regression.py').read_text()}```" in PAGE
    result = harness("run", DOCS / "my_regression.py", "--seeds", 1, "--set", "epochs=2", "--logdir", tmp_path)
    assert result.exit_code == 0, result.output
    assert harness("list", DOCS / "my_regression.py").output.count("try the simplest model first") == 1
    compared = harness("compare", tmp_path / "my-regression", "--epoch", "validation", "--format", "csv").output
    assert "test_rmse" in compared and "linear" in compared


def test_the_families_and_edits_of_the_documentation_are_as_it_says():
    blocks = [block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if "grid(" in block]
    assert len(blocks) == 1
    found = {}
    exec(blocks[0], found)
    study = found["STUDY"]
    assert next(iter(study.families().values())) == ("batch-size-64", "learning-rate-0.01", "learning-rate-0.01-batch-size-64")
    for name in study.names:
        assert f"`{name}`" in PAGE
        make_model(study, study.settings(name), seed=0)
