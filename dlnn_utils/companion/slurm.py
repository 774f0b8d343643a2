"""Hands the jobs to a SLURM cluster, by Snakemake's plugin for it, and follows their logs."""

import contextlib
import hashlib
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from . import paths
from .state import Job

PLUGIN, LOCK = "snakemake_executor_plugin_slurm", "requirements-slurm.lock"
SECONDS_BETWEEN_LOOKS, SECONDS_TO_CANCEL = 1, 60
OUTCOME = re.compile(r"^> .+?\) (started|finished|failed)")
FAILURE = re.compile(
    r"^Error in rule notebook:\n\s+message: (?P<why>.*?)\n.*?^\s+output: (?P<record>.*?)$",
    re.MULTILINE | re.DOTALL,
)


def check_profile(folder: str) -> Path:
    """Return the folder of the cluster's settings, where jobs can be submitted with them.

    Raises
    ------
    ValueError
        If it has no ``config.yaml``, or if the plugin or SLURM's commands are not there.
    """
    if not (Path(folder) / "config.yaml").is_file():
        raise ValueError(f"profile must be a folder with a config.yaml in it; got {folder!r}")
    if find_spec(PLUGIN) is None:
        raise ValueError(
            f"SLURM needs a package more; install it with: .venv/bin/pip install -r {LOCK}"
        )
    missing = [c for c in ("sbatch", "squeue", "scancel") if not shutil.which(c)]
    if missing:
        raise ValueError(f"SLURM's commands must be on this machine; no {', '.join(missing)} here")
    return Path(folder).resolve()


def options(profile: Path, most_at_once: int | None) -> list[str]:
    """Return what Snakemake is told in place of ``--cores``.

    Parameters
    ----------
    profile : Path
        Folder of the settings.
    most_at_once : int or None
        Jobs submitted at the same time, the profile's if None.
    """
    chosen = ["--profile", str(profile), "--executor", "slurm"]
    chosen += ["--slurm-logdir", str(_logs()), "--slurm-keep-successful-logs"]
    chosen += ["--slurm-jobname-prefix", _name()]
    return chosen + (["--jobs", str(most_at_once)] if most_at_once else [])


@contextlib.contextmanager
def none_left() -> Iterator[Path]:
    """Cancel what a killed run left in the queue, and, if this one is stopped, its jobs.

    Gives the file for what Snakemake says; it and the logs of the jobs are new for each run.

    Raises
    ------
    ValueError
        If SLURM does not answer, or does not let go of a job.
    """
    left = _cancel()
    if left:
        print(f"Cancelled {left} of an earlier run, which was killed.", flush=True)
    shutil.rmtree(_logs(), ignore_errors=True)
    _logs().mkdir(parents=True)
    try:
        yield _logs() / "snakemake.log"
    except BaseException:
        _cancel()
        raise


def lines(snakemake: subprocess.Popen, said: Path, jobs: Sequence[Job]) -> Iterator[str]:
    """Yield what the jobs tell of themselves on the nodes, until Snakemake ends.

    A job that could not tell, because SLURM refused or killed it, is told of in its stead.

    Parameters
    ----------
    snakemake : subprocess.Popen
    said : Path
        What Snakemake says goes there; it is yielded last.
    jobs : sequence of Job
        Those that were handed to it.
    """
    told = {job: set() for job in jobs}
    by_record = {str(job.folder / "record.json"): job for job in jobs}
    running = True
    while running:
        running = snakemake.poll() is None
        for job, known in told.items():
            if not {"finished", "failed"} & known:
                for line in _log_lines(job):
                    event = OUTCOME.match(line)
                    if event and event[1] not in known:
                        known.add(event[1])
                        yield line
        text = said.read_text(encoding="utf-8", errors="replace")
        for failure in FAILURE.finditer(text):
            job = by_record.get(failure["record"])
            if job and not {"finished", "failed"} & told[job]:
                told[job].add("failed")
                yield f"> {job.label} failed: {failure['why']}\n"
        if running:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    yield from text.splitlines(keepends=True)


def log_of(job: Job) -> Path | None:
    """Return the log that SLURM keeps of a job of the last run, or None if it never started."""
    folder = _logs() / "rule_notebook" / f"{job.protocol}_{job.seed}_{job.notebook}"
    return max(folder.glob("*.log"), key=lambda f: f.stat().st_mtime, default=None)


def _log_lines(job: Job) -> list[str]:
    log = log_of(job)
    text = log.read_text(encoding="utf-8", errors="replace") if log else ""
    return [line for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _logs() -> Path:
    return paths.results() / "slurm"


def _name() -> str:
    """Return how the names of all jobs for this folder of results begin, and no others."""
    return "dlnn-" + hashlib.sha256(str(paths.results()).encode()).hexdigest()[:12]


def _queued() -> list[str]:
    """Return the numbers of this folder's jobs that wait or run."""
    rows = _call("squeue", "--me", "--noheader", "--format=%A %j").splitlines()
    return sorted({row.split()[0] for row in rows if row.split()[1].startswith(_name())})


def _cancel() -> str:
    """Cancel this folder's jobs and wait for their end; return how many there were, if any."""
    queued = _queued()
    if not queued:
        return ""
    _call("scancel", *queued)
    deadline = time.monotonic() + SECONDS_TO_CANCEL
    while _queued():
        if time.monotonic() > deadline:
            raise ValueError(f"SLURM does not let go of these jobs: {' '.join(_queued())}")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return f"{len(queued)} job{'s' if len(queued) > 1 else ''}"


def _call(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise ValueError(f"SLURM does not answer; {command[0]} says: {reason}")
    return done.stdout
