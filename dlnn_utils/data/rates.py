"""Rates of change from states recorded over time."""

from collections.abc import Sequence

import numpy as np
import scipy  # its parts are imported on first use

from dlnn_utils._arguments import Array, Count, Times, checked, shown, whole

MOST_AT_ONCE = 400
"""Times up to which the smoothing splines of all columns share one eigenvalue problem."""


@checked
def rates_from_states(x: Array["T ..."], t: Times, order: Count = 1) -> np.ndarray:
    """Differentiate states (T, ...), of order + 2 times at least, by an interpolating spline."""
    if len(t) < order + 2:
        raise ValueError(f"t must hold at least {order + 2} times for a rate; got {len(t)}")
    degree = min(5, len(t) - 1)
    degree -= 1 - degree % 2
    rising = np.argsort(t)
    spline = scipy.interpolate.make_interp_spline(t[rising], x[rising], k=degree)
    return spline.derivative(order)(t)


@checked
def smooth_states(x: Array["T ..."], t: Times, orders: Sequence[int] = (0, 1)) -> list[np.ndarray]:
    """Smooth states (T, ...) and differentiate them by SciPy's `make_smoothing_spline`."""
    if not isinstance(orders, list | tuple) or not orders:
        raise ValueError(f"orders must name one derivative or more; got {shown(orders)}")
    for order in orders:
        whole("orders", order)
    if len(t) < 5:
        raise ValueError(f"t must hold at least 5 times to smooth over; got {len(t)}")
    rising = np.argsort(t)
    columns = x.reshape(len(t), -1)[rising]
    if len(t) <= MOST_AT_ONCE:
        smoothed = _smoothed(t[rising], columns)
        spline = scipy.interpolate.CubicSpline(t[rising], smoothed, bc_type="natural")
        return [spline(t, k).reshape(x.shape) for k in orders]
    splines = [scipy.interpolate.make_smoothing_spline(t[rising], column) for column in columns.T]
    derivatives = [[s(t, k) for s in splines] for k in orders]
    return [np.stack(d, axis=1).reshape(x.shape) for d in derivatives]


def _smoothed(t: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the values (T, N) of the smoothing splines of the columns of x (T, N)."""
    h, T = np.diff(t), len(t)
    bends = np.diff(np.diff(np.eye(T), axis=0) / h[:, None], axis=0)
    overlap = np.diag((h[:-1] + h[1:]) / 3)
    overlap += np.diag(h[1:-1] / 6, 1) + np.diag(h[1:-1] / 6, -1)
    d, U = np.linalg.eigh(bends.T @ np.linalg.solve(overlap, bends))
    d = np.maximum(d, 0)

    def score(lam: float, z: np.ndarray) -> float:
        taken = lam * d / (1 + lam * d)
        return T * np.sum((taken * z) ** 2) / np.sum(taken) ** 2

    Z = U.T @ x
    options = dict(bounds=(0, T), method="bounded")
    lam = np.array([scipy.optimize.minimize_scalar(score, args=(z,), **options).x for z in Z.T])
    return U @ (Z / (1 + lam * d[:, None]))
