import pytest

from harness.study.flag_reading import ScriptFlag, script_flags

pytestmark = pytest.mark.quick


def test_flags_of_argparse_are_read_with_their_defaults():
    source = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("-l", "--learning-rate", type=float, default=1)
parser.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
parser.add_argument("--augment", action="store_true", help="and so on")
parser.add_argument("--layers", type=int, default=DEPTH)
parser.add_argument("--verbose", action="count")
"""
    assert script_flags(source) == (
        ScriptFlag("--learning-rate", 1.0),
        ScriptFlag("--optimizer", "adam", choices=("adam", "sgd")),
        ScriptFlag("--augment", False, switch=True),
        ScriptFlag("--layers"),
    )
    assert isinstance(script_flags(source)[0].default, float) and script_flags(source)[0].name == "learning_rate"


def test_options_of_click_are_read_too():
    source = "@click.option('--rate', default=0.1)\n@click.option('--fast/--slow', is_flag=True)\n"
    source += "@click.option('--on/--off', is_flag=True, default=True)\ndef main(rate, fast, on): ...\n"
    assert script_flags(source) == (ScriptFlag("--rate", 0.1), ScriptFlag("--fast", False, switch=True))


def test_a_script_without_flags_has_none():
    assert script_flags("print('trained')") == ()
