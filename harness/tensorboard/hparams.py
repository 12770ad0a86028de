"""What the HParams tab shows of a study: one session a variant, its columns, and values as that tab can hold them."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata as hparams_metadata, plugin_data_pb2, summary_v2

from harness.records import Record
from harness.study import TEST, TRAIN, VALIDATION, metric_from_dict, number_of

# TensorBoard sorts settings by whether they differ, then by name, and ticks the first five: capitals come first.
CHANGE, VERDICT = "Change", "Verdict"
TICKED = 5
RESULT = "result"  # the group of tags that hold a variant's means over the seeds

Value = bool | int | float | str | tuple[Any, ...] | list[Any] | None
Cells = Mapping[str, Any]  # a row of summary.csv, by column

_TITLES = {TEST: "Test", VALIDATION: "Validation", TRAIN: "Training"}


class MetricColumn(NamedTuple):
    """A column of the HParams tab: the summary's column that it shows, and its title."""

    name: str
    title: str

    @property
    def tag(self) -> str:
        """Of the scalar that holds the value, in the variant's run."""
        return f"{RESULT}/{self.name}"


def metric_columns(records: Sequence[Record]) -> tuple[MetricColumn, ...]:
    """Return the columns of a study's results: the difference, its metric on each split of the data, then the loss."""
    held_out = any(name.startswith(f"{VALIDATION}_") for record in records for name in record.metrics)
    splits = (TEST, VALIDATION, TRAIN) if held_out else (TEST, TRAIN)
    metric = metric_from_dict(records[0].metric if records else {}).name
    names = dict.fromkeys((metric, "loss"))
    measured = [
        MetricColumn(f"{split}_{name}", f"{_TITLES[split]} {name.replace('_', ' ')}") for name in names for split in splits
    ]
    return MetricColumn("delta", "Difference"), *measured


def experiment_summary(sessions: Iterable[Mapping[str, Value]], metrics: Sequence[MetricColumn]) -> Summary:
    """Return the columns of the HParams tab, for the study's own run.

    sessions: the values of all of them, by name. TensorBoard takes the first such definition that it finds, so there must
    be only one, and it needs the union of all names.
    """
    found = list(sessions)
    names = dict.fromkeys(name for values in found for name in values)
    experiment = api_pb2.Experiment(
        hparam_infos=[_column(name, [values.get(name) for values in found]) for name in names],
        metric_infos=[api_pb2.MetricInfo(name=api_pb2.MetricName(tag=one.tag), display_name=one.title) for one in metrics],
        time_created_secs=time.time(),
    )
    return _summary(hparams_metadata.EXPERIMENT_TAG, plugin_data_pb2.HParamsPluginData(experiment=experiment))


def hparam_values(records: Sequence[Record], rows: Mapping[str, Cells]) -> dict[str, dict[str, Value]]:
    """Return what the HParams tab shows of each variant: its verdict and its settings.

    rows: of the study's summary, by variant. A setting whose values are of several types is shown as text. Where more of
    them vary than TensorBoard ticks, one column says what each variant changes.
    """
    first = {record.variant: record for record in reversed(records)}
    variants = [first[name] for name in dict.fromkeys(record.variant for record in records)]
    names = dict.fromkeys(name for record in variants for name in record.settings)
    settings = {name: _alike([record.settings.get(name) for record in variants]) for name in names}
    many = sum(len(set(values)) > 1 for values in settings.values()) >= TICKED
    found: dict[str, dict[str, Value]] = {}
    for place, record in enumerate(variants):
        verdict = rows.get(record.variant, {}).get("verdict")
        found[record.variant] = {
            **({CHANGE: record.change or "base"} if many else {}),
            VERDICT: verdict if isinstance(verdict, str) and verdict else "-",
            **{name: values[place] for name, values in settings.items()},
        }
    return found


def session_summaries(name: str, values: Mapping[str, Value], records: Sequence[Record]) -> tuple[Summary, Summary]:
    """Return the session of a variant: its values, and how its trials ended.

    name: of the session, one in the whole log folder: TensorBoard averages those that share it.
    """
    plain = {key: hyperparameter(value) for key, value in values.items() if value is not None}
    begun = [number for record in records if (number := number_of(record.provenance.get("started")))]
    ended = [number for record in records if (number := number_of(record.provenance.get("ended")))]
    status = api_pb2.STATUS_SUCCESS if all(record.finished for record in records) else api_pb2.STATUS_FAILURE
    end = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=max(ended, default=0.0))
    return (
        summary_v2.hparams_pb(plain, trial_id=name, start_time_secs=min(begun, default=0.0)),
        _summary(hparams_metadata.SESSION_END_INFO_TAG, plugin_data_pb2.HParamsPluginData(session_end_info=end)),
    )


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
    if isinstance(plain, float) and not math.isfinite(plain):
        raise ValueError(f"A hyperparameter must be a finite number; received {value!r}.")
    return plain


def _alike(values: Sequence[Value]) -> list[Value]:
    """Return values as one type holds them: as they are where they are of one, else as text; None stays."""
    plain = [None if value is None else hyperparameter(value) for value in values]
    if len({_data_type(value) for value in plain if value is not None}) > 1:
        return [None if value is None else str(value) for value in plain]
    return list(plain)


def _column(name: str, values: Sequence[Value]) -> api_pb2.HParamInfo:
    known = {hyperparameter(value) for value in values if value is not None}
    # TensorBoard shows the columns that differ first, and hides others when there are many.
    differs = name in (CHANGE, VERDICT) or len(known | ({None} if None in values else set())) > 1
    column = api_pb2.HParamInfo(name=name, differs=differs)
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


def _summary(tag: str, data: plugin_data_pb2.HParamsPluginData) -> Summary:
    metadata = hparams_metadata.create_summary_metadata(data)
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=hparams_metadata.NULL_TENSOR)])
