"""TensorBoard on this machine, over a log folder."""

import errno
import io
import ipaddress
import logging
import socket
import sys
import threading
from contextlib import redirect_stderr
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.errors import UsageError
from harness.records import program
from harness.tensorboard.views import MOST_RUNS, View, find_runs, views_of

FIRST_PORT = 6006
LOOPBACK = "localhost"
SAMPLES = {"images": 50}  # of one tag; TensorBoard keeps 10 by itself, too few to see a surface form


@dataclass(frozen=True, slots=True)
class Board:
    """A running TensorBoard; `close` it, or leave the `with` block, to free its port.

    notices: what the user should know and did not ask for, one line each. views: what there is to see, behind the url.
    """

    url: str
    port: int
    notices: tuple[str, ...]
    views: tuple[View, ...]
    _server: Any

    def __enter__(self) -> "Board":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self) -> None:
        """Serve until Ctrl-C (KeyboardInterrupt is raised to the caller)."""
        threading.Event().wait()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def serve(logdir: Path, *, port: int | None = None, host: str = LOOPBACK) -> Board:
    """Start TensorBoard over a log folder and return when it answers.

    port: None takes 6006 or the next free one. host: anything but a loopback address lets other machines in, which a
    notice says. UsageError if the folder is missing, the given port is taken, or the host is empty or not this machine's.
    """
    from tensorboard import default, program

    from harness.tensorboard.plugin.ablations_plugin import AblationsPlugin

    _require_folder(logdir)
    _require_address(host, port)
    servers: list[Any] = []

    def make_server(application: Any, flags: Any) -> Any:
        servers.append(program.create_port_scanning_werkzeug_server(application, flags))
        return servers[0]

    if "tensorflow" not in sys.modules:  # else it costs nothing more, and others of this process may need it
        _do_without_tensorflow()
    others = [loader for loader in default.get_plugins() if loader is not AblationsPlugin]  # it is installed, or run as it lies
    # The first plugin with something to show is the tab that opens.
    tensorboard = program.TensorBoard(plugins=[AblationsPlugin, *others], server_class=make_server)
    tensorboard.configure(logdir=str(logdir.resolve()), port=port, host=host, samples_per_plugin=SAMPLES)
    try:
        with redirect_stderr(io.StringIO()):  # TensorBoard's note on how it reads files is nothing to act on
            url = tensorboard.launch()
    except (program.TensorBoardServerException, SystemExit):  # its server exits where it cannot bind
        raise _taken(port) from None
    taken, runs = servers[0].server_port, find_runs(logdir)
    notices = _notices(logdir, asked=port, taken=taken, host=host, runs=len(runs))
    return Board(url=url, port=taken, notices=notices, views=views_of(logdir, runs), _server=servers[0])


def _do_without_tensorflow() -> None:
    """Have TensorBoard read files by its own means: TensorFlow would take seconds to load, and log into the terminal."""
    # TensorBoard looks for a module of this name, which its builds without TensorFlow have.
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
    logging.getLogger("absl").setLevel(logging.CRITICAL)


def _require_folder(logdir: Path) -> None:
    if not logdir.is_dir():
        what = "is a file" if logdir.exists() else "does not exist"
        raise UsageError(f"Log folder {str(logdir)!r} {what}. Run a study first, or name its folder with --logdir.")


def _require_address(host: str, port: int | None) -> None:
    if not host.strip():  # to a socket: every address of this machine
        raise UsageError(f"Host is {host!r}; expected {LOOPBACK!r}, or 0.0.0.0 to let other machines in, or an address.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port or 0), family=family).close()
    except (OSError, TypeError, ValueError) as error:  # the last two: no name of a host at all
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise _taken(port) from None
        place = f"{host[:80]!r}, port {port or FIRST_PORT}"
        raise UsageError(f"TensorBoard cannot serve on {place}: {getattr(error, 'strerror', None) or error}.") from None


def _taken(port: int | None) -> UsageError:
    if port is None:
        return UsageError(f"Port {FIRST_PORT} and those after it are taken. Give a free one with --port.")
    return UsageError(f"Port {port} is taken. Give another with --port, or none to take the next free one.")


def _is_loopback(host: str) -> bool:
    """Say whether an address is of this machine alone; a name is looked up, all its addresses must be."""
    try:
        found = {str(place[4][0]).partition("%")[0] for place in socket.getaddrinfo(host, None)}
    except (OSError, TypeError, ValueError):
        return False
    return all(ipaddress.ip_address(address).is_loopback for address in found)


def _notices(logdir: Path, *, asked: int | None, taken: int, host: str, runs: int) -> tuple[str, ...]:
    notices = []
    if not _is_loopback(host):
        notices.append(
            f"TensorBoard asks for no password: whoever reaches {host}, port {taken} can read everything below "
            f"{str(logdir.resolve())!r}. For this machine alone, leave --host out."
        )
    if asked is None and taken != FIRST_PORT:
        notices.append(f"Port {FIRST_PORT} is taken; TensorBoard is on port {taken} instead.")
    if runs > MOST_RUNS:
        notices.append(
            f"{runs:,} runs: beyond {MOST_RUNS} TensorBoard shows none before you tick it. "
            f"Serve one study alone: {program()} board STUDY."
        )
    if not runs:
        notices.append(f"No event files in {str(logdir)!r} yet; what a study writes there will appear.")
    return tuple(notices)
