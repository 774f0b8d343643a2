"""Whether the packages that `.venv` was made from are still all there."""

import sys
from importlib.metadata import PackageNotFoundError, distribution

from . import paths


def damage() -> str:
    """Return one line on what is missing or cut short in this Python, or nothing.

    Compares each file of each package named in requirements.lock with the size that pip noted
    for it, which takes about a second.
    """
    lock = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
    pins = [line.partition("==")[0] for line in lock.splitlines() if "==" in line]
    missing = [name for name in pins if not _is_whole(name)]
    if not missing:
        return ""
    shown = ", ".join(missing[:3]) + (" and others" if len(missing) > 3 else "")
    return f"{sys.prefix} lacks files of {shown}; make it anew: delete it and call again"


def _is_whole(name: str) -> bool:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return False
    for file in found.files or []:
        try:
            size = file.locate().stat().st_size
        except OSError:
            return False
        if file.size not in (None, size):
            return False
    return found.files is not None
