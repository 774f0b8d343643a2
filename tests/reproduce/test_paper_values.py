"""What a reader with the paper fills in reaches notebooks, hashes and ledger, or is refused."""

import json

import pytest

from dlnn_utils.reproduce import paper_values
from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.dependencies import code_hash
from dlnn_utils.reproduce.ledger.claims import ledger
from dlnn_utils.reproduce.ledger.unknowns import load_unknowns

FILE = "notebooks/paper_values.toml"
TABLE = "{ K11 = 1, K22 = 1, K12 = -0.4, C11 = 0.1, C12 = 0.2, C22 = 0.1 }"
WRONG = [
    ("mechanics.gird = [1]", "has no 'mechanics.gird'; it may hold: mechanics.table1_order, "),
    ("grid = 1", "has no 'grid'; it may hold: "),
    ("mechanics.grid = 1", "mechanics.grid must be a list of numbers; got 1"),
    ("mechanics.grid = []", "mechanics.grid must be a list of numbers; got []"),
    ("mechanics.grid = ['a']", "mechanics.grid must be a list of numbers; got ['a']"),
    ("mechanics.test_starts = [1, 2]", "must be a list of five numbers; got [1, 2]"),
    (f"mechanics.table1_order = {TABLE}", "K positive definite and C positive semidefinite; got"),
    ("mechanics.table1_order = { K11 = 1 }", "mechanics.table1_order must be K11, K22, K12, "),
    ("two_pixel.grid = nan", "two_pixel.grid must be a number; got nan"),
    ("ten_pixel.starts = [[1]]", "ten_pixel.starts must be ten lists of ten numbers; got [[1]]"),
    ("ten_pixel.loss = -1", "ten_pixel.loss must be a positive number; got -1"),
    ("image.precipitate = [[0.5, 0.2, 0, 1]]", "image.precipitate must be boxes [left, right, "),
    ("image.diffusivity = [1, -0.01]", "image.diffusivity must be two positive numbers"),
    ("inverse.shapes = { dot = [[0, 1, 0, 1]] }", "inverse.shapes must be four names with boxes"),
    ("two_pixel.grid = ", "paper_values.toml: Invalid value"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_value_is_named_and_nothing_is_run(inside, refused, text, message):
    inside.edit(FILE, text)
    line = refused()
    assert line.startswith("paper_values.toml") and message in line


def test_a_filled_value_reaches_notebook_hash_and_ledger(inside, said):
    line = 'VALUE = run.paper_value("two_pixel.grid", 1.0)\nrun.claim("size", VALUE)'
    start = "from dlnn_utils.reproduce import Run\n"
    start += 'run = Run("01_size", seed=seed, protocol=protocol)'
    inside.notebook("01_size", start, line, "run.finish()")
    before = code_hash("01_size"), code_hash("02_truth")
    inside.edit(FILE, "two_pixel.grid = 1.25")
    after = code_hash("01_size"), code_hash("02_truth")
    assert after[0] != before[0] and after[1] == before[1]
    assert said("01", "--cores", "1")[0] == 0
    record = json.loads((inside.root / "results/ours/seed0/01_size/record.json").read_text())
    assert [m["value"] for m in record["measurements"]] == [1.25]
    assert said("update")[0] == 0
    entries = json.loads((inside.root / "figures/claims.json").read_text())
    assert {e["id"]: e["filled_in"] for e in entries}["size"] == ["two_pixel.grid"]
    assert "as filled in: two_pixel.grid" in (inside.root / "figures/ledger.md").read_text()


def test_the_shipped_file_changes_nothing_and_names_unknowns_that_are_registered():
    assert paper_values.load() == {}
    text = (paths.NOTEBOOKS / paper_values.FILE).read_text()
    assert all(f"# {name} = " in text for name in paper_values.CHECKS)
    assert set(paper_values.CHECKS) - set(load_unknowns()) == {"image.diffusivity"}
    assert not [e for e in ledger([]) if e["filled_in"]]
