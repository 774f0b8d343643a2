"""What `update` commits, on a small project: everything together, or nothing."""

import json
import re

import pytest

from dlnn_utils.reproduce.engine.dependencies import code_hash
from dlnn_utils.reproduce.ledger import notes, update
from dlnn_utils.reproduce.ledger.claims import Measurement
from dlnn_utils.reproduce.ledger.store import committed_store

BLOCKS = ["findings", "times", "scoreboard"]


@pytest.fixture
def updated(ran, said):
    """Return a project that is committed, with a measurement of old code and one of a seed."""
    old = Measurement("size", "paper", 0, 1.0, "01_size", "fig1", "0123456789ab")
    other = Measurement("size", "ours", 1, 1.1, "01_size", "fig1", code_hash("01_size"))
    ran.edit(".venv/set-up-seconds", "95")
    notes.note_duration(notes.ALL_TESTS, 140.2, 2)
    notes.note_trial("faults.kill", "Killed at random", 19, 20, "none half-written")
    store = {"measurements": [old.to_json(), other.to_json()]}
    ran.edit("figures/measurements.json", json.dumps(store))
    ran.edit("figures/left_over.txt", "of an earlier state")
    status, out, _ = said("update")
    assert status == 0
    assert "figures/left_over.txt (removed)" in out
    return ran


def test_update_commits_everything_together_and_only_once(updated, said):
    files = {name.split("/")[-1]: content for name, content in updated.committed().items()}
    assert set(files) >= {"fig1.png", "fig1.pdf", "fig1.csv", "table1.csv", "table1.tex"}
    entries = json.loads(files["claims.json"])
    assert [(e["id"], e["protocol"], e["seeds"], e["value"]) for e in entries] == [
        ("size", "ours", [0, 1], 1.05),
        ("size", "paper", [0], 1.0),
        ("truth", "ours", [0], 1.0),
        ("later", None, [], None),
    ]
    text = "".join(files[n].decode() for n in sorted(files) if n.endswith(".md"))
    for line in (
        "| 1 | 1: reproduced † | 1.05 [1 to 1.1], 2 seeds | reproduced (holds on 2 of 2 seeds) |",
        "\nThe set-up, once, took 95 s; `./reproduce.sh` took ",
        " on 2 cores; `./reproduce.sh test` took 140 s on 2 cores.\n",
        "| The width is not given. | not stated | Two. | It is small. | size: two 1, three 3 |",
        "| Killed at random | 19 of 20 | none half-written |",
        "Of 1 claims measured in the paper protocol: 1 reproduced.",
    ):
        assert line in text
    assert re.search(
        r"\| \[.*\]\(notebooks/01_size\.ipynb\) \| \d+ s \| not run \| \d+ MB \|", text
    )
    notebook = json.loads(files["01_size.ipynb"])
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == [1, 2, 3, 4, 5, 6]
    assert "papermill" not in json.dumps(notebook)
    assert "".join(code[0]["source"]) == 'seed = 0\nprotocol = "ours"'
    assert "text/markdown" in json.dumps(code[-1]["outputs"])
    before = updated.committed()
    assert "Nothing to refresh." in said("update")[1]
    assert updated.committed() == before


def test_a_worse_verdict_is_told_and_a_failure_changes_nothing_that_is_committed(updated, said):
    files = updated.committed()
    updated.edit("dlnn_utils/toy.py", "VALUE = 5.0\n")
    status, out, _ = said("01", "--seed", "1")
    assert status == 3
    assert "worse than committed: size (ours, seed 1) is partly, was reproduced" in out
    updated.edit("dlnn_utils/toy.py", "VALUE = 1 / 0\n")
    status, out, _ = said("update")
    assert status == 1
    assert "FAILED: 01_size (ours, seed 0); see results/ours/seed0/" in out
    executed = (updated.root / "results/ours/seed0/01_size/executed.ipynb").read_text()
    assert "ZeroDivisionError" in executed and "image/png" not in executed
    assert updated.committed() == files


def test_every_block_of_the_readme_is_asked_for_before_anything_is_run(inside, refused):
    store = committed_store()
    whole = "".join(f"<!-- {b}:begin -->\n<!-- {b}:end -->\n" for b in BLOCKS)
    for block in BLOCKS:
        assert f"<!-- {block}:begin -->\n" in update.readme(whole, store)
        for wrong in ("end", f"{block}:begin"):
            with pytest.raises(ValueError, match=f"needs one block <!-- {block}:begin -->"):
                update.readme(whole.replace(f"{block}:end", wrong), store)
    inside.edit("README.md", "# Toy\n")
    before = inside.committed()
    assert refused("update").startswith("README.md needs one block <!-- findings:begin")
    assert inside.committed() == before
