"""The committed ledger says what the committed measurements say, and the README says the same."""

import json
import re

import pytest

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.jobs import code_hash
from dlnn_utils.reproduce.engine.notebooks import read_notebook
from dlnn_utils.reproduce.ledger.claims import ledger, load_claims
from dlnn_utils.reproduce.ledger.report import claims_markdown
from dlnn_utils.reproduce.ledger.store import committed_store, other_seeds, stored_measurements
from dlnn_utils.reproduce.ledger.update import long_tables, readme

REMEDY = "run: ./reproduce.sh update"
STORE = committed_store()


def test_the_ledger_follows_from_the_measurements():
    committed = json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))
    assert committed == ledger(stored_measurements(STORE)), REMEDY


@pytest.mark.parametrize("name", paths.notebook_names())
def test_a_notebook_measured_its_claims_by_the_present_code_and_shows_them(name):
    default = {"notebook": name, "protocol": "ours", "seed": 0}
    (run,) = [run for run in STORE["runs"] if run | default == run]
    assert run["code"] == code_hash(name), f"{name} is stale; {REMEDY}"
    mine = [m for m in STORE["measurements"] if m | default == m]
    mine = stored_measurements({"measurements": mine})
    claims = {c.id for c in load_claims().values() if c.notebook == name and c.criterion != "none"}
    assert {m.id for m in mine} == claims, REMEDY
    assert all((paths.FIGURES / f"{m.figure}.csv").exists() for m in mine if m.figure)
    outputs = [o for cell in read_notebook(name)["cells"] for o in cell.get("outputs", [])]
    shown = ["".join(o.get("data", {}).get("text/markdown", "")) for o in outputs]
    others = stored_measurements(other_seeds(STORE, name, "ours", 0))
    assert claims_markdown(mine, others) in shown, f"{name} is stale; {REMEDY}"


def test_the_verdicts_that_a_notebook_prints_are_the_ledgers():
    committed = json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))
    verdicts = {e["id"]: e["verdict"] for e in committed if e["protocol"] == "ours"}
    printed = {}
    for name in paths.notebook_names():
        for cell in read_notebook(name)["cells"]:
            text = "".join("".join(o.get("text", "")) for o in cell.get("outputs", []))
            found = re.findall(r"^([\w.]+): (?:.*, )?([a-z ]+)$", text, re.M)
            printed |= {id: said for id, said in found if id in verdicts}
    assert set(printed) == set(verdicts), REMEDY
    assert printed == {id: verdicts[id] for id in printed}, REMEDY


def test_the_readme_is_not_stale():
    text = paths.README.read_text(encoding="utf-8")
    assert readme(text, STORE) == text, f"README.md is stale; {REMEDY}"
    for name, table in long_tables(STORE).items():
        assert (paths.FIGURES / f"{name}.md").read_text(encoding="utf-8") == table, REMEDY
