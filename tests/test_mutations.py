"""Every fault has its place in the code; tests/mutation/run.py tries them all."""

import ast
import runpy

import pytest

from dlnn_utils.reproduce.engine.paths import PACKAGE, ROOT

RUN = runpy.run_path(str(ROOT / "tests/mutation/run.py"))
MUTATIONS = RUN["mutations"]()


def test_there_are_many_and_all_differ():
    assert len({(m["file"], m["old"], m["new"]) for m in MUTATIONS}) == len(MUTATIONS) >= 60


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m['file']}: {m['what']}")
def test_a_fault_changes_the_code_at_one_place(mutation):
    text = (PACKAGE / mutation["file"]).read_text(encoding="utf-8")
    faulty = RUN["mutated"](text, mutation)
    assert ast.dump(ast.parse(faulty)) != ast.dump(ast.parse(text))
    assert mutation["tests"]
    assert all(list((ROOT / "tests").rglob(f"test_{name}.py")) for name in mutation["tests"])
