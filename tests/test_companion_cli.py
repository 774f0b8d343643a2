"""The command line on a small project; each call is a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest


def records(project):
    return {
        str(f.parent.relative_to(project.root / "results")): json.loads(f.read_text())
        for f in project.root.glob("results/*/seed*/*/record.json")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["9"], "no notebook '9'; there are: 01_size, 02_truth"),
        (["0"], "no notebook '0'; there are: "),
        (["tset"], "no notebook 'tset'; there are: "),
        (["--protocol", "slow"], "protocol must be one of fast, paper; got 'slow'"),
        (["--seed", "-1"], "seed must be a non-negative integer; got '-1'"),
        (["--seed", "1.5"], "seed must be a non-negative integer; got '1.5'"),
        (["--seed", ""], "seed must be a non-negative integer; got ''"),
        (["--cores", "0"], "cores must be a positive integer; got '0'"),
        (["sweep"], "sweep needs --seeds N"),
        (["sweep", "--seeds", "none"], "seeds must be a positive integer; got 'none'"),
        (["01", "--seeds", "3"], "sweep needs --seeds N, and nothing else takes it"),
        (["update", "--seed", "1"], "update takes neither notebooks nor a protocol nor a seed"),
        (["--colour"], "unrecognized arguments: --colour"),
        (["--seed"], "argument --seed: expected one argument"),
    ],
)
def test_bad_usage_gets_one_line(project, arguments, message):
    done = project.command(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"error: {message}" in done.stderr
    assert not (project.root / "results").exists()
    assert not (project.root / "figures").exists()


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ("seed = 0", "03_new has no parameter protocol; it has: seed"),
        ("seed = int(0)", "the parameters cell of 03_new may hold only lines like: seed = 0"),
        (None, "03_new needs exactly one cell tagged 'parameters'; has 2"),
    ],
)
def test_a_notebook_with_wrong_parameters_is_refused(project, parameters, message):
    project.notebook("03_new", "x = 1", parameters=parameters)
    if parameters is None:
        file = project.root / "notebooks/03_new.ipynb"
        content = json.loads(file.read_text())
        content["cells"][2]["metadata"]["tags"] = ["parameters"]
        file.write_text(json.dumps(content))
    done = project.command()
    assert (done.returncode, done.stderr) == (2, f"error: {message}\n")
    assert not (project.root / "results").exists()


def test_a_damaged_notebook_is_named(project):
    project.edit("notebooks/03_new.ipynb", '{"cells": ')
    done = project.command("03")
    assert done.returncode == 2
    assert done.stderr == "error: 03_new.ipynb is not a Jupyter notebook (damaged JSON?)\n"


def test_results_that_cannot_be_written_get_one_line(project):
    project.edit("in_the_way", "")
    done = project.command(DLNN_RESULTS=str(project.root / "in_the_way" / "results"))
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write to ")
    assert done.stderr.count("\n") == 1


def test_help_and_list_need_no_run(project):
    text = project.command("--help").stdout
    for word in ("test", "sweep", "update", "lab", "--protocol", "--seed", "--cores", "--force"):
        assert word in text
    assert "--profile cluster/slurm" in text
    lines = project.command("--list").stdout.splitlines()
    assert [line.split()[:4] for line in lines] == [
        ["01_size", "to", "be", "run"],
        ["02_truth", "to", "be", "run"],
    ]
    assert not (project.root / "results").exists()


def test_the_command_line_loads_neither_torch_nor_matplotlib(project):
    code = (
        "import sys, dlnn_utils.companion.cli; print({'torch', 'matplotlib'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    environment = project.environment()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_only_what_is_out_of_date_is_run(project):
    first = subprocess.Popen(
        [sys.executable, "-m", "dlnn_utils.companion"],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    second = project.command()
    output = first.communicate()[0] + second.stdout
    assert first.returncode == second.returncode == 0
    assert output.count("01_size (fast, seed 0) finished in ") == 1
    assert output.count("02_truth (fast, seed 0) finished in ") == 1
    assert "[2/2]" in output
    before = records(project)
    assert set(before) == {"fast/seed0/01_size", "fast/seed0/02_truth"}
    assert max(map(len, output.splitlines())) <= 100
    durations = project.root / "results/durations.json"
    whole = durations.read_bytes()
    assert json.loads(whole)["./reproduce.sh"]["seconds"] > 0

    project.edit("dlnn_utils/toy.py", '"""Said otherwise."""\n\nVALUE = 1.0  # the same\n')
    (project.root / "dlnn_utils/toy.py").touch()
    assert "2 of 2 up to date." in project.command().stdout
    assert records(project) == before

    project.edit("dlnn_utils/toy.py", "VALUE = 2.0\n")
    project.edit("results/fast/seed0/.01_size.part/left_over", "by a run that was killed")
    assert "01_size                   to be run" in project.command("--list").stdout
    again = project.command()
    assert again.returncode == 0
    assert durations.read_bytes() == whole
    assert "1 of 2 up to date." in again.stdout
    after = records(project)
    assert after["fast/seed0/02_truth"] == before["fast/seed0/02_truth"]
    assert after["fast/seed0/01_size"]["measurements"][0]["value"] == 2.0
    assert list((project.root / "results/fast/seed0").glob(".*")) == []

    project.edit("results/fast/seed0/01_size/record.json", '{"code": ')
    assert "01_size                   to be run" in project.command("--list").stdout
    assert "02_truth (fast, seed 0) finished" in project.command("02", "--force").stdout


SECONDS_TO_DIE = 5  # a killed process is listed until its parent, or the system, has taken note


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
def test_a_stopped_run_leaves_nothing_running(project):
    project.notebook("01_size", "import time; time.sleep(600)")
    command = [sys.executable, "-m", "dlnn_utils.companion", "01"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        command, cwd=project.root, env=project.environment(), **pipes
    ) as process:
        assert "1 to run" in process.stdout.readline()
        assert "started" in process.stdout.readline()
        process.terminate()
        assert process.wait(timeout=30) == 130
        assert process.stderr.read() == "stopped\n"
    mark = f"PYTHONPATH={project.root}\0".encode()
    for _ in range(SECONDS_TO_DIE * 10):
        left = [p for p in Path("/proc").glob("[0-9]*") if mark in environment_of(p)]
        if not left:
            break
        time.sleep(0.1)
    assert left == []
    assert records(project) == {}


def environment_of(process):
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def test_a_notebook_must_end_with_a_record_of_what_was_asked(project):
    project.notebook("01_size", "x = 1")
    project.notebook(
        "02_truth",
        'from dlnn_utils.companion import Run\nrun = Run("02_truth", seed=7)\nrun.finish()',
    )
    project.notebook(
        "03_later",
        "from dlnn_utils.companion import Run\nimport dlnn_utils.toy\n"
        'run = Run("03_later", seed=seed, protocol=protocol)\n'
        'open("../dlnn_utils/toy.py", "w").write("VALUE = 3.0")\nrun.finish()',
    )
    done = project.command()
    assert done.returncode == 1
    assert "it ended without a record; its last cell must call run.finish()" in done.stdout
    assert "it ran as 02_truth with {'protocol': 'fast', 'seed': 7}" in done.stdout
    assert "OUT OF DATE: 03_later (fast, seed 0); its code was changed" in done.stdout
    assert set(records(project)) == {"fast/seed0/03_later"}


def test_the_test_command_runs_style_notebooks_and_tests(project):
    (project.root / "notebooks/01_size.ipynb").unlink()
    project.edit("tests/test_toy.py", "def test_toy():\n    assert 1 > 2\n")
    done = project.command("test", "-k", "test_toy")
    assert "layout passed" in done.stdout, done.stdout + done.stderr
    assert "notebooks passed" in done.stdout
    assert "tests FAILED" in done.stdout
    assert "1 failed" in done.stdout
    assert done.returncode == 1
    assert not (project.root / "results").exists()
