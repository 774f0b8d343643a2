"""What constant coefficients can reach: the best symmetric operator, exactly.

A scalar L_D with constant coefficients gives c' = -K c with K = K^T (Eqs 15-17).  Which symmetric
K comes closest to given rates is a convex least-squares problem.  In the singular vectors of the
states it falls apart into one problem for each pair of them.
"""

import numpy as np

from dlnn_utils import check
from dlnn_utils.systems import Relaxation


def fit_symmetric(x, rate, rcond: float = 1e-10) -> Relaxation:
    """Fit dx/dt = -K x by least squares over all symmetric K.

    Directions that the states do not show get no coefficients, so that of all minimisers K has
    the smallest norm.

    Parameters
    ----------
    x, rate : array (B, n)
        States and their rates.
    rcond : float
        Singular values of x below this, relative to the largest, count as not shown.

    Returns
    -------
    Relaxation

    Raises
    ------
    ValueError
        If the arrays are malformed or differ in shape.

    Examples
    --------
    >>> x = np.eye(2)
    >>> fit_symmetric(x, -x @ np.array([[2.0, 1.0], [3.0, 2.0]])).K.round(12).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    x = check.array("x", x, (None, None))
    rate = check.array("rate", rate, x.shape)
    rcond = check.not_negative("rcond", rcond)
    left, size, right = np.linalg.svd(x, full_matrices=len(x) < x.shape[1])
    size = np.pad(size, (0, len(right) - len(size)))
    size[size < rcond * size[0]] = 0
    seen = np.zeros((len(right), len(right)))
    k = min(left.shape[1], len(right))
    seen[:k] = left[:, :k].T @ rate @ right.T
    weights = size[:, None] ** 2 + size**2
    product = size[:, None] * seen
    K = -(product + product.T) / np.where(weights > 0, weights, 1)
    return Relaxation.of(check.square("the fit to x and rate by rcond", right.T @ K @ right))
