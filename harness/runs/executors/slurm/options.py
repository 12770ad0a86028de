"""What of a Slurm job its user may say: `--slurm partition=gpu,time=2:00:00,cpus=4`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from harness.errors import UsageError, unknown

MOST_TASKS = 64  # where nothing else is said: what waits in Slurm for its turn costs nothing
DEFAULT_MINUTES = 60
_DAYS = re.compile(r"(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?")
_SIZE = re.compile(r"(\d{1,9})([KMGT]?)B?", re.IGNORECASE)
_WORD = re.compile(r"[\w.,&|*\[\]-]+")


@dataclass(frozen=True, slots=True)
class SlurmOptions:
    """What is asked of Slurm for each task; None or empty: what the cluster does by itself."""

    partition: str = ""
    time: int = DEFAULT_MINUTES  # minutes, after which a task is requeued and its trial goes on
    gpus: int = 0  # or 1
    cpus: int = 1  # also the threads that a trial has
    mem: str = ""  # as Slurm writes it: 4000M, 16G
    account: str = ""
    qos: str = ""
    constraint: str = ""

    def __str__(self) -> str:
        """Return what of them was asked for, as `--slurm` takes it."""
        return ",".join(f"{each.name}={value}" for each in fields(self) if (value := getattr(self, each.name)) != each.default)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return them by submitit's names."""
        words = {name: getattr(self, name) for name in ("partition", "account", "qos", "constraint") if getattr(self, name)}
        more = {"gpus_per_node": self.gpus} if self.gpus else {}
        # As given: submitit takes gigabytes by a number, and would round.
        other = {"additional_parameters": {"mem": self.mem}} if self.mem else {}
        return {"time": self.time, "cpus_per_task": self.cpus, **words, **more, **other}


def slurm_options(texts: Iterable[str]) -> SlurmOptions:
    """Return the options that `--slurm` names, each text a list of KEY=VALUE; UsageError with the nearest right name."""
    values: dict[str, Any] = {}
    for text in texts:
        for assignment in filter(None, (part.strip() for part in text.split(","))):
            key, equals, value = (part.strip() for part in assignment.partition("="))
            if key not in _KINDS:
                raise unknown("--slurm", key, _KINDS)
            if not equals or not value:
                raise UsageError(f"--slurm {assignment}: expected KEY=VALUE, such as {_EXAMPLES[key]}.")
            values[key] = _KINDS[key](key, value)
    return SlurmOptions(**values)


def _word(key: str, value: str) -> str:
    if not _WORD.fullmatch(value):
        raise UsageError(f"--slurm {key}={value}: expected a name, such as {_EXAMPLES[key]}.")
    return value


def _count(key: str, value: str) -> int:
    least = 0 if key == "gpus" else 1
    if not (value.isascii() and value.isdecimal() and least <= int(value) <= 10_000):
        raise UsageError(f"--slurm {key}={value}: expected a whole number from {least}, such as {_EXAMPLES[key]}.")
    if key == "gpus" and int(value) > 1:
        raise UsageError(f"--slurm {key}={value}: a trial trains on one GPU; expected gpus=1, and more tasks by --jobs.")
    return int(value)


def _minutes(key: str, value: str) -> int:
    """Return a duration as Slurm reads it in whole minutes, rounded up: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S."""
    found = _DAYS.fullmatch(value)
    if not found:
        raise UsageError(f"--slurm {key}={value}: expected minutes, H:MM:SS or D-HH:MM:SS, such as {_EXAMPLES[key]}.")
    days, *parts = found.groups()
    numbers = [int(part) for part in parts if part is not None]
    if days is not None:
        hours, minutes, seconds = (*numbers, 0, 0)[:3]
    elif len(numbers) == 3:
        hours, minutes, seconds = numbers
    else:
        hours, minutes, seconds = 0, *(*numbers, 0)[:2]
    whole = int(days or 0) * 24 * 60 + hours * 60 + minutes + (seconds > 0) * -(-seconds // 60)
    if whole < 1:
        raise UsageError(f"--slurm {key}={value}: expected a minute at the least, such as {_EXAMPLES[key]}.")
    return whole


def _memory(key: str, value: str) -> str:
    found = _SIZE.fullmatch(value)
    if not found or not int(found[1]):
        raise UsageError(f"--slurm {key}={value}: expected a size, such as {_EXAMPLES[key]}.")
    return f"{int(found[1])}{found[2].upper() or 'M'}"


_KINDS: Mapping[str, Callable[[str, str], Any]] = {
    "partition": _word,
    "time": _minutes,
    "gpus": _count,
    "cpus": _count,
    "mem": _memory,
    "account": _word,
    "qos": _word,
    "constraint": _word,
}
_EXAMPLES = {
    "partition": "partition=gpu",
    "time": "time=2:00:00",
    "gpus": "gpus=1",
    "cpus": "cpus=4",
    "mem": "mem=16G",
    "account": "account=mine",
    "qos": "qos=long",
    "constraint": "constraint=a100",
}
