"""Ground truth beyond linear diffusion: a plate that separates into two phases (Allen-Cahn)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.finite_elements import Plate
from dlnn_utils.nonlinear import NonlinearSystem


@dataclass(frozen=True)
class AllenCahn(NonlinearSystem):
    """The gradient flow of an order parameter's energy on a plate, by finite elements.

    E(c) = (1/2) c^T K c + sum_i M_ii w(c_i),   w(c) = (c^2 - 1)^2 / 4,

    with the plate's stiffness K, whose D is the gradient energy's coefficient, and its lumped mass
    M.  M c' = -dE/dc is not yet Eq. 16, but in the mass-weighted coordinates x = M^(1/2) c it is:

    x' = -dE/dx = -S x - M^(1/2) w'(M^(-1/2) x),   S = M^(-1/2) K M^(-1/2).

    The state of the system is x.

    Attributes
    ----------
    plate : Plate
        With the lumped mass.
    rate_of_separation : float
        Factor of w, in 1/s.

    Raises
    ------
    ValueError
        If the plate's mass is not lumped, or the rate is not positive.
    """

    plate: Plate
    rate_of_separation: float = 1.0

    def __post_init__(self):
        if np.count_nonzero(self.plate.M) != self.plate.n:
            raise ValueError("plate must have a lumped mass: Plate.of(D); got a consistent one")
        check.positive("rate_of_separation", self.rate_of_separation)

    @property
    def n_state(self) -> int:
        """Number of nodes."""
        return self.plate.n

    def rates(self, x: Tensor) -> Tensor:
        """Return x' (B, n) at mass-weighted order parameters x (B, n)."""
        root, S = self._tensors
        c = x / root
        return -(x @ S) - self.rate_of_separation * root * (c**3 - c)

    def energy(self, x) -> np.ndarray:
        """Return E (...,) at mass-weighted order parameters x (..., n)."""
        c = self.plate.from_weighted(check.states("x", x, self.n_state))
        wells = self.rate_of_separation * (c**2 - 1) ** 2 / 4
        return np.sum(c @ self.plate.K * c, -1) / 2 + wells @ self.plate.M.diagonal()

    @cached_property
    def _tensors(self) -> tuple[Tensor, Tensor]:
        mass = torch.from_numpy(self.plate.M.diagonal().copy())
        return mass.sqrt(), torch.from_numpy(self.plate.weighted.K)

    def smooth_starts(self, number: int, seed: int = 0, modes: int = 12) -> np.ndarray:
        """Return random starts made of the plate's slowest modes, |c| of order 1.

        Parameters
        ----------
        number : int
            Of starts.
        seed : int
            Of the random numbers.
        modes : int
            How many of the slowest modes.

        Returns
        -------
        array (number, n)
            Mass-weighted states x.
        """
        number, modes = (
            check.positive_integer(name, value)
            for name, value in (("number", number), ("modes", modes))
        )
        rng = np.random.default_rng(check.seed(seed))
        vectors = self.plate.modes[1][:, :modes]
        x = rng.normal(size=(number, vectors.shape[1])) @ vectors.T
        c = self.plate.from_weighted(x)
        return x / np.abs(c).max(axis=1, keepdims=True)
