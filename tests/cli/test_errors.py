"""One clear line for an error."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from resulting import make_record

from harness import Settings, Study
from harness.analysis.judging import ends
from harness.errors import clean, failure_text, one_line, traceback_text


def caught(call) -> Exception:
    with pytest.raises(Exception) as info:
        call()
    return info.value


def test_the_first_line_of_a_text_is_its_type_and_line():
    assert failure_text(ValueError("labels\nand more")) == "ValueError: labels"
    assert failure_text(ValueError("")) == "ValueError: no text"


def test_a_setting_that_is_not_there_is_told_with_the_nearest_one():
    assert failure_text(caught(lambda: Settings().learning_rat)).endswith(
        "has no attribute 'learning_rat'. Did you mean 'learning_rate'?"
    )
    assert failure_text(caught(lambda: Settings().zzz)).endswith("has no attribute 'zzz'")
    assert failure_text(caught(lambda: "".zzz)).endswith("has no attribute 'zzz'")


def test_of_what_keras_says_of_a_layer_the_reason_is_kept():
    said = failure_text(caught(lambda: keras.Sequential([keras.Input((10,)), layers.Reshape((4, 4), name="shape")])))
    assert said.startswith(
        "ValueError: Exception encountered when calling Reshape.call(): The total size of the tensor must be"
    )
    assert "(10,)" in said and "(4, 4)" in said
    assert "\x1b" not in said and "\n" not in said and "Arguments received" not in said


def test_a_reason_within_a_nested_model_is_kept():
    block = keras.Sequential([layers.Dense(4), layers.Reshape((3,))], name="block")
    said = failure_text(caught(lambda: keras.Sequential([keras.Input((10,)), block])))
    assert "must be unchanged" in said and len(said) <= 630


def test_of_what_tensorflow_says_of_a_graph_the_reason_is_kept():
    text = keras.layers.Lambda(lambda x: tf.debugging.check_numerics(x / 0.0, "too large"), output_shape=(2,))
    model = keras.Sequential([keras.Input((2,)), text])
    model.compile("sgd", "mse")
    said = failure_text(caught(lambda: model.evaluate(np.ones((4, 2)), np.ones((4, 2)), verbose=0)))
    assert said == "InvalidArgumentError: Graph execution error: too large : Tensor had Inf values"


HOSTILE = "\x1b]0;title\x07a\x1b[2Jb\x9b31mc\u202ed\x1b]8;;http://x\x1b\\e\x1bPq\x1b\\f\u2066\x85g\ud800"


def test_what_could_steer_a_terminal_is_in_no_line():
    assert clean(HOSTILE) == one_line(ValueError(HOSTILE)) == "abc def g\\ud800"
    kind = type("O\x1b[31mdd", (ValueError,), {})
    assert failure_text(kind("\x1b[31mred")) == "Odd: red"
    assert "\x1b" not in traceback_text(kind(HOSTILE))


def test_a_text_of_many_megabytes_is_cut():
    error = ValueError("x" * 10_000_000)
    assert len(failure_text(error)) < 700 and len(traceback_text(error)) < 25_000


def test_an_error_whose_text_raises_has_one_all_the_same():
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    assert failure_text(Silent()) == "Silent: its text cannot be had: RuntimeError"
    assert "Silent" in traceback_text(Silent())


def test_an_error_of_a_record_from_elsewhere_steers_no_terminal(tmp_path):
    record = make_record("base", 0, status="failed", as_expected=False, error=HOSTILE)
    (line,) = ends(Study("s", base=Settings(), variants=()), [record])
    assert line.startswith("base seed 0: failed (abc def g")
    assert not {"\x1b", "\x9b", "\u202e"} & set(line)
