"""Put one fault at a time into a copy of the code, and see whether the tests catch it.

Run with `python tests/mutation/run.py`; the faults are in mutations.toml.  It prints what was
caught and what was missed, and fails if anything was missed.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dlnn_utils.reproduce.ledger.notes import note_trial  # noqa: E402

CAUGHT, MISSED, BROKEN = "caught", "MISSED", "BROKEN"


def mutations() -> list[dict]:
    """Return all faults."""
    return tomllib.loads((Path(__file__).parent / "mutations.toml").read_text())["mutation"]


def mutated(text: str, mutation: dict) -> str:
    """Return a file's text with the fault in it; the place must be there exactly once."""
    places = text.count(mutation["old"])
    if places != 1:
        raise ValueError(f"{mutation['old']!r} must stand in {mutation['file']} once; {places}")
    return text.replace(mutation["old"], mutation["new"])


def outcome(copy: Path, mutation: dict, limit: float) -> str:
    """Put the fault in, run its tests, take it out; a run without end counts as caught."""
    file = copy / "dlnn_utils" / mutation["file"]
    sound = file.read_text(encoding="utf-8")
    tests = [str(p) for name in mutation["tests"] for p in copy.glob(f"tests/**/test_{name}.py")]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    try:
        file.write_text(mutated(sound, mutation), encoding="utf-8")
        done = subprocess.run(
            command,
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return CAUGHT
    finally:
        file.write_text(sound, encoding="utf-8")
    return {0: MISSED, 1: CAUGHT}.get(done.returncode, BROKEN)


def main() -> int:
    """Try all faults, or those whose file or description holds a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only faults that hold one of these")
    parser.add_argument("--note", action="store_true", help="keep the outcome for the README")
    parser.add_argument("--limit", type=float, default=240.0, help="seconds for one fault")
    given = parser.parse_args()
    chosen = [
        m
        for m in mutations()
        if not given.words or any(w in f"{m['file']} {m['what']}" for w in given.words)
    ]
    counts = dict.fromkeys((CAUGHT, MISSED, BROKEN), 0)
    with tempfile.TemporaryDirectory(prefix="dlnn-mutation-") as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".*", "results", "figures", "__pycache__")
        shutil.copytree(ROOT, copy, ignore=ignored)
        for mutation in chosen:
            began = perf_counter()
            found = outcome(copy, mutation, given.limit)
            counts[found] += 1
            took = f"{perf_counter() - began:5.1f} s"
            print(f"{found:7} {took}  {mutation['file']}: {mutation['what']}", flush=True)
    print(", ".join(f"{n} {name}" for name, n in counts.items()), f"of {len(chosen)}")
    if given.note and chosen:
        what = (
            "Signs, factors and comparisons of the core made wrong, one at a time: tests that fail"
        )
        note_trial("mutation", what, counts[CAUGHT], len(chosen))
    return int(counts[CAUGHT] < len(chosen) or not chosen)


if __name__ == "__main__":
    raise SystemExit(main())
