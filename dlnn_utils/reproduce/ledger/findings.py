"""What came out, in short: findings, scoreboard, the one-page answer, and the envelope.

The texts of notebooks/findings.toml name claims in braces; values and counts are the ledger's.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence

from dlnn_utils.reproduce.engine import paths
from dlnn_utils.reproduce.ledger import verdicts
from dlnn_utils.reproduce.ledger.claims import by_claim, load_claims, main_entry
from dlnn_utils.reproduce.ledger.report import measured, result_row, verdict_text, with_unit
from dlnn_utils.reproduce.ledger.tables import short, to_markdown

FILE = "findings.toml"
BY_ALGEBRA = re.compile(r"eq\d+$")


def texts() -> dict:
    """Return notebooks/findings.toml, or empty texts where there is none."""
    file, none = paths.NOTEBOOKS / FILE, {"findings": [], "scoreboard": [], "groups": {}}
    return none | (tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {})


def findings(entries: Sequence[dict]) -> str:
    """Return the README's findings with medians and ranges over the seeds."""
    claims = by_claim(entries)

    def value(match: re.Match) -> str:
        protocol, _, id = match[1].rpartition(":")
        entry = claims.get(id, {}).get(protocol or "ours")
        return f"**{measured(entry)}**" if entry and entry["seeds"] else "*not measured*"

    lines = [re.sub(r"\{([\w.:]+)\}", value, text.strip()) for text in texts()["findings"]]
    return "".join(f"* {line}\n" for line in lines) + paper_protocol(claims)


def paper_protocol(claims: Mapping[str, dict]) -> str:
    """Return a sentence that counts the paper protocol's verdicts, without the equations."""
    found = [
        protocols["paper"]["verdict"]
        for id, protocols in claims.items()
        if "paper" in protocols and not BY_ALGEBRA.match(id)
    ]
    counts = Counter(found)
    parts = [f"{counts[v]} {v}" for v in (*reversed(verdicts.ORDER), "consistent") if counts[v]]
    return f"\nOf {len(found)} claims measured in the paper protocol: {', '.join(parts)}.\n"


def scoreboard(entries: Sequence[dict], current: Mapping[str, str]) -> str:
    """Return the README's table of a dozen claims; the ledger says what each value is."""
    claims, rows = by_claim(entries), []
    for id in (id for id in texts()["scoreboard"] if id in claims):
        row = result_row(id, claims[id], current)
        long = r" \((value: |without |holds on ).*?\)|, \d+ seeds"
        rows.append([re.sub(long, "", cell) for cell in row])
    return to_markdown(["claim", "paper", "paper protocol", "ours", "verdict"], rows)


def answer(entries: Sequence[dict]) -> str:
    """Return the one-page answer: verdicts by group, and the claims that do not hold."""
    claims, rows, failing = by_claim(entries), [], []
    columns = ("reproduced", "consistent", "partly", "not reproduced", verdicts.NOT_TESTABLE)
    for notebook, text in texts()["groups"].items():
        ids = [c.id for c in load_claims().values() if c.notebook == notebook]
        mains = [main_entry(claims[id]) for id in ids if id in claims]
        counts = Counter(m["verdict"].replace("exceeded", "reproduced") for m in mains)
        rows.append([text, *(counts[verdict] for verdict in columns)])
        failing += [m for m in mains if m["verdict"] in ("partly", "not reproduced")]
    total = [sum(column) for column in list(zip(*rows))[1:]] if rows else [0] * len(columns)
    lines = [
        f"* `{m['id']}` ({m['source']}): {m['statement'].strip()} "
        f"**{verdict_text(m)}**: {measured(m)}."
        for m in failing
    ]
    table = to_markdown(["claims", *columns], [*rows, ["all", *total]])
    heading = "## Claims that do not hold, or hold in part"
    return "\n".join([table, findings(entries), heading, "", *lines, ""])


def envelope(entries: Sequence[dict], readings: Sequence[dict]) -> str:
    """Return a table of each claim under the readings of the paper protocol."""
    rows = []
    for id, protocols in by_claim(entries).items():
        values: dict[str, list[float]] = {}
        for r in (r for r in readings if r["claim"] == id):
            value = math.inf if r["value"] is None else r["value"]
            values.setdefault(r["reading"], []).append(value)
        if not values or "paper" not in protocols:
            continue
        base, claim = protocols["paper"], load_claims()[id]
        middles = {name: verdicts.median(claim, v) for name, v in values.items()}
        holds = [n for n, v in middles.items() if verdicts.rank(claim, v) >= verdicts.HOLDS]
        ends = [v for v in middles.values() if math.isfinite(v)]
        spread = f"{short(min(ends))} to {short(max(ends))}" if ends else "none finite"
        lost = f", {len(middles) - len(ends)} without a finite value" * (len(ends) < len(middles))
        spread = f"{spread} ({len(middles)} readings{lost})"
        paper = with_unit(base["paper_value"], base["unit"])
        seeds = f"{measured(base)} ({len(base['seeds'])} seeds)"
        rows.append([f"`{id}`", paper, seeds, base["verdict"], spread, "; ".join(holds) or "none"])
    if not rows:
        return "No other reading of the paper protocol was measured.\n"
    header = ["claim", "paper", "base reading", "verdict", "other readings", "holds under"]
    return to_markdown(header, rows)
