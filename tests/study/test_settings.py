from dataclasses import dataclass

import numpy as np
import pytest

from harness.errors import UsageError
from harness.study.settings import Settings, changed, differences, parse, to_json

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("epochs=1", ("epochs", 1)),
        ("hidden=512,256", ("hidden", (512, 256))),
        ("hidden=64", ("hidden", (64,))),
        ("learning_rate=1e-2", ("learning_rate", 0.01)),
        ("normalize=false", ("normalize", False)),
        ("stop_below_loss=none", ("stop_below_loss", None)),
        ("stop_below_loss=0.4", ("stop_below_loss", 0.4)),
        ("optimizer=sgd", ("optimizer", "sgd")),
        ("hidden=512-256", ("hidden", (512, 256))),
        ("hidden=(512, 256)", ("hidden", (512, 256))),
        ("hidden=none", ("hidden", ())),
        ("remove=pool-2", ("remove", ("pool-2",))),
        ("remove=pool-1, pool-2", ("remove", ("pool-1", "pool-2"))),
        ("replace=pool-2=MaxPooling2D(2, 3)", ("replace", ("pool-2=MaxPooling2D(2, 3)",))),
        (
            "insert_after=a=Dropout(0.5),b=Dense(3, activation='relu,(')",
            ("insert_after", ("a=Dropout(0.5)", "b=Dense(3, activation='relu,(')")),
        ),
    ],
)
def test_an_assignment_is_parsed_by_the_settings_declared_type(assignment, expected):
    assert parse(assignment, Settings) == expected


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("epoch=1", "Did you mean 'epochs'?"),
        ("epochs", "KEY=VALUE"),
        ("epochs=many", "epochs must be a whole number; received 'many'"),
        ("epochs=1.5", "epochs must be a whole number; received '1.5'"),
        ("normalize=maybe", "normalize must be true or false; received 'maybe'"),
        ("hidden=a,b", "hidden must be whole numbers with commas between; received 'a,b'"),
        ("learning_rate=nan", "learning_rate must be a finite number"),
        ("stop_below_loss=low", "stop_below_loss must be a number or none; received 'low'"),
    ],
)
def test_a_wrong_assignment_says_what_was_expected(assignment, said):
    with pytest.raises(UsageError) as caught:
        parse(assignment, Settings)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 0}, "epochs must be above 0; received 0"),
        ({"learning_rate": -1.0}, "learning_rate must be above 0"),
        ({"hidden": (64, -1)}, "hidden must be above 0; received -1"),
        ({"hidden": 64}, "hidden must be whole numbers"),
        ({"epochs": True}, "epochs must be a whole number; received True"),
        ({"optimizer": "adm"}, "Did you mean 'adam'?"),
        ({"neurons": 1}, "Setting 'neurons' is not known"),
        ({"replace": "pool-2"}, "replace 'pool-2': expected NAME=Layer(arguments), for example pool-2=MaxPooling2D(2)"),
        (
            {"replace": "pool-2=MaxPooling2D(2"},
            "expected a layer such as MaxPooling2D(2) behind the first =, received 'MaxPooling2D(2'",
        ),
        ({"replace": "a=keras.layers.Dense(2)"}, "expected the name of a Keras layer with its arguments"),
        ({"insert_after": "a=Dense(__import__('os').system('true'))"}, "is no literal"),
        ({"insert_after": "a=Dense(**{'units': 2})"}, "expected named arguments, received **"),
        ({"remove": ("a", " ")}, "remove must be names or patterns of layers; received an empty one"),
        ({"remove": 3}, "remove must be words with commas between; received 3"),
        ({"learning_rate": 10**400}, "learning_rate must be a finite number"),
    ],
)
def test_values_that_make_no_sense_are_refused(changes, said):
    with pytest.raises(UsageError) as caught:
        changed(Settings(), changes)
    assert said in str(caught.value)


def test_an_int_passes_as_a_float_and_a_list_as_a_tuple():
    settings = Settings(learning_rate=1, hidden=[64])
    assert settings.hidden == (64,) and isinstance(settings.learning_rate, float)


def test_differences_names_what_differs():
    assert differences(Settings(), Settings(hidden=(64,), epochs=2)) == ("hidden", "epochs")


def test_settings_become_json_values():
    assert to_json(Settings())["hidden"] == [128]


def test_a_subclass_adds_settings_of_its_own():
    @dataclass(frozen=True)
    class Own(Settings):
        dropout: float = 0.2

    assert parse("dropout=0.5", Own) == ("dropout", 0.5)
    assert changed(Own(), {"dropout": 0.0}).dropout == 0.0


def test_a_layer_text_has_one_way_to_be_written():
    one = Settings(replace={"pool-2": "MaxPooling2D( 2, strides = (1, 1) )"}, remove="pool-1")
    assert one == Settings(replace=("pool-2=MaxPooling2D(2,strides=(1, 1))",), remove=("pool-1",))
    assert one.edits == {"remove": ("pool-1",), "replace": ("pool-2=MaxPooling2D(2,strides=(1, 1))",)}


def test_patterns_of_layers_keep_their_square_brackets():
    assert parse("remove=[ab]*,conv-[12]", Settings) == ("remove", ("[ab]*", "conv-[12]"))
    assert parse("remove=(pool-1,pool-2)", Settings) == ("remove", ("pool-1", "pool-2"))
    assert parse("hidden=[64,32]", Settings) == ("hidden", (64, 32))


@dataclass(frozen=True)
class Several(Settings):
    number: int | float = 1
    share: float | int = 0.5
    word: str | int = "auto"
    switch: bool | int | None = None
    sizes: tuple[int, ...] | int = 1


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        *(("number=0.5", 0.5), ("number=2", 2), ("number=1e3", 1000.0), ("share=2", 2.0)),
        *(("word=5", 5), ("word=five", "five"), ("switch=true", True), ("switch=3", 3), ("switch=none", None)),
        *(("sizes=5", 5), ("sizes=5,6", (5, 6))),
    ],
)
def test_a_setting_of_several_types_takes_what_fits_any_of_them(assignment, value):
    name, parsed = parse(assignment, Several)
    assert (parsed, type(parsed)) == (value, type(value))
    assert getattr(changed(Several(), {name: parsed}), name) == value


def test_a_text_that_fits_none_of_several_types_is_refused_with_all_of_them():
    with pytest.raises(UsageError, match="number must be a whole number or a number; received 'much'"):
        parse("number=much", Several)


def test_numbers_of_numpy_are_numbers():
    settings = Several(
        number=np.float32(0.5), epochs=np.int64(3), normalize=np.bool_(False), optimizer=np.str_("sgd"),
        hidden=np.array([3, 4]), learning_rate=np.logspace(-2, -1, 2)[0],
    )  # fmt: skip
    plain = Several(number=0.5, epochs=3, normalize=False, optimizer="sgd", hidden=(3, 4), learning_rate=0.01)
    assert to_json(settings) == to_json(plain)
    assert [type(value) for value in to_json(settings).values()] == [type(value) for value in to_json(plain).values()]
    for value, said in ((np.array([[1, 2]]), "hidden must be"), (np.float64("nan"), "hidden must be")):
        with pytest.raises(UsageError, match=said):
            Several(hidden=value)
