"""SIGKILL: what a killed run leaves does not disturb the next one. More: tests/faults/run.py."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faults.processes import DYING
from test_companion_update import committed

from dlnn_utils.companion.execute import _kernel_home

SLEEPS = 'from pathlib import Path\nPath("{mark}").touch()\nimport time\ntime.sleep(600)'


def start(project, *arguments, **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "dlnn_utils.companion", *arguments],
        cwd=project.root,
        env=project.environment() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(holds, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def running(project):
    """Return the ids of the processes whose environment is this project's, by what they run."""
    mark, found = f"PYTHONPATH={project.root}\0".encode(), {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes():
                command = (process / "cmdline").read_text().split("\0")
                word = next((w for w in command if w.startswith("dlnn_utils.companion")), "")
                found[word or command[2]] = int(process.name)
        except OSError:
            continue
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize("killed", ["dlnn_utils.companion", "snakemake"])
def test_whatever_is_killed_the_rest_ends_and_the_next_run_is_whole(project, killed):
    mark, quick = project.root / "mark", (project.root / "notebooks/02_truth.ipynb").read_text()
    project.notebook("02_truth", SLEEPS.format(mark=mark))
    first = start(project, "02")
    until(mark.exists)
    processes = running(project)
    assert processes.keys() >= {"dlnn_utils.companion.execute", killed}
    os.kill(processes[killed], signal.SIGKILL)
    project.edit("notebooks/02_truth.ipynb", quick)
    next_one = project.command("02")
    assert (next_one.returncode, next_one.stderr) == (0, "")
    said = first.communicate(timeout=60)[0]
    assert first.returncode == (-9 if killed == "dlnn_utils.companion" else 1)
    assert "Traceback" not in said
    until(lambda: not running(project))
    folder = project.root / "results/fast/seed0/02_truth"
    assert "2 of" not in said
    assert json.loads((folder / "record.json").read_text())["files"][0] == "table1.csv"
    assert list(folder.parent.glob(".*")) == []
    assert "1 of 1 up to date." in project.command("02").stdout


@pytest.mark.parametrize("count", [4])
def test_an_update_that_is_killed_is_made_whole_by_the_next_one(project, count):
    """It puts seven files in place: a notebook, three of a table, two of the ledger, README."""
    assert project.command("02").returncode == 0
    (project.root / "notebooks/01_size.ipynb").unlink()
    before = committed(project)
    command = [sys.executable, "-c", DYING, str(count)]
    done = subprocess.run(command, cwd=project.root, env=project.environment(), timeout=60)
    assert done.returncode == -signal.SIGKILL
    mixed = committed(project)
    asides = {name for name in mixed if name.endswith(".part")}
    done = project.command("update")
    assert (done.returncode, done.stderr) == (0, "")
    after = committed(project)
    whole = {name: content for name, content in mixed.items() if name not in asides}
    changed = [name for name in after if after[name] != before.get(name)]
    assert len(changed) == 7
    assert sum(whole.get(name) == after[name] for name in changed) == count
    assert all(content in (before.get(n), after[n]) for n, content in whole.items())
    assert list(project.root.rglob(".*.part")) == []
    assert "Nothing to refresh." in project.command("update").stdout
    assert committed(project) == after


def test_two_updates_with_results_in_two_places_do_not_mix(project):
    places = [{}, {"DLNN_RESULTS": str(project.root / "elsewhere")}]
    updates = [start(project, "update", **place) for place in places]
    said = [update.communicate(timeout=120)[0] for update in updates]
    assert [update.returncode for update in updates] == [0, 0], said
    found, whole = committed(project), []
    for place in places:
        assert "2 of 2 up to date." in project.command("update", **place).stdout
        whole.append(committed(project))
    assert whole[0] != whole[1]  # in their seconds
    assert found in whole


def test_two_at_once_one_of_them_update_end_well_and_alike(project):
    runs = [
        start(project, *arguments) for arguments in (["01"], ["update"], ["02", "--seed", "1"])
    ]
    said = [run.communicate(timeout=120)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert not any("Traceback" in text for text in said)
    assert sum("Another run is under way" in text for text in said) == 2
    assert "".join(said).count("01_size (fast, seed 0) finished") == 1
    files = committed(project)
    assert json.loads(files["claims.json"])[0]["value"] == 1.0
    assert "2 of 2 up to date." in project.command().stdout
    folders = project.root.glob("results/fast/seed*/*")
    assert sorted(f"{f.parent.name} {f.name}" for f in folders) == [
        "seed0 01_size",
        "seed0 02_truth",
        "seed1 02_truth",
    ]


def test_what_a_killed_run_left_of_its_kernel_goes_with_the_next_run(tmp_path):
    killed = _kernel_home(tmp_path)
    home = killed.__enter__()
    (home / "kernel-1").touch()
    with _kernel_home(tmp_path) as again:
        assert (again, list(again.iterdir())) == (home, [])
    assert not home.exists()
