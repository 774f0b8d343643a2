"""Every link and path that a text of the repository gives leads somewhere in it."""

import json
import re
import subprocess

import pytest

from dlnn_utils.companion.paths import NOTEBOOKS, ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "site").glob("*.md"))]
NAMED = re.compile(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|toml|json|yml|csv|ipynb|sh|md))`")


def links_of(text):
    found = (link.split("#")[0] for link in LINK.findall(text))
    return [link for link in found if link and ":" not in link]


def leads_somewhere(link, folder):
    """Return whether a link leads to a file; of the site's pages, one is made from the root's."""
    if folder == ROOT / "site":
        places = [folder / link, ROOT / link, *folder.glob(f"{link}.md")]
        return any(p.exists() for p in places) or link.startswith("made/")
    return (folder / link).exists()


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_links_and_paths_in_a_text(path):
    text = path.read_text(encoding="utf-8")
    assert not [link for link in links_of(text) if not leads_somewhere(link, path.parent)]
    named = [n for n in NAMED.findall(text) if not n.startswith(("results/", "notebooks/NN_"))]
    assert not [n for n in named if not (ROOT / n).exists()]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda p: p.stem)
def test_links_in_a_notebook(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert not [link for link in links_of(text) if not leads_somewhere(link, path.parent)]


def test_a_broken_link_is_seen():
    text = "[a](figures/no_such.png), [b](README.md#x), [c](#here), [d](https://example.org/x)"
    assert links_of(text) == ["figures/no_such.png", "README.md"]
    assert not leads_somewhere("figures/no_such.png", ROOT)
    assert leads_somewhere("README.md", ROOT)


def test_nothing_that_is_linked_is_left_out_of_the_repository():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    known = set(listed.stdout.splitlines())
    linked = links_of((ROOT / "README.md").read_text(encoding="utf-8"))
    assert not [link for link in linked if (ROOT / link).is_file() and link not in known]
