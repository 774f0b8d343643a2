"""Where everything lives, and how files are written: whole or not at all."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "dlnn_utils"
REPRODUCE = PACKAGE / "reproduce"
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"
README = ROOT / "README.md"
RECORD, EXECUTED = "record.json", "executed.ipynb"
"""What every run leaves in its folder, beside its figures and tables."""


def results() -> Path:
    """Return the folder that runs write into: ``results/``, or DLNN_RESULTS where that is set."""
    return Path(os.environ.get("DLNN_RESULTS") or ROOT / "results").resolve()


def notebook_path(notebook: str) -> Path:
    """Return the path of a notebook, given its name without the ending."""
    return NOTEBOOKS / f"{notebook}.ipynb"


def notebook_names() -> list[str]:
    """Return the names of all notebooks, in their order."""
    return sorted(p.stem for p in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def damaged(path: Path) -> ValueError:
    """Return what to raise where a committed file is missing or does not hold what it should."""
    name = path.relative_to(ROOT)
    return ValueError(f"{name} is missing or damaged; get it back with: git checkout {name}")


def alone(lock: Path, waiting: str = "") -> contextlib.AbstractContextManager:
    """Take a lock, which ends with this process; say `waiting` where another process holds it."""
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(lock)
    try:
        return held.acquire(blocking=False)
    except Timeout:
        print(waiting, end="\n" if waiting else "", flush=True)
        return held.acquire()


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: under another name first, then renamed."""
    write_all({path: content})


def write_all(contents: Mapping[Path, str | bytes]) -> None:
    """Write all files aside, then rename them; an OSError names the file that cannot be written.

    Unless a renaming failed, no file has changed then.
    """
    asides = {path: path.with_name(f".{path.name}.{os.getpid()}.part") for path in contents}
    try:
        for path, aside in asides.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            content = contents[path]
            aside.write_bytes(content if isinstance(content, bytes) else content.encode())
        for path, aside in asides.items():
            os.replace(aside, path)
    except OSError as e:  # that of a full disk names no file
        raise OSError(e.errno, e.strerror, str(path)) from None
    finally:
        for aside in asides.values():
            with contextlib.suppress(OSError):
                aside.unlink()


def to_json(value) -> str:
    """Return a value as JSON that any reader takes (no NaN)."""
    return json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, value) -> None:
    """Write a value as JSON, whole or not at all."""
    write_aside(path, to_json(value))
