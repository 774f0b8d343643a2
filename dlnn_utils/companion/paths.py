"""Where everything lives; no other file builds a path of its own."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "dlnn_utils"
COMPANION = PACKAGE / "companion"
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"
README = ROOT / "README.md"


def results() -> Path:
    """Return the folder that runs write into: ``results/``, or DLNN_RESULTS where that is set."""
    return Path(os.environ.get("DLNN_RESULTS") or ROOT / "results").resolve()


def run_folder(notebook: str, protocol: str, seed: int) -> Path:
    """Return the folder of one run of the engine."""
    return results() / protocol / f"seed{seed}" / notebook


def notebook_path(notebook: str) -> Path:
    """Return the path of a notebook, given its name without the ending."""
    return NOTEBOOKS / f"{notebook}.ipynb"


def notebook_names() -> list[str]:
    """Return the names of all notebooks, in their order."""
    return sorted(p.stem for p in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def write_aside(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all: under another name first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if isinstance(content, bytes):
            aside.write_bytes(content)
        else:
            aside.write_text(content, encoding="utf-8")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_json(path: Path, value) -> None:
    """Write a value as JSON that any reader takes (no NaN), whole or not at all."""
    write_aside(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
