"""Rates of change from states recorded over time."""

import numpy as np

from dlnn_utils import check


def rates_from_states(x, t, order: int = 1, degree: int = 5) -> np.ndarray:
    """Differentiate recorded states by an interpolating spline.

    Parameters
    ----------
    x : array (T, ...)
        States at the times t, time first.
    t : array (T,)
        Times, rising or falling, not necessarily evenly spaced.
    order : int
        Order of the derivative, 1 or 2.
    degree : int
        Degree of the spline, odd; lowered if there are too few times.

    Returns
    -------
    array (T, ...)
        d^order x / dt^order at the times t.

    Raises
    ------
    ValueError
        If shapes do not fit, t is malformed, or there are fewer than order + 2 times.

    Examples
    --------
    >>> t = np.linspace(0, 1, 20)
    >>> bool(np.allclose(rates_from_states(np.exp(t), t), np.exp(t), atol=1e-5))
    True
    """
    from scipy.interpolate import make_interp_spline

    t = check.times(t)
    x = check.series("x", x, len(t))
    order, degree = (
        check.positive_integer("order", order),
        check.positive_integer("degree", degree),
    )
    if len(t) < order + 2:
        raise ValueError(f"t must hold at least {order + 2} times for a rate; got {len(t)}")
    degree = min(degree, len(t) - 1)
    degree -= 1 - degree % 2
    forward = np.argsort(t)
    spline = make_interp_spline(t[forward], x[forward], k=degree)
    return spline.derivative(order)(t)


def frame_rates(x, t) -> np.ndarray:
    """Return the rates between consecutive frames, (x[k+1] - x[k]) / (t[k+1] - t[k]).

    This is how Section 5.4 of the paper takes its rates; the error is of first order in the
    time step.

    Parameters
    ----------
    x : array (T, ...)
        States at the times t.
    t : array (T,)
        Times.

    Returns
    -------
    array (T - 1, ...)
        Rates that belong to the first T - 1 frames.
    """
    t = check.times(t)
    x = check.series("x", x, len(t))
    return np.diff(x, axis=0) / np.diff(t).reshape(-1, *[1] * (x.ndim - 1))
