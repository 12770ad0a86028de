"""All that decides a training is kept, wherever it lies; where that cannot be, nothing is, and the reason is said."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from gan import Gan, gan
from keras import layers
from resumed import begin, compare

from harness.engine.held_values import ITERATOR, core, python_values, variables
from harness.engine.state import StateError
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.checkpoint_file import find_checkpoints

OUTSIDE = tf.Variable(1.0)


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_a_gan_with_two_optimizers_goes_on_bit_for_bit(blobs: Any, engine: str) -> None:
    compare(gan, blobs, engine=engine)


def test_variables_are_found_wherever_they_lie_once_each_and_in_one_order() -> None:
    class Part:
        __slots__ = ("hidden",)

        def __init__(self) -> None:
            self.hidden = [tf.Variable(4.0)]

    class Holder:
        def __init__(self, name: str) -> None:
            self.name, self.variable = name, tf.Variable(0.0, name=name)

    def step() -> Any:
        return inner

    inner, holder, module = tf.Variable(6.0), Holder("holder"), tf.Module()
    module.inside = tf.Variable(7.0)
    shared = keras.Variable(1.0)
    holder.first, holder.again, holder.shell = shared, (shared, core(shared)), {"a": deque([keras.Variable(2.0)])}
    holder.generator, holder.part, holder.step = tf.random.Generator.from_seed(1), Part(), step
    holder.module, holder.names, holder.itself = module, {Holder(name) for name in "dcba"}, holder
    found = variables([("holder", holder)])
    assert [place for place, _ in found] == [
        "holder.variable", "holder.first", "holder.shell.a.0", "holder.generator._state_var", "holder.part.hidden.0",
        "holder.step.inner", "holder.module.inside", *(f"holder.names.{number}.variable" for number in range(4)),
    ]  # fmt: skip
    assert [variable.name for _, variable in found[-4:]] == ["a:0", "b:0", "c:0", "d:0"]


def test_values_of_python_are_told_apart_and_iterators_are_seen() -> None:
    generator, values = np.random.default_rng(0), {"a": [1, 2.0, "x"], "b": np.zeros(2)}
    roots = [("held", {"values": values, "generator": generator, "items": iter([])})]
    before = python_values(roots)
    assert python_values(roots) == before and before["held.items"] is ITERATOR
    generator.random()
    values["b"][0] = 1
    values["a"].append(3)
    now = python_values(roots)
    assert {place for place in now if now[place] != before.get(place)} == {
        "held.generator", "held.values.b", "held.values.a.3",
    }  # fmt: skip


class Plain(keras.Model):
    """A layer, trained by a step of its own that passes on to Keras'."""

    def __init__(self, extra: Callable[[Any], Any] = lambda model: 0.0, **held: Any) -> None:
        super().__init__()
        self.outputs_of = layers.Dense(2, activation="softmax")
        self.extra = extra
        for name, value in held.items():
            setattr(self, name, value)

    def call(self, inputs: Any) -> Any:
        return self.outputs_of(inputs)

    def train_step(self, data: Any) -> Any:
        x, y = data
        return super().train_step((x + self.extra(self), y))


def plain(*arguments: Any, eagerly: bool = False, **held: Any) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = Plain(*arguments, **held)
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eagerly)
    return model


class Counting(keras.callbacks.Callback):
    """Counts epochs on the model."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.rounds += 1


class OwnLoop(Gan):
    """Makes its training function itself."""

    def make_train_function(self, force: bool = False) -> Any:
        return super().make_train_function(force)


def own_loop() -> keras.Model:
    model = OwnLoop()
    model.compile()
    return model


UNKEPT: dict[str, tuple[Callable[[], keras.Model], list[Any], str]] = {
    "TensorFlow's random draws": (lambda: plain(lambda model: tf.random.normal((4,))), [], "RandomStandardNormal.*SeedGen"),
    "Python in the step": (
        lambda: plain(lambda model: tf.reshape(tf.py_function(lambda: 0.0, [], tf.float32), ())), [], "EagerPyFunc",
    ),
    "a variable of nobody's": (lambda: plain(lambda model: OUTSIDE.assign_add(1.0)), [], "neither the model nor"),
    "a count in Python": (lambda: plain(rounds=0), [Counting], "model.rounds is no variable and was changed"),
    "an iterator": (lambda: plain(stream=iter([1, 2])), [], "model.stream is an iterator"),
    "code that runs eagerly": (lambda: plain(eagerly=True), [], "run_eagerly"),
    "a loop of its own": (own_loop, [], "make_train_function of its own"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKEPT)
def test_what_cannot_be_kept_is_named(blobs: Any, case: str) -> None:
    build, callbacks, reason = UNKEPT[case]
    training = begin(build, blobs, "fit", [callback() for callback in callbacks])
    next(training.epochs())
    with pytest.raises(StateError, match=reason):
        training.state()


def test_a_callbacks_own_variables_go_on(blobs: Any) -> None:
    class Shrinking(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.factors = [tf.Variable(1.0)]

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            (factor,) = self.factors
            factor.assign(factor * 0.9)
            for weights in self.model.trainable_variables:
                weights.assign(weights * factor)

    compare(plain, blobs, engine="graph", callbacks=lambda: [Shrinking()])


STUDY = """
from harness import Arrays, Settings, Study

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:30], y_train=y[:30], x_test=x[30:], y_test=y[30:])

def build(settings):
    import keras
    import tensorflow as tf

    class Noisy(keras.layers.Layer):
        def call(self, inputs, training=False):
            return inputs + tf.random.normal((4,)) if training else inputs

    return keras.Sequential([keras.Input((4,)), Noisy(), keras.layers.Dense(2, activation="softmax")])

STUDY = Study("noisy", base=Settings(outputs=2, epochs=3), build=build, arrays=arrays, variants=())
"""


def test_a_trial_whose_state_cannot_be_kept_says_so_and_begins_anew(tmp_path: Path) -> None:
    from harness.training.trial_runner import run_trial

    (tmp_path / "noisy.py").write_text(STUDY)
    request = RunRequest(logdir=tmp_path / "logs", seeds=1, engine="graph", checkpoint_seconds=0.0)
    plan = make_plan(load_study(str(tmp_path / "noisy.py")), request, {})
    plan.folder.mkdir(parents=True)
    (trial,) = plan.trials
    first = run_trial(trial, lambda epoch, values: epoch == 2)
    assert "RandomStandardNormal" in first.provenance["checkpoint_unwritten"]
    assert not find_checkpoints(trial.folder, trial.trial_id)
    second = run_trial(replace(trial, attempt=2), lambda epoch, values: False)
    assert second.epochs == 3 and "resumed_from" not in second.provenance
