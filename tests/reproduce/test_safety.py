"""Nothing read runs code, no notebook calls a shell, and every checkout holds the same bytes."""

import re
import subprocess

import pytest

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import read_notebook, source

SHELLS = "subprocess|pty|pexpect|sh|plumbum|socket|socketserver"
SHELL_CALLS = (
    r"^\s*(!|%%?(bash|sh|script|system|sx|pip|conda)\b)",
    r"\b(os\.(system|popen|exec\w*|spawn\w*)|get_ipython)\(",
    rf"^\s*(import|from) ({SHELLS})\b",
)


def code_of(notebook):
    return [source(c) for c in read_notebook(notebook)["cells"] if c["cell_type"] == "code"]


def test_no_array_and_no_network_is_unpickled():
    """Ruff refuses the imports of modules that unpickle; these are options that do."""
    codes = [file.read_text(encoding="utf-8") for file in paths.PACKAGE.rglob("*.py")]
    codes += [code for name in paths.notebook_names() for code in code_of(name)]
    assert not [c for c in codes if re.search(r"allow_pickle ?= ?True|weights_only ?= ?False", c)]


@pytest.mark.parametrize("name", paths.notebook_names())
def test_a_notebook_runs_no_shell_command(name):
    for code in code_of(name):
        assert not [call for call in SHELL_CALLS if re.search(call, code, re.M)]


def test_the_hashed_lock_pins_what_the_lock_pins():
    lock, hashed = (
        (paths.ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8")
        for kind in ("", "-hashed")
    )
    pins = [line for line in lock.splitlines() if "==" in line]
    entries = re.findall(r"^(\S+==\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", hashed, re.M)
    assert [pin for pin, _ in entries] == pins


def test_a_checkout_on_windows_settings_holds_the_same_bytes(tmp_path):
    """Git with core.autocrlf, as it is set up there, changes neither scripts nor pictures."""
    names = ["reproduce.sh", "Snakefile", ".gitattributes", "notebooks/claims.toml"]
    names.append(next(f"figures/{f.name}" for f in sorted(paths.FIGURES.glob("*.pdf"))))
    for name in names:
        paths.write_aside(tmp_path / "a" / name, (paths.ROOT / name).read_bytes())
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=x", "-c", "user.email=x@y.z"]
    for call in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *call], cwd=tmp_path / "a", check=True, capture_output=True)
    subprocess.run([*git, "clone", "-q", "a", "b"], cwd=tmp_path, check=True, capture_output=True)
    for name in names:
        assert (tmp_path / "b" / name).read_bytes() == (paths.ROOT / name).read_bytes()
