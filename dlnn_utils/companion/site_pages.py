"""What the site shows of the ledger, the register of unknowns and the citation, as HTML."""

import json
from collections import Counter
from html import escape

import yaml

from . import paths
from .parameters import DEFAULT_PROTOCOL, DEFAULT_SEED
from .report import with_unit
from .site_html import badge, maths, measured, table
from .site_ledger import VERDICTS, by_claim, ledger_table, main_entry
from .site_notebooks import title_of
from .tables import short
from .unknowns import load_unknowns
from .update import committed_store


def fragments() -> dict[str, str]:
    """Return what the site's pages include, by file name.

    Raises
    ------
    ValueError
        If the ledger, or the store of measurements, is missing or damaged.
    """
    ledger = paths.FIGURES / "claims.json"
    try:
        claims = by_claim(json.loads(ledger.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        raise paths.damaged(ledger) from None
    citation = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {
        "made/numbers.html": _numbers(claims),
        "made/verdicts.html": _verdicts(claims),
        "made/ledger.html": ledger_table(claims),
        "made/unknowns.md": _unknowns(),
        "made/cite.md": _bibtex(citation),
    }


def _numbers(claims: dict) -> str:
    """Return the table of the claims for which the paper prints a number."""
    entries = [main_entry(p) for p in claims.values()]
    rows = [
        f'<tr><td data-label="Claim">{escape(e["statement"])} '
        f'<a href="ledger.html#claim-{e["id"]}">{e["id"]}</a></td>'
        f'<td data-label="Paper">{with_unit(e["paper_value"], e["unit"])}</td>'
        f'<td data-label="Here">{measured(e)}</td>'
        f'<td data-label="Verdict">{badge(e["verdict"])}</td></tr>'
        for e in entries
        if e["paper_value"] is not None and e["value"] is not None
    ]
    return table("ledger", ["Claim", "Paper", "Here", "Verdict"], rows)


def _verdicts(claims: dict) -> str:
    """Return the table of how many claims of each notebook have which verdict."""
    entries = [main_entry(p) for p in claims.values()]
    counts = Counter((e["notebook"], e["verdict"]) for e in entries)
    shown = [v for v in VERDICTS if any(e["verdict"] == v for e in entries)]
    rows = []
    for name in paths.notebook_names():
        cells = [f'<td data-label="{v}">{counts[name, v] or ""}</td>' for v in shown]
        link = f'<a href="notebooks/{name}.html">{maths(title_of(name))}</a>'
        rows.append(f'<tr><td data-label="Notebook">{link}</td>{"".join(cells)}</tr>')
    return table("verdicts", ["Notebook", *shown], rows)


def _unknowns() -> str:
    default = (DEFAULT_PROTOCOL, DEFAULT_SEED)
    moved = committed_store()["sensitivities"]
    moved = [s for s in moved if (s["protocol"], s["seed"]) == default]
    parts = []
    for name in paths.notebook_names():
        mine = [u for u in load_unknowns().values() if u.notebook == name]
        rows = []
        for u in mine:
            values = "".join(_moved(s) for s in moved if s["unknown"] == u.id)
            values = values or f"not measured (alternatives: {escape(u.alternatives)})"
            cells = {"The paper says": escape(u.text), "Our choice": escape(u.choice)}
            cells |= {"Why": escape(u.why), "How far the result moves": values}
            texts = "".join(f'<td data-label="{k}">{v}</td>' for k, v in cells.items())
            rows.append(f'<tr id="unknown-{u.id}">{texts}</tr>')
        if rows:
            header = ["The paper says", "Our choice", "Why", "How far the result moves"]
            parts.append(f"## [{title_of(name)}](notebooks/{name})\n\n")
            parts.append(table("unknowns", header, rows) + "\n")
    return "".join(parts)


def _moved(sensitivity: dict) -> str:
    values = "".join(
        f"<dt>{escape(name)}</dt><dd>{short(v) or 'diverged'}</dd>"
        for name, v in sensitivity["values"].items()
    )
    return f'{escape(sensitivity["measure"])}<dl class="moved">{values}</dl>'


def _bibtex(citation: dict) -> str:
    """Return BibTeX entries of the paper and of this repository."""
    (paper,) = citation["references"]
    names = " and ".join(f"{a['family-names']}, {a['given-names']}" for a in paper["authors"])
    (arxiv,) = [i["value"].removeprefix("arXiv:") for i in paper["identifiers"]]
    first = paper["authors"][0]["family-names"].lower()
    software = " and ".join(f"{{{a['name']}}}" for a in citation["authors"])
    return f"""```bibtex
@article{{{first}{paper["year"]}lagrangian,
  title         = {{{paper["title"]}}},
  author        = {{{names}}},
  year          = {{{paper["year"]}}},
  eprint        = {{{arxiv}}},
  archiveprefix = {{arXiv}}
}}

@software{{dlnn_companion,
  title   = {{{citation["title"]}}},
  author  = {{{software}}},
  version = {{{citation["version"]}}},
  note    = {{{citation["license"]} licence}}
}}
```
"""
