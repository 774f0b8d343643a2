"""Notebooks as pages of the site: figures linked to their numbers, sections to be linked to."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from docutils.nodes import make_id
from rendering import render

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import read_notebook, source

HEADING = re.compile(r"^#+ (.+)$", re.M)
FENCED = re.compile(r"^```.*?^```", re.M | re.S)
WIDGET = "application/vnd.jupyter.widget-view+json"
LINKED = {"csv": "numbers (CSV)", "tex": "LaTeX", "pdf": "PDF"}


def page_of(notebook: str) -> dict:
    """Return a committed notebook as the site shows it: without what needs a kernel.

    Every picture and table that `Run` saved gets its name as an anchor and links to its files.
    """
    content = read_notebook(notebook)
    content["metadata"].pop("widgets", None)
    for cell in content["cells"]:
        text = source(cell).replace("(../site/", "(../")
        cell["source"] = text.replace("(../README.md)", "(../index.md)")
    saved = {f.read_bytes(): f for f in paths.FIGURES.iterdir()}
    cells = content["cells"]
    for cell, following in zip(cells, [*cells[1:], None]):
        if cell["cell_type"] == "code":
            caption = _caption(following)
            cell["outputs"] = [o for old in cell["outputs"] for o in _shown(old, saved, caption)]
    title, rest = (source(cells[0]) + "\n").split("\n", 1)
    links = render("notebook_links.html", notebook=notebook)
    cells[0]["source"] = f"{title}\n\n{links}\n{rest}"
    return content


def _shown(output: dict, saved: dict, caption: str) -> Iterator[dict]:
    """Yield what the site shows of an output, the file where it shows a saved one."""
    data = output.get("data", {})
    if WIDGET in data:
        return
    for kind in ("image/png", "image/gif"):
        if file := saved.get(base64.b64decode("".join(data.get(kind, "")))):
            width = output["metadata"].get(kind, {}).get("width")
            yield _saved(file.stem, picture=file.name, caption=caption, width=width)
            return
    yield output
    if file := saved.get("".join(data.get("text/markdown", "")).encode()):
        yield _saved(file.stem)


def _saved(name: str, **picture) -> dict:
    """Return an output: a saved figure or table by name, with links to its files."""
    files = {k: t for k, t in LINKED.items() if (paths.FIGURES / f"{name}.{k}").exists()}
    shown = {"text/html": render("saved.html", name=name, files=files, **picture)}
    return {"output_type": "display_data", "metadata": {}, "data": shown}


def _caption(cell: dict | None) -> str:
    """Return the first paragraph of a cell where it is a figure's caption, as plain text."""
    text = source(cell) if cell and cell["cell_type"] == "markdown" else ""
    first = text.split("\n\n")[0]
    return re.sub(r"[*$\\`]", "", " ".join(first.split())) if first.startswith("**Fig") else ""


@dataclass
class Section:
    """A section of a notebook: its title, and the code and the printed texts of its cells."""

    title: str
    code: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Where a link to it leads, as docutils names it."""
        return make_id(re.sub(r"[$*`]", "", self.title))


def sections(notebook: str) -> list[Section]:
    """Return the sections of a notebook, in their order."""
    found: list[Section] = []
    for cell in read_notebook(notebook)["cells"]:
        if cell["cell_type"] == "markdown":
            found += map(Section, HEADING.findall(FENCED.sub("", source(cell))))
        elif found:
            found[-1].code.append(source(cell))
            found[-1].printed += ["".join(o.get("text", "")) for o in cell["outputs"]]
    return found


def section_of(claim: str, notebook: str, figure: str = "") -> Section | None:
    """Return the section that measures a claim, None if none can be told.

    It calls `claim` and names the claim, or else its figure; or else names or prints the claim.
    """

    def named(name: str, texts: list[str]) -> bool:
        word = re.compile(rf"(?<![\w.]){re.escape(name)}(?![\w.])")
        return bool(name) and any(map(word.search, texts))

    found = sections(notebook)
    measuring = [s for s in found if any(".claim(" in code for code in s.code)]
    places = [s for s in measuring if named(claim, s.code)]
    places += [s for s in measuring if named(figure, s.code)]
    places += [s for s in found if named(claim, s.code + s.printed)]
    return next(iter(places), None)
