"""A full disk, folders that are read-only, no network: one clear line, or no harm at all."""

import functools
import os
import resource
import shutil
import subprocess
import sys

import pytest
from test_companion_update import committed

from dlnn_utils.companion import paths

SPACE = ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-ec"]
MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$2"; shift 2; '
READ_ONLY = 'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; '
KEPT = 'status=0; "$@" || status=$?; cp -a results/. kept; exit $status'
FORBIDDEN = """
import socket

def refuse(*address, **more):
    raise OSError(f"the network is not to be used; asked for {address}")

class Socket(socket.socket):
    def connect(self, address):
        return super().connect(address) if self.family == socket.AF_UNIX else refuse(address)

socket.socket = Socket
socket.getaddrinfo = refuse
"""


@functools.cache
def can(*command):
    """Return whether this machine lets us do something in namespaces of our own."""
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


needs_mounts = pytest.mark.skipif(
    not can(*SPACE, "mount -t tmpfs tmpfs /tmp"), reason="mounting is not allowed here"
)


def within(project, script, *arguments, command):
    """Call the command line behind mounts that only it sees."""
    engine = [sys.executable, "-m", "dlnn_utils.companion", *command]
    return subprocess.run(
        [*SPACE, script, "sh", *arguments, *engine],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )


@needs_mounts
@pytest.mark.parametrize("kilobytes", [36])
def test_a_full_disk_gets_one_line_with_the_file_and_leaves_nothing_half_written(
    project, kilobytes
):
    for folder in ("results", "kept"):
        (project.root / folder).mkdir()
    script = MOUNT + KEPT
    done = within(project, script, f"{kilobytes}k", "results", command=["01", "--cores", "1"])
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if "No space left on device" in line]
    assert len(told) == 1
    assert str(project.root / "results") in told[0]
    assert done.stderr == ""
    assert "Traceback" not in done.stdout
    left = [f for f in project.root.glob("kept/fast/seed0/*/*") if f.name != ".lock"]
    assert [f for f in left if f.name != "executed.ipynb"] == []
    assert all(f.stat().st_size for f in left)
    assert list(project.root.glob("kept/fast/seed0/.*")) == []


@needs_mounts
def test_update_on_a_full_disk_or_a_read_only_folder_changes_nothing(project):
    assert project.command("02").returncode == 0
    (project.root / "notebooks/01_size.ipynb").unlink()
    project.edit("figures/table1.csv", "as it was\n")
    before = committed(project)
    figures = project.root / "figures"
    full = within(project, MOUNT, "4k", "figures", command=["--list"])
    assert full.returncode == 0, full.stderr
    copied = 'cp -a figures was; mount -t tmpfs -o size="$1" tmpfs figures; cp -a was/. figures; '
    kept = 'shift; status=0; "$@" || status=$?; cp -a figures now; exit $status'
    full = within(project, copied + kept, "12k", command=["update"])
    error = f"error: cannot write to {figures}/"
    assert full.returncode == 1
    assert full.stderr.startswith(error)
    assert full.stderr.endswith(": No space left on device\n")
    assert full.stderr.count("\n") == 1
    now = {f.name: f.read_bytes() for f in (project.root / "now").iterdir()}
    assert now == {"table1.csv": b"as it was\n"}
    assert committed(project) == before

    closed = within(project, READ_ONLY + '"$@"', str(figures), command=["update"])
    assert closed.returncode == 1
    assert closed.stderr.startswith(error)
    assert closed.stderr.endswith(": Read-only file system\n")
    assert closed.stderr.count("\n") == 1
    assert committed(project) == before

    results = str(project.root / "results")
    closed = within(project, READ_ONLY + '"$@"', results, command=["02", "--force"])
    assert closed.returncode == 1
    assert closed.stderr == f"error: cannot write to {results}/.lock: Read-only file system\n"
    assert project.command("update").returncode == 0


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


def test_an_output_that_is_full_or_closed_gets_no_traceback(project):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-u", "-m", "dlnn_utils.companion", "--list"],
            cwd=project.root,
            env=project.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr == "error: cannot write to the output: No space left on device\n"


def test_a_reproduction_needs_no_network(project):
    cut = ["unshare", "--net", *(["--map-root-user"] if os.geteuid() else [])]
    environment = project.environment() | {"http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    if not can(*cut, "true"):
        cut = []
        project.edit("closed/sitecustomize.py", FORBIDDEN)
        environment["PYTHONPATH"] += f"{os.pathsep}{project.root / 'closed'}"
        probe = "import socket; socket.create_connection(('192.0.2.1', 80))"
        done = subprocess.run([sys.executable, "-c", probe], env=environment, capture_output=True)
        assert b"the network is not to be used" in done.stderr
    done = subprocess.run(
        [*cut, sys.executable, "-m", "dlnn_utils.companion", "02"],
        cwd=project.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "finished" in done.stdout


def test_what_could_not_be_run_leaves_the_disk_as_it_was(project):
    """A notebook that fills the disk's quota for one file fails in its cell, with the file."""
    project.notebook(
        "02_truth",
        'from dlnn_utils.companion import Run\nrun = Run("02_truth", seed=seed)',
        "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        'run.table("table1", ["what"], [["longer than ten bytes"]])',
    )
    done = project.command("02")
    assert done.returncode == 1
    assert "cell 3: OSError: [Errno 27] File too large: " in done.stdout
    assert "table1.csv" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    folder = project.root / "results/fast/seed0/02_truth"
    assert sorted(f.name for f in folder.iterdir()) == [".lock", "executed.ipynb"]
    shutil.rmtree(folder)
