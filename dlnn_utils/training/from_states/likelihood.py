"""Laws of few coefficients fitted to recordings themselves, with their covariance.

Coefficients and a start of each piece are those of greatest likelihood under independent normal
noise.  The starts are eliminated: their Schur complement is the coefficients' information.
"""

from typing import NamedTuple

import numpy as np

from dlnn_utils.training.from_states.laws import Form
from dlnn_utils.training.from_states.shooting import cut

NUDGE, ENOUGH, STEPS = 1e-6, 1e-4, 15


class Likelihood(NamedTuple):
    """Coefficients (P,), their covariance (P, P), the states (T, N) of each run, RMS misfit."""

    theta: np.ndarray
    covariance: np.ndarray
    states: list[np.ndarray]
    misfit: float


def fit_law(theta, runs: list, states: list, form: Form, lengths, scale) -> Likelihood:
    """Fit coefficients from `theta` (P,) on to runs (t, x (T, m)), in pieces of rising lengths."""
    states, found = [z.copy() for z in states], None
    unit = _units(states, form)
    for length in lengths:
        segments, where = cut(runs, length)
        starts = np.array([states[b][k] for k, b in where])
        found = _descend(theta, starts, segments, form, scale, unit)
        theta, _, path, _ = found
        for (k, b), piece in zip(where, path):
            states[b][k : k + path.shape[1]] = piece[: len(states[b]) - k]
    theta, covariance, _, misfit = found
    return Likelihood(theta, covariance, states, misfit)


def _units(states: list, form: Form) -> np.ndarray:
    """Return sizes (P,) of the coefficients, each of a force as large as the inertia."""
    z, n = np.concatenate(states), form.n
    x = _rms(z[:, :n] - z[:, :n].mean(axis=0))
    if form.order == 1:
        v = _rms(np.concatenate([np.diff(one, axis=0) for one in states]))
        return np.array([v / x if name[0] == "K" else v for name in form.names])
    v = _rms(z[:, n:])
    force = v * v / x
    size = {"K": force / x, "C": force / v, "f": force, "a": force / v**2, "b": force}
    return np.array([size[name[0]] for name in form.names])


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(a**2))) or 1.0


def _descend(theta, starts, segments, form: Form, scale, unit):
    """Return coefficients, covariance, path and misfit of the best fit to segments."""
    h, x = segments.h.numpy(), segments.x.numpy()
    m, (S, N), P = x.shape[2], starts.shape, len(theta)
    valid = segments.valid.numpy()[..., None] / scale[:m]
    nudges = np.concatenate([NUDGE * unit, NUDGE * scale])

    def residual(path):
        return (path[..., :m] - x) * valid

    def tried(theta, starts):
        with np.errstate(all="ignore"):
            path = form.follow(theta, starts, h)
            return path, float(np.nan_to_num(np.sum(residual(path) ** 2), nan=np.inf))

    path, loss = tried(theta, starts)
    mu = 1e-3
    for _ in range(STEPS):
        thetas = np.vstack([theta + np.diag(nudges[:P]), np.tile(theta, (N, 1))])
        moved = starts + np.concatenate([np.zeros((P, N)), np.diag(nudges[P:])])[:, None]
        J = (form.follow(thetas, moved, h)[..., :m] - path[..., :m]) * valid
        J = (J / nudges[:, None, None, None]).reshape(P + N, S, -1).transpose(1, 2, 0)
        r = residual(path).reshape(S, -1)
        Jw, Js = J[..., :P] * unit, J[..., P:] * scale
        A, g = np.einsum("srp,srq->pq", Jw, Jw), np.einsum("srp,sr->p", Jw, r)
        B, C, k = Js.mT @ Jw, Js.mT @ Js, (Js.mT @ r[..., None])[..., 0]

        fall = 0.0
        while mu < 1e8:
            _, dw, ds = _solve(A, g, B, C, k, mu)
            new = form.made_dissipative(theta + unit * dw), starts + scale * ds
            after, lower = tried(*new)
            if lower < loss:
                fall = 1 - lower / loss
                (theta, starts), path, loss, mu = new, after, lower, max(mu / 10, 1e-9)
                break
            mu *= 10
        if fall < ENOUGH:
            break
    count = float(segments.valid.sum()) * m
    variance = loss / max(1.0, count - P - N * S)
    covariance = variance * np.linalg.pinv(_solve(A, g, B, C, k, 0.0)[0], hermitian=True)
    return theta, covariance * np.outer(unit, unit), path, (loss / count) ** 0.5


def _solve(A, g, B, C, k, mu: float):
    """Return the Schur complement of the starts, and the steps of coefficients and of starts."""
    inverse = np.linalg.inv(C + (mu + 1e-12) * _diagonal(C))
    left = A + mu * _diagonal(A) - np.einsum("snp,snm,smq->pq", B, inverse, B)
    dw = np.linalg.lstsq(left, np.einsum("snp,snm,sm->p", B, inverse, k) - g)[0]
    return left, dw, -(inverse @ (k + B @ dw)[..., None])[..., 0]


def _diagonal(A: np.ndarray) -> np.ndarray:
    """Return the diagonal part of matrices (..., n, n), at least a little of each entry."""
    d = np.diagonal(A, axis1=-2, axis2=-1)
    d = np.maximum(d, 1e-12 * d.max(axis=-1, keepdims=True) + 1e-300)
    return d[..., None] * np.eye(A.shape[-1])
