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
    widths, activation, seed, dtype
        Of both networks, as for `DenseNetwork`; the paper's are 2 x 64 and softplus.
    epsilon : float
        Smallest eigenvalue of H, over its size.

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
        self.register_buffer("mass_scale", torch.ones((), dtype=self.network.input_scale.dtype))

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
        given = "none" if force is None else "zeros alone" if not np.any(force) else ""
        if given:
            raise ValueError(
                f"DeLaN needs the forces that act, force (B, {self.n}); got {given}: with tau = 0 "
                f"H = 0 and V = 0 fit every motion"
            )
        force = check.array("force", force, (len(x), self.n))
        return np.hstack([x, rate[:, self.n :]]), np.hstack([rate, force])

    def mass(self, q: Tensor) -> tuple[Tensor, Tensor]:
        """Return H (B, n, n) and its derivatives dH/dq_i (B, n, n, n), i second, at q (B, n)."""
        n, slopes = self.n, []
        for unit in torch.eye(n).to(q):
            entries, along = self.cholesky.value_and_jvp(q, unit.expand_as(q))
            slopes.append(along)
        rows, columns = torch.tril_indices(n, n)
        on_diagonal = rows == columns
        squeezed = torch.where(on_diagonal, softplus(entries), entries)
        steepness = torch.where(on_diagonal, torch.sigmoid(entries), 1.0)
        L = q.new_zeros(len(q), n, n).index_put((slice_of(q), rows, columns), squeezed)
        L_i = torch.stack(
            [
                q.new_zeros(len(q), n, n).index_put((slice_of(q), rows, columns), steepness * s)
                for s in slopes
            ],
            1,
        )
        half = L_i @ L[:, None].mT
        H = L @ L.mT + self.epsilon * torch.eye(n).to(q)
        return self.mass_scale * H, self.mass_scale * (half + half.mT)

    def mass_and_load(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return H (B, n, n) and tau - H q'' (B, n) at the states x = [q, qdot] (B, 2n)."""
        q, v = x[:, : self.n], x[:, self.n : 2 * self.n]
        H, H_i = self.mass(q)
        H_i_v = torch.einsum("bijk,bk->bij", H_i, v)
        turning = torch.einsum("bi,bij->bj", v, H_i_v) - torch.einsum("bij,bj->bi", H_i_v, v) / 2
        return H, turning + self.network.gradient(q)

    def prediction(self, x: Tensor) -> Tensor:
        """Return the forces tau (B, n) at [q, qdot, qddot] (B, 3n): the inverse model."""
        H, load = self.mass_and_load(x)
        return torch.einsum("bij,bj->bi", H, x[:, 2 * self.n :]) + load

    def target(self, rate: Tensor) -> Tensor:
        """Return the given forces (B, n) of [qdot, qddot, tau] (B, 3n)."""
        return rate[:, 2 * self.n :]

    def rate(self, x: Tensor) -> Tensor:
        """Return [qdot, qddot] (B, 2n) at the states x (B, 2n), under the forces `given`."""
        H, load = self.mass_and_load(x)
        tau = 0.0 if self.given is None else self.given(x)
        return torch.cat([x[:, self.n :], torch.linalg.solve(H, tau - load)], 1)

    def evolve(self, x0, t, **options) -> np.ndarray:
        """Integrate from the states x0 (B, 2n) over the times t, under the forces `given`."""
        return integrate(self.rate, x0, t, n_state=2 * self.n, **options)

    def driven_by(self, force: Callable[[Tensor], Tensor]) -> "DeLaN":
        """Set the forces tau (B, n) that act at states (B, 2n) from now on, and return itself."""
        self.given = force
        return self

    def scale_to(self, x, rate) -> None:
        """Fix the scales from [q, qdot, qddot] and [qdot, qddot, tau] (B, 3n)."""
        force, acceleration = rms(rate[:, 2 * self.n :]), rms(x[:, 2 * self.n :])
        set_scales(self.network, x[:, : self.n], force)
        set_scales(self.cholesky, x[:, : self.n], 1.0)
        self.mass_scale.fill_(force / (acceleration or 1.0))


def slice_of(q: Tensor) -> Tensor:
    """Return the row numbers (B, 1) of a batch, to index with."""
    return torch.arange(len(q), device=q.device)[:, None]
