"""The README is short, its example runs, and what is public is documented."""

import re
import subprocess
import sys

import pytest

import dlnn_utils
from dlnn_utils.reproduce.engine.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
LOADED = "import dlnn_utils, sys; print({'torch', 'matplotlib'} & set(sys.modules))"


def output(code, folder):
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def test_the_examples_run_as_written(tmp_path):
    (tmp_path / "data").symlink_to(ROOT / "data")
    examples = "\n".join(re.findall(r"```python\n(.*?)```", README, re.S))
    said = output(examples, tmp_path)
    assert "K12 = -0.4" in said and said.endswith("True\n")
    assert {p.name for p in (tmp_path / "answer").iterdir()} == {"answer.csv", "answer.png"}
    table = (tmp_path / "answer/answer.csv").read_text()
    assert table.startswith("quantity,value,standard error,unit\n")


def test_it_is_short():
    assert len(README.splitlines()) <= 150
    assert len(README) <= 12_000


def test_every_public_name_exists_and_has_a_docstring():
    assert all(getattr(dlnn_utils, name).__doc__ for name in dlnn_utils.__all__)
    with pytest.raises(AttributeError, match="dlnn_utils has no 'magic'"):
        _ = dlnn_utils.magic


def test_importing_the_package_loads_neither_torch_nor_matplotlib():
    assert output(LOADED, ROOT).strip() == "set()"
