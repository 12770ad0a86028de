"""What is to be known of this machine before a run, and what is wrong with it."""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from harness.data import DATASETS, DataError, DatasetLocation, survey
from harness.records import command, shown
from harness.runs import default_jobs, sweep, usable_cores, visible_gpus
from harness.tensorboard import FIRST_PORT, LOOPBACK

PROJECT = "ablation-harness"
LEAST_DISK_GB = 1.0
TENSORFLOW_SECONDS = 120.0
_ASK_TENSORFLOW = (
    "import json, tensorflow as tf\n"
    "devices = [device.name for device in tf.config.list_logical_devices()]\n"
    "details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices('GPU'))\n"
    "gpus = [detail.get('device_name', 'GPU') for detail in details]\n"
    "print(json.dumps([devices, gpus]))\n"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and the command or the step that mends it."""

    what: str
    mend: str


@dataclass(frozen=True, slots=True)
class Section:
    """One part of an examination: what is so, and what is wrong."""

    title: str
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


Part = Iterator[tuple[str, str] | Finding]


def make_section(title: str, *parts: Part) -> Section:
    """Return the section of what some parts of an examination say."""
    said = [one for part in parts for one in part]
    facts = tuple(one for one in said if not isinstance(one, Finding))
    return Section(title, facts, tuple(one for one in said if isinstance(one, Finding)))


def examine_machine(logdir: Path, *, data_dir: Path | None) -> Section:
    """Return what there is of versions, devices, threads, data, disk space and port 6006; data are read in full."""
    parts = (system(), packages(requirements()), devices(), data(data_dir), disk(logdir), temporary(), port(FIRST_PORT))
    return make_section("machine", *parts)


def system() -> Part:
    """Say what Python and which processor cores there are."""
    yield "python", f"{platform.python_version()} ({sys.executable})"
    yield "system", platform.platform()
    cores = os.cpu_count() or 1
    usable = usable_cores()
    yield "cores", str(cores) if usable == cores else f"{cores}, of which this process may use {usable}"
    if gpus := visible_gpus():
        yield "GPUs", f"{', '.join(gpus)}: one worker each, which takes of its memory what it needs"
    yield "workers", f"{default_jobs()} of 1 thread each, unless --jobs says otherwise"


def requirements() -> tuple[str, ...]:
    """Return what the project needs, as its metadata say it."""
    try:
        return tuple(requires(PROJECT) or ())
    except PackageNotFoundError:
        return (PROJECT,)


def packages(wanted: Sequence[str]) -> Part:
    """Say which versions are installed, and name the packages that are missing or older than those tested."""
    from packaging.requirements import Requirement

    found = []
    for requirement in map(Requirement, wanted):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            yield Finding(f"{requirement.name} is not installed", f"python -m pip install '{requirement}'")
            continue
        found.append(f"{requirement.name} {installed}")
        if not requirement.specifier.contains(installed, prereleases=True):
            yield Finding(
                f"{requirement.name} {installed} is installed; expected {requirement.specifier}",
                f"python -m pip install '{requirement}'",
            )
    yield "packages", ", ".join(found)


def devices(question: str = _ASK_TENSORFLOW) -> Part:
    """Ask TensorFlow, in a process of its own, which devices it has: it may be broken, and it is slow to load."""
    quiet = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", question]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=TENSORFLOW_SECONDS, env=quiet)
        found, gpus = json.loads(answer.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        yield Finding(f"TensorFlow did not load within {TENSORFLOW_SECONDS:.0f} s", "python -c 'import tensorflow'")
    except (IndexError, ValueError):
        lines = answer.stderr.strip().splitlines() or ["no error was printed"]
        yield Finding(f"TensorFlow does not load: {lines[-1][:300]}", "python -m pip install --force-reinstall tensorflow")
    else:
        yield "devices", ", ".join([*found, *gpus])


def data(data_dir: Path | None) -> Part:
    """Say which datasets are there, and name those that are damaged; each is read in full."""
    try:
        places = survey(data_dir)
    except DataError as error:
        yield Finding(str(error), "name another folder with --data-dir or HARNESS_DATA_DIR")
        return
    for name in DATASETS:
        there = [place for place in places if place.dataset == name]
        verified = [place for place in there if place.state == "verified" and place.source != "cache"]
        state = (
            f"verified ({verified[0].path or 'comes with scikit-learn'})"
            if verified
            else "absent: a run takes the stand-in or downloads it"
        )
        yield name, state
        for place in there:
            if place.state == "damaged":
                yield damage(place)


def damage(place: DatasetLocation) -> Finding:
    """Return what is wrong with a damaged dataset, and what mends it."""
    again = command("data", "fetch", place.dataset)
    mends = {
        "files": f"put the published file in its place, or remove it and: {again}",
        "bundled": "python -m pip install --force-reinstall scikit-learn",
        "cache": "nothing to do, it is made anew when it is next used",
    }
    return Finding(place.fault or f"{place.path} is damaged", mends.get(place.source, again))


def disk(logdir: Path) -> Part:
    """Say how much room there is where results are written."""
    there = next(place for place in [logdir.absolute(), *logdir.absolute().parents] if place.exists())
    usage = shutil.disk_usage(there)
    yield "disk", f"{usage.free / 1e9:.1f} GB free of {usage.total / 1e9:.1f} GB at {there}"
    if usage.free < LEAST_DISK_GB * 1e9:
        yield Finding(f"Only {usage.free / 1e9:.2f} GB are free at {there}", command("purge", "--logdir", shown(logdir)))
    if not os.access(there, os.W_OK):
        yield Finding(f"{there} cannot be written by this user", "name another folder with --logdir")


def temporary() -> Part:
    """Remove the temporary folders of runs whose driver was killed, and say how many there were."""
    removed = sweep()
    yield "temporary folders", f"{len(removed)} of killed runs removed" if removed else "none of killed runs"


def port(number: int) -> Part:
    """Say whether TensorBoard's port is free; where it is not, the board finds another."""
    try:
        socket.create_server((LOOPBACK, number)).close()
    except OSError as error:
        yield f"port {number}", f"taken ({error.strerror}): the board takes the next free one"
    else:
        yield f"port {number}", "free"
