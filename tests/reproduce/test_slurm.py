"""Sweeps through a SLURM of one node, started here, against the same sweeps without it.

They take minutes: ``.venv/bin/python -m pytest -m slow tests/reproduce/test_slurm.py``.
"""

import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec

import psutil
import pytest
from conftest import made, until
from slurm import one_node

from dlnn_utils.reproduce.engine import slurm as engine_slurm
from dlnn_utils.reproduce.engine.paths import ROOT

LOOKS = "slurm-init-seconds-before-status-checks: "


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Return the environment in which there is a SLURM, and Snakemake's plugin for it."""
    if one_node.missing():
        pytest.skip(f"no {', '.join(one_node.missing())}; Debian: apt install {one_node.DEBIAN}")
    extra = []
    if find_spec("snakemake_executor_plugin_slurm") is None:
        extra = [tmp_path_factory.mktemp("plugin")]
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-input"]
        lock = ["-r", str(ROOT / "requirements-slurm.lock"), "--target", str(extra[0])]
        if subprocess.run([*install, *lock], capture_output=True).returncode:
            pytest.skip("pip could not install requirements-slurm.lock")
    with one_node.one_node() as environment:
        yield environment | {"DLNN_TEST_PATH": os.pathsep.join(map(str, extra))}


def settings(folder, *changes):
    """Write the ready profile as one without accounting would, and with these changes."""
    text = (ROOT / "cluster/slurm/config.yaml").read_text(encoding="utf-8")
    changes = [(f"{LOOKS}20\n", f"{LOOKS}4\n"), *changes]
    changes.append(("#slurm-status-command", "slurm-status-command"))
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return ["--profile", str(folder)]


@pytest.fixture
def sweep(project, cluster):
    """Return a project with the cluster in reach."""
    path = os.pathsep.join(filter(None, [str(project.root), cluster["DLNN_TEST_PATH"]]))
    others = {k: v for k, v in cluster.items() if not k.startswith("DLNN_")}
    project.settings = others | {"PYTHONPATH": path, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    return project


def queue(sweep):
    call = ["squeue", "--noheader"]
    return subprocess.check_output(call, env=sweep.environment(), text=True)


@pytest.fixture
def profile(tmp_path):
    return settings(tmp_path / "profile")


@pytest.fixture
def nowhere(tmp_path):
    """Return the option for a profile whose nodes there are not."""
    partition = ("#  slurm_partition: my_partition", "  slurm_partition: nowhere")
    account = ("#  slurm_account: my_account\n", "")
    return settings(
        tmp_path / "nowhere", ("#default-resources", "default-resources"), account, partition
    )


@pytest.mark.slow
def test_a_sweep_gives_what_it_gives_here_and_runs_nothing_twice(sweep, profile):
    whole = (sweep.root / "notebooks/02_truth.ipynb").read_text(encoding="utf-8")
    sweep.notebook("02_truth", "raise RuntimeError('as it must')")
    status, out, err = sweep.run("sweep", "--seeds", "2", *profile)
    assert (status, err) == (1, "")
    assert "4 to run on SLURM.\n" in out
    assert ": 01_size (ours, seed 0)\n" in out
    assert ": 01_size (ours, seed 1)\n" in out
    assert "FAILED: 02_truth (ours, seed 0); no output\n" in out  # it waits for the others
    (log,) = sweep.root.glob("results/slurm/rule_notebook/ours_1_02_truth/*.log")
    assert "RuntimeError: as it must" in log.read_text()
    shown = f"results/ours/seed1/02_truth/executed.ipynb and {log.relative_to(sweep.root)}"
    assert f"FAILED: 02_truth (ours, seed 1); see {shown}\n" in out

    sweep.edit("notebooks/02_truth.ipynb", whole)
    status, out, err = sweep.run("sweep", "--seeds", "2", *profile)
    assert (status, err) == (0, "")
    assert out.startswith("2 of 4 up to date.\n2 to run on SLURM.\n")
    table = out.split(" s.\n", 1)[1]
    status, out, err = sweep.run("sweep", "--seeds", "2", *profile)
    assert (status, err) == (0, "")
    assert out == f"4 of 4 up to date.\n{table}"

    here = {"DLNN_RESULTS": str(sweep.root / "here")}
    status, out, err = sweep.run("sweep", "--seeds", "2", env=here)
    assert (status, err) == (0, "")
    assert out.split(" s.\n", 1)[1].replace("here/", "results/") == table
    assert len(made(sweep.root / "here")) == 2 * 5 + 2 * 5
    assert made(sweep.root / "results") == made(sweep.root / "here")


@pytest.mark.slow
def test_what_slurm_refuses_is_said_in_its_words(sweep, nowhere):
    status, out, err = sweep.run("01", *nowhere)
    assert (status, err) == (1, "")
    assert "SLURM sbatch failed." in out
    assert "invalid partition specified: nowhere" in out


@pytest.mark.slow
def test_nothing_is_left_by_a_stopped_run_nor_by_a_killed_one(sweep, profile, nowhere):
    sweep.notebook("01_size", "import time; time.sleep(600)")
    process = until_started(sweep, profile)
    under_nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # it goes on, as it should
    process.send_signal(signal.SIGTERM if under_nohup else signal.SIGHUP)  # a closed terminal
    assert process.wait(timeout=60) == 130
    assert process.stderr.read() == "stopped\n"
    assert queue(sweep) == ""

    process = until_started(sweep, profile)
    for killed in (*psutil.Process(process.pid).children(), process):
        killed.kill()
    process.wait()
    assert queue(sweep) != ""
    _, out, _ = sweep.run("01", *nowhere)
    assert out.startswith("1 to run on SLURM.\nCancelled what an earlier run left: ")
    assert queue(sweep) == ""


def until_started(sweep, profile):
    log = sweep.root / "results/slurm/rule_notebook/ours_0_01_size"
    shutil.rmtree(log, ignore_errors=True)
    process = sweep.start("01", *profile)
    assert "1 to run on SLURM" in process.stdout.readline()
    until(lambda: any("started" in file.read_text() for file in log.glob("*.log")))
    return process


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ("plugin", ".venv/bin/pip install -r requirements-slurm.lock"),
        ("commands", "SLURM's commands must be on this machine; no sbatch, squeue, scancel here"),
        ("daemon", "SLURM does not answer; squeue says: no controller"),
    ],
)
def test_what_is_lacking_gets_one_line(inside, monkeypatch, said, lacking, message):
    settings(inside.root / "profile")
    for name in ("sbatch", "squeue", "scancel") if lacking == "daemon" else ():
        inside.edit(f"tools/{name}", "#!/bin/sh\necho no controller >&2\nexit 1\n")
        (inside.root / "tools" / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(inside.root / "tools"))
    plugin = None if lacking == "plugin" else "there"
    monkeypatch.setattr(engine_slurm, "find_spec", lambda name: plugin)
    status, _, err = said("--profile", str(inside.root / "profile"))
    assert (status, err.count("\n")) == (2, 1)
    assert message in err
