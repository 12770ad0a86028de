"""One clear line for an error."""

import keras
import pytest
from keras import layers

from harness.errors import failure_text


def caught(call) -> Exception:
    with pytest.raises(Exception) as info:
        call()
    return info.value


def test_the_first_line_of_a_text_is_its_type_and_line():
    assert failure_text(ValueError("labels\nand more")) == "ValueError: labels"
    assert failure_text(ValueError("")) == "ValueError: no text"


def test_of_what_keras_says_of_a_layer_the_reason_is_kept():
    said = failure_text(caught(lambda: keras.Sequential([keras.Input((10,)), layers.Reshape((4, 4), name="shape")])))
    assert said.startswith("ValueError: Exception encountered when calling Reshape.call(): The total size of the tensor must be")
    assert "(10,)" in said and "(4, 4)" in said
    assert "\x1b" not in said and "\n" not in said and "Arguments received" not in said


def test_a_reason_within_a_nested_model_is_kept():
    block = keras.Sequential([layers.Dense(4), layers.Reshape((3,))], name="block")
    said = failure_text(caught(lambda: keras.Sequential([keras.Input((10,)), block])))
    assert "must be unchanged" in said and len(said) <= 630
