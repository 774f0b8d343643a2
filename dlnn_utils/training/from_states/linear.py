"""The best linear law of measured states, by least squares on its weak form: no derivatives.

With a bump phi that vanishes at the ends of a window, M q'' + C q' + K q + f = 0 becomes

    M int phi'' q - C int phi' q + K int phi q + f int phi = 0,

and c' + K c + f = 0 likewise.  K and C are symmetric, as a Lagrangian makes them; f says where
the state rests.
"""

from itertools import combinations_with_replacement

import numpy as np
import scipy

WINDOWS = (6, 10, 16, 26, 42, 68, 110, 178)
BUMP, AHEAD = np.polynomial.Polynomial([1, 0, -1]) ** 4, 20


def linear_law(
    x: np.ndarray, t: np.ndarray, M: np.ndarray | None, state: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Return A (N, N), b (N,) of the law z' = A z + b that predicts pieces of 20 steps best.

    The candidates differ in the length of their windows.  x (T, B, n) are positions or
    concentrations, `state` (T, B, N) smoothed states, from which the pieces start.
    """
    found, n = [], x.shape[2]
    ahead = min(AHEAD, len(t) - 1)
    starts = np.arange(0, len(t) - ahead, max(1, ahead // 2))
    for width in WINDOWS:
        if width > len(t) - 1:
            break
        A, b = _of_windows(x, t, M, width)
        N, off = len(A), 0.0
        flow = np.zeros((N + 1, N + 1))
        flow[:N, :N], flow[:N, N] = A, b
        with np.errstate(over="ignore", invalid="ignore"):
            for k in starts[:: max(1, len(starts) // 40)]:
                later = k + np.array([ahead // 2, ahead])
                for j in later:
                    F = scipy.linalg.expm(flow * (t[j] - t[k]))
                    z = state[k] @ F[:N, :N].T + F[:N, N]
                    off += np.sum((z[:, :n] - x[j]) ** 2)
        found.append((off, len(found), A, b))
    found = [one for one in found if np.isfinite(one[0])]
    return min(found)[2:] if found else None


def _of_windows(x, t, M, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return A and b of the law by windows of `width` steps."""
    (T, B, n), order = x.shape, 1 if M is None else 2
    points, weights = np.polynomial.legendre.leggauss(3)
    h, rows = np.diff(t)[:, None], []
    fine = (t[:-1, None] + h * (1 + points) / 2).ravel()
    curve, weights = scipy.interpolate.CubicSpline(t, x)(fine), (h * weights / 2).ravel()
    for k in range(0, T - width, max(1, width // 6)):
        now, slope = slice(3 * k, 3 * (k + width)), 2 / (t[k + width] - t[k])
        s = slope * (fine[now] - t[k]) - 1
        phi = [BUMP.deriv(j)(s) * slope**j if j else BUMP(s) for j in range(order + 1)]
        phi = np.array(phi) * weights[now]
        known = np.full((B, n), phi[0].sum())
        rows.append([*np.einsum("js,sbn->jbn", phi, curve[now]), known])
    parts = [np.concatenate(part) for part in zip(*rows)]
    mass = np.eye(n) if M is None else M
    pairs = list(combinations_with_replacement(range(n), 2))
    columns = []
    for j in range(order):  # K, then C
        for a, b in pairs:
            E = np.zeros((n, n))
            E[a, b] = E[b, a] = 1
            columns.append(((-1) ** j * parts[j] @ E).ravel())
    for a in range(n):
        columns.append((parts[-1] * np.eye(n)[a]).ravel())
    force = parts[order] @ mass * (-1 if order == 2 else 1)
    w = np.linalg.lstsq(np.stack(columns, 1), force.ravel())[0]
    matrices = []
    for j in range(order):
        E = np.zeros((n, n))
        for value, (a, b) in zip(w[j * len(pairs) :], pairs):
            E[a, b] = E[b, a] = value
        matrices.append(np.linalg.solve(mass, E))
    f = np.linalg.solve(mass, w[-n:])
    if order == 1:
        return -matrices[0], -f
    zero, one = np.zeros((n, n)), np.eye(n)
    return np.block([[zero, one], [-matrices[0], -matrices[1]]]), np.concatenate([0 * f, -f])
