"""Killed and stopped runs, a full disk, folders that cannot be written, little memory, no network.

Most runs here are processes of their own; tests/faults/run.py kills many more.
"""

import functools
import json
import os
import resource
import subprocess
from pathlib import Path

import pytest
from conftest import until

from dlnn_utils.reproduce.engine import paths

SLEEPS = 'from pathlib import Path\nPath("{mark}").touch()\nimport time\ntime.sleep(600)'
ROOM = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-ec"]
MOUNT = 'mount -t tmpfs -o size="$1" tmpfs results; shift; status=0; "$@" || status=$?; '
READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; "$@"'
NO_NETWORK = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]


@functools.cache
def can(*command):
    """Return whether this machine lets us do something in namespaces of our own."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(
    not can(*ROOM, "mount -t tmpfs tmpfs /tmp"), reason="mounting is not allowed here"
)


def test_kill_9_leaves_nothing_running_and_the_next_run_is_whole(project):
    quick = (project.root / "notebooks/02_truth.ipynb").read_text()
    mark = project.root / "mark"
    project.notebook("02_truth", SLEEPS.format(mark=mark))
    first = project.start("02")
    until(mark.exists)
    assert len(project.running()) >= 4  # ours, Snakemake, what runs the notebook, its kernel
    first.kill()
    project.edit("notebooks/02_truth.ipynb", quick)
    status, _, err = project.run("02")
    assert (status, err) == (0, "")
    assert "Traceback" not in first.communicate()[1]
    until(lambda: not project.running())
    folder = project.root / "results/ours/seed0/02_truth"
    assert json.loads((folder / "record.json").read_text())["files"][0] == "table1.csv"
    assert list(folder.parent.glob(".*.part")) == []


def test_a_stopped_run_leaves_nothing_running(project):
    project.notebook("01_size", "import time; time.sleep(600)")
    process = project.start("01")
    assert "1 to run" in process.stdout.readline()
    assert "started" in process.stdout.readline()
    process.terminate()
    assert process.communicate(timeout=60)[1] == "stopped\n"
    assert process.returncode == 130
    until(lambda: not project.running(), 10)
    assert list(project.root.glob("results/ours/seed0/*/record.json")) == []


def test_an_update_that_is_killed_is_made_whole_by_the_next_one(ran, monkeypatch, said):
    """It puts twelve files in place: a notebook, three of a table, seven of the ledger, README."""
    (ran.root / "notebooks/01_size.ipynb").unlink()
    before, left, replace, unlink = ran.committed(), [None] * 4, os.replace, Path.unlink

    def dying(*names):
        if not left:
            raise KeyboardInterrupt
        left.pop()
        replace(*names)

    monkeypatch.setattr(os, "replace", dying)
    monkeypatch.setattr(Path, "unlink", lambda path, **more: None)  # it is dead
    assert said("update")[0] == 130
    monkeypatch.setattr(os, "replace", replace)
    monkeypatch.setattr(Path, "unlink", unlink)
    mixed = ran.committed()
    asides = {name for name in mixed if name.endswith(".part")}
    assert said("update")[0] == 0
    after = ran.committed()
    changed = [name for name in after if after[name] != before.get(name)]
    assert len(changed) == 12
    assert sum(mixed.get(name) == after[name] for name in changed) == 4
    whole = {name: content for name, content in mixed.items() if name not in asides}
    assert all(content in (before.get(n), after[n]) for n, content in whole.items())
    assert (len(asides), list(ran.root.rglob(".*.part"))) == (8, [])
    assert "Nothing to refresh." in said("update")[1]
    assert ran.committed() == after


@needs_mounts
def test_a_full_disk_gets_one_line_with_the_file_and_leaves_nothing_half_written(project):
    for folder in ("results", "kept"):
        (project.root / folder).mkdir()
    script = MOUNT + "cp -a results/. kept; exit $status"
    room = [*ROOM, script, "sh", "44k"]
    status, out, err = project.run("01", "--cores", "1", within=room)
    assert (status, err) == (1, "")
    (told,) = [line for line in out.splitlines() if "No space left on device" in line]
    assert str(project.root / "results") in told
    assert "Traceback" not in out
    left = [f for f in project.root.glob("kept/ours/seed0/*/*") if f.name != "executed.ipynb"]
    assert left == []
    assert list(project.root.glob("kept/ours/seed0/.*.part")) == []


@needs_mounts
@pytest.mark.parametrize(("closed", "arguments"), [("figures", ["update"]), ("results", ["01"])])
def test_a_folder_that_is_read_only_gets_one_line_and_nothing_changes(ran, closed, arguments):
    ran.edit("figures/table1.csv", "as it was\n")
    before, folder = ran.committed(), str(ran.root / closed)
    status, _, err = ran.run(*arguments, within=[*ROOM, READ_ONLY, "sh", folder])
    assert status == 1
    assert err.startswith(f"error: cannot write to {folder}/")
    assert err.endswith(": Read-only file system\n")
    assert err.count("\n") == 1
    assert ran.committed() == before


def test_files_that_cannot_grow_are_not_left_cut_short(tmp_path):
    old, new = tmp_path / "old.csv", tmp_path / "new/new.csv"
    old.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large: .*new.csv"):
            paths.write_all({old: b"new", new: b"x" * 2000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert old.read_text() == "old"
    assert [f for f in tmp_path.rglob("*") if f.is_file()] == [old]
    paths.write_all({old: b"new", new: "x"})
    assert (old.read_text(), new.read_text()) == ("new", "x")


def test_too_little_memory_ends_in_one_line_and_leaves_no_kernel(project):
    """It fails at any place, or answers no more; then it is ended, here after some seconds."""
    kernel = project.root / "dlnn_utils/reproduce/engine/kernel.py"
    assert (text := kernel.read_text()).count("SECONDS_IDLE = 120") == 1
    kernel.write_text(text.replace("SECONDS_IDLE = 120", "SECONDS_IDLE = 8"))
    limit = (400 * 2**20, 400 * 2**20)
    little = functools.partial(resource.setrlimit, resource.RLIMIT_AS, limit)
    status, out, err = project.run("02", preexec_fn=little)
    assert (status, err) == (1, "")
    assert sum(" failed after " in line for line in out.splitlines()) == 1
    assert "FAILED: 02_truth (ours, seed 0)" in out
    until(lambda: not project.running(), 10)


def test_an_odd_machine_does_no_harm(project, tmp_path):
    """No home, a long folder for temporary files, no network, and letters beyond the locale's."""
    project.root = project.root.rename(tmp_path / "é toy's 质")
    long = tmp_path / (130 * "x")
    long.mkdir()
    odd = {"HOME": "/proc", "TMPDIR": str(long), "LC_ALL": "C"}
    cut = NO_NETWORK if can(*NO_NETWORK, "true") else []
    status, out, err = project.run("02", env=odd, within=cut)
    assert (status, err) == (0, "")
    assert "02_truth (ours, seed 0) finished in " in out
