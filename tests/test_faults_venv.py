"""`.venv` deleted, half-made, killed while it is made, or with files gone."""

import os
import signal
import subprocess
import sys
import time

import pytest
from test_reproduce import WHOLE, checkout, script  # noqa: F401

from dlnn_utils.companion import installed


def test_a_deleted_environment_is_made_again(checkout):  # noqa: F811
    checkout.run()
    checkout.did()
    subprocess.run(["rm", "-r", str(checkout.root / ".venv")], check=True)
    assert checkout.run()[0] == 3
    assert checkout.did() == WHOLE


@pytest.mark.parametrize("orphan", [True, False])
def test_a_set_up_that_is_killed_is_begun_again(checkout, orphan):  # noqa: F811
    python = checkout.stand_in.with_name("python.log.venv-python")
    swift = python.read_text()
    slow = 'if [ "$2" = pip ]; then touch began; sleep 2; touch .venv/late; fi\n'
    script(python, swift.replace("\n", f"\n{slow}", 1))
    first = subprocess.Popen(
        [str(checkout.root / "reproduce.sh")],
        env=os.environ | {"PYTHON": str(checkout.stand_in)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    began = checkout.root / "began"
    while not began.exists():
        time.sleep(0.02)
    script(python, swift)
    checkout.did()
    (os.kill if orphan else os.killpg)(first.pid, signal.SIGKILL)
    first.wait()
    status, out, err = checkout.run("02")
    assert (status, err) == (3, "")
    assert out.startswith("Another set-up is under way; waiting") == orphan
    assert checkout.did()[-3:] == WHOLE
    assert not (checkout.root / ".venv/late").exists()
    assert checkout.run()[0] == 3
    assert checkout.did() == []


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Return a folder of packages with one in it, beside a lock that asks for it."""
    folder = tmp_path / "packages"
    (folder / "toy").mkdir(parents=True)
    (folder / "toy/__init__.py").write_text("VALUE = 1\n")
    (folder / "toy-1.0.dist-info").mkdir()
    (folder / "toy-1.0.dist-info/METADATA").write_text("Name: toy\nVersion: 1.0\n")
    record = (
        "toy/__init__.py,sha256=x,10\ntoy-1.0.dist-info/RECORD,,\ntoy-1.0.dist-info/METADATA,,\n"
    )
    (folder / "toy-1.0.dist-info/RECORD").write_text(record)
    (tmp_path / "requirements.lock").write_text("# pins\ntoy==1.0\n")
    monkeypatch.setattr(installed.paths, "ROOT", tmp_path)
    monkeypatch.syspath_prepend(folder)
    return folder


def test_missing_files_of_a_package_are_noticed(packages):
    assert installed.damage() == ""
    (packages / "toy/__init__.py").write_text("VALUE")
    assert "lacks files of toy; make it anew: delete it and call again" in installed.damage()
    (packages / "toy/__init__.py").unlink()
    assert "lacks files of toy;" in installed.damage()
    (packages / "toy/__init__.py").write_text("VALUE = 1\n")
    assert installed.damage() == ""
    (packages / "toy-1.0.dist-info/RECORD").unlink()
    assert "lacks files of toy;" in installed.damage()
    lock = packages.parent / "requirements.lock"
    lock.write_text("".join(f"absent{n}==1.0\n" for n in range(5)))
    assert "lacks files of absent0, absent1, absent2 and others;" in installed.damage()


@pytest.mark.parametrize("module", ["snakemake"])
def test_a_package_that_does_not_load_is_told_in_one_line(project, module):
    project.edit(f"{module}.py", f"raise ImportError('no {module}')\n")
    lock = project.root / "requirements.lock"
    lock.write_text(lock.read_text() + "absent==1.0\n")
    done = project.command("02", "--cores", "1")
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert lines == [
        f"error: {sys.prefix} lacks files of absent; make it anew: delete it and call again"
    ]
    assert "FAILED: 02_truth (fast, seed 0)" in done.stdout


def test_a_house_that_does_not_load_is_told_in_one_line(project):
    project.edit("argparse.py", "raise ImportError('no argparse')\n")
    done = project.command("--list")
    assert (done.returncode, done.stderr) == (1, "error: no argparse\n")
