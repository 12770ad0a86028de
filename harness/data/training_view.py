"""What a study's build(settings, data) sees of the data: the training samples, and nothing that is tested on."""

from typing import Any

from harness.data.arrays import Arrays
from harness.data.datasets import Data

_TRAINING = ("x_train", "y_train", "scale", "sample_weight", "class_weight", "feature_names", "class_names")


class TrainingView:
    """The training part of `Arrays` or `Data`, by their names; AttributeError for the parts that measure and choose."""

    def __init__(self, data: Arrays | Data) -> None:
        self._kind = type(data).__name__
        names = _TRAINING if isinstance(data, Arrays) else ("train", "classes", "class_names")
        self._seen: dict[str, Any] = {name: getattr(data, name) for name in names}

    def __getattr__(self, name: str) -> Any:
        seen = vars(self).get("_seen", {})
        if name in seen:
            return seen[name]
        raise AttributeError(
            f"build(settings, data) sees the training samples alone, or a model could know the test: data of harness."
            f"{vars(self).get('_kind')} has {', '.join(seen)}; received data.{name}."
        )

    def __dir__(self) -> list[str]:
        return sorted(self._seen)
