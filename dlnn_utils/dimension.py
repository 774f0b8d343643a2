"""Intrinsic dimension of a point set by the two-nearest-neighbour estimator.

E. Facco, M. d'Errico, A. Rodriguez, A. Laio, Scientific Reports 7, 12140 (2017): the ratio of
the distances to the second and the first neighbour follows a Pareto law whose exponent is the
dimension.
"""

import numpy as np

from dlnn_utils import check


def intrinsic_dimension(x) -> float:
    """Estimate the dimension of the set that the points x lie on.

    Parameters
    ----------
    x : array (N, n)
        Distinct points, not on a regular grid, N at least 3.

    Returns
    -------
    float
        Maximum-likelihood estimate N / sum log(r2 / r1).

    Raises
    ------
    ValueError
        If there are fewer than three points, or points coincide.

    Examples
    --------
    >>> plane = np.random.default_rng(0).normal(size=(2000, 2)) @ np.ones((2, 5))
    >>> round(intrinsic_dimension(plane + 0), 1)
    1.0
    """
    from scipy.spatial import cKDTree

    x = check.array("x", x, (None, None))
    if len(x) < 3:
        raise ValueError(f"x must hold at least three points; got {len(x)}")
    distances, _ = cKDTree(x).query(x, k=3)
    if (distances[:, 1] == 0).any():
        raise ValueError("x must hold distinct points; some coincide")
    return float(len(x) / np.log(distances[:, 2] / distances[:, 1]).sum())
