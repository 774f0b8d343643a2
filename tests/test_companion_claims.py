import json
import math

import pytest

from dlnn_utils.companion.claims import Claim, Measurement, ledger, load_claims, merge
from dlnn_utils.companion.unknowns import load_unknowns, to_register
from dlnn_utils.companion.verdicts import ORDER

HEAD = '[[claim]]\nid = "x"\nsource = "S"\nstatement = "s"\ntolerance_from = "t"\nnotebook = "n"\n'
ID = "table2.mechanics.dlnn"


def measured(value, *, id=ID, protocol="fast", seed=0, code="abc"):
    return Measurement(id, protocol, seed, value, "02_mechanics", "fig2b", code)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD, "criterion"),
        (HEAD + 'criterion = "about"\n', "criterion must be one of zero, .*; got 'about'"),
        (HEAD + 'criterion = "at_most"\n', "at_most needs a paper_value"),
        (HEAD + 'criterion = "close"\npaper_value = 0.0\n', "paper_value other than 0"),
        (HEAD + 'criterion = "true"\ncolour = "red"\n', "claim x: .*colour"),
        (2 * (HEAD + 'criterion = "true"\n'), "two claims 'x'"),
    ],
)
def test_a_wrong_list_of_claims_is_refused(tmp_path, text, message):
    (tmp_path / "claims.toml").write_text(text)
    with pytest.raises(ValueError, match=message) as error:
        load_claims(tmp_path / "claims.toml")
    assert "\n" not in str(error.value)


def test_a_wrong_register_is_refused(tmp_path):
    entry = '[[unknown]]\nid = "u"\nnotebook = "n"\ntext = "t"\nchoice = "c"\nwhy = "w"\n'
    file = tmp_path / "unknowns.toml"
    file.write_text(entry)
    with pytest.raises(ValueError, match="unknown u: .*alternatives"):
        load_unknowns(file)
    file.write_text(2 * (entry + 'alternatives = "a"\n'))
    with pytest.raises(ValueError, match="two unknowns 'u'"):
        load_unknowns(file)


def test_every_equation_and_every_value_of_table_2_is_a_claim():
    claims = load_claims()
    assert {f"eq{n}" for n in range(1, 20)} <= set(claims)
    models = {"mechanics": ("dlnn", "dhnn", "glnn", "baseline")}
    models["diffusion"] = models["mechanics"]
    assert {f"table2.{row}.{m}" for row in models for m in models[row]} <= set(claims)
    for claim in claims.values():
        assert isinstance(claim, Claim)
        assert claim.tolerance_from.endswith(".")
        assert claim.source
        assert claim.statement.endswith((".", ")", "k x x*."))


def test_the_middle_verdicts_can_all_be_reached():
    """A claim whose bounds leave no room for "partly" or "reproduced" would be a typing error."""
    for claim in load_claims().values():
        if claim.criterion in ("zero", "close", "within_factor"):
            assert claim.partly >= claim.tolerance or claim.partly == 0, claim.id
        if claim.criterion in ("at_most", "at_least"):
            assert claim.partly > 1 + claim.tolerance > 1, claim.id
            assert claim.exceed > 1, claim.id


def test_merging_keeps_one_value_for_each_run_and_the_latest():
    old = [measured(1.0), measured(2.0, seed=1), measured(3.0, protocol="paper")]
    merged = merge(old, [measured(5.0), measured(1.0, id="no.such.claim")])
    assert [(m.protocol, m.seed, m.value) for m in merged] == [
        ("fast", 0, 5.0),
        ("fast", 1, 2.0),
        ("paper", 0, 3.0),
    ]


def test_the_ledger_has_median_spread_and_verdict_for_each_protocol():
    values = [1e-4, 2e-4, 3e-4, 4e-4, 9e-1]
    group = [measured(v, seed=s) for s, v in enumerate(values)]
    fast, paper = [e for e in ledger([*group, measured(2.0, protocol="paper")]) if e["id"] == ID]
    assert fast["value"] == 3e-4
    assert fast["spread"] == [1e-4, 9e-1]
    assert fast["seeds"] == [0, 1, 2, 3, 4]
    assert fast["holds_on"] == "4 of 5 seeds"
    assert fast["verdict"] == "partly"
    assert paper["verdict"] == "not reproduced"
    assert paper["paper_value"] == 1e-3
    assert paper["protocol"] == "paper"


def test_claims_that_cannot_be_tested_are_in_the_ledger_and_unmeasured_ones_are_not():
    entries = ledger([])
    assert entries
    assert {e["verdict"] for e in entries} == {"not testable"}
    assert all(e["value"] is None and e["tolerance_from"] for e in entries)


def test_a_diverged_value_survives_json_and_spoils_the_median():
    group = [measured(math.inf, seed=s) for s in range(2)] + [measured(1e-4, seed=2)]
    stored = json.loads(json.dumps([m.to_json() for m in group], allow_nan=False))
    assert [Measurement.from_json(m) for m in stored] == group
    (entry,) = [e for e in ledger(group) if e["id"] == ID]
    assert entry["value"] is None
    assert entry["spread"] == [1e-4, None]
    assert entry["verdict"] == ORDER[0]


def test_the_register_shows_what_was_measured():
    text = to_register(["02_mechanics"], [])
    assert text.count("not measured") == text.count("\n") - 2
    moved = {"unknown": "mechanics.activation", "measure": "max error"}
    text = to_register(["02_mechanics"], [moved | {"values": {"SiLU": 1e-4, "tanh": None}}])
    assert "max error: SiLU 0.0001, tanh" in text
    assert to_register(["99_none"], []) == "The paper leaves nothing open here.\n"
