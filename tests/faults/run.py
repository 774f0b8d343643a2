"""Kill reproductions at random moments, and see whether the next run makes good.

Run with `.venv/bin/python tests/faults/run.py`; it works in a copy of the checkout.  Of some short
notebooks it makes a reference, and then kills as many runs as asked for: at once all processes,
or the first only, or any other one.  A kill is survived if right after it every result is absent
or whole, the next run ends well without further help, all results are then those of the
reference byte for byte (but for seconds and memory), and nothing is left running or set aside.
Then it kills `update` before one after the other of the files that it puts in place.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from checkout import Checkout
from processes import CHILD, DYING, MODES, kill, still_running

from dlnn_utils.companion import paths, trials
from dlnn_utils.companion.seals import EXECUTED, RECORD


def reference(copy: Checkout, notebooks: list[str]) -> dict[str, float]:
    """Run each notebook once and commit all; return how many seconds each took."""
    seconds = {}
    for name in notebooks:
        status, said, seconds[name] = copy.reproduce(name, "--cores", "1")
        if status:
            raise SystemExit(f"the reference run of {name} failed:\n{said}")
    return seconds


def kill_a_run(copy: Checkout, whole: dict, seconds: dict, number: int, rng) -> tuple[str, list]:
    """Kill a run of some notebooks; return what was done, and what is wrong after it."""
    names = [n for n in seconds if rng.random() < 0.6] or [list(seconds)[number % len(seconds)]]
    mode, moment, killed = MODES[number % len(MODES)], sum(seconds[n] for n in names), ""
    if number % 5 == 4:
        shutil.rmtree(copy.results)
    while not killed:  # it had ended; try earlier
        moment *= rng.random()
        process = copy.start("./reproduce.sh", *names, "--cores", "1", "--force")
        time.sleep(moment)
        killed = kill(process, mode, rng)
        process.communicate() if mode == CHILD else process.wait()
    made = copy.made()
    wrong = [f"{f} is not whole" for f in made if not is_whole(f, made, whole)]
    status, said, took = copy.reproduce(*seconds, "--cores", "1")
    process.stdout.close()
    if status:
        wrong.append(f"the next run ended with status {status}:\n{said}")
    wrong += differences(whole, copy.made())
    wrong += [f"still running: {p}" for p in still_running("DLNN_RESULTS", str(copy.results))]
    wrong += [f"left set aside: {name}" for name in copy.asides()]
    label = f"{mode} at {moment:.1f} s of {', '.join(names)} ({killed}); then {took:.0f} s"
    return label, wrong


def is_whole(name: str, made: dict, whole: dict) -> bool:
    """Return whether a file is that of the reference, or the notebook of a run that failed."""
    if made[name] == whole.get(name):
        return True
    record = name.replace(EXECUTED, RECORD)
    if record == name or record in made:
        return False
    try:
        return bool(json.loads(made[name])["cells"])
    except (ValueError, KeyError):
        return False


def kill_an_update(copy: Checkout, before: dict, after: dict, count: int) -> list:
    """Kill an update before it renames a file; return what is wrong after it."""
    for name in copy.committed().keys() - before.keys():
        (copy.root / name).unlink()
    for name, content in before.items():
        (copy.root / name).parent.mkdir(exist_ok=True)
        (copy.root / name).write_bytes(content)
    process = copy.start(sys.executable, "-c", DYING, str(count))
    process.communicate()
    wrong = [] if process.returncode == -9 else [f"it was not killed: {process.returncode}"]
    for name, content in copy.committed().items():
        if not name.endswith(".part") and content not in (before.get(name), after.get(name)):
            wrong.append(f"{name} is not whole")
    status, said, _ = copy.reproduce("update", "--cores", "1")
    if status:
        wrong.append(f"the next update ended with status {status}:\n{said}")
    return wrong + differences(after, copy.committed())


def differences(wanted: dict, found: dict) -> list[str]:
    """Return a line for each file that is missing, another or too many."""
    names = sorted(wanted.keys() | found.keys())
    return [f"{name} differs" for name in names if wanted.get(name) != found.get(name)]


def main() -> int:
    """Kill runs and updates as often as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", default=["01", "03", "10"], help="short ones")
    parser.add_argument("--kills", type=int, default=20, help="of runs")
    parser.add_argument("--updates", type=int, default=10, help="of update that are killed")
    parser.add_argument("--seed", type=int, default=0, help="of moments and processes")
    parser.add_argument("--note", action="store_true", help="keep the outcome for the README")
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    known = [n for n in paths.notebook_names() if n[:2] in {g[:2] for g in given.notebooks}]
    with tempfile.TemporaryDirectory(prefix="dlnn-faults-") as folder:
        copy = Checkout(Path(folder), known)
        seconds = reference(copy, known)
        whole = copy.made()
        print(f"reference: {len(whole)} files, {sum(seconds.values()):.0f} s", flush=True)
        survived = 0
        for number in range(given.kills):
            label, wrong = kill_a_run(copy, whole, seconds, number, rng)
            survived += tell(number, given.kills, label, wrong)
        before = copy.committed()
        copy.reproduce("update", "--cores", "1")
        after = copy.committed()
        changed = sum(before.get(name) != content for name, content in after.items())
        counts = np.unique(np.linspace(0, changed - 1, given.updates).round().astype(int))
        finished = 0
        for number, count in enumerate(counts):
            wrong = kill_an_update(copy, before, after, int(count))
            label = f"update before file {count + 1} of {changed}"
            finished += tell(number, len(counts), label, wrong)
    print(f"survived {survived} of {given.kills} runs, {finished} of {len(counts)} updates")
    if given.note:
        note(known, survived, given.kills, finished, len(counts))
    return int(survived < given.kills or finished < len(counts))


def tell(number: int, of: int, label: str, wrong: list[str]) -> bool:
    """Print the outcome of one kill and return whether it was survived."""
    print(f"[{number + 1}/{of}] {'LOST' if wrong else 'survived'}: {label}", flush=True)
    print("".join(f"    {line}\n" for line in wrong), end="", flush=True)
    return not wrong


def note(notebooks: list[str], survived: int, kills: int, finished: int, updates: int) -> None:
    """Keep the outcome for the README."""
    trials.note(
        "faults.kill",
        f"`kill -9` at random moments of a reproduction of {', '.join(notebooks)}",
        survived,
        kills,
        "of all its processes, of the first or of any other; the next run made all whole",
    )
    what = "`kill -9` of `./reproduce.sh update` between two of the files that it puts in place"
    trials.note("faults.update", what, finished, updates, "the next update made all whole")


if __name__ == "__main__":
    raise SystemExit(main())
