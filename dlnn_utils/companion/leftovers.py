"""Removes what runs that were killed left behind."""

import os
import re
import shutil
from pathlib import Path

from . import paths

ASIDE = re.compile(r"\..+\.(?P<process>\d+)\.part")
STATE_OF_SNAKEMAKE = ("metadata", "incomplete", "iocache")


def clear() -> None:
    """Remove files set aside by processes that are gone, and what Snakemake remembers.

    Whether a result is up to date is said by its record alone; Snakemake's memory of it may be
    damaged, and is not needed. To be called while no other run is under way.
    """
    for folder in (paths.ROOT, paths.NOTEBOOKS, paths.FIGURES, paths.results()):
        for file in folder.glob(".*.part"):
            if is_left_over(file):
                file.unlink(missing_ok=True)
    memory = paths.results() / ".snakemake"
    if memory.exists() and not memory.is_dir():
        memory.unlink()
    for name in STATE_OF_SNAKEMAKE:
        shutil.rmtree(memory / name, ignore_errors=True)


def is_left_over(aside: Path) -> bool:
    """Return whether a file or folder was set aside by a process that is gone."""
    found = ASIDE.fullmatch(aside.name)
    if not found:
        return False
    if int(found["process"]) == os.getpid():  # we have set nothing aside yet
        return True
    try:
        os.kill(int(found["process"]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        pass
    return False
