"""Killing a run at a moment: all its processes, only the first, or any one of the others."""

import contextlib
import subprocess
import time

import numpy as np
import psutil

ALL, PARENT, CHILD = "all processes", "the first process only", "one other process"
MODES = (ALL, PARENT, CHILD)
SECONDS_TO_END = 10.0
DYING = """
import os, signal, sys
from dlnn_utils.companion.cli import main
left, replace = int(sys.argv[1]), os.replace
def dying(*names):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    replace(*names)
os.replace = dying
main(["update"])
"""
"""`update`, killed before it puts a file in place for which the argument counts."""


def kill(run: subprocess.Popen, mode: str, rng: np.random.Generator) -> str:
    """Send SIGKILL; return the names of what was killed, none if the run had ended."""
    if run.poll() is not None:
        return ""
    parent = psutil.Process(run.pid)
    children = sorted(parent.children(recursive=True), key=lambda p: p.pid)
    chosen = {ALL: [parent, *children], PARENT: [parent]}.get(mode)
    if chosen is None:
        chosen = [children[rng.integers(len(children))]] if children else [parent]
    names = [_name(p) for p in chosen]
    for process in chosen:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return ", ".join(sorted(names))


def still_running(variable: str, value: str) -> list[str]:
    """Return the processes with a variable in their environment that do not end by themselves."""
    deadline = time.monotonic() + SECONDS_TO_END
    while found := [_name(p) for p in psutil.process_iter() if _has(p, variable, value)]:
        if time.monotonic() > deadline:
            return found
        time.sleep(0.2)
    return []


def _has(process: psutil.Process, variable: str, value: str) -> bool:
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and process.environ().get(variable) == value
    except (psutil.Error, OSError):
        return False


def _name(process: psutil.Process) -> str:
    """Return which of the run's processes one is."""
    try:
        command = " ".join(process.cmdline())
    except psutil.Error:
        return "gone"
    for word in ("ipykernel_launcher", "companion.execute", "snakemake", "companion"):
        if word in command:
            return {"companion": "engine", "companion.execute": "execute"}.get(word, word)
    return process.name() if process.is_running() else "gone"
