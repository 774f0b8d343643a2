"""D-HNN, dissipative Hamiltonian neural networks (Sosanya, Greydanus 2022): reference [15]."""

import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.peers.base import Peer, positions, rms, set_scales
from dlnn_utils.peers.canonical import Canonical, rotated


class DHNN(Peer):
    """Helmholtz's split of a field into a rotation and a gradient: x' = J grad H + grad D.

    H and D are scalar networks of x = [q, p]: q' = dH/dp + dD/dq, p' = -dH/dq + dD/dp.  The loss
    is the mean square error of (q', p').  The split is unique up to a field that is both, as for
    harmonic H and D.

    Without H what is left, x' = grad D, is a gradient flow of any dimension: the dissipative
    Lagrangian's c' = -grad L_D (Eq. 16) with the sign reversed.

    Parameters
    ----------
    n_state : int
        Length of a state, even where there is an H.
    M : array (n, n), optional
        Mass matrix: states are [q, qdot] and p = M qdot.  Without it states are as they stand.
    conservative : bool
        Whether there is an H.
    widths : sequence of int
    activation : str or sequence of str
        Of H and of D; the released code has one layer of 256 and tanh.
    seed : int
        Of the initial weights.
    **options
        Of both, as for `ScalarNetwork`: dtype.

    Raises
    ------
    ValueError
        If n_state is odd and there is an H, or M is malformed or given without an H.
    """

    def __init__(
        self,
        n_state: int,
        M=None,
        conservative: bool = True,
        widths=(256,),
        activation="tanh",
        seed: int = 0,
        **options,
    ):
        super().__init__()
        self.n_state = check.positive_integer("n_state", n_state)
        self.canonical = None
        if conservative:
            n = positions("D-HNN", n_state, "or conservative=False, as H pairs q with p")
            self.network = ScalarNetwork(n_state, widths, activation, seed, **options)
            self.canonical = Canonical(n, M, self.network.input_scale.dtype)
            seed = check.seed(seed) + 1_000_003
        elif M is not None:
            raise ValueError("M belongs to momenta, which D-HNN has with conservative=True only")
        dissipation = ScalarNetwork(n_state, widths, activation, seed, **options)
        if conservative:
            self.dissipation = dissipation
        else:
            self.network = dissipation

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return J grad H and grad D (B, n_state) of (q', p') at the states x (B, n_state)."""
        if self.canonical is None:
            by_dissipation = self.network.gradient(x)
            return torch.zeros_like(by_dissipation), by_dissipation
        z = self.canonical(x)
        return rotated(self.network.gradient(z)), self.dissipation.gradient(z)

    def prediction(self, x: Tensor) -> Tensor:
        """Return (q', p') (B, n_state) at the states x (B, n_state)."""
        return sum(self.parts(x))

    def target(self, rate: Tensor) -> Tensor:
        """Return the true (q', p') (B, n_state) of the states' rates (B, n_state)."""
        return rate if self.canonical is None else self.canonical(rate)

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate (B, n_state) of the states x (B, n_state)."""
        z = self.prediction(x)
        return z if self.canonical is None else self.canonical.back(z)

    def scale_to(self, x, rate) -> None:
        """Fix the scales of H and D from the training data (B, n_state)."""
        x, rate = (torch.as_tensor(a).to(self.network.input_scale) for a in (x, rate))
        z, zdot = (a if self.canonical is None else self.canonical(a) for a in (x, rate))
        for network in self.networks:
            set_scales(network, z, rms(zdot))
