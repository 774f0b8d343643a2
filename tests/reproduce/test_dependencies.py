import json
from pathlib import Path

import pytest

from dlnn_utils.reproduce.engine import dependencies
from dlnn_utils.reproduce.engine.dependencies import code_hash, sources_of, uses
from dlnn_utils.reproduce.engine.jobs import texts_hash


def names(notebook):
    return {f.name for f in sources_of(notebook)} - {Path(d).name for d in dependencies.DOOR}


@pytest.mark.parametrize(
    "line",
    [
        "from dlnn_utils import VALUE",
        "from dlnn_utils import toy",
        "from dlnn_utils.toy import VALUE as v",
        "import dlnn_utils.toy as t",
        "import dlnn_utils\nprint(dlnn_utils.VALUE)",
        "import dlnn_utils as dlnn\nprint(dlnn.toy.VALUE)",
        "def f():\n    from dlnn_utils import toy",
    ],
)
def test_each_way_to_import_is_followed(inside, line):
    inside.notebook("03_new", line)
    inside.edit("dlnn_utils/toy.py", "from .deep.er import x\nVALUE = 1.0\n")
    inside.edit("dlnn_utils/deep/er.py", "from ..base import y\nx = 1\n")
    inside.edit("dlnn_utils/base.py", "y = 1\n")
    inside.edit("dlnn_utils/other.py", "z = 1\n")
    assert names("03_new") == {"toy.py", "er.py", "base.py"}


def test_a_room_within_a_room_counts_with_what_it_imports(inside):
    inside.edit("dlnn_utils/__init__.py", '_EXPORTS = {"fit": "deep.room"}\n')
    inside.edit("dlnn_utils/deep/room/__init__.py", "from dlnn_utils.deep.room.er import fit\n")
    inside.edit("dlnn_utils/deep/room/er.py", "fit = 1\n")
    inside.notebook("03_new", "import dlnn_utils as dlnn\ndlnn.fit")
    assert names("03_new") == {"__init__.py", "er.py"}


def test_what_is_not_imported_does_not_count(inside):
    inside.notebook("03_new", "import dlnn_utils as dlnn\nother.VALUE = 1")
    assert names("03_new") == set()
    inside.notebook("03_new", "import numpy\nfrom dlnn_utils.reproduce import Run")
    assert names("03_new") == set()
    inside.notebook("03_new", "from dlnn_utils.reproduce.ledger.tables import short")
    assert names("03_new") == {"tables.py"}


def test_data_that_a_cell_names_count(inside):
    inside.notebook("03_new", 'open("../data/mine.csv")\nread("../data/images")\nprint("../none")')
    inside.edit("data/mine.csv", "1")
    inside.edit("data/images/000.png", "0")
    assert names("03_new") == {"mine.csv", "000.png"}
    before = code_hash("03_new")
    inside.edit("data/images/000.png", "1")
    assert code_hash("03_new") != before


def test_circular_imports_end(inside):
    inside.edit("dlnn_utils/toy.py", "from dlnn_utils.base import y\nVALUE = 1.0\n")
    inside.edit("dlnn_utils/base.py", "from dlnn_utils import VALUE\ny = 1\n")
    assert names("01_size") == {"toy.py", "base.py"}


def test_the_hash_sees_code_and_nothing_else(inside):
    before = code_hash("01_size")
    inside.edit("dlnn_utils/toy.py", '"""Another text."""\n\n# why\nVALUE = (\n    1.0\n)\n')
    inside.edit("dlnn_utils/reproduce/ledger/report.py", "reports = None\n")
    assert code_hash("01_size") == before
    inside.edit("dlnn_utils/toy.py", "VALUE = 1.5\n")
    assert code_hash("01_size") != before
    inside.edit("dlnn_utils/toy.py", "VALUE = 1.0\n")
    assert code_hash("01_size") == before
    inside.edit("dlnn_utils/reproduce/drawing/paper.mplstyle", "font.size: 20\n")
    assert code_hash("01_size") != before


def test_the_hash_sees_the_notebooks_code_and_not_its_prose(inside):
    inside.notebook("03_new", "x = 1")
    before = code_hash("03_new")
    paper = 'seed = 7\nprotocol = "paper"'
    for cells, parameters, same in (
        (["x =  1  # one"], paper, True),
        (["x = 1", "# and no more"], paper, True),
        (["%matplotlib inline\nx = 1"], paper, False),
        (["x = 1", "y = 2"], paper, False),
        (["x = 1"], f"{paper}\nwidth = 3", False),
    ):
        inside.notebook("03_new", *cells, parameters=parameters)
        assert (code_hash("03_new") == before) is same


def test_a_cell_tagged_interactive_counts_as_shown_and_not_as_computed(inside):
    hashes = {}
    for text in ("Explorer(1)", "Explorer(2)"):
        inside.notebook("03_new", "x = 1", "from dlnn_utils import toy\ntoy.show()")
        plain = code_hash("03_new")
        path = inside.root / "notebooks/03_new.ipynb"
        content = json.loads(path.read_text())
        cell = content["cells"][-1]
        cell["source"], cell["metadata"]["tags"] = text, ["interactive"]
        path.write_text(json.dumps(content))
        hashes[text] = code_hash("03_new"), texts_hash("03_new")
        assert hashes[text][0] != plain
        assert names("03_new") == set()
    inside.notebook("03_new", "x = 1")
    assert {code for code, _ in hashes.values()} == {code_hash("03_new")}
    assert len({texts for _, texts in hashes.values()} | {texts_hash("03_new")}) == 3


def test_torch_is_found_where_it_is_used(inside):
    assert not uses("01_size", "torch")
    inside.edit("dlnn_utils/toy.py", "import torch.nn\nVALUE = 1.0\n")
    assert uses("01_size", "torch")
    assert not uses("02_truth", "torch")


def test_a_cell_that_is_no_python_is_named(inside):
    inside.notebook("03_new", "x = 1", "x = = 1")
    with pytest.raises(ValueError, match=r"03_new, cell 3: invalid syntax, line 1"):
        code_hash("03_new")
