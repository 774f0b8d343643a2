"""Values that a reader with the paper fills in: notebooks/paper_values.toml."""

import math
import tomllib
from collections.abc import Callable, Mapping

from dlnn_utils.reproduce.engine import paths

FILE = "paper_values.toml"


def load() -> dict[str, object]:
    """Return the values filled in, by the names of the register of unknowns.

    ValueError names the first value that is unknown, of another type or physically impossible.
    """
    file = paths.NOTEBOOKS / FILE
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except tomllib.TOMLDecodeError as e:
        raise ValueError(f"{FILE}: {e}") from None
    given = {
        f"{section}.{name}": value
        for section, inner in sections.items()
        for name, value in (inner.items() if isinstance(inner, dict) else [("", inner)])
    }
    for name, value in given.items():
        if name not in CHECKS:
            raise ValueError(
                f"{FILE} has no {name.rstrip('.')!r}; it may hold: {', '.join(CHECKS)}"
            )
        expected, holds = CHECKS[name]
        try:
            fits = holds(value)
        except (TypeError, ValueError, KeyError, AttributeError):
            fits = False
        if not fits:
            raise ValueError(f"{FILE}: {name} must be {expected}; got {value!r}")
    return given


def _number(value) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _numbers(*lengths: int | None) -> Callable[[object], bool]:
    """Return a check for nested lists of numbers of these lengths, None being any but 0."""
    if not lengths:
        return _number
    length, inner = lengths[0], _numbers(*lengths[1:])
    return lambda v: len(v) > 0 and length in (None, len(v)) and all(map(inner, v))


def _table_1(value: Mapping[str, float]) -> bool:
    """Whether six entries make K positive definite and C positive semidefinite."""
    (k, K), (c, C) = (
        (value[f"{m}11"], value[f"{m}11"] * value[f"{m}22"] - value[f"{m}12"] ** 2) for m in "KC"
    )
    return len(value) == 6 and k > 0 and K > 0 and c >= 0 and value["C22"] >= 0 and C >= 0


def _boxes(value) -> bool:
    inside = (0 <= a < b <= 1 and 0 <= c < d <= 1 for a, b, c, d in value)
    return _numbers(None, 4)(value) and all(inside)


CHECKS: dict[str, tuple[str, Callable[[object], bool]]] = {
    "mechanics.table1_order": (
        "K11, K22, K12, C11, C12, C22 with K positive definite and C positive semidefinite",
        _table_1,
    ),
    "mechanics.grid": ("a list of numbers", _numbers(None)),
    "mechanics.test_starts": ("a list of five numbers", _numbers(5)),
    "two_pixel.grid": ("a number", _number),
    "ten_pixel.starts": ("ten lists of ten numbers", _numbers(10, 10)),
    "ten_pixel.loss": ("a positive number", lambda value: _number(value) and value > 0),
    "image.precipitate": ("boxes [left, right, top, bottom] within 0 and 1", _boxes),
    "image.diffusivity": (
        "two positive numbers, of matrix and precipitate",
        lambda value: _numbers(2)(value) and min(value) > 0,
    ),
    "inverse.shapes": (
        "four names with boxes [left, right, top, bottom] within 0 and 1",
        lambda value: len(value) == 4 and all(map(_boxes, value.values())),
    ),
}
"""What may be filled in: what it must be, and a check."""
