"""What is said of a screen before it trains: its size, and what it cannot tell from what."""

import pytest
from calling import harness

pytestmark = pytest.mark.quick

STUDY = """\
question = "What does what?"
[base]
dataset = "digits"
epochs = 1
[families.parts]
kind = "screen"
switches = ["normalize"]
learning_rate = 0.01
hidden = [64]
batch_size = 256
steps_per_epoch = 5
"""


@pytest.mark.parametrize("words", [("list",), ("run", "--dry-run")], ids=" ".join)
def test_the_plan_says_what_is_mixed_with_what(tmp_path, words):
    path = tmp_path / "parts.toml"
    path.write_text(STUDY)
    result = harness(words[0], path, *words[1:], "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    assert "Screen of 5 parts in 8 variants (the base included): each part, over all variants." in result.output
    assert "no-normalize cannot be told from learning-rate-0.01 × steps-per-epoch-5." in result.output
    assert 'A screen with design="clear" tells these apart.' in result.output


def test_one_of_its_variants_alone_is_no_screen(tmp_path):
    path = tmp_path / "parts.toml"
    path.write_text(STUDY)
    result = harness(
        "run", path, "--dry-run", "--only", "no-normalize-hidden-64-steps-per-epoch-5", "--logdir", tmp_path / "logs"
    )
    assert result.exit_code == 0 and "Screen of" not in result.output


def test_of_several_screens_each_line_says_which_it_is_of(tmp_path):
    path = tmp_path / "parts.toml"
    path.write_text(f'{STUDY}[families.others]\nkind = "screen"\nlearning_rate = 0.1\nhidden = [32]\n')
    result = harness("list", path, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    assert "parts: Screen of 5 parts in 8 variants" in result.output and "others: Screen of 2 parts in 4" in result.output
