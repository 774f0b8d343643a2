"""The shell script that sets up; a stand-in for Python does what venv and pip would, at once."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dlnn_utils.companion.paths import ROOT

STAND_IN = """#!/bin/sh
case "$1 $2" in
    "-m venv")
        echo venv >> {log}
        mkdir -p .venv/bin
        cp {log}.venv-python .venv/bin/python
        sleep 0.3
        ;;
    "-m dlnn_utils.companion") exec {python} "$@" ;;
    *) [ "$1" = -c ] && exec {python} "$@" ;;
esac
"""
IN_VENV = """#!/bin/sh
[ "$1" != -c ] || exit 0
case "$2" in
    pip)
        echo "$@" | sed 's/.* install/pip install/' >> {log}
        [ ! -e fail ] || { echo "no such package"; exit 1; }
        ;;
    *) echo "$@; threads $OMP_NUM_THREADS $MKL_NUM_THREADS $OPENBLAS_NUM_THREADS"; exit 3 ;;
esac
"""
COMMANDS = [
    "bash",
    "sh",
    "dirname",
    "cat",
    "grep",
    "head",
    "mkdir",
    "cp",
    "rm",
    "mv",
    "sed",
    "sleep",
]
WHOLE = ["venv", "pip install -r requirements.lock", "pip install --no-deps -e ."]


class Checkout:
    """A folder with the script, and a log of what it did."""

    def __init__(self, root: Path, stand_in: Path):
        self.root, self.stand_in = root, stand_in
        self.log = Path(f"{stand_in}.log")

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [str(self.root / "reproduce.sh"), *arguments],
            env=os.environ | {"PYTHON": str(self.stand_in)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def did(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def checkout(tmp_path):
    root = tmp_path / "a checkout"
    (root / "dlnn_utils").mkdir(parents=True)
    shutil.copytree(ROOT / "dlnn_utils/companion", root / "dlnn_utils/companion")
    for name in (
        "reproduce.sh",
        "requirements.lock",
        "dlnn_utils/__init__.py",
        "dlnn_utils/threads.py",
    ):
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
    assert out.splitlines()[2] == "-m dlnn_utils.companion 02 --seed 3; threads 1 1 1"
    status, out, _ = checkout.run()
    assert checkout.did() == []
    assert out == "-m dlnn_utils.companion; threads 1 1 1\n"


def test_it_sets_up_again_when_the_lock_changes_or_the_checkout_moves(checkout):
    checkout.run()
    with open(checkout.root / "requirements.lock", "a") as file:
        file.write("one-more==1.0\n")
    checkout.did()
    checkout.run()
    assert checkout.did() == WHOLE
    checkout.root = checkout.root.rename(checkout.root.with_name("elsewhere"))
    checkout.run()
    assert checkout.did() == WHOLE


def test_an_environment_whose_python_is_gone_is_made_again(checkout):
    checkout.run()
    checkout.did()
    (checkout.root / ".venv/bin/python").unlink()
    assert checkout.run()[0] == 3
    assert checkout.did() == WHOLE


def test_a_half_made_environment_is_not_taken_for_a_whole_one(checkout):
    (checkout.root / "fail").touch()
    status, _, err = checkout.run()
    assert status == 1
    assert err == "no such package\nerror: pip install failed\n"
    assert not (checkout.root / ".venv/made-from").exists()
    (checkout.root / ".venv/left-over").touch()
    (checkout.root / "fail").unlink()
    checkout.did()
    assert checkout.run()[0] == 3
    assert checkout.did() == WHOLE
    assert not (checkout.root / ".venv/left-over").exists()


@pytest.mark.skipif(not shutil.which("flock"), reason="flock is not installed")
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
    status, out, err = checkout.run("test", PYTHON=str(old))
    assert (status, out) == (1, "")
    assert err == (
        f"error: Python 3.11 or newer is needed; found {found}. Set PYTHON to one that is.\n"
    )


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


@pytest.mark.parametrize(("there", "root"), [(True, 0), (False, 0), (False, 1000)])
def test_ci_installs_a_browser_and_slurm_where_it_can_and_runs_the_tests(
    checkout, tmp_path, there, root
):
    (checkout.root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", checkout.root / ".ci/run")
    tools, log = tmp_path / "tools", tmp_path / "apt.log"
    tools.mkdir()
    for name in COMMANDS:
        (tools / name).symlink_to(shutil.which(name))
    script(tools / "apt-get", f'#!/bin/sh\necho "$@" >> {log}\n')
    script(tools / "id", f"#!/bin/sh\necho {root}\n")
    for name in ("chromedriver", "slurmctld") if there else ():
        script(tools / name, "#!/bin/sh\n")
    done = subprocess.run(
        [str(checkout.root / ".ci/run")],
        env={"PATH": str(tools), "PYTHON": str(checkout.stand_in)},
        capture_output=True,
        text=True,
    )
    assert "-m dlnn_utils.companion test;" in done.stdout
    assert done.returncode == 3
    installed = log.read_text() if log.exists() else ""
    for packages in ("chromium chromium-driver", "munge slurmctld slurmd slurm-client"):
        assert (packages in installed) == (not there and root == 0)
