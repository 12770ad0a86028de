"""`rerun`: a recorded trial once more, and whether its numbers are the same bit for bit."""

from pathlib import Path

import click

from harness.cli.show import print_differences
from harness.maintenance import Rerun, rerun, study_file, trial_of
from harness.records import origin, shown
from harness.results import find_trial, name_of


def rerun_trial(name: str, *, study: Path | None, logdir: Path, data_dir: Path | None) -> int:
    """Train a trial again and say whether it gave the same; return 0 if so, else 1.

    study: the file to run, where it is not the one that the record's study is known by.
    """
    found = find_trial(name, logdir=logdir)
    record = found.record
    file = study_file(record, named=study)
    epochs = record.settings.get("epochs", "?")
    # Said first: to load the study is to run its file.
    click.echo(f"{name_of(record)} ({record.trial_id}) again, {epochs} epochs, by {shown(file)} …")
    trial, again = trial_of(record, file=file, logdir=logdir, data_dir=data_dir)
    outcome = rerun(found, trial, again, origin=origin(trial.study_path))
    _print(outcome)
    click.echo(f"Its run lies in {shown(outcome.folder)}; the record stays as it was.")
    return 0 if outcome.identical else 1


def _print(outcome: Rerun) -> None:
    numbers = sum(len(values) for values in outcome.record.history.values())
    if outcome.identical:
        ended = outcome.record.error or f"{numbers} numbers of {outcome.record.epochs} epochs"
        click.echo(f"Identical, bit for bit: {ended.removesuffix('.')}.")
    else:
        click.echo("Not identical:")
        print_differences(outcome.results)
        if not outcome.same_answers:
            click.echo("Other test samples are answered right.")
    if outcome.answers_fault:
        click.echo(f"The answers to each test sample were not compared: {outcome.answers_fault}")
    if not outcome.same_source:
        click.echo(
            "By its id it is a different trial now: the study's functions, the settings, or TensorFlow or Keras have changed."
        )
    if not outcome.surroundings.empty:
        click.echo("What differs around it:")
        print_differences(outcome.surroundings)
    elif not outcome.identical:
        click.echo("Nothing that is recorded of the machine, the versions and the data differs.")
