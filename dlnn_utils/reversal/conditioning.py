"""How ill posed the doubled system is; and the Kalman estimate, by dense matrices."""

import numpy as np

from dlnn_utils._arguments import Positive, checked


@checked
def condition_numbers(law, prior, noise: Positive) -> tuple[float, float, float]:
    """Return the condition numbers of a small doubled system, by dense matrices.

    They are that of the initial-value problem, exp(2 lambda T), that of the boundary-value problem
    [I, -E^T; E, I] with E = G B^(1/2) / noise, and the latter's bound sqrt(1 + s_max(E)^2).
    """
    E = law.forward(prior.color(np.eye(prior.n))).T / noise
    s = np.linalg.svd(E, compute_uv=False)
    G = np.linalg.svd(law.forward(np.eye(prior.n)), compute_uv=False)
    doubled = np.sqrt((1 + s[0] ** 2) / (1 + s[-1] ** 2))
    with np.errstate(divide="ignore"):
        return float((G[0] / G[-1]) ** 2), float(doubled), float(np.sqrt(1 + s[0] ** 2))


def kalman(law, prior, y: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the Kalman estimate (n,) of a start, and its standard deviations (n,)."""
    root = prior.color(np.eye(prior.n)).T
    E = law.forward(root.T).T / noise
    precision = np.eye(prior.n) + E.T @ E
    rest = (y - law.forward(np.full(prior.n, prior.mean))) / noise
    covariance = root @ np.linalg.solve(precision, root.T)
    c = prior.mean + root @ np.linalg.solve(precision, E.T @ rest)
    return c, np.sqrt(np.diag(covariance))
