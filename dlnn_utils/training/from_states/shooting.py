"""Measured states compared with a model's trajectories, and the derivatives that fitting needs.

A Runge-Kutta step x + h sum_i w_i k_i of stages s_i = x + h a_i k_(i-1), k_i = f(s_i), has exact
derivatives, with A_i = df/ds, B_i = df/dw: dk_i = A_i (dx + h a_i dk_(i-1)) + B_i dw.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from dlnn_utils.models.jacobians import Jacobian, add_product
from dlnn_utils.models.model import Model
from dlnn_utils.training.gauss_newton import Linearised, damped_solve, descend
from dlnn_utils.training.loss import DivergenceError, History, one_thread

REACH = (0.0, 0.5, 0.5, 1.0)
WEIGHT = (1 / 6, 1 / 3, 1 / 3, 1 / 6)
CHUNK_BYTES = 2**26
ENOUGH = 1e-2
"""A step that lowers the loss by less than this fraction is a piece length's last."""


class Segments(NamedTuple):
    """S pieces of at most L steps: x (S, L + 1, m), the first m components of the state, measured.

    `h` (S, L) are the steps of time, 0 after a piece's end; `valid` (S, L + 1) is 1 up to there.
    """

    x: Tensor
    h: Tensor
    valid: Tensor

    def residuals(self, path: Tensor, scale: Tensor) -> Tensor:
        """Return weighted differences (S, L + 1, m); the sum of their squares is a mean square."""
        return (path[..., : self.x.shape[2]] - self.x) * self.weights(scale)

    def weights(self, scale: Tensor) -> Tensor:
        """Return the factors (S, L + 1, m) of the residuals, whose units are `scale`."""
        m = self.x.shape[2]
        return self.valid[..., None] / scale[:m] / (self.valid.sum() * m) ** 0.5


def cut(runs: list, length: int) -> tuple[Segments, list[tuple[int, int]]]:
    """Cut recordings, (t (T,), x (T, m)) of each, into pieces of at most `length` steps.

    Neighbours share their ends.  Each piece has the indices of its first time and its recording.
    """
    length = min(length, max(len(t) for t, _ in runs) - 1)
    where = sorted((k, b) for b, (t, _) in enumerate(runs) for k in range(0, len(t) - 1, length))
    measured = np.zeros((len(where), length + 1, runs[0][1].shape[1]))
    h, valid = np.zeros((len(where), length)), np.zeros(measured.shape[:2])
    for s, (k, b) in enumerate(where):
        t, x = runs[b]
        end = min(k + length, len(t) - 1)
        measured[s, : end - k + 1], valid[s, : end - k + 1] = x[k : end + 1], 1
        h[s, : end - k] = np.diff(t[k : end + 1])
    return Segments(*map(torch.from_numpy, (measured, h, valid))), where


@torch.no_grad()
def trajectories(
    model: Model, starts: Tensor, h: Tensor, substeps: int
) -> tuple[Tensor, list[Tensor]]:
    """Return the states (S, L + 1, n) from the starts (S, n) on, and all stages' states (S, n)."""
    x, path, stages = starts, [starts], []
    for step in (h / substeps).T[:, :, None]:
        for _ in range(substeps):
            total, stage = x, x
            for reach, weight in zip((*REACH[1:], 0.0), WEIGHT):
                stages.append(stage)
                k = step * model.rate(stage)
                total = torch.add(total, k, alpha=weight)
                stage = torch.add(x, k, alpha=reach)
            x = total
        path.append(x)
    return torch.stack(path, 1), stages


def sensitivities(
    model: Model, path: Tensor, stages: list[Tensor], h: Tensor, substeps: int
) -> Tensor:
    """Return the derivatives (S, L + 1, n, P + n) of `trajectories` by all weights and starts."""
    S, _, n = path.shape
    N, P = len(stages) // len(REACH), model.n_weights
    states = torch.stack(stages).unflatten(0, (N, -1)).transpose(1, 2)
    by_w, by_x = rate_jacobians(model, states.reshape(-1, n))
    steps = (h / substeps).T.repeat_interleave(substeps, 0)[..., None, None]
    phi, of_stages = _step_maps(by_x.unflatten(0, (N, S, -1)), steps)
    W = 0.0
    for factors, rows in zip(of_stages[..., n - len(by_w) :].unbind(-1), by_w):
        W = W + factors.contiguous().numpy() @ rows.view(N, S, -1, P).numpy()
    W = torch.from_numpy(W)
    D = path.new_zeros(S, n, P + n)
    D[..., P:] = torch.eye(n)
    J = path.new_empty(*path.shape, P + n)
    J[:, 0] = D
    for k in range(len(steps)):
        D = phi[k] @ D
        D[..., :P] += W[k]
        if (k + 1) % substeps == 0:
            J[:, (k + 1) // substeps] = D
    return J


def _step_maps(A: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Return Phi (N, S, n, n) of steps h, what each stage's B adds (N, S, n, 4, n); A = df/dx."""
    one = torch.eye(A.shape[-1]).to(A).expand_as(A[:, :, 0])
    phi, k = one, torch.zeros_like(one)
    for i, (reach, weight) in enumerate(zip(REACH, WEIGHT)):
        k = A[:, :, i] @ (one + reach * h * k)
        phi = phi + weight * h * k
    later, of_stages = torch.zeros_like(one), []
    for i in reversed(range(len(REACH))):
        later = WEIGHT[i] * h * one + later  # d(next x) / dk_i
        of_stages.insert(0, later)
        later = REACH[i] * h * (later @ A[:, :, i])
    return phi, torch.stack(of_stages, 3)


def rate_jacobians(model: Model, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the rate's derivatives at x: of its learned part by weights, of all by states."""
    x, known = x.detach().requires_grad_(), []
    m = model.target(x[:1]).shape[1]

    def learned() -> Tensor:
        rate = model.rate(x)
        known.extend(rate.T[: x.shape[1] - m])
        return rate[:, -m:]

    jacobian = Jacobian(model.networks, learned, x)
    given = [torch.autograd.grad(k.sum(), x, retain_graph=True)[0] for k in known]
    return jacobian.rows(), torch.stack([*given, *jacobian.by_states], 1)


class Shooting:
    """The fit of weights and starts to segments; its variables are (w, starts / scale)."""

    def __init__(self, model, segments: Segments, starts: Tensor, scale: Tensor, substeps: int):
        self.model, self.segments, self.substeps = model, segments, substeps
        self.starts, self.scale = starts, scale

    @one_thread()
    def fit(self, max_steps: int, history: History) -> Tensor:
        """Descend from the present weights and starts; return the path (S, L + 1, n)."""
        starts = (self.starts / self.scale).flatten()
        v = torch.cat([parameters_to_vector(self.model.weights).detach(), starts])
        options = dict(enough=ENOUGH, history=history)
        try:
            descend(v, self.assign, self.losses, self.linearise, max_steps, **options)
        except DivergenceError:
            raise DivergenceError(
                f"trajectories of {self.segments.h.shape[1]} steps blow up after the first fit: "
                f"give shorter pieces"
            ) from None
        return self.follow()

    def assign(self, v: Tensor) -> None:
        """Set the weights and the starts."""
        P = self.model.n_weights
        vector_to_parameters(v[:P], self.model.weights)
        self.starts = v[P:].view_as(self.starts) * self.scale

    def losses(self) -> tuple[float, float]:
        """Return the mean square misfit of the present weights and starts; there is no prior."""
        return float(self.segments.residuals(self.follow(), self.scale).square().sum()), 0.0

    def follow(self) -> Tensor:
        """Return the trajectories (S, L + 1, n) of the present weights and starts."""
        given = self.model, self.starts, self.segments.h, self.substeps
        self.path, self.stages = trajectories(*given)
        return self.path

    def linearise(self) -> Linearised:
        """Linearise about the path last followed: 1, and the step for a damping.

        mu counts in the largest diagonal entries of J^T J: A (P, P), g (P,) of the weights,
        B (S, n, P), C (S, n, n), h (S, n) of the starts, which the Schur complement eliminates.
        """
        segments, (S, L, n) = self.segments, self.path.shape
        P, m, weights = self.model.n_weights, segments.x.shape[2], segments.weights(self.scale)
        r = segments.residuals(self.path, self.scale).flatten(1)
        A, g, parts = None, 0.0, []
        together = max(1, CHUNK_BYTES // (8 * L * 4 * self.substeps * n * (P + n)))
        for rows in torch.arange(S).split(together):
            few, h = [stage[rows] for stage in self.stages], segments.h[rows]
            J = sensitivities(self.model, self.path[rows], few, h, self.substeps)[:, :, :m]
            J = (J * weights[rows][..., None]).flatten(1, 2)
            Jw, Js = J[..., :P].contiguous(), J[..., P:] * self.scale
            A, g = add_product(A, Jw.flatten(0, 1)), g + Jw.flatten(0, 1).T @ r[rows].flatten()
            parts.append((Js.mT @ Jw, Js.mT @ Js, (Js.mT @ r[rows][..., None])[..., 0]))
        B, C, h = (torch.cat(part) for part in zip(*parts))
        largest_w, largest_s = (float(a.diagonal(dim1=-2, dim2=-1).max()) for a in (A, C))

        def solve(mu: float) -> tuple[Tensor, float] | None:
            by_w, by_s = mu * largest_w, mu * largest_s
            inverse = torch.linalg.inv(C + by_s * torch.eye(n).to(C))
            eliminated = (inverse @ B).flatten(0, 1)
            left = A - B.flatten(0, 1).T @ eliminated
            dw = damped_solve(left, eliminated.T @ h.flatten() - g, by_w)
            if dw is None:
                return None
            ds = -(inverse @ h[..., None])[..., 0] - (eliminated @ dw).view_as(h)
            promised = dw @ (by_w * dw - g) + (ds * (by_s * ds - h)).sum()
            return torch.cat([dw, ds.flatten()]), float(promised)

        return 1.0, solve
