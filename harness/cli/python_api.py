"""`harness.run`: a study from a script, a notebook or a test, as the command line runs it."""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from harness.cli.mirrored import tell
from harness.cli.run_choices import as_request
from harness.cli.study_runs import run_studies
from harness.errors import INTERRUPTED_STATUS, UsageError, unknown
from harness.mirror import finish_mirrors, is_url, local_path
from harness.records import write_atomically
from harness.results import Results, load
from harness.runs import RunRequest, require_writable
from harness.study import Study, load_study, loaded_code, pickle_study, pickled_name, show_value, varied_name
from harness.training import function_sources

NOT_FOR_SCRIPTS = {"assignments", "detach", "dry_run"}  # options of the command that return no results


def run(
    study: Study | str | Path,
    *,
    logdir: str | Path = "logs",
    seeds: int = 5,
    base: Mapping[str, Any] | None = None,
    only: Sequence[str] = (),
    progress: bool = True,
    **options: Any,
) -> Results:
    """Run a study as `harness run` does, and return what is recorded of it.

    study: a harness.Study, whose functions may be those of a notebook or of the running script; or a name in experiments/, or
    a file. base: settings of the base to change, as --set does. only: variants to run, with the controls they need.
    progress: print what the command prints. options: those of the command, by the same names: jobs, force, dataset,
    data_dir, engine, executor, max_seconds, checkpoint_seconds, log, vary; until_settled=True with max_seeds, looks, spending.

    Trains what is not recorded yet below logdir, a folder or a URL such as s3://bucket/logs. UsageError (a ValueError)
    for a call or a study that cannot be meant; nothing is written then. KeyboardInterrupt where it was
    interrupted, once the running trials have stored what they have.
    A trial that ends otherwise than expected raises nothing: see `Results.as_expected`.

    >>> results = harness.run(study, seeds=3, jobs=2)  # doctest: +SKIP
    >>> results.summary[["variant", "test_accuracy", "verdict"]]  # doctest: +SKIP
    """
    changes = [word for name, value in (base or {}).items() for word in ("--set", f"{name}={show_value(value)}")]
    folder = local_path(logdir, told=tell) if is_url(logdir) else logdir
    words = ["study", "--logdir", str(folder), "--seeds", str(seeds), *changes]
    request = _request(words, {"only": only, **options})
    printed = io.StringIO()
    with ExitStack() as stack:
        if not progress:
            stack.enter_context(redirect_stdout(printed))
            stack.enter_context(redirect_stderr(printed))
        stack.callback(finish_mirrors)
        name = stack.enter_context(_file_of(study, request.logdir))
        status = run_studies([name], request)
        if status == INTERRUPTED_STATUS:
            raise KeyboardInterrupt("The run was interrupted; what has ended is stored, and another run goes on from there.")
        folder = request.logdir / varied_name(load_study(name).name, request.vary)
        return replace(load(folder, study=name), as_expected=status == 0)


def _request(words: Sequence[str], options: Mapping[str, Any]) -> RunRequest:
    """Return the request that the command line would make of these options, by its own rules."""
    from harness.cli.app import run as command

    known = {parameter.name for parameter in command.params if isinstance(parameter, click.Option)} - NOT_FOR_SCRIPTS
    args = list(words)
    for name, value in options.items():
        if name not in known:
            raise unknown("harness.run: option", name, known)
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            args += [flag] if value else []
        elif value is not None:
            values = value if isinstance(value, (list, tuple)) else [value]
            if name in ("looks", "vary"):  # one text of several
                values = [",".join(map(str, values))]
            args += [word for each in values for word in (flag, str(each))]
    try:
        parameters = dict(command.make_context("harness.run", args).params)
    except click.ClickException as error:
        raise UsageError(f"harness.run: {error.format_message()}") from None
    return as_request(**{name: value for name, value in parameters.items() if name not in ("studies", "detach")})


@contextmanager
def _file_of(study: Study | str | Path, logdir: Path) -> Iterator[str]:
    """Yield the study's name or file; one that has none is written into its own folder, unless it turns out to be refused."""
    if not isinstance(study, Study) or study.path is not None:
        yield str(study.path if isinstance(study, Study) else study)
        return
    sources = function_sources(study) if study.command is None else []  # a command is refused below
    sources = [*sources, f"as loaded: {loaded_code(sources)}"]
    content = pickle_study(study, sources)
    path = Path(logdir).resolve() / study.name / pickled_name(study, sources)
    new = [each for each in (path, path.parent, path.parent.parent) if not each.exists()]
    require_writable(path.parent)
    if path in new:
        write_atomically(path, content)
    try:
        yield str(path)
    except UsageError:
        with suppress(OSError):  # a folder in which something else has appeared
            for each in new:
                each.rmdir() if each.is_dir() else each.unlink()
        raise
