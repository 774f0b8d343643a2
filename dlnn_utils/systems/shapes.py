"""Two phases on a square mesh: shapes of a precipitate, images of it, and microstructures."""

from collections.abc import Sequence

import numpy as np

from dlnn_utils._arguments import Array, Count, Positive, Seed, array, checked, shown

Rectangle = tuple[float, float, float, float]
"""Left, right, top and bottom edge in m, from the plate's top left corner."""

SHAPES: dict[str, tuple[Rectangle, ...]] = {
    "square": ((2 / 7, 5 / 7, 2 / 7, 5 / 7),),
    "bar": ((1 / 7, 6 / 7, 3 / 7, 4 / 7),),
    "cross": ((1 / 7, 6 / 7, 3 / 7, 4 / 7), (3 / 7, 4 / 7, 1 / 7, 6 / 7)),
    "l_shape": ((1 / 7, 3 / 7, 1 / 7, 6 / 7), (1 / 7, 6 / 7, 4 / 7, 6 / 7)),
}
"""Precipitates that a mesh of 7 x 7 elements meets exactly."""


@checked
def elements_of(shape: str | Sequence[Rectangle], m: Count) -> np.ndarray:
    """Return which elements (m, m) of a plate have their centres in a shape, the top row first.

    The shape is the name of one of `SHAPES`, or rectangles (left, right, top, bottom) in m.

    >>> int(elements_of("cross", 7).sum())
    9
    """
    if isinstance(shape, str) and shape not in SHAPES:
        raise ValueError(
            f"shape must be one of {', '.join(SHAPES)}, or rectangles; got {shown(shape)}"
        )
    rectangles = SHAPES[shape] if isinstance(shape, str) else array("shape", shape, "N 4")
    centres, inside = (np.arange(m) + 0.5) / m, np.zeros((m, m), dtype=bool)
    for left, right, top, bottom in rectangles:
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise ValueError(
                "a shape's rectangles (left, right, top, bottom) must lie on the plate, within "
                f"0 and 1; got ({left:g}, {right:g}, {top:g}, {bottom:g})"
            )
        rows, columns = ((a < centres) & (centres < b) for a, b in ((top, bottom), (left, right)))
        inside |= np.outer(rows, columns)
    if not inside.any():
        raise ValueError(f"the shape holds no centre of the {m} x {m} elements")
    return inside


@checked
def nodes_of(elements: Array["m m"]) -> np.ndarray:
    """Return the image (m + 1, m + 1) that is 1 at every node of some elements (m, m), else 0.

    >>> nodes_of([[True, False], [False, False]]).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    inside = np.pad(_inside(elements), 1)
    touching = inside[1:, 1:] | inside[1:, :-1] | inside[:-1, 1:] | inside[:-1, :-1]
    return touching.astype(np.float64)


@checked
def diffusivity(
    elements: Array["m m"], matrix: Positive = 1.0, precipitate: Positive = 0.01
) -> np.ndarray:
    """Return the diffusivity (m, m) in m^2/s of two phases, by default those of Section 5.4."""
    return np.where(_inside(elements), precipitate, matrix)


@checked
def grains(m: Count, seed: Seed = 0, values: Array[" k"] = (0.01, 0.1, 0.3, 1.0)) -> np.ndarray:
    """Return the diffusivity (m, m) in m^2/s of elements at random, each one of the values."""
    return np.random.default_rng(seed).choice(values, size=(m, m))


def _inside(elements: np.ndarray) -> np.ndarray:
    if not np.isin(elements, (0, 1)).all():
        raise ValueError("elements must be true or false, from elements_of; some are neither")
    return elements.astype(bool)
