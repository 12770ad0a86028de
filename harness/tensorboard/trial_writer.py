"""What one attempt at a trial shows in TensorBoard: curves, texts, pictures and graphs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.plugins.graph import metadata as graph_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util import tensor_util

from harness.records import attempt_folder, set_apart
from harness.study import TEST, TRAIN, VALIDATION
from harness.tensorboard.event_check import events
from harness.tensorboard.event_file import EventFile, event_files
from harness.tensorboard.graphs import conceptual_graph, op_graph
from harness.tensorboard.summaries import text_summary

if TYPE_CHECKING:
    import keras

_EPOCH = "epoch_"  # begins the tags of curves


class TrialWriter:
    """What one attempt at a trial shows in TensorBoard; a context manager, written by one thread.

    It has two runs, `train` and `test`, and a third one, `validation`, where samples are held out; each is made with its
    first value. What is of the trial as a whole, its texts and pictures, lies in `test`, which is there from the start.
    FileExistsError if something was written there before, since TensorBoard shows only one of two writers in a folder;
    OSError, from every method, if the files cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        if any(event_files(folder, recursive=True)):
            raise FileExistsError(17, "Another attempt has written event files here; give each a folder", str(folder))
        self._folder = folder
        self._files = {TEST: EventFile(folder / TEST)}

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

        number: the epoch's, counted from 1, or the batches so far. train, test, validation:
        `loss`, `accuracy` and so on, tagged `epoch_loss`, `epoch_accuracy`, as Keras tags them. seconds: the epoch's
        wall time. What is empty or None is left out.
        """
        extra = {"learning_rate": learning_rate, "seconds": seconds}
        train = {**train, **{name: value for name, value in extra.items() if value is not None}}
        for run, values in ((TRAIN, train), (VALIDATION, validation), (TEST, test)):
            if values:
                file = self._file(run)
                for name, value in values.items():
                    file.add_summary(scalar_pb(_EPOCH + name, value), step=number)
                file.flush()

    def drop_curves(self) -> None:
        """Take back all epochs that were written: other ones follow in their place. What else was written stays."""
        for run, file in list(self._files.items()):
            file.close()
            kept = [event for event in events(file.path) if event.WhichOneof("what") != "file_version" and not _is_epoch(event)]
            file.path.unlink()
            self._files[run] = EventFile(self._folder / run)
            for event in kept:
                self._files[run].add(event)
            self._files[run].flush()

    def text(self, tag: str, markdown: str) -> None:
        """Write a text in Markdown; `as_table` and `as_code` make it from values and from raw text."""
        self.add(text_summary(tag, markdown), step=0)

    def add(self, *summaries: Summary, step: int, run: str = TEST) -> None:
        """Write pictures, histograms or PR curves, as harness.tensorboard.summaries makes them, to a run, and flush."""
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


def _is_epoch(event: Event) -> bool:
    return any(value.tag.startswith(_EPOCH) for value in event.summary.value)


def write_error(folder: Path, text: str) -> None:
    """Show the error of an attempt whose writer is gone, in a file behind that writer's; OSError if it cannot be written."""
    with EventFile(folder / TEST) as file:
        file.add_summary(text_summary("error", as_code(text)))


def hide(trial: Path, attempt: int) -> Path:
    """Take an attempt that no longer counts out of TensorBoard, and out of the trial's own folder; return where it lies.

    The files are kept, under a name that TensorBoard does not read.
    """
    folder = set_apart(trial, attempt)
    for path in list(event_files(folder, recursive=True)):
        path.rename(path.with_name("withdrawn." + path.name.replace("tfevents", "events")))
    return folder


def unhide(trial: Path, attempt: int) -> None:
    """Undo `hide`: an attempt counts again."""
    for path in list(attempt_folder(trial, attempt).rglob("withdrawn.events.out.events.*")):
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
