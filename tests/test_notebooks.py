"""The rules that every committed notebook keeps."""

import ast
import json

import pytest

from dlnn_utils.companion.dependencies import SHOWS_ONLY
from dlnn_utils.companion.parameters import default_parameters, source, tags
from dlnn_utils.companion.paths import notebook_names, notebook_path

MOST_BYTES, MOST_CELLS, MOST_CODE_LINES, MOST_LINES_A_CELL = 500_000, 30, 200, 30
PROGRESS_BAR = ("it/s]", "s/it]", "%|", "\r")


def load(name):
    return json.loads(notebook_path(name).read_text(encoding="utf-8"))


def code_cells(name):
    return [c for c in load(name)["cells"] if c["cell_type"] == "code"]


def outputs(name):
    return [o for cell in code_cells(name) for o in cell["outputs"]]


every_notebook = pytest.mark.parametrize("name", notebook_names())


def test_there_are_notebooks():
    assert notebook_names()


@every_notebook
def test_it_has_one_cell_of_literal_parameters(name):
    assert default_parameters(name) | {"seed": 0, "protocol": "fast"} == default_parameters(name)
    first = next(c for c in load(name)["cells"] if c["cell_type"] == "code")
    assert "parameters" in tags(first)


@every_notebook
def test_it_was_run_from_top_to_bottom(name):
    counts = [c["execution_count"] for c in code_cells(name)]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_its_outputs_hold_no_errors_warnings_or_progress_bars(name):
    for output in outputs(name):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr", output
        text = "".join(output.get("text", ""))
        assert not [mark for mark in PROGRESS_BAR if mark in text]


@every_notebook
def test_it_is_small_enough_to_read(name):
    assert notebook_path(name).stat().st_size <= MOST_BYTES
    assert len(load(name)["cells"]) <= MOST_CELLS
    lines = [len(source(c).splitlines()) for c in code_cells(name)]
    assert max(lines) <= MOST_LINES_A_CELL
    assert sum(lines) <= MOST_CODE_LINES


@every_notebook
def test_its_interactive_cells_leave_nothing_behind(name):
    shown = [c for c in code_cells(name) if SHOWS_ONLY in tags(c)]
    for line in (line for cell in shown for line in ast.parse(source(cell)).body):
        assert isinstance(line, ast.ImportFrom | ast.Expr), ast.unparse(line)
        assert "run." not in ast.unparse(line)
    assert "widgets" not in load(name)["metadata"]
    kinds = {kind for o in outputs(name) for kind in o.get("data", {})}
    assert not [kind for kind in kinds if "widget" in kind]


@every_notebook
def test_it_carries_no_traces_of_the_machine(name):
    content = load(name)
    for item in [content, *content["cells"]]:
        assert not {"papermill", "execution"} & set(item["metadata"])
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert content["metadata"]["language_info"] == {"name": "python"}


@every_notebook
def test_it_begins_with_a_title_and_ends_with_its_claims(name):
    first = load(name)["cells"][0]
    assert first["cell_type"] == "markdown"
    assert source(first).startswith("# ")
    texts = [source(cell) for cell in code_cells(name)]
    (last,) = [n for n, text in enumerate(texts) if "run.finish()" in text]
    recorded = [f"run.{what}(" for what in ("figure", "table", "claim", "sensitivity")]
    assert not [call for text in texts[last + 1 :] for call in recorded if call in text]
