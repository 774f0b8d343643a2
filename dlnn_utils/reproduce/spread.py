"""One quantity over seeds: its median, its range, and this run's value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Spread:
    """Values (S, ...) of one quantity, one a seed, and the value (...) of this run among them."""

    values: np.ndarray
    this: np.ndarray

    @property
    def n(self) -> int:
        """How many seeds there are."""
        return len(self.values)

    @property
    def median(self) -> np.ndarray:
        """The middle value; what is NaN or infinite counts as the largest."""
        with np.errstate(invalid="ignore"):
            middle = np.median(_known(self.values), axis=0)
        return _known(middle)

    @property
    def low(self) -> np.ndarray:
        """The least value."""
        return _known(self.values).min(axis=0)

    @property
    def high(self) -> np.ndarray:
        """The largest value."""
        return _known(self.values).max(axis=0)

    def __str__(self) -> str:
        """Return "median [low to high]" of a number; from one seed, the number."""
        if self.values.ndim > 1:
            raise ValueError(f"only a number reads as text; got shape {self.values.shape[1:]}")
        low, high = (f"{v:.2g}" for v in (self.low, self.high))
        middle = f"{self.median:.3g}"
        return middle if low == high else f"{middle} [{low} to {high}]"


def over_seeds(this: Mapping, others: Sequence[Mapping]) -> dict[str, Spread]:
    """Return a Spread for each label of this run; others of another shape are left out."""
    spreads = {}
    for label, value in this.items():
        value = np.asarray(value, dtype=float)  # null, not finite, becomes NaN
        known = [np.asarray(o[label], dtype=float) for o in others if label in o]
        spreads[label] = Spread(
            np.stack([value, *(v for v in known if v.shape == value.shape)]), value
        )
    return spreads


def plain(value) -> list | float | None:
    """Return numbers as JSON takes them, to six digits; null for NaN and the infinite."""
    if np.ndim(value):
        return [plain(item) for item in value]
    return float(f"{float(value):.6g}") if np.isfinite(value) else None


def _known(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values, nan=np.inf, posinf=np.inf)
