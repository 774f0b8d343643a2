"""Every link and path that a text of the repository gives leads somewhere in it."""

import re

import pytest

from dlnn_utils.reproduce.engine.notebooks import read_notebook, source
from dlnn_utils.reproduce.engine.paths import ROOT, notebook_names

LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|toml|json|yml|csv|ipynb|sh|md))`")
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "site").glob("*.md"))]


def dead_links(text, folder):
    """Return the links that lead nowhere; of the site's pages, some are made from elsewhere."""
    places = [folder, ROOT] if folder.name == "site" else [folder]
    links = [link for link in LINK.findall(text) if not {":", "{"} & set(link)]
    return [
        link for link in links if not any([*p.glob(f"{link}.md"), *p.glob(link)] for p in places)
    ]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_links_and_paths_in_a_text(path):
    text = path.read_text(encoding="utf-8")
    assert not dead_links(text, path.parent)
    named = [n for n in NAMED.findall(text) if not n.startswith(("results/", "notebooks/NN_"))]
    assert not [n for n in named if not (ROOT / n).exists()]


@pytest.mark.parametrize("name", notebook_names())
def test_links_in_a_notebook(name):
    cells = read_notebook(name)["cells"]
    text = "\n".join(source(c) for c in cells if c["cell_type"] == "markdown")
    assert not dead_links(text, ROOT / "notebooks")
