"""Claims and unknowns are read and merged, and become the ledger and the register."""

import json
import math

import pytest

from dlnn_utils.reproduce.ledger.claims import Measurement, ledger, load_claims, merge
from dlnn_utils.reproduce.ledger.unknowns import load_unknowns, to_register

CLAIM = '[[claim]]\nid="x"\nsource="S"\nstatement="s"\ntolerance_from="t"\nnotebook="n"\n'
UNKNOWN = '[[unknown]]\nid = "u"\nnotebook = "n"\nkind = "not stated"\ntext = "t"\nchoice = "c"\n'
UNKNOWN += 'why = "w"\n'
ID = "table2.mechanics.dlnn"


def measured(value, *, id=ID, protocol="ours", seed=0):
    return Measurement(id, protocol, seed, value, "02_mechanics", "fig2b", "abc")


@pytest.mark.parametrize(
    ("load", "text", "message"),
    [
        (load_claims, CLAIM, "claim x: .*criterion"),
        (load_claims, CLAIM + 'criterion = "about"\n', "must be one of zero, .*; got 'about'"),
        (load_claims, CLAIM + 'criterion = "at_most"\n', "at_most needs a paper_value"),
        (load_claims, CLAIM + 'criterion = "close"\npaper_value = 0.0\n', "other than 0"),
        (load_claims, CLAIM + 'criterion = "true"\ncolour = "red"\n', "claim x: .*colour"),
        (load_claims, 2 * (CLAIM + 'criterion = "true"\n'), "two claims 'x'"),
        (load_unknowns, UNKNOWN, "unknown u: .*alternatives"),
        (load_unknowns, 2 * (UNKNOWN + 'alternatives = "a"\n'), "two unknowns 'u'"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path, load, text, message):
    (tmp_path / "list.toml").write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        load(tmp_path / "list.toml")
    assert "\n" not in str(error.value)


def test_every_equation_and_every_value_of_table_2_is_a_claim_with_room_for_each_verdict():
    claims = load_claims()
    models = ("dlnn", "dhnn", "glnn", "baseline")
    wanted = {f"table2.{row}.{model}" for row in ("mechanics", "diffusion") for model in models}
    assert wanted | {f"eq{n}" for n in range(1, 20)} <= set(claims)
    for claim in claims.values():
        assert claim.source and claim.tolerance_from.endswith(".")
        if claim.criterion in ("at_most", "at_least"):
            assert claim.partly > 1 + claim.tolerance >= 1 < claim.exceed, claim.id
        elif claim.criterion not in ("true", "none"):
            assert claim.partly >= claim.tolerance or claim.partly == 0, claim.id


def test_merging_keeps_one_value_for_each_run_and_the_latest():
    first, other, literal = measured(1.0), measured(2.0, seed=1), measured(3.0, protocol="paper")
    latest, nobodys = measured(5.0), measured(1.0, id="no.such.claim")
    assert merge([first, literal, other], [latest, nobodys]) == [latest, other, literal]


def test_the_ledger_has_median_spread_and_verdict_for_each_protocol():
    values = [1e-4, 2e-4, 3e-4, 4e-4, 9e-1]
    group = [measured(v, seed=s) for s, v in enumerate(values)]
    ours, paper = [e for e in ledger([*group, measured(2.0, protocol="paper")]) if e["id"] == ID]
    known = {"value": 3e-4, "spread": [1e-4, 9e-1], "seeds": [0, 1, 2, 3, 4]}
    known |= {"holds_on": "4 of 5 seeds", "verdict": "partly"}
    assert ours | known == ours
    assert (paper["protocol"], paper["verdict"]) == ("paper", "not reproduced")
    assert paper["paper_value"] == 1e-3


def test_claims_that_cannot_be_tested_are_in_the_ledger_and_unmeasured_ones_are_not():
    entries = ledger([])
    assert {e["verdict"] for e in entries} == {"not testable"}
    assert all(e["value"] is None and e["tolerance_from"] for e in entries)


def test_a_diverged_value_survives_json_and_spoils_the_median():
    group = [measured(math.inf, seed=s) for s in range(2)] + [measured(1e-4, seed=2)]
    stored = json.loads(json.dumps([m.to_json() for m in group], allow_nan=False))
    assert [Measurement.from_json(m) for m in stored] == group
    (entry,) = [e for e in ledger(group) if e["id"] == ID]
    assert (entry["value"], entry["spread"]) == (None, [1e-4, None])
    assert entry["verdict"] == "not reproduced"


def test_the_register_shows_what_was_measured():
    text = to_register(["02_mechanics"], [])
    assert text.count("not measured") == text.count("\n") - 2
    moved = {"unknown": "mechanics.activation", "measure": "max error", "seed": 0}
    text = to_register(["02_mechanics"], [moved | {"values": {"SiLU": 1e-4, "tanh": None}}])
    assert "max error: SiLU 0.0001, tanh" in text
    assert to_register(["99_none"], []) == "The paper leaves nothing open here.\n"
