"""The Ray cluster that trials go to: found or started, and what is wrong with it said in one line."""

import math
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.errors import UsageError, clean
from harness.runs.executors.machine import gpu_count, usable_cores

AUTO = "auto"
INSTALL = "--executor ray needs Ray, which is not installed; expected: pip install 'ablation-harness[ray]'."
TOKEN_FILE = Path.home() / ".ray" / "auth_token"
ANSWER_SECONDS = 5.0  # within which an address answers
LOOK_SECONDS = 5.0  # how often it is looked which nodes there are
# How HTTP/2, which a cluster speaks, begins: the greeting and settings without content are answered by settings (RFC 9113).
_FRAME = struct.Struct("!BHBBI")  # length in two parts, kind, flags, stream
_SETTINGS = 4
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _FRAME.pack(0, 0, _SETTINGS, 0, 0)
_LONGEST_REASON = 300  # characters of what Ray says


def load_ray() -> Any:
    """Return Ray, which takes a second to import, or raise UsageError where it is not installed."""
    if find_spec("ray") is None:
        raise UsageError(INSTALL)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # what a worker without a GPU sees, `ray_node` says
    import ray

    return ray


class Cluster:
    """A connection to a cluster; one that it has started itself ends with it."""

    def __init__(self, address: str | None, *, cores: int | None = None) -> None:
        """Connect to an address, or start a cluster of this machine with so many cores; UsageError where that fails."""
        if address is not None and "ray" not in sys.modules:  # who has imported it has chosen
            _show_token()
        ray = load_ray()
        self._owned = not ray.is_initialized()
        self.of_this_machine = self._owned and address is None
        self._seen: list[Mapping[str, float]] = []
        self._seen_at = -math.inf
        if self._owned:
            _require_answer(address)
            self._connect(address, cores)

    def _connect(self, address: str | None, cores: int | None) -> None:
        ray = load_ray()
        options: dict[str, Any] = {"log_to_driver": False, "include_dashboard": False, "logging_level": "ERROR"}
        if address is None:
            options |= {"num_cpus": cores or usable_cores(), "num_gpus": gpu_count()}
        handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            ray.init(address=address or "local", **options)
        except Exception as error:  # Ray raises what it likes
            raise UsageError(_refusal(address, error)) from None
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in handlers.items():  # Ray's own would end the run without its tables
                    if handler is not None:
                        signal.signal(number, handler)

    def capacity(self, *, cpus: float, gpus: float) -> int:
        """Return how many workers of these needs the cluster can hold; UsageError where no node can hold one."""
        nodes = self._nodes()
        count = sum(_fitting(node, cpus, gpus) for node in nodes)
        if not count:
            has = ", ".join(f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in nodes)
            raise UsageError(
                f"No node of the cluster can take a trial that needs {cpus:g} CPUs and {gpus:g} GPUs; it has {has}."
            )
        return count

    @property
    def has_gpus(self) -> bool:
        """Whether a node of it has a GPU."""
        return any(node.get("GPU", 0.0) for node in self._nodes())

    def _nodes(self) -> list[Mapping[str, float]]:
        if time.monotonic() - self._seen_at > LOOK_SECONDS:
            self._seen = [node["Resources"] for node in load_ray().nodes() if node["Alive"]]
            self._seen_at = time.monotonic()
        return self._seen

    def close(self) -> None:
        """Leave the cluster; one that was started here ends."""
        ray = load_ray()
        if self._owned and ray.is_initialized():
            ray.shutdown()


def _fitting(node: Mapping[str, float], cpus: float, gpus: float) -> int:
    shares = [node.get(kind, 0.0) / need for kind, need in (("CPU", cpus), ("GPU", gpus)) if need]
    return int(min(shares, default=0) + 1e-9)


def check_address(address: str | None) -> None:
    """Raise UsageError for what is no address of a cluster."""
    if address is None or address == AUTO or re.fullmatch(r"[A-Za-z0-9.\-_]+:[0-9]{1,5}", address):
        return
    raise UsageError(f"--address {address!r} is no address of a cluster; expected auto, or HOST:PORT as `ray start` prints it.")


def _require_answer(address: str | None) -> None:
    """Raise UsageError where nobody listens at an address: Ray itself would try for minutes."""
    check_address(address)
    if address is None or address == AUTO:
        return
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(_GREETING)
            answer = connection.recv(_FRAME.size)
        if not os.environ.get("RAY_USE_TLS") and not (len(answer) == _FRAME.size and _FRAME.unpack(answer)[2] == _SETTINGS):
            raise OSError("what answers is something else")
    except (OSError, OverflowError) as error:
        raise UsageError(f"No cluster answers at {address} ({error}); expected the address that `ray start` prints.") from None


def _show_token() -> None:
    """Have Ray show a cluster this user's token, where there is one; to be called before Ray is imported.

    As soon as a user has a token, which every cluster of one machine makes, `ray start` asks for it; and Ray itself shows it
    to the address auto alone. A cluster that asks for none takes who has one.
    """
    named = [os.environ[name] for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH") if os.environ.get(name)]
    if named or TOKEN_FILE.exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _refusal(address: str | None, error: Exception) -> str:
    text = str(error)
    if "AuthenticationError" in f"{error!r} {error.__cause__!r}":
        return (
            f"The cluster at {address} asks for a token that this machine does not have; expected the head's {TOKEN_FILE} "
            f"here, too, or RAY_AUTH_TOKEN."
        )
    if "Version mismatch" in text:
        told = re.findall(r"(Ray|Python): (\S+)", text)
        there, here = (" and ".join(f"{name} {number}" for name, number in part) for part in (told[:2], told[2:4]))
        return f"The cluster at {address} has {there}, this machine {here}; expected the same of both."
    if address == AUTO and isinstance(error, ConnectionError):
        return "--address auto finds no cluster on this machine; expected one, as `ray start --head` makes it, or HOST:PORT."
    what = f"The cluster at {address} cannot be used" if address else "No cluster could be started on this machine"
    return f"{what} ({said_by(error)})."


def said_by(error: BaseException) -> str:
    """Return what an error of Ray's says, in one line of its many: the cause where it names one."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [clean(line).strip() for line in text.splitlines() if line.strip()]
    because = [line for line in lines if " because " in line or re.match(r"[A-Za-z.]*(Error|Exception)\b", line)]
    line = (because or lines or [type(error).__name__])[-1 if because else 0]
    return line[:_LONGEST_REASON].rstrip(".")
