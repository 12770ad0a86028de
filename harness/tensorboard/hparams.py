"""What the HParams tab shows: the columns of a study, and values as that tab can hold them."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata as hparams_metadata, plugin_data_pb2

from harness.study import ACCURACY, TEST, TRAIN, VALIDATION
from harness.tensorboard.event_file import EventFile, event_files

TITLES = {TEST: "Test", VALIDATION: "Validation", TRAIN: "Training"}

Value = bool | int | float | str | tuple[Any, ...] | None


class MetricColumn(NamedTuple):
    """A column of the HParams tab: a scalar's tag, the run below the trial that holds it, and the column's title."""

    tag: str
    run: str
    title: str


def metric_columns(name: str = ACCURACY.name, *, validation: bool = False) -> tuple[MetricColumn, ...]:
    """Return the HParams tab's columns of a study that is judged by the metric of that name: it and the loss."""
    runs = (TEST, VALIDATION, TRAIN) if validation else (TEST, TRAIN)
    names = dict.fromkeys((name, "loss"))
    return tuple(
        MetricColumn(f"epoch_{name}", run, f"{TITLES[run]} {name.replace('_', ' ')}") for run in runs for name in names
    )


def write_study(
    folder: Path, *, hyperparameters: Mapping[str, Sequence[Value]], metrics: Sequence[MetricColumn] = metric_columns()
) -> None:
    """Write the columns of the HParams tab at the study's root, in the place of those written there before.

    hyperparameters: for each name all values that the study's trials have, None for those that lack it. TensorBoard
    takes the first such definition that it finds, so there must be only one, and it needs the union of all names.
    """
    experiment = api_pb2.Experiment(
        hparam_infos=[_column(name, values) for name, values in hyperparameters.items()],
        metric_infos=[
            api_pb2.MetricInfo(name=api_pb2.MetricName(tag=tag, group=run), display_name=title) for tag, run, title in metrics
        ],
        time_created_secs=time.time(),
    )
    data = plugin_data_pb2.HParamsPluginData(experiment=experiment)
    outdated = list(event_files(folder))
    with EventFile(folder) as file:
        file.add_summary(hparams_summary(hparams_metadata.EXPERIMENT_TAG, data))
    for path in outdated:
        path.unlink(missing_ok=True)


def hyperparameter(value: Value) -> bool | int | float | str:
    """Return a value as the HParams tab can hold it: tuples as text, NumPy's scalars as Python's.

    TypeError for a value of another type; ValueError for a number that is not finite, which that tab cannot read.

    >>> hyperparameter((512, 256))
    '512-256'
    """
    if isinstance(value, (tuple, list)):
        return "-".join(str(hyperparameter(part)) for part in value) or "none"
    plain: Any = value
    plain = plain.item() if hasattr(value, "item") else plain
    if not isinstance(plain, (bool, int, float, str)):
        raise TypeError(f"A hyperparameter must be bool, int, float, str or a tuple of these; received {value!r}.")
    if isinstance(plain, float) and not abs(plain) < float("inf"):
        raise ValueError(f"A hyperparameter must be a finite number; received {value!r}.")
    return plain


def _column(name: str, values: Sequence[Value]) -> api_pb2.HParamInfo:
    known = {hyperparameter(value) for value in values if value is not None}
    # TensorBoard shows the columns that differ first, and hides others when there are many.
    column = api_pb2.HParamInfo(name=name, differs=len(known | ({None} if None in values else set())) > 1)
    if len(set(map(_data_type, known))) > 1:
        raise TypeError(f"Hyperparameter {name!r} must have values of one type; received {sorted(map(str, known))}.")
    column.type = next(map(_data_type, known), api_pb2.DATA_TYPE_STRING)
    if column.type == api_pb2.DATA_TYPE_FLOAT64:
        column.domain_interval.min_value, column.domain_interval.max_value = min(known), max(known)
    else:
        column.domain_discrete.extend(sorted(known))
    return column


def _data_type(value: bool | int | float | str) -> int:
    if isinstance(value, bool):
        return api_pb2.DATA_TYPE_BOOL
    return api_pb2.DATA_TYPE_STRING if isinstance(value, str) else api_pb2.DATA_TYPE_FLOAT64


def hparams_summary(tag: str, data: plugin_data_pb2.HParamsPluginData) -> Summary:
    """Return what the HParams tab reads under one of its tags."""
    metadata = hparams_metadata.create_summary_metadata(data)
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=hparams_metadata.NULL_TENSOR)])
