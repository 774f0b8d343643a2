import csv
import json
import math

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlnn_utils.reproduce import Run
from dlnn_utils.reproduce.drawing.style import read_provenance
from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.dependencies import code_hash
from dlnn_utils.reproduce.ledger.claims import Measurement
from dlnn_utils.reproduce.ledger.tables import to_latex, to_markdown

EQUATIONS = "01_theory"


@pytest.fixture
def run(project, tmp_path, monkeypatch):
    """A run by hand of a notebook that claims the theory's equations."""
    monkeypatch.setattr(paths, "NOTEBOOKS", project.root / "notebooks")
    monkeypatch.setenv("DLNN_RESULTS", str(tmp_path / "results"))
    monkeypatch.delenv("DLNN_RUN_FOLDER", raising=False)
    project.notebook(EQUATIONS, "x = 1")
    return Run(EQUATIONS, seed=3, protocol="paper")


def drawn():
    fig, ax = plt.subplots()
    ax.plot([0, 1])
    return fig


def test_wrong_parameters_are_refused(run):
    with pytest.raises(ValueError, match="protocol must be one of ours, paper; got 'slow'"):
        Run(EQUATIONS, protocol="slow")
    with pytest.raises(ValueError, match="seed must be a non-negative integer; got True"):
        Run(EQUATIONS, seed=True)


def test_a_figure_is_saved_with_numbers_and_origin(run):
    shown = run.figure(drawn(), "fig1")
    assert plt.get_fignums() == []
    origin = {"notebook": EQUATIONS, "parameters": {"protocol": "paper", "seed": 3}}
    for ending in ("png", "pdf"):
        carried = read_provenance(run.folder / f"fig1.{ending}")
        assert carried == origin | {"code": code_hash(EQUATIONS)}
    assert shown.data == (run.folder / "fig1.png").read_bytes()
    assert (run.folder / "fig1.csv").read_text() == "x,y\n0,0\n1,1\n"


@pytest.mark.parametrize("name", ["bare.png", "bare.pdf"])
def test_a_file_without_origin_is_named(tmp_path, name):
    drawn().savefig(tmp_path / name)
    plt.close("all")
    with pytest.raises(ValueError, match=f"{name} carries no provenance"):
        read_provenance(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "fig", "message"),
    [
        ("", drawn, "needs a new name of letters, digits and _; got ''"),
        ("../fig", drawn, "needs a new name"),
        ("fig1", plt.figure, "needs something drawn in it; got an empty one"),
    ],
)
def test_a_wrong_figure_leaves_nothing(run, name, fig, message):
    with pytest.raises(ValueError, match=message):
        run.figure(fig(), name)
    plt.close("all")
    assert not run.folder.exists() or not list(run.folder.iterdir())


def test_a_table_is_saved_in_three_forms(run):
    shown = run.table("table1", ["quantity", "value"], [["$K_{11}$ & C_1", 1 / 3], ["n", 625]])
    with open(run.folder / "table1.csv", newline="") as file:
        assert list(csv.reader(file))[1:] == [["$K_{11}$ & C_1", str(1 / 3)], ["n", "625"]]
    assert shown.data == (run.folder / "table1.md").read_text()
    assert "| $K_{11}$ & C_1 | 0.333 |" in shown.data
    assert r"$K_{11}$ \& C\_1 & 0.333 \\" in (run.folder / "table1.tex").read_text()


def test_numpy_numbers_are_plain_and_signs_are_escaped(run):
    run.table("table1", ["x"], [[np.float64(0.1)], [np.int64(3)]])
    assert (run.folder / "table1.csv").read_text() == "x\n0.1\n3\n"
    text = to_markdown(["x"], [[np.float64(0.12345)], [None], [True], ["a|b"]])
    assert text.splitlines()[2:] == ["| 0.123 |", "|  |", "| yes |", r"| a\|b |"]
    assert r"50\% \textbackslash{} \^{}2" in to_latex(["x"], [["50% \\ ^2"]])


def test_wrong_rows_are_refused(run):
    with pytest.raises(ValueError, match="at least one row"):
        run.table("table1", ["a"], [])
    with pytest.raises(ValueError, match=r"has 2 cells \(a, b\); got 1: \[1.0\]"):
        run.table("table1", ["a", "b"], [[1.0]])


def test_a_claim_is_judged_recorded_and_shown(run):
    assert run.folder == paths.results() / "by_hand" / EQUATIONS  # not among the engine's
    run.figure(drawn(), "fig1")
    assert run.claim("eq1", 0, figure="fig1") == "consistent"
    assert run.claim("eq2", True) == "not reproduced"
    assert run.claim("eq18", math.nan) == "not reproduced"
    shown = run.finish().data
    assert "| eq1 |" in shown
    record = json.loads((run.folder / "record.json").read_text())
    assert [m["value"] for m in record["measurements"]] == [0.0, 1.0, None]
    known = {"id": "eq1", "protocol": "paper", "seed": 3, "value": 0.0, "figure": "fig1"}
    known |= {"notebook": EQUATIONS, "code": record["code"]}
    assert record["measurements"][0] == known
    assert record["files"] == ["fig1.csv", "fig1.pdf", "fig1.png"]
    assert record["seconds"] >= 0
    assert record["peak_memory_mb"] > 10


@pytest.mark.parametrize("id", ["eq99", "table1.recovered"])
def test_a_claim_of_nobody_or_of_another_notebook_is_refused(run, id):
    with pytest.raises(ValueError, match=f"{EQUATIONS} has no claim '{id}'; perhaps: "):
        run.claim(id, 0)


def test_a_cell_run_again_by_hand_replaces_what_it_made(run):
    for value in (1.0, 0.0):
        run.table("table1", ["a"], [[value]])
        run.claim("eq1", value)
    run.finish()
    record = json.loads((run.folder / "record.json").read_text())
    assert [m["value"] for m in record["measurements"]] == [0.0]
    assert (run.folder / "table1.csv").read_text() == "a\n0.0\n"


def test_in_the_engine_everything_is_made_once(run, monkeypatch):
    monkeypatch.setenv("DLNN_RUN_FOLDER", str(run.folder))
    run = Run(EQUATIONS)
    run.table("table1", ["a"], [[1.0]])
    with pytest.raises(ValueError, match="needs a new name of letters, digits and _; got 'tab"):
        run.table("table1", ["a"], [[1.0]])
    run.claim("eq1", 0)
    with pytest.raises(ValueError, match="'eq1' was measured before"):
        run.claim("eq1", 0)


def test_a_claim_is_shown_by_what_exists(run):
    run.claim("eq1", 0, figure="fig9")
    with pytest.raises(ValueError, match="'eq1' points at 'fig9'; this run made: none"):
        run.finish()
    assert not (run.folder / "record.json").exists()


def test_values_join_those_of_the_other_seeds_of_the_store(run, project, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", project.root / "figures")
    origin = {"notebook": EQUATIONS, "protocol": "paper"}
    stored = [origin | {"seed": s, "name": "errors"} for s in (0, 1, 3)]
    values = [{"a": 4.0, "b": [1, None]}, {"a": None, "b": [1]}, {"a": 100.0}]
    series = [item | {"values": v} for item, v in zip(stored, values, strict=True)]
    claims = [Measurement("eq1", "paper", s, v, EQUATIONS, "", "0") for s, v in enumerate((0, 2))]
    measurements = [m.to_json() for m in claims]
    project.edit(
        "figures/measurements.json", json.dumps({"series": series, "measurements": measurements})
    )
    run = Run(EQUATIONS, seed=3, protocol="paper")
    spreads = run.over_seeds("errors", {"a": 1.0, "b": np.array([2.0, 3.0]), "new": np.inf})
    a, b, new = spreads.values()
    assert (a.this, a.median, a.low, a.high, a.n) == (1.0, 4.0, 1.0, np.inf, 3)
    assert (str(a), str(new)) == ("4 [1 to inf]", "inf")
    assert b.median.tolist() == [1.5, np.inf] and b.n == 2  # another seed's has another shape
    with pytest.raises(ValueError, match="only a number reads as text"):
        str(b)
    assert run.claim("eq1", 0.0) == "partly"  # two seeds of three
    assert run.spread("eq1").values.tolist() == [0.0, 0.0, 2.0]
    table = run.table("errors", ["what", "error"], [["a", a], ["none", 1.5]]).data
    assert "| a | 4 [1 to inf] |\n| none | 1.5 |" in table
    lines = (run.folder / "errors.csv").read_text().splitlines()
    assert lines[0] == 'what,error,"error, least","error, largest","error, this run"'
    assert lines[1:] == ["a,4.0,1.0,inf,1.0", "none,1.5,,,"]
    run.reading("eq1", "in another unit", 3.0)
    run.finish()
    record = json.loads((run.folder / paths.RECORD).read_text())
    assert record["series"] == [{"name": "errors", "values": {"a": 1, "b": [2, 3], "new": None}}]
    assert record["readings"] == [{"claim": "eq1", "reading": "in another unit", "value": 3.0}]
