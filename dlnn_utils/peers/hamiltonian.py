"""Hamiltonian networks and their dissipative kin, of [q, p], or [q, qdot] with the mass given."""

import torch
from torch import Tensor

from dlnn_utils._arguments import array, mass_matrix, positive_integer
from dlnn_utils.models.network import DenseNetwork, ScalarNetwork
from dlnn_utils.peers.base import Peer, another, positions, scale_like


def times_mass(M: Tensor | None, x: Tensor) -> Tensor:
    """Return [q, M v] (B, 2n) of x = [q, v], or x itself where M is None."""
    if M is None:
        return x
    q, v = x.chunk(2, 1)
    return torch.cat([q, v @ M], 1)


def rotated(gradient: Tensor) -> Tensor:
    """Return J grad H = [dH/dp, -dH/dq] (B, 2n) of grad H = [dH/dq, dH/dp]."""
    by_q, by_p = gradient.chunk(2, 1)
    return torch.cat([by_p, -by_q], 1)


class _Hamiltonian(Peer):
    """What both share: networks of z = [q, p] whose prediction is z'."""

    def __init__(self, n_state: int, M, net: dict):
        super().__init__()
        self.n_state = positive_integer("n_state", n_state)
        self.network = ScalarNetwork(n_state, **self.published | net)
        inverse = None
        if M is not None:
            n, like = n_state // 2, self.network.input_scale
            M = torch.from_numpy(mass_matrix("M", array("M", M, f"{n} {n}")))
            M, inverse = M.to(like), torch.linalg.inv(M).to(like)
        self.register_buffer("M", M)
        self.register_buffer("M_inverse", inverse)

    def inputs(self, x: Tensor) -> Tensor:
        """Return z = [q, p] (B, n_state), what the networks see of the states x (B, n_state)."""
        return times_mass(self.M, x)

    def target(self, rate: Tensor) -> Tensor:
        """Return the true z' (B, n_state) of the states' rates (B, n_state)."""
        return times_mass(self.M, rate)

    def rate(self, x: Tensor) -> Tensor:
        """Return the rate (B, n_state) of the states x (B, n_state)."""
        return times_mass(self.M_inverse, self.prediction(x))

    def scale_to(self, x, rate) -> None:
        """Fix the scales of the scalar, and of matrices to order one, from data (B, n_state)."""
        super().scale_to(x, rate)
        for network in self.networks[1:]:
            scale_like(self.network, network, 1.0)


class HNN(_Hamiltonian):
    """Conservative motion from a scalar H(q, p): q' = dH/dp, p' = -dH/dq.

    Hamiltonian neural networks (Greydanus, Dzamba, Yosinski 2019), reference [13], have no
    divergence: nothing that contracts the state space can be learned.
    """

    published = {"widths": (200, 200), "activation": "tanh"}

    def __init__(self, n_state: int, M=None, **net):
        positions("HNN", n_state, "a momentum for each position")
        super().__init__(n_state, M, net)

    def prediction(self, x: Tensor) -> Tensor:
        """Return (q', p') (B, 2n) at the states x (B, 2n)."""
        return rotated(self.network.gradient(self.inputs(x)))


class DHNN(_Hamiltonian):
    """Helmholtz's split of a field into a rotation and a gradient: z' = J grad H + grad D.

    Dissipative Hamiltonian neural networks (Sosanya, Greydanus 2022): reference [15].  Without H,
    by conservative=False, z' = grad D is Eq. 16 with the sign reversed, of any dimension.
    """

    published = {"widths": (256,), "activation": "tanh"}

    def __init__(self, n_state: int, M=None, conservative: bool = True, **net):
        if conservative:
            positions("D-HNN", n_state, "or conservative=False, as H pairs q with p")
        elif M is not None:
            raise ValueError("M belongs to momenta, which D-HNN has with conservative=True only")
        super().__init__(n_state, M, net)
        self.conservative, self.dissipation = conservative, self.network
        if conservative:
            self.dissipation = ScalarNetwork(n_state, **another(self.published | net))

    def prediction(self, x: Tensor) -> Tensor:
        """Return (q', p') (B, n_state) at the states x (B, n_state)."""
        z = self.inputs(x)
        flowing = self.dissipation.gradient(z)
        return flowing + rotated(self.network.gradient(z)) if self.conservative else flowing

    def scale_to(self, x, rate) -> None:
        """Fix the scales of H and D, which are the same, from the training data (B, n_state)."""
        super().scale_to(x, rate)
        scale_like(self.network, self.dissipation, self.network.output_scale)


class PseudoHamiltonian(_Hamiltonian):
    """Port-Hamiltonian motion with a learned damping L(z) L^T: z' = (J - L L^T) grad H.

    Pseudo-Hamiltonian neural networks (Eidnes et al. 2023), without external forces: H falls.
    """

    published = {"widths": (100, 100), "activation": "tanh"}

    def __init__(self, n_state: int, M=None, damping_widths=(10,), **net):
        positions("PseudoHamiltonian", n_state, "a momentum for each position")
        super().__init__(n_state, M, net)
        self.damping = factors(self.published | net, n_state, 1, damping_widths)

    def prediction(self, x: Tensor) -> Tensor:
        """Return (q', p') (B, 2n) at the states x (B, 2n)."""
        z = self.inputs(x)
        force = self.network.gradient(z)
        (L,) = matrices(self.damping, z)
        return rotated(force) - symmetric_part(L, force)


class Onsager(_Hamiltonian):
    """Generalised Onsager principle: z' = -(L L^T + W - W^T) grad V, all three learned.

    OnsagerNet (Yu, Tian, E, Li 2021); reversible=False leaves W out, as variational Onsager
    networks do (Huang et al. 2022), and the number of states may be odd.
    """

    published = {"widths": (100, 100), "activation": "tanh"}

    def __init__(self, n_state: int, reversible: bool = True, mobility_widths=(10,), **net):
        super().__init__(n_state, None, net)
        self.mobility = factors(self.published | net, n_state, 1 + reversible, mobility_widths)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the rate (B, n_state) at the states x (B, n_state)."""
        network = self.network
        force = network.gradient(x) + network.output_scale * network.input_scale**2 * x
        L, *reversible = matrices(self.mobility, x)
        flow = -symmetric_part(L, force)
        for W in reversible:
            flow = flow - ((W - W.mT) * force[:, None]).sum(2)
        return flow


def factors(net: dict, n: int, k: int, widths) -> DenseNetwork:
    """Return a network from a state (n,) to k square matrices, of its own seed."""
    other = another(net | {"widths": widths}, "silu")
    return DenseNetwork(n, k * n * n, output_bias=True, **other)


def matrices(network: DenseNetwork, z: Tensor) -> tuple[Tensor, ...]:
    """Return the square matrices (B, n, n) of a network of `factors` at states z (B, n)."""
    n = z.shape[1]
    return network(z).unflatten(1, (-1, n, n)).unbind(1)


def symmetric_part(L: Tensor, force: Tensor) -> Tensor:
    """Return L L^T f (B, n), without the products' matrices."""
    return (L * (L * force[:, :, None]).sum(1)[:, None]).sum(2)
