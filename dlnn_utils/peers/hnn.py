"""HNN, Hamiltonian neural networks (Greydanus, Dzamba, Yosinski 2019): reference [13]."""

import torch
from torch import Tensor

from dlnn_utils.network import ScalarNetwork
from dlnn_utils.peers.base import Peer, positions, rms, set_scales
from dlnn_utils.peers.canonical import Canonical, rotated


class HNN(Peer):
    """Conservative motion from a scalar H(q, p): q' = dH/dp, p' = -dH/dq.

    The loss is the mean square error of (q', p').  The field is free of divergence, so that
    nothing which contracts the state space can be learned.

    Parameters
    ----------
    n_state : int
        2n, the length of a state.
    M : array (n, n), optional
        Mass matrix: states are [q, qdot] and p = M qdot.  Without it states are [q, p].
    widths : sequence of int
    activation : str or sequence of str
        Of H; the paper's are 2 x 200 and tanh.
    **options
        Of H, as for `ScalarNetwork`: seed, dtype.

    Raises
    ------
    ValueError
        If n_state is odd, or M is malformed.
    """

    def __init__(self, n_state: int, M=None, widths=(200, 200), activation="tanh", **options):
        super().__init__()
        n, self.n_state = positions("HNN", n_state, "a momentum for each position"), n_state
        self.network = ScalarNetwork(n_state, widths, activation, **options)
        self.canonical = Canonical(n, M, self.network.input_scale.dtype)

    def prediction(self, x: Tensor) -> Tensor:
        """Return (q', p') (B, 2n) at the states x (B, 2n)."""
        return rotated(self.network.gradient(self.canonical(x)))

    def target(self, rate: Tensor) -> Tensor:
        """Return the true (q', p') (B, 2n) of the states' rates (B, 2n)."""
        return self.canonical(rate)

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate (B, 2n) of the states x (B, 2n)."""
        return self.canonical.back(self.prediction(x))

    def energy(self, x) -> Tensor:
        """Return H (B,), up to a constant, at the states x (B, 2n)."""
        with torch.no_grad():
            return self.network.value(
                self.canonical(torch.as_tensor(x).to(self.network.input_scale))
            )

    def scale_to(self, x, rate) -> None:
        """Fix the scales of H from the training data (B, 2n)."""
        like = self.network.input_scale
        z, zdot = (self.canonical(torch.as_tensor(a).to(like)) for a in (x, rate))
        set_scales(self.network, z, rms(zdot))
