"""One process at a time; a lock goes with the process that holds it, however that ends."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

LOCK = ".lock"


@contextlib.contextmanager
def held(folder: Path, waiting: str = "") -> Iterator[int]:
    """Hold a folder, made where it is not there; wait while another process does.

    Parameters
    ----------
    folder : Path
        The lock is a file in it.
    waiting : str, optional
        What to say before waiting.

    Yields
    ------
    int
        The lock's file descriptor; a child that inherits it holds the folder too.

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                print(waiting, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock.fileno()
