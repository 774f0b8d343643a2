"""Linear laws by least squares: what to try first, and the best that a symmetric operator does.

A scalar L_D with constant coefficients gives M c' = -K c, K = K^T (Eqs 15-17): which K is closest
to given rates is convex, one problem for each pair of the states' singular vectors.
"""

import numpy as np
import torch

from dlnn_utils._arguments import Array, NotNegative, answer, checked
from dlnn_utils.models.metric import Metric
from dlnn_utils.systems.linear import LinearSystem, Relaxation


@checked
def fit_least_squares(x: Array["B n"], rate: Array["B n"], *, M=None) -> LinearSystem:
    """Fit dx/dt = A x to x and rates (B, n): what to try first.  M weighs errors, e^T M e."""
    metric, x, rate = _natural(x, rate, M)
    A = np.linalg.lstsq(x, rate, rcond=None)[0].T
    A = _numpy(metric.inputs, _numpy(metric.rate, A.T).T)
    return LinearSystem(answer("the fit to x and rate", A))


@checked
def fit_symmetric(
    x: Array["B n"], rate: Array["B n"], rcond: NotNegative = 1e-10, *, M=None
) -> Relaxation:
    """Fit M dx/dt = -K x to states x and rates (B, n) by least squares over all symmetric K.

    Directions with singular values below `rcond` of the largest get no coefficients: of all
    minimisers K has the smallest norm.  M is as for `Diffusion`.

    >>> x = np.eye(2)
    >>> fit_symmetric(x, -x @ np.array([[2.0, 1.0], [3.0, 2.0]])).K.round(12).tolist()
    [[2.0, 2.0], [2.0, 2.0]]
    """
    metric, x, rate = _natural(x, rate, M)
    left, size, right = np.linalg.svd(x, full_matrices=len(x) < x.shape[1])
    size = np.pad(size, (0, len(right) - len(size)))
    size[size < rcond * size[0]] = 0
    seen = np.zeros((len(right), len(right)))
    k = min(left.shape[1], len(right))
    seen[:k] = left[:, :k].T @ rate @ right.T
    weights = size[:, None] ** 2 + size**2
    product = size[:, None] * seen
    K = -(product + product.T) / np.where(weights > 0, weights, 1)
    K = right.T @ K @ right
    A = -_numpy(metric.inputs, _numpy(metric.rate, K.T).T)
    K = _numpy(metric.hessian, K)
    return Relaxation(*(answer("the fit to x and rate by rcond", a) for a in (A, K)))


def _natural(x: np.ndarray, rate: np.ndarray, M) -> tuple[Metric, np.ndarray, np.ndarray]:
    """A metric, and R x and R x' (B, n), in which the law is dx/dt = A x."""
    metric = Metric(M, x.shape[1], torch.empty(0, dtype=torch.float64))
    return metric, _numpy(metric.inputs, x), _numpy(metric.force, rate)


def _numpy(function, a: np.ndarray) -> np.ndarray:
    return function(torch.from_numpy(np.ascontiguousarray(a))).numpy()
