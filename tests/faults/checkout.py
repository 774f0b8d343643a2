"""A copy of the checkout with a few notebooks, and what runs of it left in its folders."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from dlnn_utils.reproduce.engine import paths

VARYING = ("seconds", "peak_memory_mb")
"""What of a record is not the same in two runs."""


class Checkout:
    """A copy of this checkout that shares its packages, and a results' folder of its own."""

    def __init__(self, root: Path, notebooks: list[str]):
        self.root, self.results = root / "copy", root / "results"
        ignored = shutil.ignore_patterns(".git", ".venv*", "results", "__pycache__", ".*_cache")
        shutil.copytree(paths.ROOT, self.root, ignore=ignored)
        for path in self.root.glob("notebooks/*.ipynb"):
            if path.stem not in notebooks:
                path.unlink()
        venv = self.root / ".venv"
        venv.mkdir()
        for path in (paths.ROOT / ".venv").iterdir():
            if path.name != "made-from":
                (venv / path.name).symlink_to(path)
        lock = (paths.ROOT / "requirements.lock").read_text(encoding="utf-8")
        (venv / "made-from").write_text(f"{lock}{self.root.resolve()}\n", encoding="utf-8")

    def start(self, *command: str) -> subprocess.Popen:
        """Start a command in the copy, in a session of its own."""
        mine = {"DLNN_RESULTS": str(self.results), "PYTHONPATH": str(self.root)}
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=os.environ | mine,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def reproduce(self, *arguments: str) -> tuple[int, str, float]:
        """Run ./reproduce.sh to its end; return its status, what it said, and the seconds."""
        began = time.monotonic()
        process = self.start("./reproduce.sh", *arguments)
        said, _ = process.communicate()
        return process.returncode, said, time.monotonic() - began

    def made(self) -> dict[str, object]:
        """Return what runs have left: by file name its bytes, of a record what does not vary.

        A file set aside by a process that was killed is no result, and not among them.
        """
        found = {}
        for file in self.results.rglob("*"):
            name = file.relative_to(self.results)
            hidden = any(part.startswith(".") for part in name.parts)
            if file.is_file() and not hidden and name.name != "durations.json":
                found[str(name)] = _content(file)
        return found

    def committed(self) -> dict[str, bytes]:
        """Return the bytes of all files that `update` may write."""
        files = [*self.root.glob("figures/*"), *self.root.glob("notebooks/*")]
        files += [self.root / "README.md", *self.root.glob(".*.part")]
        return {str(f.relative_to(self.root)): f.read_bytes() for f in files if f.is_file()}


def _content(file: Path) -> object:
    if file.name != "record.json":
        return file.read_bytes()
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        return file.read_bytes()
    return {key: value for key, value in record.items() if key not in VARYING}
