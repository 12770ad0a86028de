"""A real Slurm of one node on this machine: munged, slurmctld and slurmd in the foreground of nobody, ended at the end.

In one container without systemd: munged runs as its user, processes are followed by their groups, ports are unprivileged.
"""

import ctypes
import os
import pwd
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

SECONDS = 30.0  # for a daemon to be ready
ENDING_SECONDS = 3.0
CPUS = 2

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
CredType=cred/munge
SlurmctldPort={control}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=2,sched_min_interval=0
ReturnToService=2
KillWait={kill_wait}
JobRequeue=1
UnkillableStepTimeout=60
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE DefaultTime=10 State=UP
"""


def why_not() -> str:
    """Say why no Slurm can be started here, empty where it can; scripts/setup.sh installs it where that may be done."""
    os.environ["PATH"] += "" if "/usr/sbin" in os.environ["PATH"].split(":") else ":/usr/sbin"
    setup = Path(__file__).resolve().parents[1] / "scripts" / "setup.sh"
    words = ["bash", "-c", 'source "$0" && ready_slurm', str(setup)]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


class Cluster:
    """The daemons, for as long as it is entered; their clients find it by SLURM_CONF."""

    def __init__(self, folder: Path, *, kill_wait: int = 5) -> None:
        self.folder, self._kill_wait = folder, kill_wait
        self.configuration = folder / "slurm.conf"
        self._stack = ExitStack()

    def __enter__(self) -> "Cluster":
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def call(self, *words: str) -> str:
        """Run one of Slurm's programs, and return what it prints."""
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60)
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "SLURM_CONF": str(self.configuration)}

    def _start(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        self._start_munge(self.folder / "munge")
        control, node = _free_ports(2)
        host = socket.gethostname().partition(".")[0]
        words = {"host": host, "folder": self.folder, "control": control, "node": node, "cpus": CPUS}
        self.configuration.write_text(CONFIGURATION.format(**words, kill_wait=self._kill_wait))
        self._daemon("slurmctld", "-D", "-c")
        self._daemon("slurmd", "-D", "-c")
        self._wait(lambda: "idle" in self.call("sinfo", "-h", "-o", "%T"), "the node to be idle")
        self._stack.callback(self._end_jobs)

    def _end_jobs(self) -> None:
        self.call("scancel", "--user=root")
        deadline = time.monotonic() + self._kill_wait
        while self.call("squeue", "--noheader").strip() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _start_munge(self, folder: Path) -> None:
        folder.mkdir()
        (folder / "key").write_bytes(secrets.token_bytes(128))
        (folder / "key").chmod(0o400)
        user = pwd.getpwnam("munge")
        for path in (folder, folder / "key"):
            os.chown(path, user.pw_uid, user.pw_gid)
        for parent in folder.parents:  # a socket is reached, and its key read, through all of them
            if parent.stat().st_uid == 0 and parent.stat().st_mode & 0o005 != 0o005 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o055)
        places = {"socket": "socket", "key-file": "key", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        words = [f"--{option}={folder / name}" for option, name in places.items()]
        words += ["--foreground", "--force", "--num-threads=2"]  # force: of folders that others may write to
        process = subprocess.Popen(["munged", *words], user="munge", group="munge", preexec_fn=_end_with_parent, **_QUIET)
        self._stack.callback(_end, process)
        self._wait(lambda: (folder / "socket").exists(), "munged")

    def _daemon(self, name: str, *switches: str) -> None:
        with open(self.folder / f"{name}.out", "wb") as output:
            words = [name, "-f", str(self.configuration), *switches]
            options = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, "preexec_fn": _end_with_parent}
            process = subprocess.Popen(words, env=self.environment, **options)
        self._stack.callback(_end, process)

    def _wait(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            if time.monotonic() > deadline:
                logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.[ol]*[tg]"))
                raise TimeoutError(f"waited {SECONDS:.0f} s for {what}:\n{logs}")
            time.sleep(0.1)


_QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _end_with_parent() -> None:
    """Let a daemon end with the tests, however these end."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(timeout=ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
