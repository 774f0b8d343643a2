"""Rates from noisy states: a smoothing spline for each component of each trajectory."""

import numpy as np

from dlnn_utils import check


def smooth_states(x, t, orders=(0, 1)) -> list[np.ndarray]:
    """Smooth measured states and differentiate them.

    SciPy's `make_smoothing_spline` chooses how much to smooth by generalised cross-validation,
    for each component by itself.

    Parameters
    ----------
    x : array (T, ...)
        States at the times t, time first.
    t : array (T,)
        At least five times, rising or falling.
    orders : sequence of int
        Orders of the derivatives, up to 2.

    Returns
    -------
    list of array (T, ...)
        The derivatives; order 0 is the smoothed state.

    Raises
    ------
    ValueError
        If shapes do not fit, t is malformed, or there are fewer than five times.

    Examples
    --------
    >>> t = np.linspace(0, 1, 30)
    >>> state, rate = smooth_states(np.exp(t), t)
    >>> bool(np.abs(rate - np.exp(t))[2:-2].max() < 0.01)
    True
    """
    from scipy.interpolate import make_smoothing_spline

    t = check.times(t)
    x = check.series("x", x, len(t))
    if not isinstance(orders, list | tuple) or not orders:
        raise ValueError(f"orders must name one derivative or more; got {check.shown(orders)}")
    for order in orders:
        check.whole("orders", order)
    if len(t) < 5:
        raise ValueError(f"t must hold at least 5 times to smooth over; got {len(t)}")
    rising = np.argsort(t)
    columns = x.reshape(len(t), -1)[rising]
    splines = [make_smoothing_spline(t[rising], column) for column in columns.T]
    derivatives = [[s.derivative(k)(t) if k else s(t) for s in splines] for k in orders]
    return [np.stack(d, axis=1).reshape(x.shape) for d in derivatives]
