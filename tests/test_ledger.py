"""The committed ledger says what the committed measurements say, and the README says the same."""

import json

import pytest

from dlnn_utils.companion import paths
from dlnn_utils.companion.claims import Measurement, ledger, load_claims, measurement_verdict
from dlnn_utils.companion.parameters import read_notebook
from dlnn_utils.companion.report import claims_markdown
from dlnn_utils.companion.state import code_hash
from dlnn_utils.companion.update import committed_store, readme, stored_measurements
from dlnn_utils.companion.verdicts import NOT_TESTABLE, ORDER

REMEDY = "run: ./reproduce.sh update"
FIELDS = {
    "id", "source", "statement", "paper_value", "value", "spread", "seeds", "unit", "criterion",
    "protocol", "verdict", "notebook", "figure",
}  # fmt: skip
every_notebook = pytest.mark.parametrize("name", paths.notebook_names())


def committed_ledger():
    return json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8"))


def default_measurements(name):
    mine = [m for m in stored_measurements(committed_store()) if m.notebook == name]
    return [m for m in mine if (m.protocol, m.seed) == ("fast", 0)]


def test_the_ledger_follows_from_the_measurements():
    assert committed_ledger() == ledger(stored_measurements(committed_store())), REMEDY


def test_every_entry_is_whole_and_its_verdict_follows_from_its_value():
    for entry in committed_ledger():
        assert set(entry) >= FIELDS
        assert entry["verdict"] in (*ORDER, NOT_TESTABLE)
        if len(entry["seeds"]) == 1:
            fields = {k: entry[k] for k in ("id", "protocol", "value", "notebook", "figure")}
            alone = Measurement.from_json(fields | {"seed": 0, "code": ""})
            assert measurement_verdict(alone) == entry["verdict"], entry["id"]
        if entry["seeds"]:
            low, high = entry["spread"]
            assert entry["value"] is None or low <= entry["value"]
            assert high is None or entry["value"] <= high


@every_notebook
def test_every_claim_of_a_notebook_was_measured(name):
    claims = {c.id for c in load_claims().values() if c.notebook == name and c.criterion != "none"}
    measured = {m.id for m in default_measurements(name)}
    assert measured == claims, f"{name}: not measured {claims - measured}; {REMEDY}"


@every_notebook
def test_the_default_measurements_come_from_the_present_code(name):
    runs = [r for r in committed_store()["runs"] if r["notebook"] == name]
    (default,) = [r for r in runs if (r["protocol"], r["seed"]) == ("fast", 0)]
    assert default["code"] == code_hash(name), f"{name} is stale; {REMEDY}"


@every_notebook
def test_a_notebook_shows_the_verdicts_of_the_ledger(name):
    shown = [
        "".join(output.get("data", {}).get("text/markdown", ""))
        for cell in read_notebook(name)["cells"]
        for output in cell.get("outputs", [])
    ]
    assert claims_markdown(default_measurements(name)) in shown, f"{name} is stale; {REMEDY}"


@pytest.mark.parametrize("name", paths.notebook_names())
def test_what_a_claim_points_at_is_committed(name):
    for m in default_measurements(name):
        assert not m.figure or (paths.FIGURES / f"{m.figure}.csv").exists(), m.id


def test_the_readme_is_not_stale():
    text = paths.README.read_text(encoding="utf-8")
    assert readme(text, committed_store()) == text, f"README.md is stale; {REMEDY}"
