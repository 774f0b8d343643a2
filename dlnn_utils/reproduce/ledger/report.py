"""The claims as tables: in a notebook, at the end of a run, and in the README."""

from collections.abc import Mapping, Sequence

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.engine.notebooks import PROTOCOLS, title_of
from dlnn_utils.reproduce.ledger.claims import (
    Measurement,
    by_claim,
    ledger,
    load_claims,
    main_entry,
)
from dlnn_utils.reproduce.ledger.tables import short, to_markdown
from dlnn_utils.reproduce.ledger.verdicts import CONSISTENT


def claims_markdown(run: Sequence[Measurement], others: Sequence[Measurement] = ()) -> str:
    """Return one run's claims as a Markdown table, with the verdict over these and other seeds."""
    rows, mine = [], {m.id: m for m in run}
    for entry in ledger([*run, *others]):
        if m := mine.get(entry["id"]):
            claim = load_claims()[m.id]
            paper, this = with_unit(claim.paper_value, claim.unit), with_unit(m.value, claim.unit)
            over = f"{_value(entry)} [{_range(entry)}]" if len(entry["seeds"]) > 1 else ""
            rows.append([m.id, _prose(claim.statement), paper, this, over, entry["verdict"]])
    if not rows:
        return "No claim was measured.\n"
    header = ["claim", "statement", "paper", "this run", "median [range] over seeds", "verdict"]
    return to_markdown(header, rows)


def claims_text(entries: Sequence[dict]) -> str:
    """Return measured entries of the ledger as an aligned text, no wider than 100 columns."""
    rows = [("claim", "paper", "here", "range over seeds", "verdict")]
    for e in entries:
        spread = f"{_range(e)} ({len(e['seeds'])})" if len(e["seeds"]) > 1 else ""
        paper = with_unit(e["paper_value"], e["unit"])
        rows.append((e["id"], paper, _value(e), spread, e["verdict"]))
    if all(len(e["seeds"]) == 1 for e in entries):
        rows = [row[:3] + row[4:] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def ledger_markdown(entries: Sequence[dict], current: Mapping[str, str]) -> str:
    """Return the whole ledger: one row a claim, but one for all of pure algebra.

    Measurements by another code than `current`, the present hash by notebook, are marked.
    """
    rows: dict[tuple, list[str]] = {}
    for id, protocols in by_claim(entries).items():
        _, *cells = result_row(id, protocols, current)
        claim = load_claims()[id]
        algebra = claim.criterion == "zero" and claim.tolerance == 0 and id.startswith("eq")
        rows.setdefault((*cells, None if algebra else id), []).append(id)
    shown = [[_names(ids), *cells] for (*cells, _), ids in rows.items()]
    header = ["claim", "paper", "paper protocol", "ours: median [range] over seeds", "verdict"]
    table = to_markdown(header, shown)
    note = "\n† Measured in part with an earlier state of the code.\n"
    return table + note if "†" in table else table


def result_row(id: str, protocols: Mapping[str, dict], current: Mapping[str, str]) -> list[str]:
    """Return a claim's row: its name, the paper's number, both protocols, and the verdict."""
    main = main_entry(protocols)
    cells = ["", "", "", main["verdict"]]
    if main["seeds"]:
        theirs = _cell(protocols.get("paper"), current, with_verdict=True)
        ours = _cell(protocols.get("ours"), current)
        cells = [with_unit(main["paper_value"], main["unit"]), theirs, ours, verdict_text(main)]
    return [_names([id]), *cells]


def readme_times(runs: Sequence[dict]) -> str:
    """Return the README's table of each notebook's time, of the least seed, and memory."""
    table: dict[str, dict[str, dict]] = {}
    known = [run for run in runs if run["notebook"] in paths.notebook_names()]
    for run in sorted(known, key=lambda run: -run["seed"]):
        table.setdefault(run["notebook"], {})[run["protocol"]] = run
    rows = []
    for notebook, by_protocol in sorted(table.items()):
        took = {protocol: f"{run['seconds']:.0f} s" for protocol, run in by_protocol.items()}
        peak = max(run["peak_memory_mb"] for run in by_protocol.values())
        name = f"[{title_of(notebook)}](notebooks/{notebook}.ipynb)"
        rows.append([name, *(took.get(p, "not run") for p in PROTOCOLS), f"{peak} MB"])
    return to_markdown(["notebook", "ours", "paper protocol", "peak memory"], rows)


def with_unit(value: float | None, unit: str) -> str:
    """Return a value with three digits and its unit; nothing for None."""
    return short(value) if value is None or unit == "1" else f"{short(value)} {unit}"


def measured(entry: dict) -> str:
    """Return a median with its range over the seeds, such as "0.0004 [4e-07 to 0.0007]"."""
    low, high = map(_known, entry["spread"])
    return _value(entry) if low == high else f"{_value(entry)} [{_range(entry)}]"


def verdict_text(entry: dict) -> str:
    """Return a verdict with the seeds that bear it out, as "partly (holds on 3 of 10 seeds)"."""
    seeds = len(entry["seeds"]) > 1 and entry["verdict"] != CONSISTENT
    filled = f", as filled in: {', '.join(entry['filled_in'])}" if entry["filled_in"] else ""
    return entry["verdict"] + (f" (holds on {entry['holds_on']})" if seeds else "") + filled


def _cell(entry: dict | None, current: Mapping[str, str], *, with_verdict: bool = False) -> str:
    if entry is None:
        return "not run"
    seeds = f" [{_range(entry)}], {len(entry['seeds'])} seeds" if len(entry["seeds"]) > 1 else ""
    verdict = f": {entry['verdict']}" if with_verdict else ""
    old = " †" if entry["code"] != current.get(entry["notebook"]) else ""
    return _value(entry) + seeds + verdict + old


def _names(ids: Sequence[str]) -> str:
    """Return how a row names its claims; equations by the first and the last."""
    if len(ids) == 1:
        return f"`{ids[0]}` {_prose(load_claims()[ids[0]].statement)}"
    return f"`{ids[0]}` to `{ids[-1]}` ({len(ids)}): statements of the theory, by computer algebra"


def _value(entry: dict) -> str:
    return "diverged" if entry["value"] is None else with_unit(entry["value"], entry["unit"])


def _range(entry: dict) -> str:
    return " to ".join(map(_known, entry["spread"]))


def _known(value: float | None) -> str:
    return short(value) or "diverged"


def _prose(text: str) -> str:
    return text.replace("*", r"\*")
