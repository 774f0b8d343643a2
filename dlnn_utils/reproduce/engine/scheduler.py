"""Runs jobs through Snakemake, and tells how far it has come."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dlnn_utils.reproduce.engine import paths, slurm
from dlnn_utils.reproduce.engine.jobs import Job
from dlnn_utils.reproduce.ledger.notes import ALL_NOTEBOOKS, note_duration

EVENT = re.compile(r"> (?P<label>.+?\)) (?P<what>started|finished|failed)(?P<rest>.*)")
LINE_BREAK = " | "
"""Stands for a line break in the one line that a job prints of itself."""
ENGINE_VARIABLE = "DLNN_ENGINE"
SHARED = ("input-output", "persistence", "software-deployment", "sources", "storage-local-copies")
"""All but "source-cache": that would be in the reader's home, which may not be writable."""
LINES_OF_SNAKEMAKE, SECONDS_TO_STOP, SECONDS_BETWEEN = 15, 10, 0.2


def run_jobs(
    jobs: Sequence[Job], cores: int | None, force: bool, profile: Path | None = None
) -> list[Job]:
    """Run what is not up to date, here or on the profile's cluster; return the jobs that failed.

    `cores` notebooks run at a time, of the cluster as many as its profile says where it is None.
    """
    due = [job for job in jobs if force or job.record() is None]
    renewed = {job.notebook for job in due}  # what is committed of them shows the new seeds too
    due += [job for job in jobs if job.is_default and job.notebook in renewed and job not in due]
    if len(due) < len(jobs):
        print(f"{len(jobs) - len(due)} of {len(jobs)} up to date.", flush=True)
    if not due:
        return []
    on = "SLURM" if profile else f"{min(cores, len(due))} of {cores} cores"
    print(f"{len(due)} to run on {on}.", flush=True)
    for job in due:  # Snakemake makes what is missing
        (job.folder / paths.RECORD).unlink(missing_ok=True)
    began, states = time.monotonic(), {}
    said: deque[str] = deque(maxlen=LINES_OF_SNAKEMAKE)
    seeds = 1 + max(job.seed for job in jobs)
    with _snakemake(due, seeds, cores, profile) as process:
        for line in process.stdout:
            event = EVENT.search(line)
            if profile:
                print(line, end="", flush=True)
            elif event:
                states[event["label"]] = event["what"]
                _tell(event, sum(what != "started" for what in states.values()), len(due))
            else:
                said.append(line)
    seconds = time.monotonic() - began
    failed = [job for job in due if job.record() is None]
    if not profile and any(job.label not in states for job in failed):
        ended = f"error: Snakemake ended with status {process.returncode}; it said:"
        print(ended, "".join(said).strip(), sep="\n", file=sys.stderr)
    for job in failed:
        if states.get(job.label) == "started":
            print(f"      {job.label} failed after its process died (was there memory enough?)")
    defaults = {job.notebook for job in due if job.is_default}
    if not (failed or profile) and len(due) == len(defaults) == len(paths.notebook_names()):
        note_duration(ALL_NOTEBOOKS, seconds, cores)
    print(f"Ran {len(due) - len(failed)} of {len(due)} in {seconds:.0f} s.")
    return failed


def end_with_parent(end: Callable[[], None] = lambda: os._exit(1)) -> None:
    """Watch the parent in the background; when it is gone, end this process at once."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(SECONDS_BETWEEN)
        end()

    threading.Thread(target=watch, daemon=True).start()


def end_with_engine() -> None:
    """Where `reproduce.sh` started this Snakemake, let it and its jobs end with that."""
    if os.environ.get(ENGINE_VARIABLE) == str(os.getppid()):
        end_with_parent(lambda: os.killpg(os.getpgid(0), signal.SIGKILL))


@contextlib.contextmanager
def _snakemake(
    due: Sequence[Job], seeds: int, cores: int | None, profile: Path | None
) -> Iterator[subprocess.Popen]:
    """Start Snakemake in a process group of its own, which ends with us."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(paths.ROOT / "Snakefile")]
    command += ["--directory", str(paths.results()), "--keep-going", "--rerun-incomplete"]
    command += ["--rerun-triggers", "params", "--scheduler", "greedy"]
    command += ["--shared-fs-usage", *SHARED]
    command += ["--nolock"]  # we hold a lock that ends with us; Snakemake's outlives a kill
    command += slurm.options(profile, cores) if profile else ["--cores", str(cores)]
    command += ["--config", f"seeds={seeds}"]
    command += ["--", *(str(job.folder / paths.RECORD) for job in due)]
    with (
        slurm.none_left() if profile else contextlib.nullcontext(),
        subprocess.Popen(
            command,
            cwd=paths.ROOT,
            env=os.environ | {ENGINE_VARIABLE: str(os.getpid())},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        ) as process,
    ):
        try:
            yield process
        except BaseException:
            with contextlib.suppress(subprocess.TimeoutExpired, ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
                process.wait(SECONDS_TO_STOP)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _tell(event: re.Match, ended: int, total: int) -> None:
    count = f"[{ended}/{total}]"
    indent = " " * len(count)
    first, *more = event["rest"].split(LINE_BREAK)
    head = indent if event["what"] == "started" else count
    print(f"{head} {event['label']} {event['what']}{first}", flush=True)
    for line in more:
        print(f"{indent}   {line.rstrip()}", flush=True)
