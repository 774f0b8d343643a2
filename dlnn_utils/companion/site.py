"""The static site: the committed notebooks, the ledger and the reference, for any browser."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

from . import paths
from .site_api import api_pages
from .site_notebooks import page_of
from .site_pages import fragments

SOURCE = paths.ROOT / "site"
MATHJAX = "tex-svg-full.js"


def build(target: Path | None = None) -> Path:
    """Build the site from what is committed, whole or not at all.

    Parameters
    ----------
    target : Path, optional
        Where it goes, ``results/site`` if not given; what is there is replaced.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    ValueError
        If Sphinx warns of anything; its words follow.
    """
    target = target or paths.results() / "site"
    target.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".site-") as scratch:
        pages, out = Path(scratch) / "pages", Path(scratch) / "html"
        _assemble(pages)
        _run_sphinx(pages, out, Path(scratch) / "doctrees")
        for path in paths.NOTEBOOKS.glob("*.ipynb"):
            shutil.copy(path, out / "notebooks")
        shutil.copytree(paths.FIGURES, out / "figures")
        if target.exists():
            os.replace(target, Path(scratch) / "old")
        os.replace(out, target)
    size = sum(f.stat().st_size for f in target.rglob("*") if f.is_file()) / 1e6
    print(f"Built in {time.monotonic() - began:.0f} s, {size:.1f} MB.")
    return target / "index.html"


def _assemble(pages: Path) -> None:
    """Write all that Sphinx reads: the texts, the notebooks, and what is made from the ledger."""
    shutil.copytree(SOURCE, pages)
    shutil.copy(paths.ROOT / "CONTRIBUTING.md", pages / "contributing.md")
    (script,) = find_spec("sphinx-mathjax-offline").submodule_search_locations
    shutil.copy(Path(script) / "static/mathjax" / MATHJAX, pages / "_static")
    for notebook in paths.notebook_names():
        paths.write_json(pages / f"notebooks/{notebook}.ipynb", page_of(notebook))
    for name, text in (fragments() | api_pages()).items():
        paths.write_aside(pages / name, text)


def _run_sphinx(pages: Path, out: Path, doctrees: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-d", str(doctrees)]
    settings = {"PYTHONPATH": str(paths.ROOT), "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        [*command, str(pages), str(out)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise ValueError(f"the site was not built:\n{done.stderr.replace(str(pages), 'site')}")
