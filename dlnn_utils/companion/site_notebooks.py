"""Notebooks as pages of the site: anchors at headings, links from figures to their numbers."""

import ast
import base64
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from . import paths
from .parameters import read_notebook, source

HEADING = re.compile(r"(#+) (.+)")
FENCE = "```"
WIDGET = "application/vnd.jupyter.widget-view+json"
LINKED = {"csv": "numbers (CSV)", "tex": "LaTeX", "pdf": "PDF"}


def page_of(notebook: str) -> dict:
    """Return a committed notebook as the site shows it.

    Every heading gets an anchor; every picture and table that `Run` saved, one with its name and
    links to its files; what needs a kernel is left out.

    Parameters
    ----------
    notebook : str
        Name of the notebook, such as "02_mechanics".
    """
    content = read_notebook(notebook)
    content["metadata"].pop("widgets", None)
    saved, headings = _saved(), 0
    cells = content["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "markdown":
            cell["source"], headings = _with_anchors(source(cell), notebook, headings)
        elif cell["cell_type"] == "code":
            caption = _caption(cells[number + 1 :])
            shown = [o for old in cell["outputs"] for o in _shown(old, saved, caption)]
            cell["outputs"] = shown
    cells[0]["source"] = _with_links(cells[0]["source"], notebook)
    return content


@dataclass
class Section:
    """A section of a notebook: its anchor and title, what its cells hold and what they printed."""

    anchor: str
    title: str
    code: str = ""
    printed: str = ""


def sections(notebook: str) -> list[Section]:
    """Return the sections of a notebook, in their order."""
    found: list[Section] = []
    for cell in read_notebook(notebook)["cells"]:
        text = source(cell)
        if cell["cell_type"] == "markdown":
            found += [
                Section(_anchor(notebook, number), title)
                for number, (_, title) in enumerate(_headings(text), start=len(found))
            ]
        elif found:
            found[-1].code += f"{text}\n"
            found[-1].printed += "".join("".join(o.get("text", "")) for o in cell["outputs"])
    return found


def section_of(claim: str, notebook: str, figure: str = "") -> Section | None:
    """Return the section that measures a claim, None if none can be told.

    The first that calls ``claim`` and names the claim, or else its figure; else the first that
    prints the claim's name, names it, or may put it together, as ``f"fig7.{shape}"`` does.
    """
    found = sections(notebook)
    name = re.compile(rf"(?<![\w.]){re.escape(claim)}(?![\w.])")
    ways = (
        lambda s: ".claim(" in s.code and claim in _texts(s.code)[0],
        lambda s: ".claim(" in s.code and figure and figure in _texts(s.code)[0],
        lambda s: name.search(s.printed),
        lambda s: claim in _texts(s.code)[0],
        lambda s: any(re.fullmatch(pattern, claim) for pattern in _texts(s.code)[1]),
    )
    return next((s for fits in ways for s in found if fits(s)), None)


def title_of(notebook: str) -> str:
    """Return a notebook's title."""
    return source(read_notebook(notebook)["cells"][0]).splitlines()[0].lstrip("# ")


def _texts(code: str) -> tuple[set[str], set[str]]:
    """Return the literal texts of some code, and its f-strings as regular expressions."""
    lines = ["pass" if line.startswith(("%", "!")) else line for line in code.splitlines()]
    tree = list(ast.walk(ast.parse("\n".join(lines))))
    literal = {n.value for n in tree if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    patterns = set()
    for node in tree:
        if isinstance(node, ast.JoinedStr):
            parts = [getattr(v, "value", None) for v in node.values]
            texts = [p if isinstance(p, str) else None for p in parts]
            if isinstance(texts[0], str):
                patterns.add("".join(".+" if p is None else re.escape(p) for p in texts))
    return literal, patterns


def _saved() -> dict[bytes, str]:
    """Return names of figures and tables by the content that a notebook shows of them."""
    shown = [f for f in paths.FIGURES.iterdir() if f.suffix in (".png", ".gif", ".md")]
    return {f.read_bytes(): f.name for f in shown}


def _shown(output: dict, saved: dict[bytes, str], caption: str) -> Iterator[dict]:
    data = output.get("data", {})
    if WIDGET in data:
        return
    for kind in ("image/png", "image/gif"):
        content = base64.b64decode("".join(data.get(kind, "")))
        if content in saved:
            width = output["metadata"].get(kind, {}).get("width")
            yield _html(_picture(saved[content], caption, width))
            return
    yield output
    table = "".join(data.get("text/markdown", "")).encode()
    if table in saved:
        name = saved[table].removesuffix(".md")
        yield _html(f'<p class="files" id="{name}">{_files(name)}</p>')


def _picture(file: str, caption: str, width: int | None) -> str:
    name = file.rsplit(".", 1)[0]
    size = f' style="width: {width}px"' if width else ""
    return (
        f'<figure class="saved" id="{name}"><img src="../figures/{file}" '
        f'alt="{html.escape(caption or name.replace("_", " "))}"{size}>'
        f"<figcaption>{_files(name)}</figcaption></figure>"
    )


def _files(name: str) -> str:
    links = [
        f'<a href="../figures/{name}.{ending}">{words}</a>'
        for ending, words in LINKED.items()
        if (paths.FIGURES / f"{name}.{ending}").exists()
    ]
    return " · ".join([f"<code>{name}</code>", *links])


def _caption(following: list[dict]) -> str:
    """Return the first paragraph after a figure where it is a caption, as plain text."""
    text = source(following[0]) if following and following[0]["cell_type"] == "markdown" else ""
    first = text.split("\n\n")[0]
    return re.sub(r"[*$\\`]", "", " ".join(first.split())) if first.startswith("**Fig") else ""


def _with_links(text: str, notebook: str) -> str:
    """Return a first cell with links to the notebook itself below its title."""
    title, _, rest = text.partition("\n")
    while title.endswith(")="):
        line, _, rest = rest.partition("\n")
        title += f"\n{line}"
    links = (
        f'<p class="files"><a href="{notebook}.ipynb" download>{notebook}.ipynb</a> · run it: '
        f"<code>./reproduce.sh {notebook[:2]}</code> · open it: "
        f"<code>./reproduce.sh lab notebooks/{notebook}.ipynb</code></p>"
    )
    return f"{title}\n\n{links}\n{rest}"


def _with_anchors(text: str, notebook: str, number: int) -> tuple[str, int]:
    lines = text.splitlines()
    for at, _ in reversed(found := list(_headings(text))):
        number_here = number + [a for a, _ in found].index(at)
        lines.insert(at, f"({_anchor(notebook, number_here)})=")
    return "\n".join(lines), number + len(found)


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and title of each heading in a Markdown text."""
    fenced = False
    for at, line in enumerate(text.splitlines()):
        fenced ^= line.startswith(FENCE)
        if not fenced and (match := HEADING.fullmatch(line)):
            yield at, match[2]


def _anchor(notebook: str, number: int) -> str:
    return f"nb{notebook[:2]}-{number}"


def _html(text: str) -> dict:
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": text}}
