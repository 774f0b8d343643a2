"""Which files of the package a notebook depends on, and a hash of what they compute."""

import ast
import functools
import hashlib
import itertools
import re
from collections.abc import Iterable
from pathlib import Path

from dlnn_utils.reproduce import paper_values
from dlnn_utils.reproduce.engine import notebooks, paths

DOOR = (
    "drawing/style.py", "drawing/numbers.py", "drawing/paper.mplstyle", "engine/seeding.py",
)  # fmt: skip
"""What of the house shapes numbers and pictures; the rest only reports them."""

PACKAGE = "dlnn_utils"


def sources_of(notebook: str) -> list[Path]:
    """Return the files of the package and of data that a notebook's results depend on, sorted.

    Of `reproduce` only what draws and seeds counts, and what the notebook itself names. Data are
    the files and folders whose paths, "../...", stand in a cell.
    """
    exports = _exports()
    whole = ast.Module([line for tree in _cells(notebook) for line in tree.body], [])
    found = {paths.REPRODUCE / name for name in DOOR} | _data(whole)
    waiting = _files(_imports(whole), exports)
    while waiting:
        file = waiting.pop()
        found.add(file)
        files = _files(_imports_of(file), exports)
        if file.is_relative_to(paths.REPRODUCE):
            files = {f for f in files if not f.is_relative_to(paths.REPRODUCE)}
        waiting |= files - found
    return sorted(f for f in found if f.exists())


def uses(notebook: str, library: str) -> bool:
    """Return whether a notebook, or a file that it depends on, imports a library."""
    names = {name for tree in _cells(notebook) for name in _imports(tree)}
    for file in set(sources_of(notebook)) - {paths.REPRODUCE / name for name in DOOR}:
        names.update(_imports_of(file) if file.suffix == ".py" else ())
    return library in {name.split(".")[0] for name in names}


def code_hash(notebook: str) -> str:
    """Return twelve hexadecimal digits that change when what a notebook computes may change.

    Comments, docstrings, layout and the cut into cells do not count, nor do the notebook's prose,
    its cells tagged "interactive", seed and protocol (a run's own are recorded beside the hash).
    """
    steps = [step for tree in _cells(notebook) for step in tree.body if not _is_text(step)]
    digest = hashlib.sha256("\n".join(map(_code_of, steps)).encode())
    given = notebooks.default_parameters(notebook)
    fixed = {k: v for k, v in given.items() if k not in notebooks.PARAMETERS}
    digest.update(repr(sorted(fixed.items())).encode())
    if filled := filled_in(notebook):
        digest.update(repr(sorted(filled.items())).encode())
    for file in sources_of(notebook):
        digest.update(str(file.relative_to(paths.ROOT)).encode())
        content = file.read_bytes()
        digest.update(_code_of(_tree_of(content)).encode() if file.suffix == ".py" else content)
    return digest.hexdigest()[:12]


def filled_in(notebook: str) -> dict[str, object]:
    """Return the values of paper_values.toml that a notebook names in its cells."""
    given = paper_values.load()
    nodes = (node for tree in _cells(notebook) for node in ast.walk(tree)) if given else ()
    named = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {name: value for name, value in given.items() if name in named}


_tree_of = functools.cache(ast.parse)


@functools.cache
def _code_of(tree: ast.AST) -> str:
    return _dump(tree)


def _exports() -> dict[str, str]:
    for node in _tree_of((paths.PACKAGE / "__init__.py").read_bytes()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_EXPORTS":
            return ast.literal_eval(node.value)
    return {}


def _cells(notebook: str) -> list[ast.Module]:
    """Return the syntax trees of a notebook's code cells that compute something."""
    trees = []
    for number, cell in enumerate(notebooks.read_notebook(notebook)["cells"]):
        passed_over = {"parameters", notebooks.SHOWS_ONLY} & set(notebooks.tags(cell))
        if cell["cell_type"] != "code" or passed_over:
            continue
        lines = notebooks.source(cell).splitlines()
        python = "\n".join("pass" if line.startswith(("%", "!")) else line for line in lines)
        try:
            trees.append(_tree_of(python))
        except SyntaxError as e:
            raise ValueError(f"{notebook}, cell {number}: {e.msg}, line {e.lineno}") from None
    return trees


def _data(tree: ast.Module) -> set[Path]:
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    named = (t for t in texts if isinstance(t, str) and re.fullmatch(r"\.\./[\w./-]+", t))
    places = {(paths.NOTEBOOKS / name).resolve() for name in named}
    files = {f for p in places for f in (p.rglob("*") if p.is_dir() else [p]) if f.is_file()}
    return {f for f in files if f.is_relative_to(paths.ROOT)}


def _imports_of(file: Path) -> tuple[str, ...]:
    return _imports(_tree_of(file.read_bytes()), file.relative_to(paths.ROOT).parts)


@functools.cache
def _imports(tree: ast.Module, within: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the dotted names that a tree imports; `within` is its file's path from the root."""
    nodes = list(ast.walk(tree))
    imported = [a for node in nodes if isinstance(node, ast.Import) for a in node.names]
    aliases = {a.asname or a.name for a in imported if a.name == PACKAGE}
    names = [a.name for a in imported if a.name != PACKAGE]
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names += [f"{PACKAGE}.{node.attr}"] if node.value.id in aliases else []
        elif isinstance(node, ast.ImportFrom):
            package = within[: -node.level] if node.level else ()
            module = ".".join([*package, *filter(None, [node.module])])
            names += [f"{module}.{alias.name}" for alias in node.names]
    return tuple(names)


def _files(names: Iterable[str], exports: dict[str, str]) -> set[Path]:
    """Return the package's files behind dotted names."""
    found = set()
    for first, *rest in {tuple(name.split(".")) for name in names}:
        if first != PACKAGE:
            continue
        if rest and rest[0] in exports:
            rest = exports[rest[0]].removeprefix("dlnn_utils.").lstrip(".").split(".")
        longest_first = (rest[:length] for length in range(len(rest), 0, -1))
        files = (file for part in longest_first for file in _candidates(part))
        found |= set(itertools.islice(filter(Path.exists, files), 1))
    return found


def _candidates(part: list[str]) -> list[Path]:
    """Return the files that a dotted name may stand for: a module, or a room within a room."""
    file = paths.PACKAGE.joinpath(*part)
    return [file.with_suffix(".py")] + [file / "__init__.py"] * (len(part) > 1)


def _dump(node) -> str:
    """Return a syntax tree, without docstrings, as text that any version of Python gives."""
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
