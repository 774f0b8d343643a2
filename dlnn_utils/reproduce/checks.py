"""All tests: style, every notebook anew, then the tests proper."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import DEFAULT_PROTOCOL, default_parameters
from dlnn_utils.reproduce.ledger.notes import ALL_TESTS, note_duration
from dlnn_utils.reproduce.ledger.store import committed_store


def run_checks(cores: int, extra: Sequence[str]) -> int:
    """Run all tests into a scratch folder, `extra` handed to pytest; return 0 or 1."""
    for name in paths.notebook_names():
        default_parameters(name)
    python = [sys.executable, "-m"]
    pytest = [*python, "pytest", "-q", "-p", "no:cacheprovider", "-n", str(cores)]
    by_file = ["--dist", "loadfile", "--no-loadscope-reorder"]
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=600"]
    steps = {
        "style": [*python, "ruff", "check", "--quiet", "."],
        "layout": [*python, "ruff", "format", "--quiet", "--check", "."],
        "notebooks": [*pytest, *by_file, *nbval, *_longest_first()],
        "tests": [*pytest, "--dist", "worksteal", *extra],
    }
    outcome, start = {}, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dlnn-test-") as scratch:
        settings = {"DLNN_RESULTS": scratch, "PYTHONPATH": str(paths.ROOT), "MPLBACKEND": "Agg"}
        for name, command in steps.items():
            print(f"--- {name}", flush=True)
            began = time.monotonic()
            done = subprocess.run(command, cwd=paths.ROOT, env=os.environ | settings)
            state = "passed" if done.returncode == 0 else "FAILED"
            outcome[name] = f"{name} {state} in {time.monotonic() - began:.0f} s"
    print("; ".join(outcome.values()))
    if any("FAILED" in text for text in outcome.values()):
        return 1
    if not extra:
        note_duration(ALL_TESTS, time.monotonic() - start, cores)
    return 0


def _longest_first() -> list[str]:
    """Return the notebooks' paths, so ordered that no core waits for a long one at the end."""
    runs = [run for run in committed_store()["runs"] if run["protocol"] == DEFAULT_PROTOCOL]
    seconds = {run["notebook"]: run["seconds"] for run in runs}
    names = sorted(paths.notebook_names(), key=lambda name: -seconds.get(name, 0))
    return [str(paths.notebook_path(name).relative_to(paths.ROOT)) for name in names]
