"""Lagrangian networks: LNN, and GLNN with a force of its own."""

import numpy as np
import torch
from torch import Tensor

from dlnn_utils.models.network import DenseNetwork, ScalarNetwork
from dlnn_utils.peers.base import Peer, another, positions, rms, scale_like, second_order


def pseudo_solve(mass: Tensor, force: Tensor) -> Tensor:
    """Return pinv(mass) force (B, n), at the cost of a solve where all masses are regular."""
    size = mass.detach().abs().amax((1, 2))
    if (torch.linalg.det(mass.detach()).abs() > 1e-9 * size ** mass.shape[1]).all():
        return torch.linalg.solve(mass, force)
    return (torch.linalg.pinv(mass, hermitian=True) @ force[:, :, None])[:, :, 0]


class LNN(Peer):
    """Conservative motion from a scalar L(q, qdot): q'' = pinv(L_vv) (L_q - L_vq qdot).

    Lagrangian neural networks (Cranmer, Greydanus, Hoyer et al. 2020): reference [4].  A term
    |qdot|^2 / 2, not in the published L, keeps L_vv regular before training.
    """

    published = {"widths": (128, 128), "activation": "softplus"}

    def __init__(self, n_state: int, **net):
        super().__init__()
        self.n = positions(type(self).__name__, n_state, "a velocity for each position")
        self.n_state = n_state
        self.network = ScalarNetwork(n_state, **self.published | net)

    def samples(self, x, rate, force=None) -> tuple[np.ndarray, np.ndarray]:
        """Return states and rates, checked, or refuse a first-order law."""
        return second_order(type(self).__name__, *super().samples(x, rate, force))

    def mass_and_force(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return L_vv (B, n, n), column by column, and L_q - L_vq v (B, n) at x = [q, v]."""
        n, v = self.n, x[:, self.n :]
        along = torch.cat([v, torch.zeros_like(v)], 1)
        units = [u.expand_as(x) for u in torch.eye(2 * n).to(x)[n:]]
        gradient, moved, *columns = self.network.gradient_and_hvp(x, along, *units)
        mass = torch.stack([column[:, n:] for column in columns], 2)
        return mass + torch.eye(n).to(x), gradient[:, :n] - moved[:, n:]

    def prediction(self, x: Tensor) -> Tensor:
        """Return q'' (B, n) at the states x = [q, qdot] (B, 2n)."""
        return pseudo_solve(*self.mass_and_force(x))

    def target(self, rate: Tensor) -> Tensor:
        """Return q'' (B, n) of the rates [qdot, qddot] (B, 2n)."""
        return rate[:, self.n :]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x = [q, qdot] (B, 2n)."""
        return torch.cat([x[:, self.n :], self.prediction(x)], 1)

    def scale_to(self, x, rate) -> None:
        """Fix the scales; the network's own L_vv begins well below 1, so that L_vv is regular."""
        super().scale_to(x, rate)
        steepest = float(self.network.input_scale[self.n :].max())
        self.network.output_scale.fill_(0.1 / steepest**2)


class GLNN(LNN):
    """Motion from a scalar L and a force F: q'' = L_vv^-1 (L_q - L_vq qdot + F(q, qdot)).

    Generalised Lagrangian neural networks (Xiao, Zhang, Tang 2024): reference [5].  F, a network
    of its own (`force_activation`), answers for friction.
    """

    published = {"widths": (200, 200), "activation": "tanh"}

    def __init__(self, n_state: int, *, force_activation=None, **net):
        super().__init__(n_state, **net)
        net = another(self.published | net, force_activation)
        self.force = DenseNetwork(n_state, self.n, output_bias=True, **net)

    def prediction(self, x: Tensor) -> Tensor:
        """Return q'' (B, n) at the states x = [q, qdot] (B, 2n)."""
        mass, force = self.mass_and_force(x)
        return torch.linalg.solve(mass, force + self.force(x))

    def scale_to(self, x, rate) -> None:
        """Fix the scales of L and F from the training data (B, 2n)."""
        super().scale_to(x, rate)
        scale_like(self.network, self.force, rms(rate[:, self.n :]))
