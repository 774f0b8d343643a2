"""Run notebooks twice and compare: the same bytes here, the same within tolerances elsewhere.

    python tests/determinism/run.py [NAME ...]                the same again: every byte
    python tests/determinism/run.py --threads 2 [NAME ...]    with other threads: tolerances
    python tests/determinism/run.py --capped [NAME ...]       without wide vector instructions

Times as measured are left out of the comparison of bytes; what holds them is marked by the runs.
With --note the outcome goes into the README at the next `./reproduce.sh update`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dlnn_utils.reproduce.ledger.claims import ledger  # noqa: E402
from dlnn_utils.reproduce.ledger.notes import note_trial  # noqa: E402
from dlnn_utils.reproduce.ledger.store import committed_store, stored_measurements  # noqa: E402
from dlnn_utils.reproduce.ledger.verdicts import agrees  # noqa: E402

CAPPED = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL "
    "AVX512_ICL AVX512_SPR",
}


def run(names: list[str], results: Path, **environment: str) -> None:
    """Run notebooks into a folder of results."""
    command = [sys.executable, "-m", "dlnn_utils.reproduce", *names, "--force"]
    settings = {"DLNN_RESULTS": str(results), "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    done = subprocess.run(command, cwd=ROOT, env=os.environ | settings | environment)
    if done.returncode not in (0, 3):  # 3: a verdict is worse, which the comparison will show
        sys.exit(f"the notebooks did not run with {environment or 'the defaults'}")


def records(results: Path) -> dict[str, dict]:
    """Return the records of the default runs in a folder of results, by notebook."""
    files = sorted((results / "ours/seed0").glob("*/record.json"))
    return {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}


def different_bytes(one: Path, other: Path) -> tuple[int, list[str]]:
    """Return how many files and lists of values were compared, and those that differ."""
    compared, differ = 0, []
    first, second = records(one), records(other)
    for name in sorted({*first, *second}):
        a, b = first.get(name, {}), second.get(name, {})
        if a.get("files") != b.get("files"):
            differ.append(f"{name}: not the same files")
            continue
        lasting = [f"ours/seed0/{name}/{file}" for file in a["files"] if file not in a["timed"]]
        same = {f: (one / f).read_bytes() == (other / f).read_bytes() for f in lasting}
        for part in ("measurements", "sensitivities"):
            same[f"{name}: {part}"] = json.dumps(a[part]) == json.dumps(b[part])
        compared += len(same)
        differ += [what for what in same if not same[what]]
    return compared, differ


def outside_tolerances(results: Path) -> tuple[int, list[str]]:
    """Return how many values were compared with the ledger, and those outside its tolerances."""
    entries = ledger(stored_measurements(committed_store()))
    bounds = {e["id"]: e["agrees_within"] for e in entries if e["protocol"] == "ours"}
    measured = [m for record in records(results).values() for m in record["measurements"]]
    outside = [
        f"{m['id']} is {m['value']:.3g}, must be within {bounds[m['id']]}"
        for m in measured
        if m["value"] is not None and not agrees(m["value"], bounds.get(m["id"]))
    ]
    return len(measured), outside


def main() -> int:
    """Run, compare, say what differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("names", nargs="*", help="notebooks; all")
    parser.add_argument("--threads", type=int, help="threads of the other run")
    parser.add_argument("--capped", action="store_true", help="no wide vector instructions there")
    parser.add_argument("--note", action="store_true", help="keep the outcome for the README")
    given = parser.parse_args()
    passive = {"OMP_WAIT_POLICY": "PASSIVE", "KMP_BLOCKTIME": "0"}  # no thread waits by working
    other = passive | {"DLNN_THREADS": str(given.threads)} if given.threads else {}
    other |= CAPPED if given.capped else {}
    with tempfile.TemporaryDirectory(prefix="dlnn-determinism-") as folder:
        here, there = Path(folder) / "here", Path(folder) / "there"
        run(given.names, there, **other)
        if other:
            total, wrong = outside_tolerances(there)
            how = f"{given.threads} threads" if given.threads else "vector instructions capped"
            name, what = how.split()[-1], f"The notebooks with {how}: values within tolerances"
        else:
            run(given.names, here)
            total, wrong = different_bytes(here, there)
            name, what = "bytes", "The notebooks run twice: files and values equal to the byte"
        details = ", ".join(n[:2] for n in records(there))
    went_well = total - len(wrong)
    print("\n".join([*wrong, f"{what}: {went_well} of {total}; notebooks {details}"]))
    if given.note:
        note_trial(f"determinism.{name}", what, went_well, total, f"notebooks {details}")
    return int(bool(wrong) or not total)


if __name__ == "__main__":
    raise SystemExit(main())
