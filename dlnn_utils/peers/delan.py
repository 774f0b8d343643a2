"""DeLaN: mass matrix and potential of a driven system, learned from forces."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from dlnn_utils._arguments import array
from dlnn_utils.integration import integrate
from dlnn_utils.models.network import DenseNetwork, ScalarNetwork
from dlnn_utils.peers.base import Peer, another, positions, rms, scale_like, second_order


class DeLaN(Peer):
    """Mass and potential of a driven system: tau = H q'' + H' q' - d(q'^T H q')/dq / 2 + dV/dq.

    Deep Lagrangian networks (Lutter, Ritter, Peters 2019): reference [6].  H(q) = L L^T + epsilon
    I by a network for L (`mass_activation`), V(q) a scalar one.  Friction is part of the forces
    tau (B, n): those that `fit` takes, and those `given` at states (B, 2n) that `rate` takes.
    """

    published = {"widths": (64, 64), "activation": "softplus"}
    epsilon = 1e-6
    given: Callable[[Tensor], Tensor] | None = None

    def __init__(self, n_state: int, *, mass_activation=None, **net):
        super().__init__()
        self.n_state = n_state
        self.n = n = positions("DeLaN", n_state, "a velocity for each position")
        net = self.published | net
        self.network = ScalarNetwork(n, **net)
        net = another(net, mass_activation)
        self.cholesky = DenseNetwork(n, n * (n + 1) // 2, output_bias=True, **net)
        rows, columns = torch.tril_indices(n, n)
        places = torch.eye(n * n).to(self.network.input_scale)[rows * n + columns]
        self.register_buffer("places", places)
        self.register_buffer("diagonal", rows == columns)
        self.register_buffer("mass_scale", places.new_ones(()))

    def samples(self, x, rate, force=None) -> tuple[np.ndarray, np.ndarray]:
        """Return [q, qdot, qddot] and [qdot, qddot, tau] (B, 3n) of x, rate and force, checked."""
        x, rate = second_order("DeLaN", *super().samples(x, rate))
        force = 0 * rate[:, self.n :] if force is None else force
        force = array("force", force, f"{len(x)} {self.n}")
        if not force.any():
            raise ValueError("DeLaN needs the force that acts; without, H = 0 and V = 0 fit all")
        return np.hstack([x, rate[:, self.n :]]), np.hstack([rate, force])

    @property
    def n_columns(self) -> int:
        """Number of columns of what `prediction` takes, [q, qdot, qddot]."""
        return 3 * self.n

    def inputs(self, x: Tensor) -> Tensor:
        """Return q (B, n), what the networks see of [q, qdot] or of [q, qdot, qddot]."""
        return x[:, : self.n]

    def factor(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Return L (B, n, n) and its derivatives dL/dq_i (B, n, n, n), i second, at q (B, n)."""
        slopes = []
        for unit in torch.eye(self.n).to(q):
            entries, slope = self.cholesky.value_and_jvp(q, unit.expand_as(q))
            slopes.append(slope)
        positive_entries = torch.where(self.diagonal, softplus(entries), entries)
        steepness = torch.where(self.diagonal, torch.sigmoid(entries), 1.0)
        L_i = torch.stack(slopes, 1) * steepness[:, None]
        return self._triangle(positive_entries), self._triangle(L_i)

    def _triangle(self, entries: Tensor) -> Tensor:
        return (entries @ self.places).unflatten(-1, (self.n, self.n))

    def mass(self, L: Tensor) -> Tensor:
        """Return H (B, n, n) of its factor L (B, n, n)."""
        return self.mass_scale * (L @ L.mT + self.epsilon * torch.eye(self.n).to(L))

    def load(self, x: Tensor, L: Tensor, L_i: Tensor) -> Tensor:
        """Return tau - H q'' (B, n) at x, by L^T q', as q'^T H q' = |L^T q'|^2 + constant."""
        q, v = x[:, : self.n], x[:, self.n : 2 * self.n]
        L_v = (L * v[:, :, None]).sum(1)  # L^T v
        L_i_v = (L_i * v[:, None, :, None]).sum(2)  # (dL/dq_i)^T v, (B, i, n)
        Ldot = (L_i * v[:, :, None, None]).sum(1)
        Ldot_v = (L_i_v * v[:, :, None]).sum(1)
        turning = (Ldot * L_v[:, None] + L * Ldot_v[:, None] - L_i_v * L_v[:, None]).sum(2)
        return self.mass_scale * turning + self.network.gradient(q)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the forces tau (B, n) at [q, qdot, qddot] (B, 3n): the inverse model."""
        L, L_i = self.factor(self.inputs(x))
        inertia = (self.mass(L) * x[:, None, 2 * self.n :]).sum(2)
        return inertia + self.load(x, L, L_i)

    def target(self, rate: Tensor) -> Tensor:
        """Return the given forces (B, n) of [qdot, qddot, tau] (B, 3n)."""
        return rate[:, 2 * self.n :]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x (B, 2n), under the forces `given`."""
        L, L_i = self.factor(self.inputs(x))
        tau = 0.0 if self.given is None else self.given(x)
        acceleration = torch.linalg.solve(self.mass(L), tau - self.load(x, L, L_i))
        return torch.cat([x[:, self.n :], acceleration], 1)

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the states x0 (B, 2n) over the times t, under the forces `given`."""
        like = self.network.input_scale
        return integrate(self.rate, x0, t, n_state=self.n_state, like=like, **options)

    def scale_to(self, x, rate) -> None:
        """Fix the scales from [q, qdot, qddot] and [qdot, qddot, tau] (B, 3n)."""
        force, acceleration = rms(rate[:, 2 * self.n :]), rms(x[:, 2 * self.n :])
        super().scale_to(x, rate)
        scale_like(self.network, self.cholesky, 1.0)
        self.mass_scale.fill_(force / (acceleration or 1.0))
