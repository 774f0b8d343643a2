"""Laws of few coefficients: what measured states follow before a network is asked for more.

Mechanics is M q'' + C q' + K q + f + a |q'| q' + b sign(q') = 0 with drag a and dry friction b,
diffusion c' + K c + f = 0; K and C are symmetric.  Both have a dissipative Lagrangian.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dlnn_utils.models.model import Model
from dlnn_utils.models.motion import Diffusion, Mechanics
from dlnn_utils.models.network import ScalarNetwork

SOFT = 0.05
"""Of the RMS speed: below it dry friction falls to zero, so that the law has a slope."""
STEP = 0.2
"""Largest Runge-Kutta step, in times of the fastest mode."""


@dataclass(frozen=True)
class Form:
    """Which coefficients a law has, and how the vector theta (P,) of them is laid out.

    M (n, n) is None for diffusion; dry friction falls below the speeds `soft` (n,).  Components
    farther apart than `neighbours`, if given, do not act on each other.
    """

    n: int
    M: np.ndarray | None
    friction: bool = False
    soft: np.ndarray | None = None
    dissipative: bool = False
    neighbours: int | None = None

    @property
    def order(self) -> int:
        """2 for mechanics, 1 for diffusion."""
        return 1 if self.M is None else 2

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Rows and columns of the entries of a symmetric matrix, in the order of theta."""
        far = self.n if self.neighbours is None else self.neighbours
        return [(i, j) for i in range(self.n) for j in range(i, min(self.n, i + far + 1))]

    @property
    def names(self) -> list[str]:
        """The coefficients' names, in the order of theta."""
        matrices = [f"{k}{i + 1}{j + 1}" for k in "KC"[: self.order] for i, j in self.pairs]
        vectors = ["f", *(("a", "b") if self.friction else ())]
        return matrices + [f"{k}{i + 1}" for k in vectors for i in range(self.n)]

    def matrix(self, theta: np.ndarray, k: int) -> np.ndarray:
        """Return the symmetric matrix (..., n, n) number k of theta (..., P)."""
        full, p = np.zeros((*theta.shape[:-1], self.n, self.n)), len(self.pairs)
        for value, (i, j) in zip(np.moveaxis(theta[..., k * p : (k + 1) * p], -1, 0), self.pairs):
            full[..., i, j] = full[..., j, i] = value
        return full

    def vectors(self, theta: np.ndarray) -> list[np.ndarray]:
        """Return f, and drag and dry friction if the law has them, each (..., n)."""
        rest = theta[..., self.order * len(self.pairs) :]
        return np.split(rest, rest.shape[-1] // self.n, axis=-1)

    def linear(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return A (..., N, N) and b (..., N) of z' = A z + b, friction left out."""
        f = self.vectors(theta)[0]
        if self.order == 1:
            return -self.matrix(theta, 0), -f
        inverse = np.linalg.inv(self.M)
        A, b = np.zeros((*f.shape[:-1], *[2 * self.n] * 2)), np.zeros((*f.shape[:-1], 2 * self.n))
        A[..., : self.n, self.n :] = np.eye(self.n)
        for k, columns in enumerate((slice(None, self.n), slice(self.n, None))):
            A[..., self.n :, columns] = -inverse @ self.matrix(theta, k)
        b[..., self.n :] = -f @ inverse
        return A, b

    def rate(self, theta: np.ndarray):
        """Return z (..., S, N) -> z' of the laws theta (..., P)."""
        A, b = self.linear(theta)
        turned, b, n = np.swapaxes(A, -1, -2), b[..., None, :], self.n
        if not self.friction:
            return lambda z: z @ turned + b
        inverse = np.linalg.inv(self.M)
        a, dry = (v[..., None, :] for v in self.vectors(theta)[1:])

        def rate(z):
            v, out = z[..., n:], z @ turned + b
            out[..., n:] -= (a * np.abs(v) * v + dry * np.tanh(v / self.soft)) @ inverse
            return out

        return rate

    def follow(self, theta: np.ndarray, starts: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Return the states (..., S, L + 1, N) from starts (..., S, N), over steps h (S, L)."""
        A = self.linear(theta if theta.ndim == 1 else theta[0])[0]
        fastest = np.abs(np.linalg.eigvals(A)).max() * h.max()
        sub = int(np.clip(np.ceil(fastest / STEP), 1, 20))
        rate, z, path = self.rate(theta), starts, [starts]
        for step in (h / sub).T[..., None]:
            for _ in range(sub):
                k1 = rate(z)
                k2 = rate(z + step / 2 * k1)
                k3 = rate(z + step / 2 * k2)
                z = z + step / 6 * (k1 + 2 * k2 + 2 * k3 + rate(z + step * k3))
            path.append(z)
        return np.stack(path, -2)

    def made_dissipative(self, theta: np.ndarray) -> np.ndarray:
        """Return theta with a damping C, or conductance K, close by that dissipates."""
        if not self.dissipative:
            return theta
        theta, k, p = theta.copy(), self.order - 1, len(self.pairs)
        d, U = np.linalg.eigh(self.matrix(theta, k))
        safe = (U * d.clip(min=0)) @ U.T
        if self.neighbours is not None:  # zeros stay zeros
            safe = self.matrix(theta, k) + max(0.0, -d[0]) * np.eye(self.n)
        theta[k * p : (k + 1) * p] = [safe[i, j] for i, j in self.pairs]
        if self.friction:
            theta[-2 * self.n :] = theta[-2 * self.n :].clip(min=0)
        return theta

    def network(self, theta: np.ndarray) -> ScalarNetwork:
        """Return L_D of a law as a network of squares, exactly, its friction left out."""
        n, N, f = self.n, self.order * self.n, self.vectors(theta)[0]
        H = np.zeros((N, N))
        H[:n, :n] = self.matrix(theta, 0)
        if self.order == 2:
            H[n:, :n] = H[:n, n:] = self.matrix(theta, 1) / 2
        d, U = np.linalg.eigh(H)
        slope = np.concatenate([f, np.zeros(N - n)])  # ((s z + 1)^2 - (s z - 1)^2) / 4 = s z
        network = ScalarNetwork(N, (N + 2,), "quadratic")
        rows, last = np.vstack([U.T, slope, slope]), np.concatenate([d, [0.5, -0.5]])
        values = rows, last[None], np.concatenate([np.zeros(N), [1.0, -1.0]])
        with torch.no_grad():
            for parameter, value in zip((*network.weights, *network.biases), values):
                parameter.copy_(torch.from_numpy(value))
        return network

    def model(self, theta: np.ndarray, network: ScalarNetwork | None = None) -> Model:
        """Return a law as a model; `network` takes the place of its quadratic L_D if given."""
        network = self.network(theta) if network is None else network
        if self.M is None:
            return Diffusion(network)
        if not self.friction:
            return Mechanics(network, self.M)
        return Friction(network, self.M, *self.vectors(theta)[1:], self.soft)


class Friction(Mechanics):
    """Mechanics with drag a |q'| q' and dry friction b tanh(q' / soft) beside what L_D gives."""

    def __init__(self, network: ScalarNetwork, M, drag, dry, soft):
        super().__init__(network, M)
        for name, value in (("drag", drag), ("dry", dry), ("soft", soft)):
            self.register_buffer(name, torch.tensor(np.array(value)))

    def friction(self, x: Tensor) -> Tensor:
        """Return the force of drag and dry friction (B, n) at the states x (B, 2n)."""
        v = x[:, self.n :]
        return self.drag * v.abs() * v + self.dry * torch.tanh(v / self.soft)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the force M q'' (B, n) at the states x (B, 2n)."""
        return super().prediction(x) - self.friction(x)
