"""Kill reproductions at random moments, and see whether the next run makes good.

Run with `.venv/bin/python tests/faults/run.py`; it works in a copy of the checkout.  Of some short
notebooks it makes a reference, and then kills as many runs as asked for: at once all processes,
or the first only, or any other one.  A kill is survived if right after it every result is absent
or whole, the next run ends well without further help, all results are then those of the
reference byte for byte (but for seconds and memory), and nothing is left running or set aside.
Then it kills `update` before one after the other of the files that it puts in place.
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

sys.path[:0] = map(str, Path(__file__).resolve().parents[1:3])  # this checkout, and its tests

from conftest import Project, made  # noqa: E402

from dlnn_utils.reproduce.engine import paths  # noqa: E402
from dlnn_utils.reproduce.engine.paths import EXECUTED, RECORD  # noqa: E402
from dlnn_utils.reproduce.ledger.notes import note_trial  # noqa: E402

MODES = ALL, PARENT, CHILD = "all processes", "the first process only", "one other process"
NOT_COPIED = (".git", ".venv*", "results", "__pycache__", ".*_cache")
SECONDS_TO_END = 10.0
DYING = """
import os, signal, sys
from dlnn_utils.reproduce.cli import main
left, replace = int(sys.argv[1]), os.replace
def dying(*names):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    replace(*names)
os.replace = dying
main(["update"])
"""
"""`update`, killed before it puts a file in place for which the argument counts."""


def kill_a_run(copy: Project, whole: dict, seconds: dict, number: int, rng) -> tuple[str, list]:
    """Kill a run of some notebooks; return what was done, and what is wrong after it."""
    names = [n for n in seconds if rng.random() < 0.6] or [list(seconds)[number % len(seconds)]]
    mode, moment = MODES[number % len(MODES)], sum(seconds[n] for n in names)
    results = copy.root / "results"
    if number % 5 == 4:
        shutil.rmtree(results)
    killed = False
    while not killed:  # it had ended; try earlier
        moment *= rng.random()
        forced = [*names, "--cores", "1", "--force"]
        process = copy.start(*forced, stderr=subprocess.STDOUT, start_new_session=True)
        time.sleep(moment)
        killed = kill(process.pid, mode, rng) if process.poll() is None else False
        process.communicate() if mode == CHILD else process.wait()
    found = made(results)
    wrong = [f"{f} is not whole" for f in found if not is_whole(f, found, whole)]
    began = time.monotonic()
    status, said, err = copy.run(*seconds, "--cores", "1")
    took = time.monotonic() - began
    process.stdout.close()
    if status:
        wrong.append(f"the next run ended with status {status}:\n{said}{err}")
    wrong += differences(whole, made(results))
    wrong += [f"still running: {p.cmdline()}" for p in still_running(copy)]
    wrong += [f"left set aside: {name}" for name in copy.root.rglob(".*.part")]
    return f"{mode} at {moment:.1f} s of {', '.join(names)}; then {took:.0f} s", wrong


def kill(run: int, mode: str, rng: np.random.Generator) -> bool:
    """Send SIGKILL to a run's processes, chosen by the mode; return whether there were any."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(run)
        children = sorted(parent.children(recursive=True), key=lambda p: p.pid)
        other = children[rng.integers(len(children))] if children else parent
        for process in {ALL: [parent, *children], PARENT: [parent], CHILD: [other]}[mode]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        return True
    return False


def still_running(copy: Project) -> list[psutil.Process]:
    """Return the processes of a copy that do not end by themselves."""
    deadline = time.monotonic() + SECONDS_TO_END
    while (found := copy.running()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


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


def kill_an_update(copy: Project, before: dict, after: dict, count: int) -> list:
    """Kill an update before it renames a file; return what is wrong after it."""
    for name in copy.committed().keys() - before.keys():
        (copy.root / name).unlink()
    for name, content in before.items():
        (copy.root / name).write_bytes(content)
    call = [sys.executable, "-c", DYING, str(count)]
    done = subprocess.run(call, cwd=copy.root, env=copy.environment(), capture_output=True)
    wrong = [] if done.returncode == -9 else [f"it was not killed: {done.returncode}"]
    for name, content in copy.committed().items():
        if not name.endswith(".part") and content not in (before.get(name), after.get(name)):
            wrong.append(f"{name} is not whole")
    status, said, err = copy.run("update", "--cores", "1")
    if status:
        wrong.append(f"the next update ended with status {status}:\n{said}{err}")
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
    runs, updates, seconds = [], [], {}
    with tempfile.TemporaryDirectory(prefix="dlnn-faults-") as folder:
        copy = Project(Path(folder) / "copy")
        shutil.copytree(paths.ROOT, copy.root, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for path in copy.root.glob("notebooks/*.ipynb"):
            if path.stem not in known:
                path.unlink()
        for name in known:
            began = time.monotonic()
            status, said, err = copy.run(name, "--cores", "1")
            seconds[name] = time.monotonic() - began
            if status:
                raise SystemExit(f"the reference run of {name} failed:\n{said}{err}")
        whole = made(copy.root / "results")
        print(f"reference: {len(whole)} files, {sum(seconds.values()):.0f} s", flush=True)
        for number in range(given.kills):
            label, wrong = kill_a_run(copy, whole, seconds, number, rng)
            runs.append(survived(number, given.kills, label, wrong))
        before = copy.committed()
        copy.run("update", "--cores", "1")
        after = copy.committed()
        changed = sum(before.get(name) != content for name, content in after.items())
        counts = np.unique(np.linspace(0, changed - 1, given.updates).round().astype(int))
        for number, count in enumerate(counts):
            wrong = kill_an_update(copy, before, after, int(count))
            label = f"update before file {count + 1} of {changed}"
            updates.append(survived(number, len(counts), label, wrong))
    print(f"survived {sum(runs)} of {len(runs)} runs, {sum(updates)} of {len(updates)} updates")
    if given.note:
        what = f"`kill -9` at random moments of a reproduction of {', '.join(known)}"
        which = "of all its processes, of the first or of any other; the next run made all whole"
        note_trial("faults.kill", what, sum(runs), len(runs), which)
        what = (
            "`kill -9` of `./reproduce.sh update` between two of the files that it puts in place"
        )
        then = "the next update made all whole"
        note_trial("faults.update", what, sum(updates), len(updates), then)
    return int(not all(runs + updates))


def survived(number: int, of: int, label: str, wrong: list[str]) -> bool:
    """Print the outcome of one kill and return whether it was survived."""
    print(f"[{number + 1}/{of}] {'LOST' if wrong else 'survived'}: {label}", flush=True)
    print("".join(f"    {line}\n" for line in wrong), end="", flush=True)
    return not wrong


if __name__ == "__main__":
    raise SystemExit(main())
