"""The kernel that runs a notebook: its folder, its environment, and its end."""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.seeding import THREADS

SECONDS_IDLE = 120
LONGEST_FOLDER = 60
"""Of the folder of a kernel's sockets, in bytes; a socket's whole path may have about 100."""
KERNEL = """\
import ctypes, runpy, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9)
runpy.run_module("ipykernel_launcher", run_name="__main__")
"""
"""Starts a kernel that Linux kills when the process that runs the notebook is gone."""


@contextlib.contextmanager
def folder_for(run: Path) -> Iterator[Path]:
    """Make a folder for the kernel's sockets, with a short path; what a killed run left goes."""
    key = hashlib.sha256(f"{os.getuid()} {run}".encode()).hexdigest()[:12]
    top = tempfile.gettempdir()
    short = top if len(os.fsencode(top)) < LONGEST_FOLDER else "/tmp"
    home = Path(short) / f"dlnn-kernel-{key}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def set_environment(home: Path, aside: Path) -> None:
    """Let the kernel be this very Python and this checkout, whatever else is installed."""
    spec = home / "kernels" / "python3" / "kernel.json"
    command = [sys.executable, "-c", KERNEL, "-f", "{connection_file}"]
    paths.write_json(spec, {"argv": command, "display_name": "Python 3", "language": "python"})
    os.environ |= {
        "JUPYTER_PATH": str(home),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(paths.ROOT),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": str(THREADS),
        "MKL_NUM_THREADS": str(THREADS),
        "OPENBLAS_NUM_THREADS": str(THREADS),
        "DLNN_RUN_FOLDER": str(aside),
    }


def end_if_idle(over: threading.Event) -> None:
    """End a kernel that has stopped to work on its cell, as one without memory may in silence.

    Its main thread and the processes that it started spend no time then, whatever others do.
    """
    import psutil

    idle, before = 0, {}
    while not over.wait(1):
        spent = {}
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                main = [t for t in process.threads() if t.id == process.pid]
                spent[process.pid] = main[0][1:] if main else process.cpu_times()
        idle = idle + 1 if spent and spent == before else 0
        before = spent
        if idle >= SECONDS_IDLE:
            end()


def end() -> None:
    """Kill all that this process started."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
