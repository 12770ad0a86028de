"""A script as a study's training: the command with its placeholders, and where the script leaves what it has measured."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from string import Formatter
from typing import Any

from harness.errors import UsageError, unknown
from harness.study.own_settings import PLACES
from harness.study.splits import PREFIXES

KINDS = ("json", "csv", "events", "last_lines")  # in what a script may leave its metrics
JSON_FILE = "metrics.json"
NUMBER = r"[-+]?(?:[0-9]+\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?|nan|inf)"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Command:
    """A command that trains one trial, and what it leaves its metrics in: one of json, csv, events, last_lines.

    line: the command as it is typed, with a placeholder for each setting that the script is to have, and for what each
    trial gives: {seed}, {folder} (of its own, for files), {threads}, {gpu}, {study} (the folder of the study's file). It
    is split into arguments before the values come in, and no shell sees it. A switch is {name:--flag} or
    {name:--flag|--no-flag}; of several values, one argument each where the placeholder stands alone, else commas between.
    Of a setting without a value, --name={name} is left out.

    json: {"test_error": 0.1}, or a list of such with "epoch" counted from 1; csv: a line an epoch; events: TensorBoard's
    files; all are looked for in {folder}. last_lines: what stands in the last lines of the output, as in
    "accuracy: {test_accuracy}", or a regular expression with groups of these names. names: what the script calls a metric →
    its name here. environment: variables to pass on (NAME) or to set (NAME=value) beside those of the allow-list.
    working_folder: where it runs; without one, the folder of the study's file.
    """

    line: str
    json: str = ""
    csv: str = ""
    events: str = ""
    last_lines: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    environment: tuple[str, ...] = ()
    working_folder: str = "{study}"

    def __post_init__(self) -> None:
        for name in ("line", *KINDS, "working_folder"):
            if not isinstance(getattr(self, name), str):
                raise UsageError(f"command: {name} is {getattr(self, name)!r}; expected a text.")
        given = [name for name in KINDS if getattr(self, name)]
        if len(given) > 1:
            raise UsageError(
                f"command: metrics are to be read of {' and of '.join(given)}; expected one of {', '.join(KINDS)}."
            )
        if not given:
            object.__setattr__(self, "json", JSON_FILE)
        given_environment: Any = self.environment
        if isinstance(given_environment, str):
            raise UsageError(f"command: environment is {given_environment!r}; expected a list, as in [{given_environment!r}].")
        object.__setattr__(self, "environment", tuple(self.environment))
        for one in self.environment:
            if not isinstance(one, str) or not _VARIABLE.fullmatch(one.partition("=")[0]):
                raise UsageError(f"command: environment has {one!r}; expected NAME or NAME=value.")
        self._check_names()
        if not self.words:
            raise UsageError("command is empty; expected for example 'python train.py --seed {seed}'.")
        for text in self._texts():
            _parts(text)
        self._check_files()
        if self.last_lines:
            _ = self.pattern

    def _check_files(self) -> None:
        """Raise UsageError for a file outside of {folder}: it may be another trial's, or an earlier attempt's."""
        for name in ("json", "csv", "events"):
            path = PurePath(getattr(self, name))
            if path.is_absolute() or ".." in path.parts or {"study", "folder"} & {part for _, part, _ in _parts(str(path))}:
                raise UsageError(
                    f"command: {name} is {str(path)!r}; expected a file's name in {{folder}}, which is each trial's own; a "
                    "script that writes where it runs can run there, working_folder = '{folder}'."
                )

    def _check_names(self) -> None:
        if not isinstance(self.names, Mapping):
            raise UsageError(f"command: names is {self.names!r}; expected a table such as {{'val_acc': 'test_accuracy'}}.")
        for said, name in self.names.items():
            if not isinstance(name, str) or not is_metric_name(name):
                raise UsageError(f"command: names has {said!r} = {name!r}; {NAMES_BEGIN}.")

    @property
    def words(self) -> tuple[str, ...]:
        """The command's arguments, placeholders still in them."""
        try:
            return tuple(shlex.split(self.line))
        except ValueError as error:
            raise UsageError(f"command {self.line!r} cannot be split into arguments: {error}.") from None

    @property
    def kind(self) -> str:
        """In what the script leaves its metrics, of KINDS."""
        return next(name for name in KINDS if getattr(self, name))

    @property
    def pattern(self) -> re.Pattern[str]:
        """What the last lines are searched for; its groups are named as metrics are here, or as `names` has them."""
        text = self.last_lines
        if "(?P<" not in text:
            parts = [re.escape(literal) + (f"(?P<{name}>{NUMBER})" if name else "") for literal, name, _ in _parts(text)]
            text = "".join(parts)
        try:
            pattern = re.compile(text)
        except re.error as error:
            raise UsageError(f"command: last_lines {self.last_lines!r} is no regular expression: {error}.") from None
        wrong = [name for name in pattern.groupindex if not is_metric_name(self.names.get(name, name))]
        if wrong or not pattern.groupindex:
            raise UsageError(
                f"command: last_lines {self.last_lines!r} names {repr(wrong[0]) if wrong else 'no metric'}; expected for "
                f"example 'accuracy: {{test_accuracy}}'; {NAMES_BEGIN}."
            )
        return pattern

    def named(self) -> frozenset[str]:
        """Return the names of all placeholders, the trial's own among them."""
        return frozenset(name for text in self._texts() for _, name, _ in _parts(text) if name)

    @property
    def names_folder(self) -> bool:
        """Whether the script is told the trial's own folder, or runs there."""
        told = (*self.words, *self.environment, self.working_folder)
        return any(name == "folder" for text in told for _, name, _ in _parts(text))

    @property
    def runs_in_folder(self) -> bool:
        """Whether it runs in the trial's own folder, or in one below it."""
        return any(name == "folder" for _, name, _ in _parts(self.working_folder))

    def check(self, settings: Iterable[str]) -> None:
        """Raise UsageError, with the nearest right name, for a placeholder that stands for no setting."""
        known = (*settings, *PLACES)
        for name in sorted(self.named()):
            if name not in known:
                raise unknown("command: placeholder", name, known)

    def arguments(self, values: Mapping[str, Any], *, but: Iterable[str] = ()) -> tuple[str, ...]:
        """Return the arguments with the values in their places; UsageError for a value that has no form there.

        but: names whose arguments are left out.
        """
        words = [word for word in self.words if not {name for _, name, _ in _parts(word)} & set(but)]
        return tuple(part for word in words for part in _filled(word, values))

    def variables(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the environment's entries, NAME or NAME=value, with the values in their places."""
        return tuple(_text(one, values) for one in self.environment)

    def place(self, text: str, values: Mapping[str, Any]) -> PurePath:
        """Return a path with the values in their places."""
        return PurePath(_text(text, values))

    def _texts(self) -> tuple[str, ...]:
        return (*self.words, *self.environment, self.working_folder, self.json, self.csv, self.events)


NAMES_BEGIN = f"metrics are named {', '.join(f'{prefix}…' for prefix in PREFIXES)}, as in test_accuracy"


def is_metric_name(name: str) -> bool:
    """Say whether a name is one of a measured value: test_accuracy; a time, test_seconds, is none."""
    prefix = next((prefix for prefix in PREFIXES if name.startswith(prefix)), None)
    return prefix is not None and name.isidentifier() and len(name) > len(prefix) and not name.endswith("_seconds")


def _parts(text: str) -> list[tuple[str, str, str]]:
    """Return a text's literal parts, each with the name and the form of the placeholder behind it, both empty for none."""
    try:
        found = [(literal, name or "", form or "", name, change) for literal, name, form, change in Formatter().parse(text)]
    except ValueError as error:
        raise UsageError(f"command: {text!r} is not understood ({error}); a brace of its own is written twice, {{{{.") from None
    for _, name, _, given, change in found:
        if change or (given is not None and not name.isidentifier()):
            raise UsageError(
                f"command: {text!r} has the placeholder {{{given}}}; expected a setting's name, as in {{learning_rate}}."
            )
    return [(literal, name, form) for literal, name, form, _, _ in found]


def _filled(word: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the arguments that a word of the command becomes: one, or none, or several where it is but a placeholder."""
    parts = _parts(word)
    alone = len(parts) == 1 and not parts[0][0] and parts[0][1]
    if alone and isinstance(values[alone], tuple):
        yield from map(_plain, values[alone])
        return
    lacking = [name for _, name, _ in parts if name and values[name] is None]
    if lacking and word.startswith("-") and "=" in word:
        return
    if lacking:
        expected = f"expected --{lacking[0]}={{{lacking[0]}}} there, which is left out then"
        raise UsageError(f"command: {word!r} is to have {lacking[0]}, which has no value; {expected}.")
    text = _text(word, values)
    if text or not any(form for _, _, form in parts):
        yield text


def _text(word: str, values: Mapping[str, Any]) -> str:
    return "".join(literal + (_value(name, form, values[name]) if name else "") for literal, name, form in _parts(word))


def _value(name: str, form: str, value: Any) -> str:
    if isinstance(value, bool):
        if not form:
            expected = f"expected {{{name}:--{name}}} for a switch, or {{{name}:true|false}} for two words"
            raise UsageError(f"command: {{{name}}} is true or false, which scripts take in many ways; {expected}.")
        words = form.split("|")
        return words[0] if value else words[1] if len(words) > 1 else ""
    if form:
        raise UsageError(f"command: {{{name}:{form}}} is for true or false, and {name} is {value!r}; expected {{{name}}}.")
    return ",".join(map(_plain, value)) if isinstance(value, tuple) else _plain(value)


def _plain(value: Any) -> str:
    return repr(value) if isinstance(value, float) else str(value)


def as_command(command: Any) -> Command:
    """Return a command, of its line alone where it is a text; UsageError for anything else."""
    if isinstance(command, Command):
        return command
    if isinstance(command, str):
        return Command(command)
    raise UsageError(f"command is {str(command)[:80]!r}; expected a text, or harness.Command(...).")
