"""Nothing that is read runs code, no notebook calls a shell, and the hashed lock is the lock."""

import ast
import re

import pytest

from dlnn_utils.companion import paths
from dlnn_utils.companion.parameters import read_notebook, source

UNPICKLERS = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
SHELLS = {"subprocess", "pty", "pexpect", "sh", "plumbum", "socket", "socketserver"}
CODE = sorted(paths.PACKAGE.rglob("*.py"))


def trees():
    """Yield the name and the syntax tree of each file, and of each notebook's code."""
    for file in CODE:
        yield file.name, ast.parse(file.read_text(encoding="utf-8"))
    for name in paths.notebook_names():
        yield name, ast.parse("\n".join(code_of(name)))


def code_of(notebook):
    return [source(c) for c in read_notebook(notebook)["cells"] if c["cell_type"] == "code"]


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]


def unsafe_loads(tree):
    """Yield calls `np.load`, `torch.load` and the like that would run what a file says."""
    safe = {"allow_pickle": False, "weights_only": True}
    for node in ast.walk(tree):
        name = getattr(node.func, "attr", "") if isinstance(node, ast.Call) else ""
        owner = getattr(getattr(node.func, "value", None), "id", "") if name else ""
        if name == "load" and owner in ("np", "numpy", "torch"):
            given = {k.arg: getattr(k.value, "value", None) for k in node.keywords}
            if not any(given.get(key) is value for key, value in safe.items()):
                yield ast.unparse(node)


def test_no_pickle_is_loaded():
    for name, tree in trees():
        assert not UNPICKLERS & set(imported(tree)), name
        assert not list(unsafe_loads(tree)), name


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("np.load(f)", 1),
        ("np.load(f, allow_pickle=True)", 1),
        ("torch.load(f, weights_only=False)", 1),
        ("torch.load(f, weights_only=True)", 0),
        ("np.load(f, allow_pickle=False)", 0),
    ],
)
def test_a_load_that_would_run_code_is_seen(code, found):
    assert len(list(unsafe_loads(ast.parse(code)))) == found


@pytest.mark.parametrize("name", paths.notebook_names())
def test_a_notebook_runs_no_shell_command(name):
    for code in code_of(name):
        assert not re.search(r"^\s*(!|%%?(bash|sh|script|system|sx|pip|conda)\b)", code, re.M)
        assert not re.search(r"\b(os\.(system|popen|exec\w*|spawn\w*)|get_ipython)\(", code)
        assert not SHELLS & set(imported(ast.parse(code)))


def test_the_hashed_lock_pins_what_the_lock_pins():
    lock, hashed = (
        (paths.ROOT / f"requirements{kind}.lock").read_text(encoding="utf-8")
        for kind in ("", "-hashed")
    )
    pins = [line for line in lock.splitlines() if "==" in line]
    entries = re.findall(r"^(\S+==\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", hashed, re.M)
    assert [pin for pin, _ in entries] == pins
