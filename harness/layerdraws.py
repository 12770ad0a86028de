"""What a layer draws as it is made: a function of the seed and of the layer's path, whatever was made before it.

Keras takes the seeds of initializers and of dropout from Python's generator, some as a layer is made and some, those of
layers within layers, as it is built. Drawn in turn, a new layer in a variant would change what all later ones draw.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any


@contextmanager
def draws(seed: int, place: str) -> Iterator[None]:
    """Draw by the seed and the place within; afterwards Python's generator goes on as if nothing had been drawn."""
    state = random.getstate()
    random.seed(f"{seed} {place}")  # of a text, it takes a hash that is the same in every process
    try:
        yield
    finally:
        random.setstate(state)


def drawn_apart(make: Callable[[], Any], *, seed: int, path: str) -> Any:
    """Return the layer that is made, which draws by the seed and its path, now and when it is built."""
    with draws(seed, path):
        layer = make()
    build = layer.build

    @wraps(build)
    def build_apart(*args: Any, **options: Any) -> None:
        with draws(seed, f"{path} built"):
            build(*args, **options)

    layer.build = build_apart
    return layer
