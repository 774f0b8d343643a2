"""The ledger: every checkable statement of the paper, what was measured, and the verdict."""

import difflib
import functools
import math
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dlnn_utils.reproduce.engine.dependencies import filled_in
from dlnn_utils.reproduce.engine.notebooks import DEFAULT_PROTOCOL, PROTOCOLS
from dlnn_utils.reproduce.engine.paths import NOTEBOOKS, notebook_names
from dlnn_utils.reproduce.ledger import verdicts

WITH_PAPER_VALUE = ("at_most", "at_least", "close", "within_factor")


@dataclass(frozen=True)
class Claim:
    """A statement of the paper; see the head of claims.toml for the fields."""

    id: str
    source: str
    statement: str
    criterion: str
    tolerance_from: str
    notebook: str
    paper_value: float | None = None
    unit: str = "1"
    tolerance: float | None = None
    partly: float | None = None
    exceed: float = 2.0
    consistent: bool = False

    def __post_init__(self):
        if self.criterion not in verdicts.CRITERIA:
            known = ", ".join(verdicts.CRITERIA)
            raise ValueError(
                f"claim {self.id}: criterion must be one of {known}; got {self.criterion!r}"
            )
        if self.criterion in WITH_PAPER_VALUE and not self.paper_value:
            raise ValueError(f"claim {self.id}: {self.criterion} needs a paper_value other than 0")
        for name, usual in (("tolerance", verdicts.TOLERANCE), ("partly", verdicts.PARTLY)):
            if getattr(self, name) is None:
                object.__setattr__(self, name, usual.get(self.criterion, 0.0))


@dataclass(frozen=True)
class Measurement:
    """One value, from one run; a value that is not finite is stored as null."""

    id: str
    protocol: str
    seed: int
    value: float
    notebook: str
    figure: str
    code: str

    @property
    def key(self) -> tuple[str, str, int]:
        """What it is a measurement of."""
        return self.id, self.protocol, self.seed

    @property
    def verdict(self) -> str:
        """What it says about its claim."""
        return verdicts.verdict(load_claims()[self.id], self.value)

    def to_json(self) -> dict:
        """Return the fields as JSON takes them."""
        return vars(self) | {"value": _finite(self.value)}

    @classmethod
    def from_json(cls, fields: dict) -> "Measurement":
        """Return the measurement that `to_json` wrote."""
        value = fields["value"]
        return cls(**(fields | {"value": math.inf if value is None else float(value)}))


def read_entries(path: Path, kind: str, make: Callable) -> dict:
    """Return what a TOML file lists, by id; an error names the entry that is wrong."""
    entries = {}
    for fields in tomllib.loads(path.read_text(encoding="utf-8"))[kind]:
        try:
            entry = make(**fields)
        except TypeError as e:
            raise ValueError(f"{path.name}, {kind} {fields.get('id', '?')}: {e}") from None
        if entry.id in entries:
            raise ValueError(f"{path.name} has two {kind}s {entry.id!r}")
        entries[entry.id] = entry
    return entries


@functools.cache
def load_claims(path: Path = NOTEBOOKS / "claims.toml") -> dict[str, Claim]:
    """Return all claims by id, in the paper's order."""
    return read_entries(path, "claim", Claim)


def check_claim(id: str, notebook: str) -> None:
    """Raise ValueError, with near names, unless a claim is a notebook's."""
    known = [c.id for c in load_claims().values() if c.notebook == notebook]
    if id not in known:
        near = ", ".join(difflib.get_close_matches(id, known) or known) or "none"
        raise ValueError(f"{notebook} has no claim {id!r}; perhaps: {near}")


def merge(*sources: Iterable[Measurement]) -> list[Measurement]:
    """Return all measurements, one for each (id, protocol, seed); later sources win."""
    order = list(load_claims())
    latest = {m.key: m for source in sources for m in source if m.id in order}
    return sorted(
        latest.values(), key=lambda m: (order.index(m.id), PROTOCOLS.index(m.protocol), m.seed)
    )


def ledger(measurements: Sequence[Measurement]) -> list[dict]:
    """Return one entry for each claim and protocol measured, in the paper's order.

    Claims that cannot be tested are there too, once each; claims not yet measured are not.
    """
    entries = []
    for claim in load_claims().values():
        untestable = claim.criterion == "none"
        for protocol in [None] if untestable else PROTOCOLS:
            group = [m for m in measurements if (m.id, m.protocol) == (claim.id, protocol)]
            if group or untestable:
                entries.append(_entry(claim, protocol, group))
    return entries


def by_claim(entries: Iterable[dict]) -> dict[str, dict[str | None, dict]]:
    """Return a ledger's entries by claim and protocol."""
    claims: dict[str, dict] = {}
    for entry in entries:
        claims.setdefault(entry["id"], {})[entry["protocol"]] = entry
    return claims


def main_entry(protocols: dict[str | None, dict]) -> dict:
    """Return the entry whose verdict counts: that of our protocol where there is one."""
    return protocols.get(DEFAULT_PROTOCOL) or next(iter(protocols.values()))


def _entry(claim: Claim, protocol: str | None, group: Sequence[Measurement]) -> dict:
    values = [m.value for m in group]
    holding = sum(verdicts.rank(claim, m.value) >= verdicts.HOLDS for m in group)
    first = min(group, key=lambda m: m.seed, default=None)
    filled = filled_in(claim.notebook) if claim.notebook in notebook_names() else ()
    return {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "paper_value": claim.paper_value,
        "value": _finite(verdicts.median(claim, values)) if values else None,
        "spread": [_finite(min(values)), _finite(max(values))] if values else None,
        "agrees_within": verdicts.agrees_within(values) if values else None,
        "seeds": [m.seed for m in group],
        "unit": claim.unit,
        "criterion": verdicts.sentence(claim),
        "tolerance_from": claim.tolerance_from,
        "protocol": protocol,
        "verdict": verdicts.verdict_over_seeds(claim, values) if values else verdicts.NOT_TESTABLE,
        "holds_on": f"{holding} of {len(values)} seeds" if values else None,
        "notebook": claim.notebook,
        "figure": first.figure if first else "",
        "filled_in": sorted(filled),
        "code": " ".join(sorted({m.code for m in group})),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
