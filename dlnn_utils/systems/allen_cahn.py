"""Ground truth beyond linear diffusion: a plate that separates into two phases (Allen-Cahn)."""

from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, Count, Positive, Seed, checked
from dlnn_utils.systems.plate import Plate
from dlnn_utils.systems.springs import NonlinearSystem

MODES = 12
"""How many of the slowest modes a random start is made of."""


class AllenCahn(NonlinearSystem):
    """The gradient flow of an order parameter's energy on a plate, by finite elements (Eq. 16).

    M c' = -dE/dc with E(c) = (1/2) c^T K c + rate sum_i M_ii (c_i^2 - 1)^2 / 4, the plate's
    stiffness K, its lumped mass M, and the rate of separation in 1/s.
    """

    @checked
    def __init__(self, plate: Plate, rate_of_separation: Positive = 1.0):
        if plate.M.nnz != plate.n:
            raise ValueError("plate must have a lumped mass: Plate.of(D); got a consistent one")
        self.plate, self.rate_of_separation, self.n_state = plate, rate_of_separation, plate.n

    def rates(self, x: Tensor) -> Tensor:
        """Return c' (B, n) at order parameters c (B, n)."""
        return x @ self._operator - self.rate_of_separation * (x**3 - x)

    @checked
    def energy(self, x: Array["... {self.n_state}"]) -> np.ndarray:
        """Return E (...,) at order parameters c (..., n)."""
        wells = self.rate_of_separation * (x**2 - 1) ** 2 / 4
        return np.sum(x @ self.plate.K.toarray() * x, -1) / 2 + wells @ self.plate.M.diagonal()

    @checked
    def smooth_starts(self, number: Count, seed: Seed = 0) -> np.ndarray:
        """Return random starts (number, n) made of the slowest modes, |c| at most 1 in each."""
        vectors = self.plate.modes[1][:, :MODES]
        c = np.random.default_rng(seed).normal(size=(number, vectors.shape[1])) @ vectors.T
        return c / np.abs(c).max(axis=1, keepdims=True)

    @cached_property
    def _operator(self) -> Tensor:
        """(-M^-1 K)^T, dense."""
        return torch.from_numpy(-self.plate.K.toarray() / self.plate.M.diagonal())
