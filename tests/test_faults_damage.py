"""Damaged files: what a run has cached is made anew, what is committed is named in one line."""

import json
import os
import time

import pytest

from dlnn_utils.companion import paths, seals, trials
from dlnn_utils.companion.dependencies import code_hash
from dlnn_utils.companion.state import Job, finished_jobs, texts_hash

NOTEBOOK = "01_theory"
CUT = '{"cells": [{"cell_type": "co'


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Return a finished job whose results are a figure, a table and their record."""
    monkeypatch.setenv("DLNN_RESULTS", str(tmp_path))
    job = Job(NOTEBOOK, "fast", 0)
    for name in ("fig1.png", "table1.csv", seals.EXECUTED):
        paths.write_aside(job.folder / name, f"what is in {name}")
    record = {"notebook": NOTEBOOK, "files": ["fig1.png", "table1.csv"], "measurements": []}
    record |= {"code": code_hash(NOTEBOOK), "texts": texts_hash(NOTEBOOK), "seconds": 1.5}
    paths.write_json(job.folder / seals.RECORD, seals.sealed(record, job.folder))
    assert job.record()["seconds"] == 1.5
    return job


@pytest.mark.parametrize("name", ["fig1.png", "table1.csv", seals.EXECUTED])
@pytest.mark.parametrize("content", [None, b"", b"what is", b"what is in fig2.png", b"\xff\xfe"])
def test_a_result_that_is_gone_cut_short_or_another_is_not_taken_for_whole(job, name, content):
    file = job.folder / name
    file.unlink() if content is None else file.write_bytes(content)
    assert job.record() is None
    assert list(finished_jobs()) == []


@pytest.mark.parametrize(
    "content",
    [b"", b'{"code": ', b"\xff\xfe\x00garbage", b"[]", b"3", b"null", b"{}", b'{"files": 5}']
    + [b'{"files": [5], "digests": {}}', b'{"files": {"a": 1}, "digests": 3}'],
)
def test_a_record_that_is_damaged_is_none(job, content):
    (job.folder / seals.RECORD).write_bytes(content)
    assert job.record() is None
    assert list(finished_jobs()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("measurements", [{}]), ("seconds", "long"), ("files", []), ("files", ["fig1.png"])]
    + [("files", [5]), ("digests", None), ("digests", {}), ("digests", [1])],
)
def test_a_record_of_which_one_field_was_changed_is_none(job, field, value):
    record = json.loads((job.folder / seals.RECORD).read_text())
    paths.write_json(job.folder / seals.RECORD, record | {field: value})
    assert job.record() is None


def test_notes_that_are_damaged_are_forgotten(job):
    for content in ("", "[1]", CUT):
        (paths.results() / "trials.json").write_text(content)
        assert trials.noted() == {}
        trials.note("faults.kill", "Killed", 20, 20)
        assert trials.noted()["faults.kill"]["passed"] == 20


def test_a_figure_cut_short_and_a_damaged_memory_of_snakemake_cost_one_run(project):
    assert project.command("01").returncode == 0
    folder = project.root / "results/fast/seed0/01_size"
    before = {f.name: f.read_bytes() for f in folder.iterdir() if f.name != seals.RECORD}
    (folder / "fig1.png").write_bytes(before["fig1.png"][:100])
    memory = project.root / "results/.snakemake"
    for kept in [*memory.glob("metadata/*"), *memory.glob("incomplete/*")]:
        kept.write_bytes(b"\xff\xfe\x00garbage")
    paths.write_aside(memory / "incomplete/garbage", b"\xff")
    ahead = time.time() + 86400  # the clock was set back since: what was made is of tomorrow
    for file in [*folder.iterdir(), *project.root.glob("dlnn_utils/*.py")]:
        os.utime(file, (ahead, ahead))
    done = project.command("01")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "01_size (fast, seed 0) finished" in done.stdout
    after = {f.name: f.read_bytes() for f in folder.iterdir() if f.name != seals.RECORD}
    assert after == before
    assert json.loads((folder / seals.RECORD).read_text())["seconds"] >= 0

    project.edit("figures/measurements.json", CUT)
    for file in project.root.glob("dlnn_utils/companion/*.py"):
        os.utime(file, (1e9, 1e9))
    assert "01_size                   up to date" in project.command("--list").stdout
    for arguments in (["01"], ["update"], ["test"], ["sweep", "--seeds", "1", "01"]):
        one_line(project.command(*arguments), "figures/measurements.json is missing or damaged")
    (project.root / "figures/measurements.json").unlink()
    paths.write_aside(folder / ".fig1.png.4194303.part", "by a process that was killed")
    for place in ("figures", "notebooks", "."):
        project.edit(f"{place}/.fig1.png.4194303.part", "by a process that was killed")
    assert "1 of 1 up to date." in project.command("01").stdout
    tops = [project.root / top for top in ("figures", "notebooks", ".")]
    assert [f for top in tops for f in top.glob(".*.part")] == []


@pytest.mark.parametrize("store", ["[]", '{"runs": 3}', '{"measurements": [{"id": "size"}]}', CUT])
def test_a_damaged_store_is_named_before_anything_is_run(project, store):
    project.edit("figures/measurements.json", store)
    done = project.command("update")
    one_line(
        done, "figures/measurements.json is missing or damaged; get it back with: git checkout"
    )
    assert (project.root / "figures/measurements.json").read_text() == store
    assert not (project.root / "results").exists()


@pytest.mark.parametrize("content", [CUT, "", "[]", '{"cells": [1]}', '{"cells": [{}]}'])
def test_every_command_names_a_truncated_notebook(project, content):
    project.edit("notebooks/02_truth.ipynb", content)
    commands = (["02"], [], ["update"], ["test"], ["--list"]) if content == CUT else ([],)
    for arguments in commands:
        one_line(project.command(*arguments), "02_truth.ipynb is not a Jupyter notebook")
    assert not (project.root / "results").exists()
    assert not (project.root / "figures").exists()


@pytest.mark.parametrize("content", [None, CUT, "3", '[{"id": "size"}]'])
def test_the_site_names_a_damaged_ledger(tmp_path, monkeypatch, content):
    from dlnn_utils.companion.site_pages import fragments

    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    if content is not None:
        paths.write_aside(tmp_path / "figures/claims.json", content)
    with pytest.raises(
        ValueError, match=r"figures.claims.json is missing or damaged; get it back"
    ):
        fragments()


def one_line(done, message):
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stdout
