"""The site's pages: its texts and templates, filled with the ledger and with what is public."""

import json
import re
from inspect import isclass

import yaml
from notebook_pages import section_of
from rendering import SOURCE, render

import dlnn_utils
from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import title_of
from dlnn_utils.reproduce.ledger.claims import by_claim, main_entry
from dlnn_utils.reproduce.ledger.verdicts import CONSISTENT, NOT_TESTABLE, ORDER


def texts() -> dict[str, str]:
    """Return all pages but the notebooks', by file name."""
    notebooks = {name: title_of(name) for name in paths.notebook_names()}
    facts = results() | citation() | {"notebooks": notebooks, "tables": long_tables()}
    pages = {page.name: render(page.name, **facts) for page in SOURCE.glob("*.md")}
    return pages | reference()


def results() -> dict:
    """Return the claims, the verdicts that occur, and the sections they are from."""
    claims = _claims()
    found = [c["verdict"] for c in claims]
    verdicts = [v for v in (*reversed(ORDER), CONSISTENT, NOT_TESTABLE) if v in found]
    sections = {s for c in claims for s in c["sections"]}
    sections |= {s.split(".")[0] for s in sections}
    return {
        "claims": claims,
        "verdicts": verdicts,
        "verdict_options": [(v, f"{v} ({found.count(v)})") for v in verdicts],
        "section_options": [
            (s, "none named" if s == "other" else f"Section {s}") for s in sorted(sections)
        ],
    }


def long_tables() -> dict[str, str]:
    """Return the long tables of figures/ by name, empty where they are not yet made."""
    names = ("answer", "envelope", "register", "trials")
    files = {name: paths.FIGURES / f"{name}.md" for name in names}
    return {n: f.read_text(encoding="utf-8") if f.exists() else "" for n, f in files.items()}


def _claims() -> list[dict]:
    """Return the claims in the paper's order."""
    ledger = paths.FIGURES / "claims.json"
    try:
        claims = by_claim(json.loads(ledger.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        raise paths.damaged(ledger) from None
    return [_claim(protocols) for protocols in claims.values()]


def _claim(protocols: dict[str | None, dict]) -> dict:
    """Return a claim's main entry with those of both protocols, its sections, and its links."""
    main = main_entry(protocols)
    shown = {"ours": protocols.get("ours"), "theirs": protocols.get("paper")}
    shown["sections"] = paper_sections(main["source"])
    notebook = main["notebook"]
    if paths.notebook_path(notebook).exists():
        section = section_of(main["id"], notebook, main["figure"])
        shown["page"] = f"notebooks/{notebook}.html"
        shown["anchor"] = f"#{section.anchor}" if section else ""
        shown["title"] = f"{notebook[:2]} · {section.title}" if section else title_of(notebook)
    return main | shown


def paper_sections(source: str) -> list[str]:
    """Return the sections of the paper that a claim's source names, to the second level."""
    named = re.search(r"Sections? (.+)", source)
    return re.findall(r"(?<![\d.])\d+(?:\.\d+)?", named[1] if named else "") or ["other"]


def citation() -> dict:
    """Return what CITATION.cff says of this repository and of the paper."""
    said = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {"citation": said, "paper": said["references"][0]}


def reference() -> dict[str, str]:
    """Return the pages of the reference: one for each room that holds public names."""
    rooms: dict[str, dict[str, str]] = {}
    for name, module in dlnn_utils._EXPORTS.items():
        thing = getattr(dlnn_utils, name)
        kind = "class" if isclass(thing) else "function" if callable(thing) else "data"
        rooms.setdefault(module.partition(".")[0], {})[name] = kind
    pages = {f"api/{r}.rst": render("room.rst", room=r, names=n) for r, n in rooms.items()}
    return pages | {"api/index.rst": render("reference.rst", rooms=rooms)}
