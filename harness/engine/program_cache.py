"""Programs of XLA, kept for every later trial in which the same one is traced.

XLA keeps what it has compiled until its process ends, used or not. So nothing is gained by forgetting a program, and all
of its time and memory by using it again. Graphs are freed with their trial: TensorFlow makes one ready in a moment.
"""

from dataclasses import dataclass
from typing import Any, Self

import tensorflow as tf
from tensorflow.types.experimental import AtomicFunction, ConcreteFunction

from harness.engine.traces import trace_key
from harness.isolation import changed_settings

_kept: dict[str, AtomicFunction] = {}


@dataclass(frozen=True, slots=True)
class Executable:
    """A traced program that runs on the variables and tensors which the trace of the model at hand has captured."""

    function: AtomicFunction
    captured: tuple[tf.Tensor, ...]
    trace: ConcreteFunction | None  # where the program is this trace's own: it ends with it, and can say where it failed

    @classmethod
    def of(cls, traced: ConcreteFunction) -> Self:
        """Return the traced program itself, without looking for another one like it."""
        return cls(traced.inference_fn, tuple(traced.captured_inputs), traced)

    def __call__(self, *values: Any) -> None:
        """Run the program on these inputs, in the order in which it was traced for them."""
        self.function.call_flat(*tf.nest.flatten(values), *self.captured)


def find(traced: ConcreteFunction) -> Executable | None:
    """Return the compiled program that equals the traced one, if there is one, on what the traced one has captured."""
    kept = _kept.get(_key(traced))
    return kept and Executable(kept, tuple(traced.captured_inputs), None)


def keep(traced: ConcreteFunction) -> None:
    """Keep a traced program that XLA has compiled for as long as this process lives."""
    _kept[_key(traced)] = traced.inference_fn


def _key(traced: ConcreteFunction) -> str:
    # Some settings of TensorFlow decide how a program is compiled or run, and show in no trace.
    return f"{changed_settings()} {trace_key(traced)}"


def kept() -> int:
    """Return how many programs are kept."""
    return len(_kept)


def forget() -> None:
    """Keep no program any longer."""
    _kept.clear()
