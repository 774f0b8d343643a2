"""The ledger: every checkable statement of the paper, what was measured, and the verdict."""

import functools
import math
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .parameters import PROTOCOLS
from .paths import COMPANION
from .spread import agrees_within
from .verdicts import CRITERIA, DEFAULTS, median, sentence, verdict, verdict_over_seeds

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
    exceed: float | None = None

    def __post_init__(self):
        if self.criterion not in CRITERIA:
            raise ValueError(
                f"claim {self.id}: criterion must be one of {', '.join(CRITERIA)}; "
                f"got {self.criterion!r}"
            )
        if self.criterion in WITH_PAPER_VALUE and not self.paper_value:
            raise ValueError(f"claim {self.id}: {self.criterion} needs a paper_value other than 0")
        for name, value in DEFAULTS[self.criterion].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)


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

    def to_json(self) -> dict:
        """Return the fields as JSON takes them."""
        return asdict(self) | {"value": _finite(self.value)}

    @classmethod
    def from_json(cls, fields: dict) -> "Measurement":
        """Return the measurement that `to_json` wrote."""
        value = fields["value"]
        return cls(**(fields | {"value": math.inf if value is None else float(value)}))


@functools.cache
def load_claims(path: Path = COMPANION / "claims.toml") -> dict[str, Claim]:
    """Return all claims by id, in the paper's order.

    Raises
    ------
    ValueError
        If two have one id, or a field is missing, unknown or wrong.
    """
    claims = {}
    for fields in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]:
        try:
            claim = Claim(**fields)
        except TypeError as e:
            raise ValueError(f"{path.name}, claim {fields.get('id', '?')}: {e}") from None
        if claim.id in claims:
            raise ValueError(f"{path.name} has two claims {claim.id!r}")
        claims[claim.id] = claim
    return claims


def measurement_verdict(measurement: Measurement) -> str:
    """Return the verdict of one measurement."""
    return verdict(load_claims()[measurement.id], measurement.value)


def merge(*sources: Iterable[Measurement]) -> list[Measurement]:
    """Return all measurements, one for each (id, protocol, seed); later sources win."""
    latest = {m.key: m for source in sources for m in source if m.id in load_claims()}
    order = list(load_claims())
    return sorted(
        latest.values(), key=lambda m: (order.index(m.id), PROTOCOLS.index(m.protocol), m.seed)
    )


def ledger(measurements: Sequence[Measurement]) -> list[dict]:
    """Return one object for each claim and protocol measured, in the paper's order.

    Parameters
    ----------
    measurements : sequence of Measurement
        From any number of seeds and protocols.

    Returns
    -------
    list of dict
        Claims that cannot be tested are there too, once each; claims not yet measured are not.
    """
    entries = []
    for claim in load_claims().values():
        if claim.criterion == "none":
            entries.append(_entry(claim, None, []))
        for protocol in PROTOCOLS:
            group = [m for m in measurements if (m.id, m.protocol) == (claim.id, protocol)]
            if group and claim.criterion != "none":
                entries.append(_entry(claim, protocol, group))
    return entries


def _entry(claim: Claim, protocol: str | None, group: Sequence[Measurement]) -> dict:
    values = [m.value for m in group]
    holding = sum(verdict(claim, v) in ("reproduced", "exceeded") for v in values)
    newest = min(group, key=lambda m: m.seed, default=None)
    return {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "paper_value": claim.paper_value,
        "value": _finite(median(claim, values)) if values else None,
        "spread": [_finite(min(values)), _finite(max(values))] if values else None,
        "agrees_within": agrees_within(values) if values else None,
        "seeds": [m.seed for m in group],
        "unit": claim.unit,
        "criterion": sentence(claim),
        "tolerance_from": claim.tolerance_from,
        "protocol": protocol,
        "verdict": verdict_over_seeds(claim, values) if values else verdict(claim, math.nan),
        "holds_on": f"{holding} of {len(values)} seeds" if values else None,
        "notebook": claim.notebook,
        "figure": newest.figure if newest else "",
        "code": " ".join(sorted({m.code for m in group})),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
