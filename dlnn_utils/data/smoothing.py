"""Smoothed states and their rates, in whatever units they come."""

from collections.abc import Sequence

import numpy as np
import scipy  # its parts are imported on first use

from dlnn_utils._arguments import Array, Times, checked, shown, whole

MOST_AT_ONCE, STRETCHES = 600, 4
"""Times up to which the smoothing splines of all columns share one eigenvalue problem; beyond, so
many stretches choose the weight."""
WEIGHTS, TRIED = (1e-6, 1e9), 140
"""Weights of bending, in median steps of time, among which cross-validation chooses."""


@checked
def smooth_states(x: Array["T ..."], t: Times, orders: Sequence[int] = (0, 1)) -> list[np.ndarray]:
    """Smooth measured states and differentiate them.

    Each component of each trajectory has a cubic smoothing spline of its own.  Generalised
    cross-validation chooses its weight.  Times count in median steps, so that no unit matters;
    of more than 600 times four stretches of 600 choose, and the middle weight is taken.

    Parameters
    ----------
    x : array (T, ...)
    t : array (T,), rising or falling, at least five times
    orders : sequence of int
        Orders of the derivatives, up to 2; order 0 is the smoothed state.

    Returns
    -------
    list of array (T, ...)
    """
    if not isinstance(orders, list | tuple) or not orders:
        raise ValueError(f"orders must name one derivative or more; got {shown(orders)}")
    for order in orders:
        whole("orders", order)
    if len(t) < 5:
        raise ValueError(f"t must hold at least 5 times to smooth over; got {len(t)}")
    rising = np.argsort(t)
    columns, u = x.reshape(len(t), -1)[rising], t[rising] - t.min()
    step = np.median(np.diff(u))
    u = u / step
    if len(t) <= MOST_AT_ONCE:
        smoothed, _ = _smoothed(u, columns)
        splines = [scipy.interpolate.CubicSpline(u, smoothed, bc_type="natural")]
    else:
        starts = np.linspace(0, len(t) - MOST_AT_ONCE, STRETCHES).astype(int)
        parts = [slice(k, k + MOST_AT_ONCE) for k in starts]
        lam = np.median([np.log(_smoothed(u[p], columns[p])[1]) for p in parts], axis=0)
        given = zip(columns.T, np.exp(lam))
        splines = [
            scipy.interpolate.make_smoothing_spline(u, c, lam=weight) for c, weight in given
        ]
    back = np.argsort(rising)
    derivatives = [np.column_stack([s(u, k) for s in splines]) / step**k for k in orders]
    return [d[back].reshape(x.shape) for d in derivatives]


def _smoothed(u: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the smoothing splines' values (T, N) of the columns of x (T, N), and weights (N,).

    In the eigenvectors of the bending integral f^T K f, smoothing divides by 1 + lam d.
    """
    h, T = np.diff(u), len(u)
    bends = np.diff(np.diff(np.eye(T), axis=0) / h[:, None], axis=0)
    overlap = np.diag((h[:-1] + h[1:]) / 3)
    overlap += np.diag(h[1:-1] / 6, 1) + np.diag(h[1:-1] / 6, -1)
    d, U = np.linalg.eigh(bends.T @ np.linalg.solve(overlap, bends))
    d[:2] = 0  # straight lines do not bend
    Z = U.T @ (x - x.mean(axis=0))
    log = np.linspace(*np.log(WEIGHTS), TRIED)
    taken = 1 / (1 + 1 / np.maximum(np.exp(log)[:, None] * d, 1e-300))
    with np.errstate(divide="ignore"):
        score = np.log(taken**2 @ Z**2) - 2 * np.log(taken.sum(axis=1))[:, None]
    best = np.argmin(score[1:-1], axis=0) + 1
    low, mid, high = (np.take_along_axis(score, (best + k)[None], 0)[0] for k in (-1, 0, 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = np.nan_to_num((low - high) / (low - 2 * mid + high) / 2).clip(-1, 1)
    lam = np.exp(log[best] + shift * (log[1] - log[0]))
    return x.mean(axis=0) + U @ (Z / (1 + lam * d[:, None])), lam
