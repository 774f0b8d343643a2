"""Runs of a small project: what is run, what is told, and what is there afterwards."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dlnn_utils.reproduce import checks
from dlnn_utils.reproduce.cli import main
from dlnn_utils.reproduce.engine import kernel, paths
from dlnn_utils.reproduce.engine.jobs import Job, finished_jobs
from dlnn_utils.reproduce.ledger import notes

HOLDS = """
import sys
from pathlib import Path
from dlnn_utils.reproduce.engine.paths import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def states(said):
    return [" ".join(line.split()[1:4]) for line in said("--list")[1].splitlines()]


def test_a_first_run_tells_of_each_job_and_ends_with_the_ledger(finished):
    results = finished.root / "results"
    made = {f.name for f in (results / "ours/seed0/01_size").iterdir()}
    assert made == {"executed.ipynb", "record.json", "fig1.csv", "fig1.pdf", "fig1.png"}
    assert json.loads((results / "durations.json").read_text())["./reproduce.sh"]["seconds"] > 0
    assert list(results.glob("ours/seed0/.*.part")) == []


def test_what_counts_is_what_files_hold_and_not_when_they_were_written(ran, said):
    ran.edit("dlnn_utils/toy.py", '"""Said otherwise."""\n\nVALUE = 1.0  # the same\n')
    for file in ran.root.rglob("*.py"):
        os.utime(file, (4e9, 4e9))
    status, out, _ = said()
    assert status == 0
    assert out.startswith("2 of 2 up to date.\n\nclaim  paper  here  verdict\n")
    assert states(said) == ["up to date", "up to date"]

    ran.edit("dlnn_utils/toy.py", "VALUE = 2.0\n")
    assert states(said) == ["to be run", "up to date"]
    before = (ran.root / "results/ours/seed0/02_truth/record.json").read_bytes()
    durations = (ran.root / "results/durations.json").read_bytes()
    ran.edit("results/ours/seed0/.01_size.99999999.part/left_over", "by a run that was killed")
    status, out, err = said()
    assert (status, err) == (0, "")
    assert "1 of 2 up to date.\n1 to run on 1 of " in out
    assert "      01_size (ours, seed 0) started\n[1/1] 01_size (ours, seed 0) finished in " in out
    assert "\nRan 1 of 1 in " in out
    assert max(map(len, out.splitlines())) <= 100
    assert Job("01_size").record()["measurements"][0]["value"] == 2.0
    assert (ran.root / "results/ours/seed0/02_truth/record.json").read_bytes() == before
    assert (ran.root / "results/durations.json").read_bytes() == durations
    assert list(ran.root.glob("results/ours/seed0/.*.part")) == []


def test_snakemake_itself_goes_by_content_too(ran):
    target = f"{ran.root}/results/ours/seed0/01_size/record.json"
    call = [sys.executable, "-m", "snakemake", "--snakefile", f"{ran.root}/Snakefile", "--dry-run"]
    call += ["--directory", f"{ran.root}/results", "--rerun-triggers", "params", "--", target]
    os.utime(ran.root / "dlnn_utils/toy.py", (4e9, 4e9))
    done = subprocess.run(call, capture_output=True, text=True)
    assert "Nothing to be done" in done.stdout + done.stderr


def test_failures_are_told_and_the_others_run_on(inside, said):
    inside.notebook("01_size", "import time", "1 / 0")
    imported = "import dlnn_utils.toy\nfrom dlnn_utils.reproduce import Run"
    inside.notebook("02_truth", imported, 'Run("02_truth", seed=7).finish()')
    inside.notebook("03_later", "x = 1")
    inside.notebook("05_long", r"raise ImportError('this\n\n is long\nand ends')")
    begun = 'run = Run("04_new", seed=seed, protocol=protocol)'
    changed = 'open("../dlnn_utils/toy.py", "w").write("VALUE = 3.0")'
    inside.notebook("04_new", imported, begun, changed, "run.finish()")
    status, out, err = said("--cores", "2")
    assert (status, err) == (1, "")
    executed = "results/ours/seed0/01_size/executed.ipynb"
    for line in (
        "01_size (ours, seed 0) failed after",
        "cell 3: ZeroDivisionError: division by zero\n        ----> 1 1 / 0\n",
        "it ran as 02_truth with {'protocol': 'ours', 'seed': 7}, asked for",
        "it ended without a record; its last cell must call run.finish()",
        "OUT OF DATE: 04_new (ours, seed 0); its code was changed while it ran",
        f"FAILED: 01_size (ours, seed 0); see {executed}\n",
        "05_long (ours, seed 0) failed after",
        "cell 2: ImportError: this ... and ends\n",
    ):
        assert line in out
    assert "ZeroDivisionError" in (inside.root / executed).read_text()
    assert "Traceback" not in out
    left = inside.root.glob("results/ours/seed0/0[1235]*/*")
    assert {file.name for file in left} == {"executed.ipynb"}


def test_a_run_that_did_not_happen_is_not_reported_as_done(ran, said):
    ran.edit("snakemake.py", "raise ImportError('no snakemake today')\n")
    status, out, err = said("02", "--force")
    assert status == 1
    assert "Ran 0 of 1 in " in out
    assert "FAILED: 02_truth (ours, seed 0)" in out
    assert err.startswith("error: Snakemake ended with status 1; it said:\n")
    assert err.endswith("ImportError: no snakemake today\n")


def test_a_second_run_waits_and_says_so(ran, capfd):
    lock = paths.results() / ".lock"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(lock)], **pipes) as other:
        assert other.stdout.readline() == "held\n"
        waiting = threading.Thread(target=main, args=(["02"],))
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive()
        out = "Another run is under way in this folder; waiting for it to end.\n"
        assert capfd.readouterr().out == out
        other.stdin.close()
        waiting.join(60)
    assert capfd.readouterr().out.startswith("1 of 1 up to date.\n")


@pytest.mark.parametrize(
    ("name", "content"),
    [(name, content) for name in ("fig1.png", "executed.ipynb") for content in (None, b"")]
    + [(paths.RECORD, b) for b in (b"", b'{"code": ', b"\xff\xfe\x00", b"null", b'{"files": [5]}')]
    + [
        (paths.RECORD, {"measurements": [{}]}),
        (paths.RECORD, {"code": "0123456789ab"}),
        (paths.RECORD, {"texts": ""}),
        (paths.RECORD, {"files": ["fig9.png"]}),
    ],
)
def test_what_is_gone_damaged_or_of_other_code_or_texts_is_made_again(ran, name, content):
    job = Job("01_size")
    record, file = job.record(), job.folder / name
    assert record is not None
    if isinstance(content, dict):
        paths.write_json(file, record | content)
    else:
        file.unlink() if content is None else file.write_bytes(content)
    assert job.record() is None
    assert [j.notebook for j in finished_jobs()] == ["02_truth"]


def test_what_is_committed_is_run_after_the_other_seeds_that_it_shows(ran, said):
    status, out, _ = said("sweep", "--seeds", "2", "--cores", "2", "01")
    assert status == 0
    order = re.findall(r"seed (\d)\) (started|finished)", out)
    assert order == [("1", "started"), ("1", "finished"), ("0", "started"), ("0", "finished")]
    executed = (ran.root / "results/ours/seed0/01_size/executed.ipynb").read_text()
    assert "| 1 | 1.05 [1 to 1.1] | reproduced |" in executed
    assert "2 of 2 up to date" in said("sweep", "--seeds", "2", "01")[1]


@pytest.mark.parametrize("content", ["", "[1]"])
def test_notes_that_are_damaged_are_forgotten(tmp_path, monkeypatch, content):
    monkeypatch.setenv("DLNN_RESULTS", str(tmp_path))
    (tmp_path / "trials.json").write_text(content)
    assert notes.noted("trials") == {}
    notes.note_trial("faults.kill", "Killed", 20, 20)
    assert notes.noted("trials")["faults.kill"]["passed"] == 20


def test_texts_count_for_the_committed_notebook_only(ran):
    folder = Job("01_size", "ours", 1).folder
    shutil.copytree(Job("01_size", "ours", 0).folder, folder)
    record = json.loads((folder / paths.RECORD).read_text())
    paths.write_json(folder / paths.RECORD, record | {"texts": ""})
    assert Job("01_size", "ours", 1).record() is not None


def test_the_test_command_runs_style_notebooks_and_tests(ran, said, monkeypatch):
    called = []

    def call(command, **more):
        called.append(command[2:])
        assert more["env"]["DLNN_RESULTS"] != str(paths.results())
        return subprocess.CompletedProcess(command, int("-k" in command))

    monkeypatch.setattr(checks.subprocess, "run", call)
    status, out, _ = said("test")
    assert status == 0
    assert out.endswith(
        "style passed in 0 s; layout passed in 0 s; notebooks passed in 0 s; tests passed in 0 s\n"
    )
    assert [words[0] for words in called] == ["ruff", "ruff", "pytest", "pytest"]
    assert {"notebooks/01_size.ipynb", "notebooks/02_truth.ipynb"} <= set(called[2])
    assert "./reproduce.sh test" in notes.durations()
    status, out, _ = said("test", "-k", "toy")
    assert (status, called[-1][-2:]) == (1, ["-k", "toy"])
    assert "layout passed in 0 s; notebooks passed in 0 s; tests FAILED in 0 s" in out


@pytest.mark.parametrize(("what", "ends"), [("time.sleep(60)", True), ("while 1: pass", False)])
def test_a_kernel_that_has_stopped_working_is_ended(monkeypatch, what, ends):
    """Without memory a kernel may lose the question, and wait for the next for ever."""
    monkeypatch.setattr(kernel, "SECONDS_IDLE", 2)
    over = threading.Event()
    with subprocess.Popen([sys.executable, "-c", f"import time\n{what}"]) as process:
        watch = threading.Thread(target=kernel.end_if_idle, args=(over,))
        watch.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30 if ends else 4)
        over.set()
        watch.join()
        assert process.poll() == (-9 if ends else None)
        process.kill()


def test_a_long_folder_for_temporary_files_is_not_used_for_sockets(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel.tempfile, "tempdir", "/tmp/" + 130 * "x")
    with kernel.folder_for(tmp_path) as home:
        (home / "kernel-1").touch()
        assert len(os.fsencode(home / "kernel-1")) < 100
        with kernel.folder_for(tmp_path) as again:  # what a killed run left there goes
            assert (again, list(again.iterdir())) == (home, [])
    assert not Path(home).exists()
