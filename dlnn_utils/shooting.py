"""Measured states compared with a model's trajectories, and the derivatives that fitting needs.

A trajectory goes from one measured time to the next by classical Runge-Kutta steps.  Its
derivatives by the weights w and by the start s follow the same steps, and are therefore exact:

    dk/d(w, s) = df/dw + df/dx d(stage)/d(w, s)     for each stage's rate k = f(stage).

The df/dw of all stages come from one call of `dlnn_utils.jacobian`.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.models import Model

REACH = (0.0, 0.5, 0.5, 1.0)
WEIGHT = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
CHUNK_BYTES = 2**28


class Segments(NamedTuple):
    """Measurements cut into S pieces of at most L steps, each with a start of its own.

    Attributes
    ----------
    x : Tensor (S, L + 1, m)
        Measured: the first m components of the state.
    h : Tensor (S, L)
        Times from one to the next; 0 after a piece's end.
    valid : Tensor (S, L + 1)
        1 where there is a measurement, 0 after a piece's end.
    """

    x: Tensor
    h: Tensor
    valid: Tensor

    def residuals(self, path: Tensor, scale: Tensor) -> Tensor:
        """Return weighted differences (S, L + 1, m); their squares' sum is a mean square.

        Parameters
        ----------
        path : Tensor (S, L + 1, n_state)
            Trajectories.
        scale : Tensor (n_state,)
            What the errors of each component are measured in.
        """
        m = self.x.shape[2]
        return (path[..., :m] - self.x) * self.weights(scale)

    def weights(self, scale: Tensor) -> Tensor:
        """Return the factors (S, L + 1, m) of the residuals."""
        m = self.x.shape[2]
        return self.valid[..., None] / scale[:m] / (self.valid.sum() * m) ** 0.5


def cut(x: np.ndarray, t: np.ndarray, length: int) -> tuple[Segments, list[tuple[int, int]]]:
    """Cut trajectories x (T, B, m) at the times t (T,) into pieces of at most `length` steps.

    Neighbouring pieces share a measurement, which ends one and starts the next.

    Returns
    -------
    segments : Segments
    where : list of (int, int)
        Index of the time and of the trajectory at which each piece starts.
    """
    T, B, m = x.shape
    length = min(length, T - 1)
    where = [(k, b) for k in range(0, T - 1, length) for b in range(B)]
    measured, h = np.zeros((len(where), length + 1, m)), np.zeros((len(where), length))
    valid = np.zeros(measured.shape[:2])
    for s, (k, b) in enumerate(where):
        end = min(k + length, T - 1)
        measured[s, : end - k + 1], valid[s, : end - k + 1] = x[k : end + 1, b], 1
        h[s, : end - k] = np.diff(t[k : end + 1])
    return Segments(*map(torch.from_numpy, (measured, h, valid))), where


def trajectories(
    model: Model, starts: Tensor, h: Tensor, substeps: int
) -> tuple[Tensor, list[Tensor]]:
    """Return the states (S, L + 1, n) from the starts (S, n) on, and all stages' states (S, n)."""
    x, path, stages = starts, [starts], []
    for step in (h / substeps).T[:, :, None]:
        for _ in range(substeps):
            k, total = torch.zeros_like(x), 0.0
            for reach, weight in zip(REACH, WEIGHT):
                stages.append(x + reach * step * k)
                k = model.rate(stages[-1])
                total = total + weight * k
            x = x + step * total
        path.append(x)
    return torch.stack(path, 1), stages


def sensitivities(model: Model, starts: Tensor, h: Tensor, substeps: int) -> tuple[Tensor, Tensor]:
    """Return trajectories, and their derivatives by all weights and by the starts.

    Parameters
    ----------
    model : Model
    starts : Tensor (S, n)
    h : Tensor (S, L)
        Times between the states.
    substeps : int
        Runge-Kutta steps for each.

    Returns
    -------
    path : Tensor (S, L + 1, n)
    J : Tensor (S, L + 1, n, P + n)
        P weights, then the n components of the start.
    """
    with torch.no_grad():
        path, stages = trajectories(model, starts, h, substeps)
    (S, n), P = starts.shape, model.n_weights
    by_w, by_x = (d.unflatten(0, (-1, S)) for d in rate_jacobians(model, torch.cat(stages)))
    jacobians = zip(by_w, by_x)
    m = by_w.shape[2]
    D = torch.cat([starts.new_zeros(S, n, P), torch.eye(n).to(starts).expand(S, n, n)], 2)
    J = [D]
    for step in (h / substeps).T[:, :, None, None]:
        for _ in range(substeps):
            k, total = torch.zeros_like(D), 0.0
            for reach, weight in zip(REACH, WEIGHT):
                dw, dx = next(jacobians)
                k = dx @ (D + reach * step * k)
                k[:, n - m :, :P] += dw
                total = total + weight * k
            D = D + step * total
        J.append(D)
    return path, torch.stack(J, 1)


def rate_jacobians(model: Model, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the derivatives of the rate at the states x (B, n).

    Returns
    -------
    by_w : Tensor (B, m, P)
        Of the last m components, those that are learned, by the weights.
    by_x : Tensor (B, n, n)
        Of all components by the state.
    """
    learned = model.target(x[:1]).shape[1]
    _, by_w = prediction_and_jacobian(model.networks, lambda: model.rate(x)[:, -learned:])
    x = x.detach().requires_grad_()
    rate = model.rate(x)
    by_x = [torch.autograd.grad(k.sum(), x, retain_graph=True)[0] for k in rate.T]
    return by_w, torch.stack(by_x, 1)


class NormalEquations:
    """The linearised fit of weights and starts, from which the starts can be eliminated.

    Starts of different segments do not know of each other: their block of J^T J is block
    diagonal, and what is left for the weights is its Schur complement.

    Parameters
    ----------
    model : Model
    segments : Segments
    starts : Tensor (S, n_state)
    scale : Tensor (n_state,)
        What errors, and steps of the starts, are measured in.
    substeps : int
    """

    def __init__(self, model, segments: Segments, starts: Tensor, scale: Tensor, substeps: int):
        (S, n), P = starts.shape, model.n_weights
        m, weights = segments.x.shape[2], segments.weights(scale)
        each = 8 * segments.h.shape[1] * (4 * substeps + 2) * n * (P + n)
        self.A, self.g = 0.0, 0.0
        parts = []
        for rows in torch.arange(S).split(max(1, CHUNK_BYTES // each)):
            path, J = sensitivities(model, starts[rows], segments.h[rows], substeps)
            piece = Segments(*(a[rows] for a in segments))
            r = ((path[..., :m] - piece.x) * weights[rows]).flatten(1)
            J = (J[:, :, :m] * weights[rows][..., None]).flatten(1, 2)
            Jw, Js = J[..., :P].contiguous(), J[..., P:] * scale
            flat = Jw.reshape(-1, P)
            self.A, self.g = self.A + flat.T @ flat, self.g + flat.T @ r.reshape(-1)
            parts.append((Js.mT @ Jw, Js.mT @ Js, (Js.mT @ r[..., None])[..., 0]))
        self.B, self.C, self.h = (torch.cat(part) for part in zip(*parts))

    def solve(self, mu: float) -> tuple[Tensor, Tensor, float] | None:
        """Return damped steps of weights (P,) and starts (S, n), and the decrease they promise.

        None if the matrix is not numerically positive definite.

        Parameters
        ----------
        mu : float
            Damping over the largest diagonal entry of either block.
        """
        by_w, by_s = (mu * float(a.diagonal(dim1=-2, dim2=-1).max()) for a in (self.A, self.C))
        inverse = torch.linalg.inv(self.C + by_s * torch.eye(self.C.shape[1]).to(self.C))
        eliminated = inverse @ self.B
        A = self.A - self.B.flatten(0, 1).T @ eliminated.flatten(0, 1)
        A.diagonal().add_(by_w)
        g = self.g - eliminated.flatten(0, 1).T @ self.h.flatten()
        factor, failed = torch.linalg.cholesky_ex(A)
        if failed:
            return None
        dw = -torch.cholesky_solve(g[:, None], factor)[:, 0]
        ds = -(inverse @ self.h[..., None])[..., 0] - eliminated @ dw
        promised = dw @ (by_w * dw - self.g) + (ds * (by_s * ds - self.h)).sum()
        return dw, ds, float(promised)
