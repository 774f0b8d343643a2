"""A clock that is set back, before a run and in the middle of one."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import SIZE
from test_reproduce import checkout  # noqa: F401

DAY = 86400
SETS_BACK = "from pathlib import Path; Path({clock!r}).write_text('{seconds}')"
NOW = "import time; print(time.time())"


def test_the_set_up_takes_no_negative_time(checkout):  # noqa: F811
    """It asks for a clock that nobody sets, not the shell for the time of day."""
    text = (checkout.root / "reproduce.sh").read_text()
    checkout.run()
    assert 0 <= int((checkout.root / ".venv/set-up-seconds").read_text()) < 60
    assert "SECONDS" not in text


@pytest.fixture
def clock(project, tmp_path):
    """Return the file that says by how many seconds the project's clock is off."""
    compiler, library = shutil.which("cc"), tmp_path / "clock.so"
    if not compiler or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler")
    code = Path(__file__).parent / "faults/clock.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, code], check=True)
    file = tmp_path / "clock"
    file.write_text("0")
    environment = project.environment() | {"LD_PRELOAD": str(library), "TEST_CLOCK": str(file)}
    project.environment = lambda: environment
    return file


def days_ahead(project) -> float:
    """Return by how many days the clock of a process of the project is ahead of ours."""
    command = [sys.executable, "-c", NOW]
    done = subprocess.run(command, env=project.environment(), capture_output=True, check=True)
    return round((float(done.stdout) - time.time()) / DAY, 2)


def values(record) -> list:
    return [(m["id"], m["value"]) for m in record["measurements"]]


def recorded(project) -> dict:
    file = project.root / "results/fast/seed0/01_size/record.json"
    return json.loads(file.read_text())


def test_a_clock_set_back_between_two_runs_makes_nothing_old(project, clock):
    clock.write_text(str(2 * DAY))
    assert days_ahead(project) == 2
    assert project.command("01").returncode == 0
    folder = project.root / "results/fast/seed0/01_size"
    before = {f.name: f.read_bytes() for f in folder.iterdir()}
    clock.write_text("0")
    done = project.command("01")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 1 up to date." in done.stdout
    assert {f.name: f.read_bytes() for f in folder.iterdir()} == before

    project.edit("dlnn_utils/toy.py", '"""A value."""\n\nVALUE = 2.0\n')
    done = project.command("01")
    assert (done.returncode, done.stderr) == (0, "")
    assert "01_size (fast, seed 0) finished" in done.stdout
    assert recorded(project)["code"] != json.loads(before["record.json"])["code"]
    assert "1 of 1 up to date." in project.command("01").stdout


def test_a_clock_set_back_in_the_middle_of_a_run_disturbs_nothing(project, clock):
    assert project.command("01").returncode == 0
    quiet = recorded(project)
    sets_back = SETS_BACK.format(clock=str(clock), seconds=-2 * DAY)
    project.notebook("01_size", *SIZE[:-1], sets_back, SIZE[-1])
    done = project.command("01")
    assert (done.returncode, done.stderr) == (0, "")
    assert days_ahead(project) == -2
    disturbed = recorded(project)
    assert 0 <= disturbed["seconds"] < 600
    assert disturbed["digests"].keys() == quiet["digests"].keys()
    assert values(disturbed) == values(quiet)
    assert project.command("update").returncode == 0
    assert "1 of 1 up to date." in project.command("01").stdout
    assert "2 of 2 up to date." in project.command().stdout
