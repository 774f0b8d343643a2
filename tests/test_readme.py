"""The README's example runs, and its names and links exist."""

import re
import subprocess
import sys

import pytest

import dlnn_utils
from dlnn_utils.companion.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.S)
LINKS = re.findall(r"\]\(([^)#:]+)\)", README)


def test_there_is_an_example():
    assert len(EXAMPLES) == 1


def test_example_runs_as_written(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLES[0]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "True"


def test_every_public_name_is_in_the_readme():
    missing = [n for n in dlnn_utils.__all__ if not re.search(rf"`[^`]*\b{n}\b[^`]*`", README)]
    assert not missing


def test_public_names_can_be_imported_and_are_documented():
    for name in dlnn_utils.__all__:
        assert getattr(dlnn_utils, name).__doc__, name
    with pytest.raises(AttributeError, match="dlnn_utils has no 'magic'"):
        _ = dlnn_utils.magic


@pytest.mark.parametrize("link", LINKS)
def test_links_inside_the_repository(link):
    assert (ROOT / link).exists()


def test_importing_the_package_loads_neither_torch_nor_matplotlib():
    code = "import dlnn_utils, sys; print({'torch', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"
