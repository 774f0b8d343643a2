"""Which files of the package a notebook depends on, and a hash of what they compute."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from . import paths
from .parameters import default_parameters, read_notebook, source, tags

DOOR = ("figures.py", "paper.mplstyle", "seeding.py")
"""What of the house shapes numbers and pictures; the rest only reports them."""

PACKAGE = "dlnn_utils"
RECORDED = ("seed", "protocol")
SHOWS_ONLY = "interactive"
"""Tag of a cell that lets the reader try what was computed before, and computes nothing."""


def sources_of(notebook: str) -> list[Path]:
    """Return the package's files that a notebook's numbers and figures depend on.

    Follows imports without running anything. ``from dlnn_utils import name``, and ``dlnn.name``
    after ``import dlnn_utils as dlnn``, are resolved through the lazy table of exports. Of the
    companion only what draws and seeds counts, and what the notebook itself names.

    Parameters
    ----------
    notebook : str
        Name of the notebook, such as "02_mechanics".

    Returns
    -------
    list of Path
        Sorted.
    """
    exports = _exports()
    found = {paths.COMPANION / name for name in DOOR}
    whole = ast.Module([line for tree in _cells(notebook) for line in tree.body], [])
    waiting = {f for name in _imports(whole) for f in _files(name, exports)}
    while waiting:
        file = waiting.pop()
        found.add(file)
        for name in _imports(ast.parse(file.read_text(encoding="utf-8")), file):
            files = _files(name, exports)
            if file.is_relative_to(paths.COMPANION):
                files = {f for f in files if not f.is_relative_to(paths.COMPANION)}
            waiting |= files - found
    return sorted(f for f in found if f.exists())


def uses(notebook: str, library: str) -> bool:
    """Return whether a notebook, or a file that it depends on, imports a library."""
    trees = _cells(notebook)
    files = [f for f in sources_of(notebook) if f.suffix == ".py" and f.name not in DOOR]
    trees += [ast.parse(f.read_text(encoding="utf-8")) for f in files]
    return any(name.split(".")[0] == library for t in trees for name in _imports(t))


def code_hash(notebook: str) -> str:
    """Return twelve hexadecimal digits that change when what a notebook computes may change.

    Comments, docstrings and layout do not count, nor do the notebook's prose, its cells tagged
    "interactive", seed and protocol (a run's own are recorded beside the hash).
    """
    digest = hashlib.sha256(repr([_dump(tree) for tree in _cells(notebook)]).encode())
    fixed = {k: v for k, v in default_parameters(notebook).items() if k not in RECORDED}
    digest.update(repr(sorted(fixed.items())).encode())
    for file in sources_of(notebook):
        digest.update(str(file.relative_to(paths.ROOT)).encode())
        content = file.read_bytes()
        digest.update(_dump(ast.parse(content)).encode() if file.suffix == ".py" else content)
    return digest.hexdigest()[:12]


def _exports() -> dict[str, str]:
    init = paths.PACKAGE / "__init__.py"
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == "_EXPORTS" for t in targets):
            return ast.literal_eval(node.value)
    return {}


def _cells(notebook: str) -> list[ast.Module]:
    """Return the syntax trees of a notebook's code cells that compute something."""
    trees = []
    for number, cell in enumerate(read_notebook(notebook)["cells"]):
        if cell["cell_type"] != "code" or {"parameters", SHOWS_ONLY} & set(tags(cell)):
            continue
        lines = source(cell).splitlines()
        python = "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)
        try:
            trees.append(ast.parse(python))
        except SyntaxError as e:
            raise ValueError(f"{notebook}, cell {number}: {e.msg}, line {e.lineno}") from None
    return trees


def _imports(tree: ast.AST, file: Path | None = None) -> Iterator[str]:
    aliases = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == PACKAGE
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name != PACKAGE)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in aliases:
                yield f"{PACKAGE}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level and file:
                package = file.relative_to(paths.ROOT).parts[: -node.level]
                module = ".".join([*package, *filter(None, [module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _files(name: str, exports: dict[str, str]) -> set[Path]:
    """Return the package's files behind a dotted name."""
    first, *rest = name.split(".")
    if first != PACKAGE:
        return set()
    if rest and rest[0] in exports:
        rest = exports[rest[0]].removeprefix("dlnn_utils.").lstrip(".").split(".")
    for length in range(len(rest), 0, -1):
        file = paths.PACKAGE.joinpath(*rest[:length]).with_suffix(".py")
        if file.exists():
            return {file}
    return set()


def _dump(node) -> str:
    """Return a syntax tree as text that does not depend on Python's version."""
    if isinstance(node, list):
        return "[" + ",".join(map(_dump, node)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        fields["body"] = [line for line in node.body if not _is_text(line)]
    shown = (f"{k}={_dump(v)}" for k, v in fields.items() if v not in (None, []))
    return f"{type(node).__name__}({','.join(shown)})"


def _is_text(line: ast.stmt) -> bool:
    value = getattr(line, "value", None) if isinstance(line, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
