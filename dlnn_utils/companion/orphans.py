"""No process works on after the one that started it was killed."""

import os
import signal
import threading
import time
from collections.abc import Callable

ENGINE_VARIABLE = "DLNN_ENGINE"
SECONDS_BETWEEN = 0.2


def end_with_parent(end: Callable[[], None] = lambda: os._exit(1)) -> None:
    """Watch the parent in the background; when it is gone, end this process at once."""
    threading.Thread(target=_watch, args=(os.getppid(), end), daemon=True).start()


def end_with_engine() -> None:
    """Where `reproduce.sh` started this Snakemake, let it and its jobs end with that."""
    if os.environ.get(ENGINE_VARIABLE) == str(os.getppid()):
        end_with_parent(lambda: os.killpg(os.getpgid(0), signal.SIGKILL))


def _watch(parent: int, end: Callable[[], None]) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS_BETWEEN)
    end()
