"""Why a training's state cannot be kept: what decides how it goes on is not all in variables, or not in ones that are found."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
from tensorflow.python.framework import op_def_registry

from harness.engine.configuration_proof import proven_config
from harness.engine.held_values import ITERATOR, python_values, variables
from harness.engine.keras_internals import core, global_generator
from harness.engine.programs import Program
from harness.engine.state import (
    StateError,
    kept_variables,
    random_state,
    reset_variables,
    restore_random,
    roots,
)
from harness.engine.traces import operations

# Beginnings of the names of operations that work on variables, or whose state is gone with the step, or never changes.
# All other stateful ones, such as TensorFlow's own random draws and calls of Python, have a state that nobody can read.
_ON_VARIABLES = ("Assign", "ReadVariable", "Resource", "Rng", "Stateful", "VarHandle", "VarIsInitialized", "VariableShape")
_WITHIN_A_STEP = ("Assert", "Case", "CudnnRNN", "If", "Print", "TensorArray", "While")
_NEVER_CHANGED = ("HashTable", "LookupTableFind", "LookupTableSize")
# How a compiled loop draws from its pipeline; where that stands follows from the epochs, or its feed says that it does not.
_OF_A_FEED = ("IteratorGetNextAsOptional", "Optional")
_HARMLESS = _ON_VARIABLES + _WITHIN_A_STEP + _NEVER_CHANGED + _OF_A_FEED
_LOOPS = ("fit", "make_train_function", "train_on_batch")  # what could run other code than the model's train_step


class Unkept:
    """Knows what Python held when the training began, and looks for state outside of variables when it is asked."""

    def __init__(
        self, program: Program, callbacks: Sequence[keras.callbacks.Callback], graphs: Callable[[], Sequence[Any]]
    ) -> None:
        """graphs: returns the traced graphs of all that the training runs."""
        self._program, self._callbacks, self._graphs = program, callbacks, graphs
        self._before = self._now()
        self._of_steps: str | None = None

    def reason(self) -> str:
        """Say why the state cannot be kept, or nothing where it can."""
        return self._of_python() or self._once()

    def trace(self) -> Sequence[Any]:
        """Return the graphs; what a step makes only when it is first called, a second optimizer's state, is there then.

        StateError if the steps cannot be traced.
        """
        drawn = random_state()
        try:
            return self._graphs()
        except Exception as error:
            first = (str(error).strip().splitlines() or [""])[0]
            raise StateError(f"the state of its training step cannot be seen ({type(error).__name__}: {first})") from None
        finally:
            restore_random(drawn)

    def _now(self) -> dict[str, Any]:
        return python_values(roots(self._program.model, self._callbacks))

    def _of_python(self) -> str:
        now = self._now()
        for place in {**self._before, **now}:
            if now.get(place) is ITERATOR:
                return f"{place} is an iterator, and where it stands cannot be kept"
            if now.get(place) != self._before.get(place):
                return f"{place} is no variable and was changed by the training"
        return ""

    def _once(self) -> str:
        if self._of_steps is None:
            self._of_steps = self._look_at_steps()
        return self._of_steps

    def _look_at_steps(self) -> str:
        model = self._program.model
        for name in _LOOPS:
            if name in vars(model) or getattr(type(model), name) is not getattr(keras.Model, name):
                return f"{type(model).__name__} has a {name} of its own, whose state cannot be seen"
        if model.run_eagerly and proven_config(model) is None:
            return "the model runs code of its own at every batch (run_eagerly), whose state cannot be seen"
        try:
            graphs = self.trace()
        except StateError as error:
            return str(error)
        return next(filter(None, map(self._of_graph, graphs)), "")

    def _of_graph(self, graph: Any) -> str:
        unknown = {id(variable): variable for variable in graph.variables}
        for variable in self._known_variables():
            unknown.pop(id(core(variable)), None)
        if unknown:
            name = min(variable.name for variable in unknown.values())
            return f"its steps use variable {name!r}, which neither the model nor a callback holds"
        unread = [name for name in _stateful_operations(graph) if not name.startswith(_HARMLESS)]
        if unread:
            return (
                f"its steps use TensorFlow's {unread[0]}, whose state cannot be kept; for random numbers, use "
                "keras.random with a keras.random.SeedGenerator"
            )
        return ""

    def _known_variables(self) -> list[Any]:
        model, generator = self._program.model, global_generator()
        own = variables([(name, value) for name, value in vars(self._program).items() if value is not model])
        return [
            *kept_variables(model, self._callbacks),
            *reset_variables(model),
            *([] if generator is None else [generator.state]),
            *(variable for _, variable in own),  # the program's own: a pass writes them before it reads them
        ]


def _stateful_operations(graph: Any) -> list[str]:
    known = {name: op_def_registry.get(name) for name in sorted(operations(graph))}
    return [name for name, operation in known.items() if operation is not None and operation.is_stateful]
