"""The shell script that sets up; a stand-in for Python does what venv and pip would, at once."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from conftest import until

from dlnn_utils.reproduce.engine.paths import ROOT

STAND_IN = """#!/bin/sh
case "$1 $2" in
    "-m venv")
        echo venv >> {log}
        mkdir -p .venv/bin .venv/lib/python3.11/site-packages
        cp {log}.venv-python .venv/bin/python
        sleep 0.3
        ;;
    "-m dlnn_utils.reproduce") exec {python} -S "$@" ;;
    *) [ "$1" = -c ] && exec {python} "$@" ;;
esac
"""
IN_VENV = """#!/bin/sh
case "$2" in
    pip)
        echo "$@" | sed 's/.* install/pip install/' >> {log}
        [ ! -e fail ] || { echo "no such package"; exit 1; }
        ;;
    *)
        echo "$@; threads $OMP_NUM_THREADS $MKL_NUM_THREADS $OPENBLAS_NUM_THREADS"
        env | grep -E "^(PYTHONPATH|PYTHONHOME|PYTHONOPTIMIZE|PIP_TARGET)="
        exit 3
        ;;
esac
"""
WHOLE = ["venv", "pip install -r requirements.lock"]


class Checkout:
    """A folder with the script, and a log of what it did."""

    def __init__(self, root: Path, stand_in: Path):
        self.root, self.stand_in = root, stand_in
        self.log = Path(f"{stand_in}.log")

    def start(self, *arguments, command=None, **environment):
        return subprocess.Popen(
            [*(command or [str(self.root / "reproduce.sh")]), *arguments],
            cwd=self.root.parent,
            env=os.environ | {"PYTHON": str(self.stand_in)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments, command=None, **environment):
        process = self.start(*arguments, command=command, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def set_up(self):
        """Run, and return what was done before the package was called."""
        assert self.run()[0] == 3
        return self.did()

    def did(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "a checkout of Größe, it's 质量"
    shutil.copytree(ROOT / "dlnn_utils/reproduce", root / "dlnn_utils/reproduce")
    for name in ("reproduce.sh", "requirements.lock", "dlnn_utils/__init__.py"):
        shutil.copy(ROOT / name, root / name)
    log = tmp_path / "python.log"
    script(tmp_path / "python", STAND_IN.format(log=log, python=sys.executable))
    script(Path(f"{log}.venv-python"), IN_VENV.replace("{log}", str(log)))
    return Checkout(root, tmp_path / "python")


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)


def test_it_sets_up_once_and_hands_on_arguments_threads_and_status(checkout):
    status, out, err = checkout.run("02", "--seed", "3")
    assert checkout.did() == WHOLE
    assert (status, err) == (3, "")
    assert out.splitlines()[0].startswith("Setting up .venv from requirements.lock")
    assert re.fullmatch(r"Set up in \d+ s\.", out.splitlines()[1])
    assert (checkout.root / ".venv/set-up-seconds").read_text().strip().isdecimal()
    assert out.splitlines()[2] == "-m dlnn_utils.reproduce 02 --seed 3; threads 1 1 1"
    assert checkout.run() == (3, "-m dlnn_utils.reproduce; threads 1 1 1\n", "")
    assert checkout.did() == []


def test_it_sets_up_again_when_the_lock_changes_or_the_checkout_moves(checkout):
    assert checkout.set_up() == WHOLE
    with open(checkout.root / "requirements.lock", "a") as file:
        file.write("one-more==1.0\n")
    assert checkout.set_up() == WHOLE
    checkout.root = checkout.root.rename(checkout.root.with_name("elsewhere"))
    assert checkout.set_up() == WHOLE


def test_an_environment_is_made_again_when_its_python_is_gone_and_not_when_it_fails(checkout):
    checkout.set_up()
    python = checkout.root / ".venv/bin/python"
    whole = python.read_text()
    script(python, "#!/bin/sh\necho it does not start >&2\nexit 1\n")
    assert checkout.run() == (1, "", "it does not start\n")
    assert (checkout.did(), python.exists()) == ([], True)
    script(python, whole)
    assert checkout.set_up() == []
    python.unlink()
    python.symlink_to("gone")
    assert checkout.set_up() == WHOLE


@pytest.mark.parametrize("way", ["sh", "bash", "link", "link to a link", "relative", "CDPATH"])
def test_each_way_to_call_it_works(checkout, way):
    script, links = checkout.root / "reproduce.sh", checkout.root.parent / "bin"
    links.mkdir()
    (links / "absolute").symlink_to(script)
    (links / "relative").symlink_to(f"../{checkout.root.name}/reproduce.sh")
    (links / "twice").symlink_to("relative")
    command = {
        "sh": ["sh", str(script)],
        "bash": ["bash", str(script)],
        "link": [str(links / "absolute")],
        "link to a link": [str(links / "twice")],
        "relative": ["sh", f"{checkout.root.name}/reproduce.sh"],
        "CDPATH": [f"{checkout.root.name}/reproduce.sh"],
    }[way]
    found = {"CDPATH": str(checkout.root.parent)} if way == "CDPATH" else {}
    status, out, err = checkout.run("02", command=command, **found)
    assert (status, err) == (3, "")
    assert out.endswith("-m dlnn_utils.reproduce 02; threads 1 1 1\n")
    assert (checkout.root / ".venv/made-from").exists()


def test_what_is_set_for_another_python_does_not_reach_this_one(checkout):
    (checkout.root.parent / "numpy.py").write_text("raise ImportError\n")
    others = {"PYTHONPATH": str(checkout.root.parent), "PYTHONOPTIMIZE": "2"}
    others |= {"PIP_TARGET": "elsewhere", "PYTHONHOME": "nowhere"}
    status, out, err = checkout.run("02", **others)
    assert (status, err) == (3, "")
    assert out.endswith("-m dlnn_utils.reproduce 02; threads 1 1 1\n")


def test_the_package_is_found_whatever_letters_the_path_has(checkout):
    """Python 3.11 reads the file that names it by the locale's letters, and may know no others."""
    checkout.run()
    (packages,) = checkout.root.glob(".venv/lib/python3*/site-packages")
    assert (packages / "checkout.pth").read_bytes() == b"../../../..\n"
    code = "import os, site, sys; site.addsitedir(sys.argv[1]); import dlnn_utils.reproduce as r; "
    code += "print(os.path.samefile(r.__path__[0], sys.argv[2]))"
    where = [str(packages), str(checkout.root / "dlnn_utils/reproduce")]
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, *where],
        cwd=packages,
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_half_made_environment_is_not_taken_for_a_whole_one(checkout):
    (checkout.root / "fail").touch()
    status, _, err = checkout.run()
    assert (status, err) == (1, "no such package\nerror: pip install failed\n")
    assert not (checkout.root / ".venv/made-from").exists()
    (checkout.root / ".venv/left-over").touch()
    (checkout.root / "fail").unlink()
    checkout.did()
    assert checkout.set_up() == WHOLE
    assert not (checkout.root / ".venv/left-over").exists()


def test_two_at_once_set_up_once(checkout):
    both = [checkout.start() for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert checkout.did() == WHOLE
    assert [process.returncode for process in both] == [3, 3]
    assert sum("Another set-up is under way" in out for out in outputs) <= 1
    assert sum("Set up in" in out for out in outputs) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "requirements.lock is missing; get it back with: git checkout requirements.lock"),
        ("numpy>=2\ntorch==2.13.0\n", "expected name==version, got line 1:numpy>=2"),
        ("torch==2.13.0\n<<<<<<< HEAD\n", "expected name==version, got line 2:<<<<<<< HEAD"),
        ("torch==2.13.0\nnum", "expected name==version, got line 2:num"),
        ("numpy==2.4.6\n", "requirements.lock is damaged; it does not pin torch"),
        ("", "requirements.lock is damaged; it does not pin torch"),
    ],
)
def test_a_missing_or_damaged_lock_gets_one_line(checkout, text, message):
    lock = checkout.root / "requirements.lock"
    lock.unlink() if text is None else lock.write_text(text)
    status, out, err = checkout.run()
    assert (status, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1
    assert checkout.did() == []
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize(
    ("text", "found"),
    [("#!/bin/sh\n[ $1 = --version ] && echo Python 3.10.4\n", "Python 3.10.4"), (None, "none")],
)
def test_python_below_3_11_gets_one_line(checkout, text, found):
    old = checkout.root / "old-python"
    if text:
        script(old, text)
    line = f"error: Python 3.11 or newer is needed; found {found}. Set PYTHON to one that is.\n"
    assert checkout.run("test", PYTHON=str(old)) == (1, "", line)


def test_a_checkout_that_cannot_be_written_gets_one_line():
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("reproduce.sh", "requirements.lock"):
            shutil.copy(ROOT / name, root / name)
        script(root / "python", "#!/bin/sh\nexit 0\n")
        root.chmod(0o555)
        nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.getuid() == 0 else {}
        done = subprocess.run(
            [str(root / "reproduce.sh")],
            env={"PATH": "/usr/bin:/bin", "PYTHON": str(root / "python")},
            capture_output=True,
            text=True,
            **nobody,
        )
        root.chmod(stat.S_IRWXU)
    assert done.returncode == 1
    assert done.stderr == f"error: cannot write to {root}; the checkout must be writable\n"


def test_help_needs_no_set_up(checkout):
    status, out, _ = checkout.run("--help")
    assert status == 0
    assert "./reproduce.sh sweep --seeds N" in out
    assert checkout.did() == []
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize("orphan", [True, False])
def test_a_set_up_that_is_killed_is_begun_again(checkout, orphan):
    python = checkout.stand_in.with_name("python.log.venv-python")
    swift = python.read_text()
    slow = 'if [ "$2" = pip ]; then touch began; sleep 2; touch .venv/late; fi\n'
    script(python, swift.replace("\n", f"\n{slow}", 1))
    first = checkout.start()
    until((checkout.root / "began").exists)
    script(python, swift)
    checkout.did()
    (os.kill if orphan else os.killpg)(first.pid, signal.SIGKILL)
    first.wait()
    status, out, err = checkout.run("02")
    assert (status, err) == (3, "")
    assert out.startswith("Another set-up is under way; waiting") == orphan
    assert checkout.did()[-2:] == WHOLE
    assert not (checkout.root / ".venv/late").exists()
    assert checkout.set_up() == []
