"""What `update` commits, on a small project: everything together, or nothing."""

import json
import re

import pytest


def committed(project):
    files = [*project.root.glob("figures/*"), *project.root.glob("notebooks/*")]
    return {f.name: f.read_bytes() for f in [*files, project.root / "README.md"]}


def test_update_commits_everything_together_and_a_worse_verdict_is_told(project):
    assert project.command("sweep", "--seeds", "2", "01").returncode == 0
    earlier = {"id": "size", "protocol": "paper", "seed": 0, "value": 1.0, "notebook": "01_size"}
    earlier |= {"figure": "fig1", "code": "0123456789ab"}
    store = {"runs": [], "measurements": [earlier], "sensitivities": []}
    project.edit(".venv/set-up-seconds", "95")
    took = '{"./reproduce.sh test": {"seconds": 140, "cores": 2}}'
    project.edit("results/durations.json", took)
    tried = {"what": "Killed at random", "passed": 19, "of": 20, "details": "none half-written"}
    project.edit("results/trials.json", json.dumps({"faults.kill": tried}))
    project.edit("figures/measurements.json", json.dumps(store))
    block = "<!-- table table1:begin -->\n<!-- table table1:end -->\n"
    project.edit("README.md", (project.root / "README.md").read_text() + block)
    done = project.command("update")
    assert done.returncode == 0, done.stdout + done.stderr
    files = committed(project)
    assert set(files) >= {"fig1.png", "fig1.pdf", "fig1.csv", "table1.csv", "table1.tex"}
    size, truth, later = (
        [e for e in json.loads(files["claims.json"]) if e["id"] == id]
        for id in ("size", "truth", "later")
    )
    assert [(e["protocol"], e["seeds"], e["value"]) for e in size] == [
        ("fast", [0, 1], 1.05),
        ("paper", [0], 1.0),
    ]
    assert size[0]["spread"] == [1.0, 1.1]
    assert truth[0]["verdict"] == "reproduced"
    assert later[0]["verdict"] == "not testable"
    readme = files["README.md"].decode()
    assert (
        "| 1 | 1: reproduced † | 1.05 [1 to 1.1], 2 seeds | reproduced (2 of 2 seeds) |" in readme
    )
    assert re.search(r"\| 01_size \| \d+ s \| not run \| \d+ MB \|", readme)
    assert "The set-up, once, took 95 s; `./reproduce.sh test` took 140 s on 2 cores." in readme
    assert "| The width is not given. | Two. | It is small. | size: two 1, three 3 |" in readme
    assert "| Killed at random | 19 of 20 | none half-written |" in readme
    table = files["table1.md"].decode()
    assert f"<!-- table table1:begin -->\n{table}<!-- table table1:end -->\n" in readme
    notebook = json.loads(files["01_size.ipynb"])
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == [1, 2, 3, 4, 5, 6]
    assert "papermill" not in json.dumps(notebook)
    assert "".join(code[0]["source"]) == 'seed = 0\nprotocol = "fast"'
    assert "text/markdown" in json.dumps(code[-1]["outputs"])

    claims = project.root / "dlnn_utils/companion/claims.toml"
    claims.write_text(claims.read_text().replace("tolerance = 0.5", "tolerance = 0.4"))
    assert "1 of 1 up to date." in project.command("01", "--seed", "1").stdout
    project.edit("figures/left_over.txt", "of an earlier state")
    done = project.command("update")
    assert "01_size (fast, seed 0) finished" in done.stdout
    assert "left_over.txt (removed)" in done.stdout
    files = committed(project)
    assert json.loads(files["claims.json"])[0]["seeds"] == [0, 1]
    assert "Nothing to refresh." in project.command("update").stdout
    assert committed(project) == files

    project.edit("dlnn_utils/toy.py", "VALUE = 5.0\n")
    done = project.command("01", "--seed", "1")
    assert done.returncode == 3
    assert "worse than committed: size (fast, seed 1) is partly, was reproduced" in done.stdout
    assert committed(project) == files

    project.edit("dlnn_utils/toy.py", "VALUE = 1 / 0\n")
    done = project.command("update")
    assert done.returncode == 1
    assert "01_size (fast, seed 0) failed after" in done.stdout
    assert "cell 2: ZeroDivisionError: division by zero" in done.stdout
    assert "FAILED: 01_size (fast, seed 0); see results/fast/seed0/01_size/" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) < 25
    assert committed(project) == files
    assert not (project.root / "results/fast/seed0/01_size/record.json").exists()
    failed = (project.root / "results/fast/seed0/01_size/executed.ipynb").read_text()
    assert "ZeroDivisionError" in failed


@pytest.mark.parametrize("block", ["times", "results", "trials", "unknowns"])
def test_update_without_a_block_in_the_readme_changes_nothing(project, block):
    project.edit("README.md", f"# Toy\n<!-- {block}:begin -->\n<!-- {block}:end -->\n")
    before = committed(project)
    done = project.command("update")
    assert done.returncode == 2
    assert done.stderr.startswith("error: README.md needs one block <!-- ")
    assert committed(project) == before
    assert not (project.root / "results").exists()
