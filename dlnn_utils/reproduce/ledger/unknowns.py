"""The register of unknowns: what the paper leaves open, our choice, and how much hangs on it."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnn_utils.reproduce import paper_values
from dlnn_utils.reproduce.engine.paths import NOTEBOOKS
from dlnn_utils.reproduce.ledger.claims import read_entries
from dlnn_utils.reproduce.ledger.tables import to_markdown

KINDS = ("lost in our copy", "not stated")


@dataclass(frozen=True)
class Unknown:
    """Something that the text leaves open; see the head of unknowns.toml for the fields."""

    id: str
    notebook: str
    kind: str
    text: str
    choice: str
    why: str
    alternatives: str

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"unknown {self.id}: kind must be one of {KINDS}; got {self.kind!r}")


@functools.cache
def load_unknowns(path: Path = NOTEBOOKS / "unknowns.toml") -> dict[str, Unknown]:
    """Return the register by id."""
    return read_entries(path, "unknown", Unknown)


def to_register(notebooks: Sequence[str], sensitivities: Iterable[dict]) -> str:
    """Return the register of some notebooks as a Markdown table, with what runs recorded."""
    from dlnn_utils.reproduce.spread import over_seeds

    groups: dict[tuple[str, str], list[dict]] = {}
    for s in sorted(sensitivities, key=lambda s: s["seed"]):
        groups.setdefault((s["unknown"], s["measure"]), []).append(s["values"])
    measured: dict[str, list[str]] = {}
    for (unknown, measure), (first, *others) in groups.items():
        spreads = over_seeds(first, others)
        ours = next(iter(spreads.values()))
        values = ", ".join(f"{n} {s}{_within(s, ours)}" for n, s in spreads.items())
        measured.setdefault(unknown, []).append(f"{measure}: {values}")
    rows, given = [], paper_values.load()
    for u in load_unknowns().values():
        if u.notebook in notebooks:
            moved = measured.get(u.id, [f"not measured (alternatives: {u.alternatives})"])
            choice = f"as filled in: {given[u.id]}" if u.id in given else u.choice
            rows.append([u.text, u.kind, choice, u.why, "; ".join(moved)])
    if not rows:
        return "The paper leaves nothing open here.\n"
    header = ["the paper says", "lost or not stated", "our choice", "why", "effect on the result"]
    return to_markdown(header, rows)


def _within(other, ours) -> str:
    """Say where a median lies within the range over seeds of our choice."""
    inside = ours.low <= other.median <= ours.high
    return " (within the spread)" if other is not ours and ours.n > 1 and inside else ""
