"""Everything that is written for TensorBoard: one trial's curves, texts, graphs and session, and a study's columns."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.graph import metadata as graph_metadata
from tensorboard.plugins.hparams import api_pb2, metadata as hparams_metadata, plugin_data_pb2, summary_v2
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.util import tensor_util

from harness.study import TEST, TRAIN, VALIDATION
from harness.tensorboard.event_file import EventFile, event_files
from harness.tensorboard.graphs import conceptual_graph, op_graph
from harness.tensorboard.hparams import (
    Value,
    hparams_summary,
    hyperparameter,
)

if TYPE_CHECKING:
    import keras

_STATUS_CODES = {"success": api_pb2.STATUS_SUCCESS, "failure": api_pb2.STATUS_FAILURE}


class TrialWriter:
    """What one attempt at a trial shows in TensorBoard; a context manager, written by one thread.

    The attempt's folder itself holds the session and the texts; its subfolders `train`, `test` and, where samples are
    held out, `validation`, made with their first value, hold the curves. FileExistsError if something was written there
    before, since TensorBoard shows only one of two writers in a folder; OSError, from every method, if the files cannot
    be written.
    """

    def __init__(self, folder: Path) -> None:
        if any(event_files(folder, recursive=True)):
            raise FileExistsError(17, "Another attempt has written event files here; give each a folder", str(folder))
        self._folder = folder
        self._files = {"": EventFile(folder)}
        self._session: Summary | None = None

    def __enter__(self) -> "TrialWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
            return
        for file in self._files.values():
            file.abandon()

    def epoch(
        self,
        number: int,
        *,
        train: Mapping[str, float],
        test: Mapping[str, float],
        learning_rate: float | None,
        seconds: float | None,
        validation: Mapping[str, float] | None = None,
    ) -> None:
        """Write one epoch's values and flush.

        number: counted from 0, the step that Keras's own callback writes, or the batches so far. train, test, validation:
        `loss`, `accuracy` and so on, tagged `epoch_loss`, `epoch_accuracy`, as Keras tags them. seconds: the epoch's
        wall time. What is empty or None is left out.
        """
        extra = {"learning_rate": learning_rate, "seconds": seconds}
        train = {**train, **{name: value for name, value in extra.items() if value is not None}}
        for run, values in ((TRAIN, train), (VALIDATION, validation), (TEST, test)):
            if values:
                file = self._file(run)
                for name, value in values.items():
                    file.add_summary(scalar_pb(f"epoch_{name}", value), step=number)
                file.flush()

    def drop_curves(self) -> None:
        """Take back all epochs that were written: other ones follow in their place."""
        for run in (TRAIN, VALIDATION, TEST):
            if (file := self._files.pop(run, None)) is not None:
                file.close()
                file.path.unlink()

    def text(self, tag: str, markdown: str) -> None:
        """Write a text in Markdown; `as_table` and `as_code` make it from values and from raw text."""
        # A message may hold half a character (a surrogate) that UTF-8 has no bytes for.
        self._write(text_pb(tag, markdown.encode("utf-8", "replace")))

    def add(self, *summaries: Summary, step: int, run: str = "") -> None:
        """Write pictures, histograms or PR curves, as harness.tensorboard.summaries makes them, and flush.

        run: the subfolder to write them to, TRAIN or TEST; the attempt's folder itself where it is empty.
        """
        file = self._file(run)
        for summary in summaries:
            file.add_summary(summary, step=step)
        file.flush()

    def graph(self, model: "keras.Model", *, inputs: Any = None) -> None:
        """Write the model's op graph and, where it has one, its graph of layers.

        inputs: a batch in the model's structure; only a subclassed model with several inputs needs it. Raises what
        tracing the model raises.
        """
        graph, layers = op_graph(model, inputs=inputs), conceptual_graph(model)
        file = self._file(TRAIN)
        file.add_graph(graph)
        if layers is not None:
            file.add_summary(_keras_summary(layers))
        file.flush()

    def hparams(self, values: Mapping[str, Value], *, trial_id: str) -> None:
        """Begin the HParams session, which `end` writes: an attempt that is killed is never averaged with the others.

        values: as `hyperparameter` takes them; those that are None are left out. trial_id: the same for all repeats of
        a variant, and of no other variant in the log folder: TensorBoard averages the sessions that share it.
        """
        plain = {name: hyperparameter(value) for name, value in values.items() if value is not None}
        self._session = summary_v2.hparams_pb(plain, trial_id=trial_id, start_time_secs=self._files[""].now())

    def end(self, *, status: Literal["success", "failure"]) -> None:
        """End the HParams session with the trial's outcome; ValueError if `hparams` did not begin it."""
        if self._session is None:
            raise ValueError("end() writes the session that hparams() begins; hparams() was not called.")
        info = plugin_data_pb2.SessionEndInfo(status=_STATUS_CODES[status], end_time_secs=self._files[""].now())
        data = plugin_data_pb2.HParamsPluginData(session_end_info=info)
        self._write(self._session, hparams_summary(hparams_metadata.SESSION_END_INFO_TAG, data))

    def close(self) -> None:
        """Close all files; the first OSError is raised after all of them are closed."""
        errors = []
        for file in self._files.values():
            try:
                file.close()
            except OSError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def _file(self, run: str) -> EventFile:
        if run not in self._files:
            self._files[run] = EventFile(self._folder / run)
        return self._files[run]

    def _write(self, *summaries: Summary) -> None:
        self.add(*summaries, step=0)


def hide(folder: Path, *, curves: bool = False) -> None:
    """Take an attempt that no longer counts out of the HParams tab, with its texts; its curves stay, or go as well.

    TensorBoard would average its metrics with those of the attempt that counts. The files are kept, under a name that
    TensorBoard does not read. curves: of an attempt whose epochs another one shows again.
    """
    for path in list(event_files(folder, recursive=curves)):
        path.rename(path.with_name("withdrawn." + path.name.replace("tfevents", "events")))


def unhide(folder: Path) -> None:
    """Undo `withdraw`: an attempt counts again."""
    for path in list(folder.rglob("withdrawn.events.out.events.*")):
        path.rename(path.with_name(path.name.removeprefix("withdrawn.").replace("out.events", "out.tfevents", 1)))


def as_table(values: Mapping[str, object]) -> str:
    """Return names and values as a Markdown table."""
    rows = [f"| {_cell(name)} | {_cell(value)} |" for name, value in values.items()]
    return "\n".join(["| name | value |", "| --- | --- |", *rows])


def as_code(text: str) -> str:
    """Return raw text, an error's for example, as a Markdown block in which nothing has a meaning."""
    return "\n".join("    " + line for line in text.splitlines())


def _cell(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else " ".join(str(value).split())
    return "".join("\\" + sign if sign in "\\`*_{}[]<>|" else sign for sign in text)


def _keras_summary(layers: str) -> Summary:
    plugin = SummaryMetadata.PluginData(plugin_name=graph_metadata.PLUGIN_NAME_KERAS_MODEL, content=b"1")
    metadata = SummaryMetadata(plugin_data=plugin)
    tensor = tensor_util.make_tensor_proto(layers.encode())
    return Summary(value=[Summary.Value(tag="keras", metadata=metadata, tensor=tensor)])
