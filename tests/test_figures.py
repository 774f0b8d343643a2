"""Committed figures and tables against the present code, and against the numbers made anew."""

import csv
import math
import os
import re

import pytest

from dlnn_utils.companion import paths, provenance
from dlnn_utils.companion.dependencies import code_hash
from dlnn_utils.companion.figures import read_csv

REMEDY = "run: ./reproduce.sh update"
PLOTTED = sorted(paths.FIGURES.glob("*.png"))
TABLES = sorted(f for f in paths.FIGURES.glob("*.csv") if not f.with_suffix(".png").exists())
CLOSE, FACTOR, ROUNDING, SMALL = 0.02, 10.0, 1e-9, 0.05
"""Curves agree to 2 % of their range; errors, which differ between processors, to a factor 10."""

ERROR_LIKE = re.compile("error|loss|drift|residual|deviation|rms", re.IGNORECASE)
TIMED = re.compile(r"second|time \[|\bms\b|wall", re.IGNORECASE)


def made_anew(name):
    """Return the file that the notebooks' test has just made, if that ran before."""
    scratch = os.environ.get("DLNN_RESULTS")
    found = sorted(paths.results().glob(f"by_hand/*/{name}")) if scratch else []
    if not found:
        pytest.skip("the notebooks were not run before; ./reproduce.sh test does")
    return found[0]


def differ(old, new, error_like):
    """Say how two columns of texts or numbers differ, or nothing."""
    try:
        a, b = [float(v) for v in old], [float(v) for v in new]
    except ValueError:
        return None if old == new else "texts differ"
    if [str(v) for v in a if not math.isfinite(v)] != [str(v) for v in b if not math.isfinite(v)]:
        return "one is finite and the other is not"
    a, b = ([v for v in values if math.isfinite(v)] for values in (a, b))
    size, other = max(map(abs, a), default=0.0), max(map(abs, b), default=0.0)
    if error_like:
        small, large = sorted((size, other))
        return None if large <= max(FACTOR * small, ROUNDING) else f"up to {size}, now {other}"
    if len(a) != len(b):
        return f"{len(a)} values, now {len(b)}"
    worst = max((abs(x - y) for x, y in zip(a, b, strict=True)), default=0.0)
    return None if worst <= CLOSE * size + ROUNDING else f"off by {worst} of {size}"


def is_small(text):
    """Say whether a table's cell is a number so small that it must be an error."""
    try:
        return abs(float(text)) < SMALL
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("old", "new", "error_like", "same"),
    [
        (["0", "1"], ["0.01", "1.01"], False, True),
        (["0", "1"], ["0.03", "1"], False, False),
        (["0", "1"], ["0", "1", "2"], False, False),
        (["1e-4"], ["9e-4"], True, True),
        (["1e-4", "1"], ["9e-4"], True, False),
        (["1e-16"], ["0"], True, True),
        (["a"], ["a"], False, True),
        (["a"], ["b"], True, False),
        (["1"], ["inf"], True, False),
        (["inf", "1"], ["inf", "1.001"], False, True),
        (["inf", "1"], ["inf", "2"], False, False),
        (["nan"], ["nan"], False, True),
        (["nan"], ["inf"], False, False),
    ],
)
def test_the_comparison_tells_what_differs(old, new, error_like, same):
    assert (differ(old, new, error_like) is None) is same


def test_there_are_figures_and_tables():
    assert PLOTTED
    assert TABLES


@pytest.mark.parametrize("png", PLOTTED, ids=lambda f: f.stem)
def test_a_figure_matches_its_code(png):
    for file in (png, png.with_suffix(".pdf")):
        origin = provenance.read(file)
        assert origin["parameters"] == {"protocol": "fast", "seed": 0}
        present = code_hash(origin["notebook"])
        assert origin["code"] == present, f"{file.name} is stale; {REMEDY}"
    assert png.with_suffix(".csv").exists()


@pytest.mark.parametrize("png", PLOTTED, ids=lambda f: f.stem)
def test_a_figures_numbers_come_out_again(png):
    old = read_csv(png.with_suffix(".csv"))
    new = read_csv(made_anew(f"{png.stem}.csv"))
    assert list(old) == list(new)
    for name, values in old.items():
        if not TIMED.search(name):
            difference = differ(values, new[name], ERROR_LIKE.search(name))
            assert difference is None, f"{png.stem}, column {name}: {difference}"


@pytest.mark.parametrize("file", TABLES, ids=lambda f: f.stem)
def test_a_tables_numbers_come_out_again(file):
    with open(file, newline="") as old, open(made_anew(file.name), newline="") as new:
        before, after = list(csv.reader(old)), list(csv.reader(new))
    assert before[0] == after[0]
    for row, again in zip(before, after, strict=True):
        for name, a, b in zip(before[0], row, again, strict=True):
            if TIMED.search(name) or TIMED.search(row[0]):
                continue
            difference = differ([a], [b], is_small(a))
            assert difference is None, f"{file.stem}, {row[0]}, {name}: {difference}"
