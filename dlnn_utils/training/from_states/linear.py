"""The best law of few coefficients, by least squares on its weak form: no derivatives.

With a bump phi that vanishes at the ends of a window, M q'' + C q' + K q + f = 0 becomes
M int phi'' q - C int phi' q + K int phi q + f int phi = 0; friction enters by smoothed speeds.
"""

import numpy as np
import scipy

from dlnn_utils.training.from_states.laws import Form

WINDOWS = (6, 10, 16, 26, 42, 68, 110, 178)
BUMP, AHEAD, MOST_STARTS = np.polynomial.Polynomial([1, 0, -1]) ** 4, 20, 40


def linear_law(runs: list, states: list, form: Form) -> np.ndarray | None:
    """Return the coefficients (P,) by the windows whose law predicts pieces of 20 steps best."""
    found = []
    for width in WINDOWS:
        longest = max(len(t) for t, _ in runs) - 1
        if width > longest:
            break
        theta = form.made_dissipative(_of_windows(runs, states, form, width))
        off = 0.0
        with np.errstate(over="ignore", invalid="ignore"):
            for (t, x), z in zip(runs, states):
                ahead = min(AHEAD, len(t) - 1)
                k = np.arange(0, len(t) - ahead, max(1, ahead // 2))
                k = k[:: max(1, len(k) // MOST_STARTS)]
                h = np.diff(t[k[:, None] + np.arange(ahead + 1)])
                path = form.follow(theta, z[k], h)[:, [ahead // 2, ahead], : form.n]
                off += np.sum((path - x[k[:, None] + [ahead // 2, ahead], : form.n]) ** 2)
        found.append((off, len(found), theta))
    found = [one for one in found if np.isfinite(one[0])]
    return min(found)[2] if found else None


def _of_windows(runs: list, states: list, form: Form, width: int) -> np.ndarray:
    """Return the coefficients of the law by windows of `width` steps."""
    parts = [_integrals(t, x[:, : form.n], z, form, width) for (t, x), z in zip(runs, states)]
    parts = [np.concatenate(part) for part in zip(*(p for p in parts if p))]
    n, order = form.n, form.order
    columns = []
    for j in range(order):  # K, then C
        for a, b in form.pairs:
            E = np.zeros((n, n))
            E[a, b] = E[b, a] = 1
            columns.append(((-1) ** j * parts[j] @ E).ravel())
    for part in parts[order + 1 :]:
        columns += [(part * np.eye(n)[a]).ravel() for a in range(n)]
    force = parts[order] @ (np.eye(n) if form.M is None else form.M) * (-1 if order == 2 else 1)
    return np.linalg.lstsq(np.stack(columns, 1), force.ravel())[0]


def _integrals(t, x, z, form: Form, width: int) -> list[np.ndarray]:
    """Return int phi x, int phi' x, ..., int phi, and those of friction, each (windows, n)."""
    points, weights = np.polynomial.legendre.leggauss(3)
    h, rows = np.diff(t)[:, None], []
    fine = (t[:-1, None] + h * (1 + points) / 2).ravel()
    curve, weights = scipy.interpolate.CubicSpline(t, x)(fine), (h * weights / 2).ravel()
    if form.friction:
        v = scipy.interpolate.CubicSpline(t, z[:, form.n :])(fine)
        rubbing = np.abs(v) * v, np.tanh(v / form.soft)
    for k in range(0, len(t) - width, max(1, width // 6)):
        now, slope = slice(3 * k, 3 * (k + width)), 2 / (t[k + width] - t[k])
        s = slope * (fine[now] - t[k]) - 1
        phi = [BUMP.deriv(j)(s) * slope**j if j else BUMP(s) for j in range(form.order + 1)]
        phi = np.array(phi) * weights[now]
        row = [*(phi @ curve[now]), np.full(form.n, phi[0].sum())]
        rows.append([*row, *(phi[0] @ r[now] for r in rubbing)] if form.friction else row)
    return [np.array(part) for part in zip(*rows)]
