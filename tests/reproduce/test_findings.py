"""The texts of what came out name claims, and their counts and ranges are the ledger's."""

import re

from dlnn_utils.reproduce.engine.paths import notebook_names
from dlnn_utils.reproduce.ledger import findings
from dlnn_utils.reproduce.ledger.claims import Measurement, ledger, load_claims
from dlnn_utils.reproduce.ledger.store import committed_store, stored_measurements

STORE = committed_store()
ENTRIES = ledger(stored_measurements(STORE))


def test_the_texts_name_claims_and_notebooks_that_exist():
    texts = findings.texts()
    named = re.findall(r"\{([\w.:]+)\}", "".join(texts["findings"]))
    ids = {name.rpartition(":")[2] for name in named} | set(texts["scoreboard"])
    assert ids <= set(load_claims())
    assert set(texts["groups"]) == set(notebook_names())
    assert "not measured" not in findings.findings(ENTRIES)


def test_the_answer_counts_every_claim_once():
    last = next(row for row in findings.answer(ENTRIES).splitlines() if row.startswith("| all |"))
    assert sum(map(int, re.findall(r"\d+", last))) == len({e["id"] for e in ENTRIES})


def test_the_envelope_shows_the_range_over_readings_and_which_of_them_hold():
    id = "table2.mechanics.dlnn"
    base = [Measurement(id, "paper", s, 1.0, "02_mechanics", "", "0") for s in range(3)]
    told = [("tanh", 2.0), ("tanh", 4.0), ("softplus", 5e-4), ("SiLU", None)]
    readings = [{"claim": id, "reading": n, "value": v} for n, v in told]
    (*_, row) = findings.envelope(ledger(base), readings).splitlines()
    assert "| 0.0005 to 3 (3 readings, 1 without a finite value) | softplus |" in row
    assert findings.envelope(ledger(base), []).startswith("No other reading")
