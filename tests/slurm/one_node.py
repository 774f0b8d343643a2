"""A SLURM of one node on this machine: ``python tests/slurm/one_node.py COMMAND ...``.

Starts munged, slurmctld and slurmd in a folder of their own, runs the command among them, and
stops them. Nothing of the system's SLURM, should there be one, is read or changed.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
COMMANDS = ("sbatch", "srun", "squeue", "scancel", "sinfo", "setpriv")
DEBIAN = "munge slurmctld slurmd slurm-client"
SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
SECONDS = 30


def missing() -> list[str]:
    """Return the programs of SLURM that are not here."""
    return [name for name in DAEMONS + COMMANDS if not shutil.which(name, path=SEARCHED)]


@contextlib.contextmanager
def one_node() -> Iterator[dict[str, str]]:
    """Start the daemons, give the environment in which commands find them, and stop them.

    Raises
    ------
    RuntimeError
        If the node is not ready within half a minute; the ends of the logs follow.
    """
    with (
        tempfile.TemporaryDirectory(prefix="dlnn-slurm-") as name,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(name)
        environment = _configured(folder)
        secret = [f"--{what}-file={folder}/munge.{what}" for what in ("key", "pid", "seed")]
        munged = ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *secret]
        stack.enter_context(_daemon(munged, folder, environment))
        _wait(lambda: (folder / "munge.socket").exists(), folder)
        stack.enter_context(_daemon(["slurmctld", "-D"], folder, environment))
        stack.enter_context(_daemon(["slurmd", "-D", "-N", "localhost"], folder, environment))
        _wait(lambda: _says(environment, "sinfo", "--noheader", "--format=%t") == "idle", folder)
        try:
            yield environment
        finally:
            _says(environment, "scancel", "--me")
            _wait(lambda: not _says(environment, "squeue", "--noheader"), folder)


def _configured(folder: Path) -> dict[str, str]:
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    for name in ("controller", "node", "bin"):
        (folder / name).mkdir()
    with socket.socket() as first, socket.socket() as second:
        for s in (first, second):
            s.bind(("127.0.0.1", 0))
        ports = [s.getsockname()[1] for s in (first, second)]
    template = Path(__file__).with_name("slurm.conf").read_text(encoding="utf-8")
    text = template.format(
        folder=folder,
        controller_port=ports[0],
        node_port=ports[1],
        user=pwd.getpwuid(os.getuid()).pw_name,
    )
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    # The plugin drops SLURM_CONF on the node, where a cluster has its settings in /etc.
    srun = folder / "bin/srun"
    real = shutil.which("srun", path=SEARCHED)
    srun.write_text(f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {real} "$@"\n')
    srun.chmod(0o755)
    path = os.pathsep.join([str(folder / "bin"), SEARCHED])
    return os.environ | {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": path}


@contextlib.contextmanager
def _daemon(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a daemon, which also ends when this process is killed."""
    with open(folder / f"{command[0]}.out", "w") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            process_group=0,
        )
        try:
            yield
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _says(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr}"


def _wait(ready, folder: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > deadline:
            ends = [f"{f.name}:\n{f.read_text()[-1000:]}" for f in sorted(folder.glob("*.out"))]
            raise RuntimeError("SLURM did not get ready\n" + "\n".join(ends))
        time.sleep(0.1)


if __name__ == "__main__":
    if missing():
        raise SystemExit(f"no {', '.join(missing())} here; on Debian: apt install {DEBIAN}")
    with one_node() as found:
        raise SystemExit(subprocess.call(sys.argv[1:], env=found))
