"""What a study's own `datasets` returns: pipelines to learn from and to be tested on, of anything that Keras' fit takes."""

from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError


@dataclass(frozen=True, slots=True)
class Data:
    """Batches to learn from and to be tested on.

    Each part is what Keras' `fit` takes: a batched tf.data.Dataset, a keras.utils.PyDataset, a function that returns a new
    iterable of batches for each epoch, a tuple (x, y) or (x, y, sample_weight) of arrays. They are never held in memory whole,
    but for arrays that are already there.
    """

    train: Any
    test: Any
    validation: Any = None  # chooses among epochs and settings; the test samples judge
    classes: tuple[str, ...] | int | None = None  # names of the classes, or how many there are, for tables and pictures
    # What tells these data from others, as in "2024-05 cleaned". Without one they are told by what can be seen of them: see
    # harness.engine.data_identity.
    version: str = ""

    def __post_init__(self) -> None:
        for name in ("train", "test"):
            if getattr(self, name) is None:
                raise UsageError(f"Data has no {name}: received None; expected Data(train=..., test=...).")
        if isinstance(self.classes, str):
            raise UsageError(f"classes is {self.classes!r}; expected a name for each, as in classes=({self.classes!r},).")
        if not isinstance(self.version, str):
            raise UsageError(f"version is {self.version!r}; expected a text, as in version={str(self.version)!r}.")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the classes, or their numbers."""
        names = range(self.classes) if isinstance(self.classes, int) else self.classes or ()
        return tuple(map(str, names))
