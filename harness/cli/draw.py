"""`draw`: the page on which one draws a digit, and trained models answer."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from harness.errors import UsageError, unknown
from harness.records import command, logdir_words

DEFAULT_MODELS = ("mnist-cnn/base", "ablations/base")
DEFAULTS = ".draw"  # below the log folder: what is trained for this page alone, and no result of a study
# What trains the default models: 500 steps of the notes' CNN, the course's dense network; five seeds each.
TRAININGS = {"mnist-cnn": ("epochs=10",), "ablations": ()}


def draw(models: Sequence[str], *, logdir: Path, port: int | None, language: str, yes: bool, data_dir: Path | None) -> None:
    """Serve the page until Ctrl-C.

    models: STUDY/VARIANT; empty: those that are saved of the notes' CNN and the course's dense network, else any two, and
    where there are none, the default ones once they are trained. UsageError where nothing can answer.
    """
    _require_flask()
    from harness.draw import load_ensembles, saved_variants, serve

    found = saved_variants(logdir)
    if not models and not found:
        logdir = logdir / DEFAULTS
        found = saved_variants(logdir)
        if not {*DEFAULT_MODELS} <= found.keys():
            _train(logdir, asked=not yes, data_dir=data_dir)
    saved = saved_variants(logdir)
    names = tuple(models) or _chosen({name: found[0].record.data.get("used", "") for name, found in saved.items()})
    for name in names:
        if not saved:
            raise UsageError(f"Model {name!r} is not saved. To keep a study's: {_how(logdir)}")
        if name not in saved:
            raise unknown("Saved model", name, saved)
    click.echo(f"Loading {', '.join(names)} …")
    with _tensorflow_hushed():
        ensembles = load_ensembles(names, logdir)
    serve(ensembles, port=port, language=language, ready=lambda url: click.echo(f"Draw at {url} (Ctrl-C ends it)"))


def _require_flask() -> None:
    from importlib.util import find_spec

    if find_spec("flask") is None:
        raise UsageError("`draw` needs Flask, which is not installed: pip install 'ablation-harness[draw]'.")


@contextmanager
def _tensorflow_hushed() -> Iterator[None]:
    """Keep what TensorFlow writes while it loads off the terminal: it does so past Python, whatever its level is."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _chosen(saved: Mapping[str, str]) -> tuple[str, ...]:
    """Return two saved models of one dataset, the default ones if they are there; saved: the dataset of each."""
    if not saved:
        raise UsageError("No model was saved: see what the runs above say of theirs.")
    ordered = dict.fromkeys((*(name for name in DEFAULT_MODELS if name in saved), *saved))
    first = next(iter(ordered))
    return tuple(name for name in ordered if saved[name] == saved[first])[:2]


def _how(logdir: Path) -> str:
    return f"{command('run', 'ablations', '--save-models', *logdir_words(logdir))} (of trials recorded before, with --force)"


def _train(logdir: Path, *, asked: bool, data_dir: Path | None) -> None:
    """Train the default models, once the user wants it; UsageError where nobody can be asked, or it did not work."""
    from harness.cli.study_runs import run_studies
    from harness.runs import RunRequest
    from harness.study import MODELS

    what = "No trained model is saved here. Train the default ones now (a CNN and a dense network on MNIST, about two minutes)?"
    if asked:
        if not sys.stdin.isatty():
            words = "No trained model is saved here. Give --yes, which trains two in about two minutes, or keep a study's:"
            raise UsageError(f"{words} {_how(logdir.parent)}")
        if not click.confirm(what, default=True):
            raise UsageError(f"Without a model nothing can answer. To keep a study's: {_how(logdir.parent)}")
    for study, assignments in TRAININGS.items():
        request = RunRequest(
            logdir=logdir, seeds=5, assignments=assignments, only=("base",), log=(MODELS,), data_dir=data_dir
        )  # fmt: skip
        status = run_studies((study,), request)
        if status not in (0, 1):
            raise SystemExit(status)
