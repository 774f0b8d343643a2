"""Runs jobs through Snakemake and tells how far it has come."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import paths, slurm
from .durations import ALL_NOTEBOOKS, note
from .execute import LINE_BREAK
from .leftovers import clear
from .locks import held
from .orphans import ENGINE_VARIABLE
from .state import Job

EVENT = re.compile(r"> (?P<label>.+?\)) (?P<what>started|finished|failed)(?P<rest>.*)")
LINES_OF_SNAKEMAKE, SECONDS_TO_STOP = 15, 10


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Hold the results folder; where another run holds it, wait for that to end.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    waiting = "Another run is under way in this folder; waiting for it to end."
    with held(paths.results(), waiting) as lock:
        os.set_inheritable(lock, True)  # a Snakemake that outlives us holds it too
        clear()
        yield


def run_jobs(
    jobs: Sequence[Job], cores: int | None, force: bool, profile: Path | None = None
) -> list[Job]:
    """Run what is not up to date, on this machine or on a cluster.

    Parameters
    ----------
    jobs : sequence of Job
    cores : int or None
        Notebooks that may run at the same time; None leaves it to the profile.
    force : bool
        Run what is up to date too.
    profile : Path, optional
        Folder with the settings of a SLURM cluster, which runs them then.

    Returns
    -------
    list of Job
        Those that failed; nothing of theirs is in the results but the executed notebook.
    """
    due = [job for job in jobs if force or job.record() is None]
    if len(due) < len(jobs):
        print(f"{len(jobs) - len(due)} of {len(jobs)} up to date.", flush=True)
    if not due:
        return []
    on = "SLURM" if profile else f"{min(cores, len(due))} of {cores} cores"
    print(f"{len(due)} to run on {on}.", flush=True)
    began = time.monotonic()
    noise, done = [], 0
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(paths.ROOT / "Snakefile")]
    command += ["--directory", str(paths.results()), "--keep-going", "--nolock"]
    command += ["--force", "--rerun-incomplete", "--scheduler", "greedy"]
    command += slurm.options(profile, cores) if profile else ["--cores", str(cores)]
    command += [] if profile else ["--quiet", "all"]
    command += ["--", *(str(job.folder / "record.json") for job in due)]
    with _lines(command, due, profile) as (snakemake, lines):
        for line in lines:
            event = EVENT.match(line)
            if event is None:
                noise.append(line)
                continue
            done += event["what"] != "started"
            _tell(event, done, len(due))
    seconds = time.monotonic() - began
    failed = [job for job in due if job.record() is None]
    if failed and snakemake.returncode and done < len(due):
        sys.stderr.write("".join(noise[-LINES_OF_SNAKEMAKE:]))
    defaults = [job.notebook for job in due if job.is_default]
    whole = not (failed or profile) and len(due) == len(defaults)
    if whole and set(defaults) == set(paths.notebook_names()):
        note(ALL_NOTEBOOKS, seconds, cores)
    print(f"Ran {len(due) - len(failed)} of {len(due)} in {seconds:.0f} s.")
    return failed


@contextlib.contextmanager
def _lines(command: Sequence[str], due: Sequence[Job], profile: Path | None):
    """Start Snakemake; give its process, and the lines of it and of its jobs as they come."""
    if profile is None:
        with _started(command, subprocess.PIPE) as process:
            yield process, process.stdout
        return
    with slurm.none_left() as said, open(said, "w") as file, _started(command, file) as process:
        yield process, slurm.lines(process, said, due)


@contextlib.contextmanager
def _started(command: Sequence[str], output) -> Iterator[subprocess.Popen]:
    """Run a command in a process group of its own, which ends with us."""
    pipes = {"stdout": output, "stderr": subprocess.STDOUT, "text": True}
    pipes |= {"env": os.environ | {ENGINE_VARIABLE: str(os.getpid())}, "close_fds": False}
    with subprocess.Popen(command, cwd=paths.ROOT, process_group=0, **pipes) as process:
        try:
            yield process
        except BaseException:
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_STOP)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _tell(event: re.Match, done: int, total: int) -> None:
    count = f"[{done}/{total}]" if event["what"] != "started" else " " * len(f"[{done}/{total}]")
    first, *more = event["rest"].split(LINE_BREAK)
    print(f"{count} {event['label']} {event['what']}{first}", flush=True)
    for line in more:
        print(f"{' ' * len(count)}   {line.rstrip()}", flush=True)
