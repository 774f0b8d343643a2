"""What the site shows of the ledger, the register of unknowns and the citation, as HTML."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from html import escape

import yaml

from . import paths
from .parameters import DEFAULT_PROTOCOL, DEFAULT_SEED, read_notebook, source
from .report import with_unit
from .site_notebooks import section_of
from .tables import short
from .unknowns import load_unknowns
from .update import committed_store
from .verdicts import NOT_TESTABLE, ORDER

VERDICTS = (*reversed(ORDER), NOT_TESTABLE)


def fragments() -> dict[str, str]:
    """Return what the site's pages include, by file name."""
    claims = by_claim(json.loads((paths.FIGURES / "claims.json").read_text(encoding="utf-8")))
    citation = yaml.safe_load((paths.ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return {
        "made/numbers.html": _numbers(claims),
        "made/verdicts.html": _verdicts(claims),
        "made/ledger.html": _ledger(claims),
        "made/unknowns.md": _unknowns(),
        "made/cite.md": _bibtex(citation),
    }


def by_claim(entries: list[dict]) -> dict[str, dict]:
    """Return the ledger's entries by claim and protocol, in the paper's order."""
    claims: dict[str, dict] = {}
    for entry in entries:
        claims.setdefault(entry["id"], {})[entry["protocol"]] = entry
    return claims


def main_entry(protocols: dict) -> dict:
    """Return the entry whose verdict counts: our protocol's where there is one."""
    return protocols.get(DEFAULT_PROTOCOL) or next(iter(protocols.values()))


def paper_sections(source: str) -> list[str]:
    """Return the sections of the paper that a claim's source names, to the second level.

    Examples
    --------
    >>> paper_sections("Table 2, Sections 1.1 and 5.2.1"), paper_sections("Table 2")
    (['1.1', '5.2'], ['other'])
    """
    named = re.search(r"Sections? (.+)", source)
    numbers = re.findall(
        r"\d+(?:\.\d+)?", re.sub(r"(\.\d+)\.\d+", r"\1", named[1] if named else "")
    )
    return numbers or ["other"]


def title_of(notebook: str) -> str:
    """Return a notebook's title."""
    return source(read_notebook(notebook)["cells"][0]).splitlines()[0].lstrip("# ")


def _ledger(claims: dict) -> str:
    known = {s for p in claims.values() for s in paper_sections(main_entry(p)["source"])}
    known |= {s.split(".")[0] for s in known}
    counts = Counter(main_entry(p)["verdict"] for p in claims.values())
    verdicts = [(v, f"{v} ({counts[v]})") for v in VERDICTS if counts[v]]
    sections = [(s, f"Section {s}" if s != "other" else "none named") for s in sorted(known)]
    rows = "\n".join(_ledger_row(p) for p in claims.values())
    return f"""<form class="ledger-filter" id="ledger-filter" hidden>
{_select("verdict", "Verdict", verdicts)}
{_select("section", "Section of the paper", sections)}
<label>Text <input type="search" name="text" placeholder="any word"></label>
<output id="ledger-count"></output>
</form>
<div class="wide"><table class="ledger" id="ledger">
<thead><tr><th>Claim</th><th>Paper</th><th>Ours</th><th>Literal protocol</th><th>Verdict</th></tr>
</thead>
<tbody>
{rows}
</tbody></table></div>
<script src="_static/ledger.js"></script>
"""


def _ledger_row(protocols: dict) -> str:
    e = main_entry(protocols)
    rule = (
        "" if e["verdict"] == NOT_TESTABLE else f"<dt>Rule</dt><dd>{escape(e['criterion'])}</dd>"
    )
    links = " · ".join(_claim_links(e))
    sections = " ".join(paper_sections(e["source"]))
    literal = protocols.get("paper")
    return f"""<tr id="claim-{e["id"]}" data-verdict="{e["verdict"]}" data-sections="{sections}">
<td data-label="Claim"><code>{e["id"]}</code> <span class="source">{escape(e["source"])}</span><br>
{escape(e["statement"])}
<details><summary>rule and reason</summary><dl>{rule}
<dt>Why so</dt><dd>{escape(e["tolerance_from"])}</dd></dl></details>
<span class="links">{links}</span></td>
<td data-label="Paper">{with_unit(e["paper_value"], e["unit"])}</td>
<td data-label="Ours">{_measured(protocols.get(DEFAULT_PROTOCOL))}</td>
<td data-label="Literal protocol">{_measured(literal)}{_verdict_of(literal)}</td>
<td data-label="Verdict">{_badge(e["verdict"])}</td></tr>"""


def _claim_links(entry: dict) -> Iterator[str]:
    """Yield links to where a claim is measured and to the figure or table that shows it."""
    notebook = entry["notebook"]
    if not paths.notebook_path(notebook).exists():
        return
    page, section = f"notebooks/{notebook}.html", section_of(entry["id"], notebook)
    anchor = f"#{section.anchor}" if section else ""
    title = f"{notebook[:2]} · {section.title}" if section else title_of(notebook)
    yield f'<a href="{page}{anchor}">{_maths(title)}</a>'
    if figure := entry["figure"]:
        yield f'<a href="{page}#{figure}">{figure}</a>'
        yield f'<a href="figures/{figure}.csv">numbers</a>'


def _measured(entry: dict | None) -> str:
    if entry is None or entry["verdict"] == NOT_TESTABLE:
        return ""
    value = "diverged" if entry["value"] is None else with_unit(entry["value"], entry["unit"])
    if len(entry["seeds"]) < 2:
        return value
    low, high = (short(v) or "diverged" for v in entry["spread"])
    return f'{value}<br><span class="source">{low} to {high}<br>{entry["holds_on"]}</span>'


def _verdict_of(entry: dict | None) -> str:
    measured = entry and entry["verdict"] != NOT_TESTABLE
    return f'<br><span class="source">{entry["verdict"]}</span>' if measured else ""


def _numbers(claims: dict) -> str:
    """Return the table of the claims for which the paper prints a number."""
    entries = [main_entry(p) for p in claims.values()]
    rows = [
        f'<tr><td data-label="Claim">{escape(e["statement"])} '
        f'<a href="ledger.html#claim-{e["id"]}">{e["id"]}</a></td>'
        f'<td data-label="Paper">{with_unit(e["paper_value"], e["unit"])}</td>'
        f'<td data-label="Here">{_measured(e)}</td>'
        f'<td data-label="Verdict">{_badge(e["verdict"])}</td></tr>'
        for e in entries
        if e["paper_value"] is not None and e["value"] is not None
    ]
    return _table("ledger", ["Claim", "Paper", "Here", "Verdict"], rows)


def _verdicts(claims: dict) -> str:
    """Return the table of how many claims of each notebook have which verdict."""
    entries = [main_entry(p) for p in claims.values()]
    counts = Counter((e["notebook"], e["verdict"]) for e in entries)
    shown = [v for v in VERDICTS if any(e["verdict"] == v for e in entries)]
    rows = []
    for name in paths.notebook_names():
        cells = [f'<td data-label="{v}">{counts[name, v] or ""}</td>' for v in shown]
        link = f'<a href="notebooks/{name}.html">{_maths(title_of(name))}</a>'
        rows.append(f'<tr><td data-label="Notebook">{link}</td>{"".join(cells)}</tr>')
    return _table("verdicts", ["Notebook", *shown], rows)


def _unknowns() -> str:
    default = (DEFAULT_PROTOCOL, DEFAULT_SEED)
    moved = committed_store()["sensitivities"]
    moved = [s for s in moved if (s["protocol"], s["seed"]) == default]
    parts = []
    for name in paths.notebook_names():
        mine = [u for u in load_unknowns().values() if u.notebook == name]
        rows = []
        for u in mine:
            measured = "".join(_moved(s) for s in moved if s["unknown"] == u.id)
            measured = measured or f"not measured (alternatives: {escape(u.alternatives)})"
            cells = {"The paper says": escape(u.text), "Our choice": escape(u.choice)}
            cells |= {"Why": escape(u.why), "How far the result moves": measured}
            texts = "".join(f'<td data-label="{k}">{v}</td>' for k, v in cells.items())
            rows.append(f'<tr id="unknown-{u.id}">{texts}</tr>')
        if rows:
            header = ["The paper says", "Our choice", "Why", "How far the result moves"]
            parts.append(f"## [{title_of(name)}](notebooks/{name})\n\n")
            parts.append(_table("unknowns", header, rows) + "\n")
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


def _table(kind: str, header: list[str], rows: list[str]) -> str:
    head = "".join(f"<th>{text}</th>" for text in header)
    body = "\n".join(rows)
    return (
        f'<div class="wide"><table class="{kind}"><thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>\n"
    )


def _select(name: str, label: str, options: list[tuple[str, str]]) -> str:
    choices = "".join(f'<option value="{value}">{text}</option>' for value, text in options)
    return f'<label>{label} <select name="{name}"><option value="">all</option>{choices}</select></label>'


def _badge(verdict: str) -> str:
    return f'<span class="verdict {verdict.replace(" ", "-")}">{verdict}</span>'


def _maths(text: str) -> str:
    """Return a title as HTML, formulas such as $L_D$ in italics with their index lowered."""

    def formula(match: re.Match) -> str:
        return "<i>" + re.sub("_(.)", r"<sub>\1</sub>", match[1]) + "</i>"

    return re.sub(r"\$(.+?)\$", formula, escape(text))
