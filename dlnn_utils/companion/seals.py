"""Seals: digests by which a record tells whether it, and the files beside it, are whole."""

import hashlib
import json
from pathlib import Path

EXECUTED, RECORD, SEAL = "executed.ipynb", "record.json", "digests"


def sealed(record: dict, folder: Path) -> dict:
    """Return a record with the digests of itself and of its files.

    Parameters
    ----------
    record : dict
        Its "files" are names within the folder, beside the executed notebook.
    folder : Path

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    names = [*record["files"], EXECUTED]
    digests = {name: _digest((folder / name).read_bytes()) for name in names}
    digests[RECORD] = _digest(json.dumps(record, sort_keys=True).encode())
    return record | {SEAL: digests}


def is_whole(record: dict, folder: Path) -> bool:
    """Return whether a sealed record and its files are as they were when it was sealed."""
    bare = {key: value for key, value in record.items() if key != SEAL}
    return sealed(bare, folder) == record


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
