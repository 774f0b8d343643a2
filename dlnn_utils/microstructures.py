"""Two phases on a square mesh: shapes of a precipitate, images of it, and how alike two are."""

from collections.abc import Sequence

import numpy as np

from dlnn_utils import check

Rectangle = tuple[float, float, float, float]
"""Left, right, top and bottom edge in m, from the plate's top left corner."""

SHAPES: dict[str, tuple[Rectangle, ...]] = {
    "square": ((2 / 7, 5 / 7, 2 / 7, 5 / 7),),
    "bar": ((1 / 7, 6 / 7, 3 / 7, 4 / 7),),
    "cross": ((1 / 7, 6 / 7, 3 / 7, 4 / 7), (3 / 7, 4 / 7, 1 / 7, 6 / 7)),
    "l_shape": ((1 / 7, 3 / 7, 1 / 7, 6 / 7), (1 / 7, 6 / 7, 4 / 7, 6 / 7)),
}
"""Precipitates that a mesh of 7 x 7 elements meets exactly."""


def elements_of(shape: str | Sequence[Rectangle], m: int) -> np.ndarray:
    """Return which elements of a plate of m x m belong to a shape.

    Parameters
    ----------
    shape : str or sequence of (left, right, top, bottom)
        Name of one of `SHAPES`, or rectangles on the plate of 1 m by 1 m.
    m : int
        Number of elements along an edge.

    Returns
    -------
    array (m, m) of bool
        Those whose centres lie in one of the rectangles; the top row first.

    Raises
    ------
    ValueError
        If m is not a positive integer, the name is unknown, a rectangle reaches outside the
        plate or has no area, or no element's centre lies inside.

    Examples
    --------
    >>> int(elements_of("cross", 7).sum())
    9
    """
    centres = (np.arange(check.positive_integer("m", m)) + 0.5) / m
    if isinstance(shape, str) and shape not in SHAPES:
        names = ", ".join(SHAPES)
        raise ValueError(f"shape must be one of {names}, or rectangles; got {check.shown(shape)}")
    rectangles = SHAPES[shape] if isinstance(shape, str) else shape
    rectangles = check.array("shape", rectangles, (None, 4))
    inside = np.zeros((m, m), dtype=bool)
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


def nodes_of(elements) -> np.ndarray:
    """Return the image that is 1 at every node of some elements, else 0.

    Parameters
    ----------
    elements : array (m, m) of bool
        From `elements_of`.

    Returns
    -------
    array (m + 1, m + 1)

    Examples
    --------
    >>> nodes_of([[True, False], [False, False]]).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    inside = np.pad(_inside(elements), 1)
    touching = inside[1:, 1:] | inside[1:, :-1] | inside[:-1, 1:] | inside[:-1, :-1]
    return touching.astype(np.float64)


def diffusivity(elements, matrix: float = 1.0, precipitate: float = 0.01) -> np.ndarray:
    """Return the diffusivity of every element; the defaults are the paper's (Section 5.4).

    Parameters
    ----------
    elements : array (m, m) of bool
        Those of the precipitate, from `elements_of`.
    matrix, precipitate : float
        Diffusivities of the two phases in m^2/s.

    Returns
    -------
    array (m, m)
        In m^2/s.
    """
    matrix = check.positive("matrix", matrix)
    return np.where(_inside(elements), check.positive("precipitate", precipitate), matrix)


def _inside(elements) -> np.ndarray:
    """Return elements as an array (m, m) of bool, or raise ValueError if they are not."""
    inside = check.array("elements", elements, (None, None))
    if not np.isin(inside, (0, 1)).all():
        raise ValueError("elements must be true or false, from elements_of; some are neither")
    return inside.astype(bool)


def relative_error(image, truth) -> float:
    """Return |image - truth| / |truth|, both norms over all nodes and times.

    Parameters
    ----------
    image, truth : array, alike in shape
        Concentrations in mol/m^3.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the images differ in size, or the truth is zero.
    """
    image, truth = _alike(image, truth)
    if not (size := np.linalg.norm(truth)) >= check.SMALLEST:
        raise ValueError("truth must not be zero everywhere; no error is relative to that")
    return float(np.linalg.norm(image - truth) / size)


def error_if_finite(image, truth) -> float:
    """Return `relative_error`, or not a number where the image, a solution, has blown up."""
    return relative_error(image, truth) if np.isfinite(image).all() else np.nan


def overlap(image, truth, threshold: float = 0.5) -> float:
    """Return the overlap of two shapes: nodes in both over nodes in either.

    Parameters
    ----------
    image, truth : array, alike in shape
        Concentrations; a node above the threshold belongs to the shape.
    threshold : float
        In mol/m^3.

    Returns
    -------
    float
        From 0, nothing in common, to 1.

    Raises
    ------
    ValueError
        If the images differ in size, or neither holds a shape.
    """
    threshold = check.number("threshold", threshold)
    image, truth = (a > threshold for a in _alike(image, truth))
    if not (image | truth).any():
        raise ValueError(
            f"image or truth must hold a shape; nothing is above the threshold {threshold:g}"
        )
    return float((image & truth).sum() / (image | truth).sum())


def _alike(image, truth) -> tuple[np.ndarray, np.ndarray]:
    image, truth = check.array("image", image), check.array("truth", truth)
    if image.shape != truth.shape:
        raise ValueError(
            f"image and truth must be of one size; got {image.shape} and {truth.shape}"
        )
    return image.ravel(), truth.ravel()
