"""GLNN, generalised Lagrangian neural networks (Xiao, Zhang, Tang 2024): reference [5]."""

import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.network import DenseNetwork
from dlnn_utils.peers.base import rms, set_scales
from dlnn_utils.peers.lnn import LNN


class GLNN(LNN):
    """Motion from a scalar L and a force F: q'' = L_vv^-1 (L_q - L_vq qdot + F(q, qdot)).

    F is a network of its own, with an output for each position, and answers for friction.  With
    L = |qdot|^2 / 2 alone, F is the paper's baseline network: GLNN contains it.

    Parameters
    ----------
    n_state : int
        2n, the length of a state [q, qdot].
    kinetic : float
        L = kinetic |qdot|^2 / 2 + network, as for `LNN`.
    widths : sequence of int
    activation : str or sequence of str
        Of L, as for `ScalarNetwork`.
    seed : int
        Of the initial weights.
    force_activation : str, optional
        Of F, which has L's widths; by default L's.
    **options
        Of both networks: dtype.

    Raises
    ------
    ValueError
        If n_state is odd.
    """

    def __init__(
        self,
        n_state: int,
        kinetic: float = 1.0,
        widths=(200, 200),
        activation="tanh",
        seed: int = 0,
        force_activation=None,
        **options,
    ):
        super().__init__(n_state, kinetic, widths, activation, seed=seed, **options)
        self.force = DenseNetwork(
            n_state,
            self.n,
            widths,
            force_activation or activation,
            check.seed(seed) + 1_000_003,
            output_bias=True,
            **options,
        )

    def prediction(self, x: Tensor) -> Tensor:
        """Return q'' (B, n) at the states x = [q, qdot] (B, 2n)."""
        mass, force = self.mass_and_force(x)
        return torch.linalg.solve(mass, force + self.force(x))

    def scale_to(self, x, rate) -> None:
        """Fix the scales of L and F from the training data (B, 2n)."""
        super().scale_to(x, rate)
        set_scales(self.force, x, rms(rate[:, self.n :]) * (self.kinetic or 1.0))
