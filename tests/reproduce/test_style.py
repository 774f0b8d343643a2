"""Committed figures and tables against the present code, and against the numbers made anew."""

import csv
import os
import re

import numpy as np
import pytest

from dlnn_utils.reproduce.drawing.style import read_provenance
from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.dependencies import code_hash

PLOTTED = sorted(paths.FIGURES.glob("*.png"))
ERROR_LIKE = re.compile("error|loss|drift|residual|deviation|rms", re.IGNORECASE)
TIMED = re.compile(r"second|time \[|\bms\b|wall|as measured", re.IGNORECASE)


def agree(old, new, error_like):
    """Say whether columns agree to 2 % of their range, or errors, of any processor, tenfold."""
    try:
        a, b = np.array(old, dtype=float), np.array(new, dtype=float)
    except ValueError:
        return old == new
    largest = [np.max(np.abs(c[np.isfinite(c)]), initial=0.0) for c in (a, b)]
    if not error_like:
        atol = 0.02 * largest[0] + 1e-9
        return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=atol, equal_nan=True)
    strange = [list(map(str, c[~np.isfinite(c)])) for c in (a, b)]
    return strange[0] == strange[1] and max(largest) <= max(10 * min(largest), 1e-9)


def is_small(text):
    """Say whether a table's cell is a number so small that it must be an error."""
    return re.fullmatch(r"[-+.\de]+", text) is not None and abs(float(text)) < 0.05


@pytest.mark.parametrize("png", PLOTTED, ids=lambda f: f.stem)
def test_a_figure_matches_its_code(png):
    for file in (png, png.with_suffix(".pdf")):
        origin = read_provenance(file)
        assert origin["parameters"] == {"protocol": "ours", "seed": 0}
        stale = f"{file.name} is stale; run: ./reproduce.sh update"
        assert origin["code"] == code_hash(origin["notebook"]), stale


@pytest.mark.parametrize("file", sorted(paths.FIGURES.glob("*.csv")), ids=lambda f: f.stem)
def test_numbers_come_out_again(file):
    made = sorted(paths.results().glob(f"by_hand/*/{file.name}"))
    if "DLNN_RESULTS" not in os.environ or not made:
        pytest.skip("the notebooks were not run before; ./reproduce.sh test does")
    with open(file, newline="") as old, open(made[0], newline="") as new:
        (header, *before), (again, *after) = csv.reader(old), csv.reader(new)
    assert header == again
    if file.with_suffix(".png") in PLOTTED:
        whole = zip(header, zip(*before), zip(*after), strict=True)
        columns = [(*column, ERROR_LIKE.search(column[0])) for column in whole]
    else:
        rows = [ab for ab in zip(before, after, strict=True) if not TIMED.search(ab[0][0])]
        cells = [cell for row in rows for cell in zip(header, *row, strict=True)]
        columns = [(name, [a], [b], is_small(a)) for name, a, b in cells]
    for name, *both, error_like in columns:
        a, b = ([value for value in column if value] for column in both)
        assert TIMED.search(name) or agree(a, b, error_like), f"{file.stem}, {name}: {a}, now {b}"
