"""Notebooks and their parameters: what a run may be asked for, with one line for each fault."""

import ast
import json
from collections.abc import Sequence

from dlnn_utils.reproduce.engine import paths

PROTOCOLS = ("ours", "paper")
DEFAULT_PROTOCOL, DEFAULT_SEED = "ours", 0
PARAMETERS = ("protocol", "seed")
"""What every notebook can be run with."""
SHOWS_ONLY = "interactive"
"""Tag of a cell that lets the reader try what was computed before, and computes nothing."""


def check_protocol(value: str) -> str:
    """Return the protocol, or raise ValueError if it is neither "ours" nor "paper"."""
    if value not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {', '.join(PROTOCOLS)}; got {value!r}")
    return value


def check_seed(value: int | str) -> int:
    """Return the seed as an int, or raise ValueError if it is not a whole number from 0 up."""
    if isinstance(value, bool) or not str(value).isdecimal():
        raise ValueError(f"seed must be a non-negative integer; got {value!r}")
    return int(value)


def check_notebook(value: str) -> str:
    """Return the full name of the one notebook meant by ``02``, ``02_mechanics`` or its file."""
    name = str(value).rsplit("/", 1)[-1].removesuffix(".ipynb")
    names = paths.notebook_names()
    found = [n for n in names if n == name] or [n for n in names if name and n[:2] == name]
    if len(found) != 1:
        raise ValueError(f"no notebook {value!r}; there are: {', '.join(names) or 'none'}")
    return found[0]


def read_notebook(notebook: str) -> dict:
    """Return a notebook as the dict that its file holds; ValueError if it is no notebook."""
    path = paths.notebook_path(notebook)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            cell["cell_type"], source(cell), tags(cell)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError(f"{path.name} is not a Jupyter notebook (damaged JSON?)") from None
    return content


def title_of(notebook: str) -> str:
    """Return a notebook's title, without its mark as a heading."""
    texts = map(source, read_notebook(notebook)["cells"])
    return next((t.splitlines()[0].removeprefix("# ") for t in texts if t.startswith("# ")), "")


def source(cell: dict) -> str:
    """Return a cell's text, stored as one string or as a list of lines."""
    return "".join(cell["source"])


def tags(cell: dict) -> Sequence[str]:
    """Return a cell's tags."""
    return cell.get("metadata", {}).get("tags", [])


def default_parameters(notebook: str) -> dict:
    """Return names and values in a notebook's one cell tagged "parameters": literals only."""
    cells = [c for c in read_notebook(notebook)["cells"] if "parameters" in tags(c)]
    if len(cells) != 1:
        raise ValueError(
            f"{notebook} needs exactly one cell tagged 'parameters'; has {len(cells)}"
        )
    found = {}
    try:
        for line in ast.parse(source(cells[0])).body:
            (target,) = line.targets
            found[target.id] = ast.literal_eval(line.value)
    except (SyntaxError, AttributeError, ValueError):
        line = "may hold only lines like: seed = 0"
        raise ValueError(f"the parameters cell of {notebook} {line}") from None
    if lacking := ", ".join(name for name in PARAMETERS if name not in found):
        raise ValueError(f"{notebook} has no parameter {lacking}; it has: {', '.join(found)}")
    return found
