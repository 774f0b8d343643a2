"""The static site: the committed notebooks, the ledger and the reference, for any browser."""

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from notebook_pages import page_of
from pages import SOURCE, texts

from dlnn_utils.reproduce.engine import paths

MATHJAX = "tex-svg-full.js"


def build(target: Path | None = None) -> Path:
    """Build the site from what is committed, whole or not at all, and return its first page.

    It goes to `target`, by default ``results/site``. Whatever Sphinx warns of is a ValueError.
    """
    target = target or paths.results() / "site"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".site-") as scratch:
        pages, out = Path(scratch) / "pages", Path(scratch) / "html"
        _assemble(pages)
        _run_sphinx(pages, out)
        for path in paths.NOTEBOOKS.glob("*.ipynb"):
            shutil.copy(path, out / "notebooks")
        shutil.copytree(paths.FIGURES, out / "figures")
        if target.exists():
            os.replace(target, Path(scratch) / "old")
        os.replace(out, target)
    return target / "index.html"


def _assemble(pages: Path) -> None:
    """Write all that Sphinx reads: settings, texts and notebooks."""
    shutil.copytree(SOURCE / "_static", pages / "_static")
    shutil.copy(SOURCE / "conf.py", pages)
    shutil.copy(paths.ROOT / "CONTRIBUTING.md", pages / "contributing.md")
    (mathjax,) = find_spec("sphinx-mathjax-offline").submodule_search_locations
    shutil.copy(Path(mathjax) / "static/mathjax" / MATHJAX, pages / "_static")
    for name, text in texts().items():
        paths.write_aside(pages / name, text)
    for notebook in paths.notebook_names():
        paths.write_json(pages / f"notebooks/{notebook}.ipynb", page_of(notebook))


def _run_sphinx(pages: Path, out: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", f"{out}.doctrees"]
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    done = subprocess.run([*command, pages, out], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"the site was not built:\n{done.stderr.replace(str(pages), 'site')}")
