"""The private parts of Keras that the harness relies on: each is there in the installed version, and used in one module."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import harness
from harness.engine import keras_internals

ROOT = Path(harness.__file__).parent


def private_names(tree: ast.AST) -> set[str]:
    """Return the private attributes that code asks others for, by name or in a text."""
    asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not _is_self(node.value)}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {name for name in asked | texts if re.fullmatch(r"_[a-z]\w*", name)}


def _is_self(value: ast.AST) -> bool:
    return isinstance(value, ast.Name) and value.id in ("self", "cls")


def functions() -> dict[str, set[str]]:
    """Return the private names that each part of the module uses, under the name of the function, or of the constant."""
    tree = ast.parse(inspect.getsource(keras_internals))
    found = {node.name: private_names(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.Assign) and node.targets[0].id.startswith("_"):
            found[node.targets[0].id] = private_names(node)
    return found


@pytest.fixture(scope="module")
def things() -> list[Any]:
    """One of each kind of thing of Keras' that has private parts, built, compiled, called and trained once."""
    given = keras.Input((2,))
    model = keras.Model(given, keras.layers.Dense(1)(keras.layers.Dropout(0.5)(given)))
    stack = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adamw", "mse", metrics=["mae"], weighted_metrics=["mse"])
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.fit(np.zeros((2, 2)), np.zeros((2, 1)), verbose=0)
    nodes = [node for layer in model.layers for node in layer._inbound_nodes]
    initializer = keras.initializers.GlorotUniform()
    return [
        model, stack, *model.layers, *model.outputs, *nodes, *model.weights, model.optimizer, initializer,
        model._compile_metrics, model._compile_loss, keras.losses.Huber(), tf.data.Dataset.range(2).batch(2),
    ]  # fmt: skip


def test_every_private_part_is_there(things):
    used = [(function, name) for function, names in functions().items() for name in sorted(names)]
    assert len(used) > 25
    lacking = [
        f"{function} uses {name}, which nothing of Keras {keras.__version__} has"
        for function, name in used
        if not any(hasattr(thing, name) for thing in things)
    ]
    assert not lacking, "; ".join(lacking)


def test_a_part_that_keras_lacks_is_named_with_what_needs_it(things, monkeypatch):
    source = inspect.getsource(keras_internals).replace("layer._seed_generators", "layer._random_streams")
    monkeypatch.setattr(inspect, "getsource", lambda _: source)
    with pytest.raises(
        AssertionError, match=f"seed_generators uses _random_streams, which nothing of Keras {keras.__version__} has"
    ):
        test_every_private_part_is_there(things)


def test_no_other_module_reaches_into_keras():
    names = set().union(*functions().values())
    reaching = []
    for path in ROOT.rglob("*.py"):
        if path.name == "keras_internals.py" or path.parent.name == "isolation":  # which holds a process's state
            continue
        tree = ast.parse(path.read_text())
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        asked = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and not _is_self(node.value)}
        if asked & names or any(module.startswith("keras.src") for module in imported):
            reaching.append(f"{path.relative_to(ROOT)}: {', '.join(sorted(asked & names))}")
    assert not reaching


def test_each_function_says_why_it_is_needed():
    own = [
        value
        for name, value in vars(keras_internals).items()
        if inspect.isfunction(value) and value.__module__ == keras_internals.__name__
    ]
    assert own and all(inspect.getdoc(function) for function in own)
