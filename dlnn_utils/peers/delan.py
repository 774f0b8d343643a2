"""DeLaN, deep Lagrangian networks (Lutter, Ritter, Peters 2019): reference [6]."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from dlnn_utils import check
from dlnn_utils.integration import integrate
from dlnn_utils.network import DenseNetwork, ScalarNetwork
from dlnn_utils.peers.base import Peer, check_second_order, positions, rms, set_scales


class DeLaN(Peer):
    """Mass and potential of a driven system: tau = H q'' + H' q' - d(q'^T H q')/dq / 2 + dV/dq.

    H(q) = L L^T + epsilon I is positive definite by its Cholesky factor L, a network with
    softplus on the diagonal; V(q) is a scalar network.  The loss is the mean square error of
    the forces tau, which must be given; friction is not in the model, and is part of tau.

    Parameters
    ----------
    n_state : int
        2n, the length of a state [q, qdot].
    widths : sequence of int
    activation : str or sequence of str
        Of both networks, as for `DenseNetwork`; the paper's are 2 x 64 and softplus.
    seed : int
        Of the initial weights.
    mass_activation : str, optional
        Of the network of L, by default that of V.
    epsilon : float
        Smallest eigenvalue of H, over its size.
    **options
        Of both networks: dtype.

    Attributes
    ----------
    given : callable or None
        The forces tau (B, n) at states (B, 2n) that `rate` and `evolve` take; None for none.

    Raises
    ------
    ValueError
        If n_state is odd.
    """

    def __init__(
        self,
        n_state: int,
        widths=(64, 64),
        activation="softplus",
        seed: int = 0,
        mass_activation=None,
        epsilon: float = 1e-6,
        **options,
    ):
        super().__init__()
        self.n_state, self.n = n_state, positions("DeLaN", n_state, "a velocity for each position")
        n = self.n
        self.epsilon, self.given = check.positive("epsilon", epsilon), None
        self.network = ScalarNetwork(n, widths, activation, seed, **options)
        self.cholesky = DenseNetwork(
            n,
            n * (n + 1) // 2,
            widths,
            mass_activation or activation,
            check.seed(seed) + 1_000_003,
            output_bias=True,
            **options,
        )
        rows, columns = torch.tril_indices(n, n)
        places = torch.eye(n * n).to(self.network.input_scale)[rows * n + columns]
        self.register_buffer("places", places)
        self.register_buffer("diagonal", rows == columns)
        self.register_buffer("mass_scale", places.new_ones(()))

    def samples(self, x, rate, force=None) -> tuple[np.ndarray, np.ndarray]:
        """Return [q, qdot, qddot] and [qdot, qddot, tau] (B, 3n), checked.

        Parameters
        ----------
        x, rate : array (B, 2n)
            States [q, qdot] and rates [qdot, qddot].
        force : array (B, n)
            Generalised forces tau.

        Raises
        ------
        ValueError
            If there are no forces, or the law is of first order.
        """
        x, rate = super().samples(x, rate)
        check_second_order("DeLaN", x, rate)
        force = None if force is None else check.array("force", force, (len(x), self.n))
        given = "none" if force is None else "zeros alone" if not force.any() else ""
        if given:
            raise ValueError(
                f"DeLaN needs the forces that act, force (B, {self.n}); got {given}: with tau = 0 "
                f"H = 0 and V = 0 fit every motion"
            )
        return np.hstack([x, rate[:, self.n :]]), np.hstack([rate, force])

    @property
    def n_columns(self) -> int:
        """Number of columns of what `prediction` takes, [q, qdot, qddot]."""
        return 3 * self.n

    def factor(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Return L (B, n, n) and its derivatives dL/dq_i (B, n, n, n), i second, at q (B, n)."""
        slopes = []
        for unit in torch.eye(self.n).to(q):
            entries, slope = self.cholesky.value_and_jvp(q, unit.expand_as(q))
            slopes.append(slope)
        positive = torch.where(self.diagonal, softplus(entries), entries)
        steepness = torch.where(self.diagonal, torch.sigmoid(entries), 1.0)
        return self._triangle(positive), self._triangle(
            torch.stack(slopes, 1) * steepness[:, None]
        )

    def _triangle(self, entries: Tensor) -> Tensor:
        """Lower triangular matrices (..., n, n) of their entries (..., n (n + 1) / 2)."""
        return (entries @ self.places).unflatten(-1, (self.n, self.n))

    def mass(self, L: Tensor) -> Tensor:
        """Return H (B, n, n) of its factor L (B, n, n)."""
        return self.mass_scale * (L @ L.mT + self.epsilon * torch.eye(self.n).to(L))

    def load(self, x: Tensor, L: Tensor, L_i: Tensor) -> Tensor:
        """Return tau - H q'' at the states: H' q' - d(q'^T H q')/dq / 2 + dV/dq.

        Written with L^T q', since q'^T H q' = |L^T q'|^2 but for a constant.

        Parameters
        ----------
        x : Tensor (B, 2n)
            States.
        L : Tensor (B, n, n)
            Factor of H there.
        L_i : Tensor (B, n, n, n)
            Its derivatives by q_i, i second.

        Returns
        -------
        Tensor (B, n)
        """
        q, v = x[:, : self.n], x[:, self.n : 2 * self.n]
        L_v = (L * v[:, :, None]).sum(1)  # L^T v
        L_i_v = (L_i * v[:, None, :, None]).sum(2)  # (dL/dq_i)^T v, (B, i, n)
        Ldot = (L_i * v[:, :, None, None]).sum(1)
        Ldot_v = (L_i_v * v[:, :, None]).sum(1)
        turning = (Ldot * L_v[:, None] + L * Ldot_v[:, None] - L_i_v * L_v[:, None]).sum(2)
        return self.mass_scale * turning + self.network.gradient(q)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the forces tau (B, n) at [q, qdot, qddot] (B, 3n): the inverse model."""
        L, L_i = self.factor(x[:, : self.n])
        inertia = (self.mass(L) * x[:, None, 2 * self.n :]).sum(2)
        return inertia + self.load(x, L, L_i)

    def target(self, rate: Tensor) -> Tensor:
        """Return the given forces (B, n) of [qdot, qddot, tau] (B, 3n)."""
        return rate[:, 2 * self.n :]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x (B, 2n), under the forces `given`."""
        L, L_i = self.factor(x[:, : self.n])
        tau = 0.0 if self.given is None else self.given(x)
        acceleration = torch.linalg.solve(self.mass(L), tau - self.load(x, L, L_i))
        return torch.cat([x[:, self.n :], acceleration], 1)

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the states x0 (B, 2n) over the times t, under the forces `given`."""
        return integrate(self.rate, x0, t, n_state=2 * self.n, **options)

    def driven_by(self, force: Callable[[Tensor], Tensor]) -> "DeLaN":
        """Set the force that acts from now on, tau (B, n) at states (B, 2n), and return itself."""
        self.given = force
        return self

    def scale_to(self, x, rate) -> None:
        """Fix the scales from [q, qdot, qddot] and [qdot, qddot, tau] (B, 3n)."""
        force, acceleration = rms(rate[:, 2 * self.n :]), rms(x[:, 2 * self.n :])
        set_scales(self.network, x[:, : self.n], force)
        set_scales(self.cholesky, x[:, : self.n], 1.0)
        self.mass_scale.fill_(force / (acceleration or 1.0))
