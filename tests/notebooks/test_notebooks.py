"""The rules that every committed notebook keeps."""

import ast
import json

import pytest

from dlnn_utils.reproduce.engine.notebooks import SHOWS_ONLY, default_parameters, source, tags
from dlnn_utils.reproduce.engine.paths import notebook_names, notebook_path

MOST_BYTES, MOST_CELLS, MOST_CODE_LINES, MOST_LINES_A_CELL = 500_000, 40, 280, 20
PROGRESS_BAR = ("it/s]", "s/it]", "%|", "\r")
RECORDS = ("run.figure(", "run.table(", "run.claim(", "run.sensitivity(")


@pytest.fixture(scope="module", params=notebook_names())
def name(request):
    return request.param


@pytest.fixture(scope="module")
def content(name):
    return json.loads(notebook_path(name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def code(content):
    return [c for c in content["cells"] if c["cell_type"] == "code"]


def test_it_begins_with_a_title_and_literal_parameters_and_ends_with_its_claims(
    name, content, code
):
    title = content["cells"][0]
    assert title["cell_type"] == "markdown" and source(title).startswith("# ")
    assert default_parameters(name) | {"seed": 0, "protocol": "ours"} == default_parameters(name)
    assert "parameters" in tags(code[0])
    texts = [source(cell) for cell in code]
    (last,) = [n for n, text in enumerate(texts) if "run.finish()" in text]
    assert not [call for text in texts[last + 1 :] for call in RECORDS if call in text]


def test_it_was_run_from_top_to_bottom_without_errors_warnings_or_progress_bars(code):
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    for output in (o for cell in code for o in cell["outputs"]):
        assert output["output_type"] != "error"
        assert output.get("name") != "stderr", output
        text = "".join(output.get("text", ""))
        assert not [mark for mark in PROGRESS_BAR if mark in text]


def test_it_is_small_enough_to_read(name, content, code):
    assert notebook_path(name).stat().st_size <= MOST_BYTES
    assert len(content["cells"]) <= MOST_CELLS
    lines = [len(source(c).splitlines()) for c in code]
    assert max(lines) <= MOST_LINES_A_CELL
    assert sum(lines) <= MOST_CODE_LINES


def test_its_interactive_cells_leave_nothing_behind(content, code):
    shown = [c for c in code if SHOWS_ONLY in tags(c)]
    for line in (line for cell in shown for line in ast.parse(source(cell)).body):
        assert isinstance(line, ast.ImportFrom | ast.Expr), ast.unparse(line)
        assert "run." not in ast.unparse(line)
    assert "widgets" not in content["metadata"]
    kinds = {kind for cell in code for o in cell["outputs"] for kind in o.get("data", {})}
    assert not [kind for kind in kinds if "widget" in kind]


def test_it_carries_no_traces_of_the_machine(content):
    for item in [content, *content["cells"]]:
        assert not {"papermill", "execution"} & set(item["metadata"])
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert content["metadata"]["language_info"] == {"name": "python"}
