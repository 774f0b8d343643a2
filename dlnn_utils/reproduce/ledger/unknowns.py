"""The register of unknowns: what the paper leaves open, our choice, and how much hangs on it."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnn_utils.reproduce.engine.paths import NOTEBOOKS
from dlnn_utils.reproduce.ledger.claims import read_entries
from dlnn_utils.reproduce.ledger.spread import over_seeds
from dlnn_utils.reproduce.ledger.tables import to_markdown


@dataclass(frozen=True)
class Unknown:
    """Something that the text leaves open; see the head of unknowns.toml for the fields."""

    id: str
    notebook: str
    text: str
    choice: str
    why: str
    alternatives: str


@functools.cache
def load_unknowns(path: Path = NOTEBOOKS / "unknowns.toml") -> dict[str, Unknown]:
    """Return the register by id."""
    return read_entries(path, "unknown", Unknown)


def to_register(notebooks: Sequence[str], sensitivities: Iterable[dict]) -> str:
    """Return the register of some notebooks as a Markdown table.

    Sensitivities are what runs record: unknown, measure, seed, and values by alternative.
    """
    groups: dict[tuple[str, str], list[dict]] = {}
    for s in sorted(sensitivities, key=lambda s: s["seed"]):
        groups.setdefault((s["unknown"], s["measure"]), []).append(s["values"])
    measured: dict[str, list[str]] = {}
    for (unknown, measure), (first, *others) in groups.items():
        spreads = over_seeds(first, others)
        values = ", ".join(f"{name} {spread}" for name, spread in spreads.items())
        measured.setdefault(unknown, []).append(f"{measure}: {values}")
    rows = []
    for u in load_unknowns().values():
        if u.notebook in notebooks:
            moved = measured.get(u.id, [f"not measured (alternatives: {u.alternatives})"])
            rows.append([u.text, u.choice, u.why, "; ".join(moved)])
    if not rows:
        return "The paper leaves nothing open here.\n"
    return to_markdown(["the paper says", "our choice", "why", "how far the result moves"], rows)
