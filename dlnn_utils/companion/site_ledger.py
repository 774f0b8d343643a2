"""The ledger of claims as a page: one row a claim, to be filtered by verdict and section."""

import re
from collections import Counter
from collections.abc import Iterator
from html import escape

from . import paths
from .parameters import DEFAULT_PROTOCOL
from .report import with_unit
from .site_html import badge, maths, measured, select
from .site_notebooks import section_of, title_of
from .verdicts import NOT_TESTABLE, ORDER

VERDICTS = (*reversed(ORDER), NOT_TESTABLE)


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


def ledger_table(claims: dict) -> str:
    """Return the form that filters, and the table."""
    known = {s for p in claims.values() for s in paper_sections(main_entry(p)["source"])}
    known |= {s.split(".")[0] for s in known}
    counts = Counter(main_entry(p)["verdict"] for p in claims.values())
    verdicts = [(v, f"{v} ({counts[v]})") for v in VERDICTS if counts[v]]
    sections = [(s, f"Section {s}" if s != "other" else "none named") for s in sorted(known)]
    rows = "\n".join(_ledger_row(p) for p in claims.values())
    return f"""<form class="ledger-filter" id="ledger-filter" hidden>
{select("verdict", "Verdict", verdicts)}
{select("section", "Section of the paper", sections)}
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
<td data-label="Ours">{measured(protocols.get(DEFAULT_PROTOCOL))}</td>
<td data-label="Literal protocol">{measured(literal)}{_verdict_of(literal)}</td>
<td data-label="Verdict">{badge(e["verdict"])}</td></tr>"""


def _claim_links(entry: dict) -> Iterator[str]:
    """Yield links to where a claim is measured and to the figure or table that shows it."""
    notebook = entry["notebook"]
    if not paths.notebook_path(notebook).exists():
        return
    page, section = (
        f"notebooks/{notebook}.html",
        section_of(entry["id"], notebook, entry["figure"]),
    )
    anchor = f"#{section.anchor}" if section else ""
    title = f"{notebook[:2]} · {section.title}" if section else title_of(notebook)
    yield f'<a href="{page}{anchor}">{maths(title)}</a>'
    if figure := entry["figure"]:
        yield f'<a href="{page}#{figure}">{figure}</a>'
        yield f'<a href="figures/{figure}.csv">numbers</a>'


def _verdict_of(entry: dict | None) -> str:
    counts = entry and entry["verdict"] != NOT_TESTABLE
    return f'<br><span class="source">{entry["verdict"]}</span>' if counts else ""
