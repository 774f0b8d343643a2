"""The claims as tables: in a notebook, at the end of a run, and in the README."""

from collections.abc import Mapping, Sequence

from .claims import Measurement, load_claims, measurement_verdict
from .parameters import PROTOCOLS
from .tables import short, to_markdown


def claims_markdown(measurements: Sequence[Measurement]) -> str:
    """Return what one run measured as a Markdown table: claim, statement, paper, here, verdict."""
    rows = []
    for m in measurements:
        claim = load_claims()[m.id]
        paper, here = with_unit(claim.paper_value, claim.unit), with_unit(m.value, claim.unit)
        rows.append([m.id, _prose(claim.statement), paper, here, measurement_verdict(m)])
    if not rows:
        return "No claim was measured.\n"
    return to_markdown(["claim", "statement", "paper", "here", "verdict"], rows)


def claims_text(entries: Sequence[dict]) -> str:
    """Return entries of the ledger as an aligned text, no wider than 100 columns."""
    header = ("claim", "paper", "here", "range over seeds", "verdict")
    rows = [header]
    for e in entries:
        several = len(e["seeds"]) > 1
        rows.append(
            (
                e["id"],
                with_unit(e["paper_value"], e["unit"]),
                _value(e),
                f"{_range(e)} ({len(e['seeds'])})" if several else "",
                e["verdict"],
            )
        )
    if not any(row[3] for row in rows[1:]):
        rows = [row[:3] + row[4:] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * w for w in widths))
    return "\n".join(lines)


def readme_results(entries: Sequence[dict], current: Mapping[str, str]) -> str:
    """Return the README's table of results.

    Parameters
    ----------
    entries : sequence of dict
        The ledger.
    current : mapping
        Hash of the present code by notebook; what was measured with another is marked.

    Returns
    -------
    str
        One row a claim; claims of pure algebra with one outcome share a row.
    """
    by_id: dict[str, dict] = {}
    for e in entries:
        by_id.setdefault(e["id"], {})[e["protocol"]] = e
    rows: dict[tuple, list] = {}
    for id, protocols in by_id.items():
        if None in protocols:
            rows[("", "", "", protocols[None]["verdict"]), id] = [
                (id, protocols[None]["statement"])
            ]
            continue
        main = protocols.get("fast") or protocols["paper"]
        verdict = main["verdict"]
        if len(main["seeds"]) > 1:
            verdict += f" ({main['holds_on']})"
        cells = (
            with_unit(main["paper_value"], main["unit"]),
            _cell(protocols.get("paper"), current, with_verdict=True),
            _cell(protocols.get("fast"), current, with_verdict=False),
            verdict,
        )
        algebra = load_claims()[id].criterion == "zero" and load_claims()[id].tolerance == 0
        rows.setdefault((cells, None if algebra else id), []).append((id, main["statement"]))
    shown = [[_names(claims), *cells] for (cells, _), claims in rows.items()]
    header = ["claim", "paper", "literal protocol", "ours: median [range] over seeds", "verdict"]
    return to_markdown(header, shown) + _footnote(shown)


def readme_times(runs: Sequence[dict]) -> str:
    """Return the README's table of how long each notebook took, in both protocols, and its memory.

    Parameters
    ----------
    runs : sequence of dict
        Of the store: notebook, protocol, seed, seconds, peak_memory_mb.
    """
    table: dict[str, dict[str, dict]] = {}
    for run in sorted(runs, key=lambda run: -run["seed"]):
        table.setdefault(run["notebook"], {})[run["protocol"]] = run
    rows = []
    for notebook, by_protocol in sorted(table.items()):
        took = [
            f"{by_protocol[p]['seconds']:.0f} s" if p in by_protocol else "not run"
            for p in PROTOCOLS
        ]
        peak = max(run["peak_memory_mb"] for run in by_protocol.values())
        rows.append([notebook, *took, f"{peak} MB"])
    return to_markdown(["notebook", "ours", "literal protocol", "peak memory"], rows)


def with_unit(value: float | None, unit: str) -> str:
    """Return a value with three digits and its unit; nothing for None."""
    text = short(value)
    return f"{text} {unit}" if text and unit != "1" else text


def _cell(entry: dict | None, current: Mapping[str, str], *, with_verdict: bool) -> str:
    if entry is None:
        return "not run"
    text = _value(entry)
    if len(entry["seeds"]) > 1:
        text += f" [{_range(entry)}], {len(entry['seeds'])} seeds"
    if with_verdict:
        text += f": {entry['verdict']}"
    old = entry["code"] != current.get(entry["notebook"])
    return text + (" †" if old else "")


def _footnote(rows: Sequence[Sequence[str]]) -> str:
    marked = any("†" in cell for row in rows for cell in row)
    return "\n† Some of it was measured with an earlier state of the code.\n" if marked else ""


def _names(claims: Sequence[tuple[str, str]]) -> str:
    if len(claims) == 1:
        return f"`{claims[0][0]}` {_prose(claims[0][1])}"
    names = [f"`{id}`" for id, _ in claims]
    equations = [name for name in names if name.startswith("`eq")]
    if len(equations) > 2:
        others = [name for name in names if name not in equations]
        names = [f"{equations[0]} to {equations[-1]} ({len(equations)})", *others]
    return f"{', '.join(names)}: statements of the theory, by computer algebra"


def _value(entry: dict) -> str:
    if entry["value"] is None:
        return "diverged"
    return with_unit(entry["value"], entry["unit"])


def _range(entry: dict) -> str:
    return " to ".join(short(v) or "diverged" for v in entry["spread"])


def _prose(text: str) -> str:
    return text.replace("*", r"\*")
