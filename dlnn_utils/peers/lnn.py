"""LNN, Lagrangian neural networks (Cranmer, Greydanus, Hoyer et al. 2020): reference [4]."""

import numpy as np
import torch
from torch import Tensor

from dlnn_utils.network import ScalarNetwork
from dlnn_utils.peers.base import Peer, check_second_order, positions, rms, set_scales


def mass_and_force(network: ScalarNetwork, x: Tensor) -> tuple[Tensor, Tensor]:
    """Read the Euler-Lagrange equation L_vv q'' = L_q - L_vq v out of L(q, v).

    Parameters
    ----------
    network : ScalarNetwork
        L, 2n inputs.
    x : Tensor (B, 2n)
        States [q, v].

    Returns
    -------
    mass : Tensor (B, n, n)
        L_vv = d2L/dv dv^T, by one Hessian-vector product for each column.
    force : Tensor (B, n)
        L_q - L_vq v.
    """
    n = x.shape[1] // 2
    v = x[:, n:]
    along = torch.cat([v, torch.zeros_like(v)], 1)
    units = [u.expand_as(x) for u in torch.eye(2 * n).to(x)[n:]]
    gradient, moved, *columns = network.gradient_and_hvp(x, along, *units)
    mass = torch.stack([column[:, n:] for column in columns], 2)
    return mass, gradient[:, :n] - moved[:, n:]


def pseudo_solve(mass: Tensor, force: Tensor) -> Tensor:
    """Return pinv(mass) force (B, n), at the cost of a solve where all masses are regular.

    Parameters
    ----------
    mass : Tensor (B, n, n)
        Symmetric.
    force : Tensor (B, n)
    """
    size = mass.detach().abs().amax((1, 2))
    if (torch.linalg.det(mass.detach()).abs() > 1e-9 * size ** mass.shape[1]).all():
        return torch.linalg.solve(mass, force)
    return (torch.linalg.pinv(mass, hermitian=True) @ force[:, :, None])[:, :, 0]


class LNN(Peer):
    """Conservative motion from a scalar L(q, qdot): q'' = pinv(L_vv) (L_q - L_vq qdot).

    The loss is the mean square error of q'' (q' is the state's own).  Friction that depends on
    the state alone has no part in it.

    Parameters
    ----------
    n_state : int
        2n, the length of a state [q, qdot].
    kinetic : float
        L = kinetic |qdot|^2 / 2 + network.  At 0, as published, L_vv of an untrained network may
        be singular, and training ends where it began.
    widths : sequence of int
    activation : str or sequence of str
        Of the network; the paper's are 2 x 128 and softplus.
    **options
        Of the network, as for `ScalarNetwork`: seed, dtype.

    Raises
    ------
    ValueError
        If n_state is odd.
    """

    def __init__(
        self,
        n_state: int,
        kinetic: float = 1.0,
        widths=(128, 128),
        activation="softplus",
        **options,
    ):
        super().__init__()
        self.n = positions(type(self).__name__, n_state, "a velocity for each position")
        self.kinetic, self.n_state = float(kinetic), n_state
        self.network = ScalarNetwork(n_state, widths, activation, **options)

    def samples(self, x, rate, force=None) -> tuple[np.ndarray, np.ndarray]:
        """Return states and rates, checked, or refuse a first-order law."""
        x, rate = super().samples(x, rate, force)
        check_second_order(type(self).__name__, x, rate)
        return x, rate

    def mass_and_force(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return L_vv (B, n, n) and L_q - L_vq v (B, n) at the states x (B, 2n)."""
        mass, force = mass_and_force(self.network, x)
        return mass + self.kinetic * torch.eye(self.n).to(x), force

    def prediction(self, x: Tensor) -> Tensor:
        """Return q'' (B, n) at the states x = [q, qdot] (B, 2n)."""
        mass, force = self.mass_and_force(x)
        return pseudo_solve(mass, force)

    def target(self, rate: Tensor) -> Tensor:
        """Return q'' (B, n) of the rates [qdot, qddot] (B, 2n)."""
        return rate[:, self.n :]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x = [q, qdot] (B, 2n)."""
        return torch.cat([x[:, self.n :], self.prediction(x)], 1)

    def scale_to(self, x, rate) -> None:
        """Fix the scales of L from the training data (B, 2n).

        With a kinetic term the network's own L_vv begins an order of magnitude below it, so that
        L_vv is regular at the start.
        """
        set_scales(self.network, x, rms(rate[:, self.n :]))
        if self.kinetic:
            steepest = float(self.network.input_scale[self.n :].max())
            self.network.output_scale.fill_(0.1 * abs(self.kinetic) / steepest**2)
