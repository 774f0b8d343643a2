"""The list of faults stays true to the code; tests/mutation/run.py tries them all."""

import ast
import importlib.util

import pytest

from dlnn_utils.companion.paths import PACKAGE, ROOT

SPEC = importlib.util.spec_from_file_location("mutation_run", ROOT / "tests/mutation/run.py")
RUN = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(RUN)
MUTATIONS = RUN.mutations()


def test_there_are_many_and_all_differ():
    assert len({(m["file"], m["old"], m["new"]) for m in MUTATIONS}) == len(MUTATIONS) >= 40


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m['file']}: {m['what']}")
def test_a_fault_changes_the_code_at_one_place(mutation):
    text = (PACKAGE / mutation["file"]).read_text(encoding="utf-8")
    faulty = RUN.mutated(text, mutation)
    assert ast.dump(ast.parse(faulty)) != ast.dump(ast.parse(text))
    assert mutation["tests"]
    assert all((ROOT / f"tests/test_{name}.py").exists() for name in mutation["tests"])


def test_a_fault_that_no_test_looks_for_is_told(tmp_path):
    (tmp_path / "dlnn_utils").mkdir()
    (tmp_path / "tests").mkdir()
    code = tmp_path / "dlnn_utils/code.py"
    code.write_text("one = 1\ntwo = 2\n")
    test = "from pathlib import Path\n\n\ndef test_one():\n    assert 'one = 1' in Path("
    (tmp_path / "tests/test_code.py").write_text(f"{test}'dlnn_utils/code.py').read_text()\n")
    fault = {"file": "code.py", "tests": ["code"]}
    caught = fault | {"old": "one = 1", "new": "one = 2"}
    missed = fault | {"old": "two = 2", "new": "two = 3"}
    outcomes = [RUN.outcome(tmp_path, mutation, 60.0) for mutation in (caught, missed)]
    assert outcomes == [RUN.CAUGHT, RUN.MISSED]
    assert code.read_text() == "one = 1\ntwo = 2\n"
