"""Sweeps through a SLURM of one node, started here, against the same sweeps without it."""

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec

import pytest
from slurm import one_node

from dlnn_utils.companion.paths import ROOT

MEASURED_TIMES = ("seconds", "peak_memory_mb")
SOON = "slurm-init-seconds-before-status-checks: 2\n"


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


class Sweep:
    """Calls of the command line of a project, with the cluster in reach."""

    def __init__(self, root, environment):
        self.root = root
        path = os.pathsep.join(filter(None, [str(root), environment["DLNN_TEST_PATH"]]))
        mine = {"PYTHONPATH": path, "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
        self.environment = environment | mine

    def start(self, *arguments, **environment):
        return subprocess.Popen(
            [sys.executable, "-m", "dlnn_utils.companion", *arguments],
            cwd=self.root,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **environment):
        process = self.start(*arguments, **environment)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def queue(self):
        command = ["squeue", "--noheader"]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=True
        ).stdout


def settings(folder, *changes):
    """Write the ready profile as one without accounting would, and with these changes."""
    text = (ROOT / "cluster/slurm/config.yaml").read_text(encoding="utf-8")
    changes = [("slurm-init-seconds-before-status-checks: 20\n", SOON), *changes]
    changes.append(("#slurm-status-command", "slurm-status-command"))
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    folder.mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return ["--profile", str(folder)]


@pytest.fixture
def sweep(project, cluster):
    return Sweep(project.root, cluster)


@pytest.fixture
def profile(tmp_path):
    return settings(tmp_path / "profile")


def made(results):
    """Return all that is in a folder of results, without what a clock or a meter says."""
    found = {}
    for file in sorted(results.glob("*/seed*/*/*")):
        content = file.read_bytes()
        if file.name == "record.json":
            record = json.loads(content)
            content = {k: v for k, v in record.items() if k not in MEASURED_TIMES}
            assert len(content) == len(record) - len(MEASURED_TIMES)
        found[str(file.relative_to(results))] = content
    return found


def test_a_sweep_gives_what_it_gives_here_and_runs_nothing_twice(sweep, profile):
    status, out, err = sweep.run("sweep", "--seeds", "2", *profile)
    assert (status, err) == (0, ""), out
    assert "4 to run on SLURM." in out
    for notebook in ("01_size", "02_truth"):
        for seed in (0, 1):
            assert out.count(f"{notebook} (fast, seed {seed}) started") == 1
            assert out.count(f"{notebook} (fast, seed {seed}) finished in ") == 1
    assert "[4/4]" in out
    table = out.split(" s.\n", 1)[1]
    assert "size" in table
    status, out, err = sweep.run("sweep", "--seeds", "2", *profile)
    assert (status, err) == (0, "")
    assert out.startswith("4 of 4 up to date.\n")
    assert "to run" not in out
    status, out, err = sweep.run("sweep", "--seeds", "2", DLNN_RESULTS=str(sweep.root / "here"))
    assert (status, err) == (0, "")
    assert out.split(" s.\n", 1)[1].replace("here/", "results/") == table
    on_nodes, here = made(sweep.root / "results"), made(sweep.root / "here")
    assert len(here) == 4 * 2 + 2 * 3 + 2 * 3
    assert on_nodes == here


def test_what_fails_is_named_with_its_log(sweep, project, profile):
    project.notebook("02_truth", "raise RuntimeError('as it must')")
    status, out, err = sweep.run(*profile)
    assert (status, err) == (1, "")
    (log,) = sweep.root.glob("results/slurm/rule_notebook/fast_0_02_truth/*.log")
    named = f"see results/fast/seed0/02_truth/executed.ipynb and {log.relative_to(sweep.root)}\n"
    assert f"FAILED: 02_truth (fast, seed 0); {named}" in out
    assert out.count("RuntimeError: as it must") == 1
    assert "01_size (fast, seed 0) finished in " in out
    assert "RuntimeError: as it must" in log.read_text()
    assert not (sweep.root / "results/fast/seed0/02_truth/record.json").exists()


def test_what_slurm_refuses_is_said_in_its_words(sweep, tmp_path):
    profile = settings(
        tmp_path / "profile",
        ("#default-resources", "default-resources"),
        ("#  slurm_account: my_account\n", ""),
        ("#  slurm_partition: my_partition", "  slurm_partition: nowhere"),
    )
    status, out, err = sweep.run("01", *profile)
    assert status == 1
    assert "[1/1] 01_size (fast, seed 0) failed: SLURM sbatch failed." in out
    assert "invalid partition specified: nowhere" in out
    assert "Traceback" not in out + err


def test_a_stopped_run_leaves_nothing_in_the_queue_and_a_killed_one_is_swept_up(
    sweep, project, profile
):
    whole = (project.root / "notebooks/01_size.ipynb").read_text()
    project.notebook("01_size", "import time; time.sleep(600)")
    process = until_started(sweep, profile)
    process.terminate()
    assert process.wait(timeout=60) == 130
    assert process.stderr.read() == "stopped\n"
    assert sweep.queue() == ""

    process = until_started(sweep, profile)
    children = subprocess.check_output(["pgrep", "-P", str(process.pid)], text=True)
    process.kill()
    for child in children.split():
        os.kill(int(child), signal.SIGKILL)
    process.wait()
    assert sweep.queue() != ""
    project.edit("notebooks/01_size.ipynb", whole)
    status, out, _ = sweep.run("01", *profile)
    assert status == 0
    assert "Cancelled 1 job of an earlier run, which was killed.\n" in out


def until_started(sweep, profile):
    process = sweep.start("01", *profile)
    assert "1 to run on SLURM" in process.stdout.readline()
    assert "started" in process.stdout.readline()
    return process


def test_a_notebook_of_the_paper_too(cluster, tmp_path):
    """The real project, whose results go to a scratch folder in both ways."""
    sweep, found = Sweep(ROOT, cluster), []
    for arguments in (settings(tmp_path / "profile"), []):
        results = tmp_path / str(len(found))
        done = sweep.run("sweep", "--seeds", "2", "01", *arguments, DLNN_RESULTS=str(results))
        assert done[0] == 0, done
        found.append(made(results))
    assert any(name.endswith(".png") for name in found[0])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("lacking", "arguments", "message"),
    [
        ("", ["--profile", "nowhere"], "profile must be a folder with a config.yaml in it"),
        ("plugin", ["--profile", "profile"], ".venv/bin/pip install -r requirements-slurm.lock"),
        ("commands", ["--profile", "profile"], "no sbatch, squeue, scancel here"),
        ("daemon", ["--profile", "profile"], "SLURM does not answer; squeue says: "),
    ],
)
def test_what_is_lacking_gets_one_line(project, tmp_path, lacking, arguments, message):
    settings(project.root / "profile")
    tools, plugin = tmp_path / "tools", tmp_path / "plugin"
    plugin.mkdir()
    (plugin / "snakemake_executor_plugin_slurm.py").touch()
    tools.mkdir()
    for name in ("sbatch", "squeue", "scancel"):
        (tools / name).write_text("#!/bin/sh\necho no controller >&2\nexit 1\n")
        (tools / name).chmod(0o755)
    path = os.pathsep.join(
        [str(project.root), str(plugin)] if lacking != "plugin" else [str(project.root)]
    )
    if lacking == "plugin" and find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("the plugin is installed")
    done = project.command(
        *arguments, PYTHONPATH=path, PATH="" if lacking == "commands" else str(tools)
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
