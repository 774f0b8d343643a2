"""Hands the jobs to a SLURM cluster, by Snakemake's plugin for it."""

import contextlib
import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.jobs import Job

PLUGIN, LOCK = "snakemake_executor_plugin_slurm", "requirements-slurm.lock"
SECONDS_BETWEEN_LOOKS, SECONDS_TO_CANCEL = 1, 60


def check_profile(folder: str) -> Path:
    """Return the folder of the cluster's settings; ValueError where no job can be submitted."""
    if not (Path(folder) / "config.yaml").is_file():
        raise ValueError(f"profile must be a folder with a config.yaml in it; got {folder!r}")
    if find_spec(PLUGIN) is None:
        raise ValueError(f"SLURM needs a package more: .venv/bin/pip install -r {LOCK}")
    missing = [c for c in ("sbatch", "squeue", "scancel") if not shutil.which(c)]
    if missing:
        raise ValueError(f"SLURM's commands must be on this machine; no {', '.join(missing)} here")
    return Path(folder).resolve()


def options(profile: Path, most_at_once: int | None) -> list[str]:
    """Return what Snakemake is told in place of ``--cores``; None leaves jobs to the profile."""
    chosen = ["--profile", str(profile), "--executor", "slurm"]
    chosen += ["--slurm-logdir", str(_logs()), "--slurm-keep-successful-logs"]
    chosen += ["--slurm-jobname-prefix", _name(), "--quiet", "host", "reason"]
    return chosen + (["--jobs", str(most_at_once)] if most_at_once else [])


@contextlib.contextmanager
def none_left() -> Iterator[None]:
    """Cancel what a killed run left in the queue, and, if this one is stopped, its jobs."""
    if left := _cancel():
        print(f"Cancelled what an earlier run left: {' '.join(left)}.", flush=True)
    shutil.rmtree(_logs(), ignore_errors=True)
    try:
        yield
    except BaseException:
        _cancel()
        raise


def log_of(job: Job) -> Path | None:
    """Return the log that SLURM keeps of a job of the last run, or None if it never started."""
    folder = _logs() / "rule_notebook" / f"{job.protocol}_{job.seed}_{job.notebook}"
    return max(folder.glob("*.log"), key=lambda f: f.stat().st_mtime, default=None)


def _logs() -> Path:
    return paths.results() / "slurm"


def _name() -> str:
    """Return how the names of all jobs for this folder of results begin, and no others."""
    return "dlnn-" + hashlib.sha256(str(paths.results()).encode()).hexdigest()[:12]


def _queued() -> list[str]:
    """Return the numbers of this folder's jobs that wait or run."""
    rows = _call("squeue", "--me", "--noheader", "--format=%A %j").splitlines()
    return sorted({row.split()[0] for row in rows if row.split()[1].startswith(_name())})


def _cancel() -> list[str]:
    """Cancel this folder's jobs and wait for their end; return their numbers."""
    queued = _queued()
    if queued:
        _call("scancel", *queued)
    deadline = time.monotonic() + SECONDS_TO_CANCEL
    while queued and (left := _queued()):
        if time.monotonic() > deadline:
            raise ValueError(f"SLURM does not let go of these jobs: {' '.join(left)}")
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return queued


def _call(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise ValueError(f"SLURM does not answer; {command[0]} says: {reason}")
    return done.stdout
