"""What is known of an image beforehand: smoothness, bounds, two phases."""

from typing import Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from dlnn_utils._arguments import Count, Number, Positive, checked
from dlnn_utils.systems.plate import Plate


class Prior(Protocol):
    """An energy of images c (n,), its gradient, and bounds; lower energy is more probable."""

    bounds: tuple[float, float]

    def energy(self, c: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the energy and its gradient (n,)."""


class Matern:
    """Gaussian images of a correlation length: B = A^-1 M A^-1 s^2, A = kappa^2 M + K1.

    K1 is the stiffness of diffusivity one, kappa = sqrt(2) / length, and s makes the standard
    deviation `size` far from the edges (Lindgren, Rue, Lindstroem 2011). Sparse solves only.

    Parameters
    ----------
    m : int
        Elements along an edge of the plate, n = (m + 1)^2 nodes.
    length : float
        Correlation length in m.
    size : float
        Standard deviation in mol/m^3.
    mean : float
        Mean in mol/m^3.
    """

    bounds = (-np.inf, np.inf)

    @checked
    def __init__(self, m: Count, length: Positive, size: Positive = 0.5, mean: Number = 0.5):
        plate = Plate.of(np.ones((m, m)))
        self.n, self.mean, kappa2 = plate.n, mean, 2 / length**2
        self.root = np.sqrt(plate.M.diagonal())
        self.scale = size * np.sqrt(4 * np.pi * kappa2)
        self.A = csr_array(kappa2 * plate.M + plate.K)
        self._solve = splu(self.A.tocsc()).solve

    def color(self, w: np.ndarray) -> np.ndarray:
        """Return B^(1/2) w (..., n), of independent normal w an image less the mean."""
        return self.scale * self._solve((self.root * w).reshape(-1, self.n).T).T.reshape(w.shape)

    def color_transposed(self, psi: np.ndarray) -> np.ndarray:
        """Return B^(1/2)^T psi (..., n)."""
        solved = self._solve(psi.reshape(-1, self.n).T).T.reshape(psi.shape)
        return self.scale * self.root * solved

    def energy(self, c: np.ndarray) -> tuple[float, np.ndarray]:
        """Return |B^(-1/2) (c - m)|^2 / 2 and its gradient."""
        white = (self.A @ (c - self.mean)) / self.root / self.scale
        return float(white @ white) / 2, self.A @ (white / self.root) / self.scale


class Bounded:
    """Another prior, with the concentrations within bounds."""

    @checked
    def __init__(self, prior, low: Number = 0.0, high: Number = 1.0):
        if not low < high:
            raise ValueError(f"bounds must rise; got {low:g} to {high:g}")
        self.prior, self.bounds, self.n, self.mean = prior, (low, high), prior.n, prior.mean

    def energy(self, c: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the energy of the other prior."""
        return self.prior.energy(c)


class TwoPhase:
    """Two phases, 0 and 1, with an interface energy: Modica and Mortola's, within bounds.

    E = weight (eps c^T K1 c / 2 + sum_i M_ii c_i^2 (1 - c_i)^2 / eps), K1 of diffusivity one, with
    eps the width of an interface in m.
    """

    bounds = (0.0, 1.0)

    @checked
    def __init__(self, m: Count, weight: Positive, width: Positive | None = None):
        plate = Plate.of(np.ones((m, m)))
        self.n, self.mean, self.weight, self.width = plate.n, 0.5, weight, width or 1.0 / m
        self.M, self.K = plate.M.diagonal(), plate.K

    def energy(self, c: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the interface energy and its gradient (n,)."""
        force, well = self.width * (self.K @ c), c * (1 - c)
        energy = force @ c / 2 + self.M @ well**2 / self.width
        return self.weight * energy, self.weight * (
            force + 2 * self.M * well * (1 - 2 * c) / self.width
        )


class TotalVariation:
    """Few and short edges: the sum of |grad c| over elements, smoothed, within bounds."""

    bounds = (0.0, 1.0)

    @checked
    def __init__(self, m: Count, weight: Positive, width: Positive = 1e-2):
        self.m, self.n, self.mean, self.weight, self.width = m, (m + 1) ** 2, 0.5, weight, width

    def energy(self, c: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the smoothed total variation of the plate and its gradient (n,)."""
        image = c.reshape(self.m + 1, self.m + 1)
        right, down = np.diff(image, axis=1)[:-1], np.diff(image, axis=0)[:, :-1]
        size = np.sqrt(right**2 + down**2 + self.width**2)
        g = np.zeros_like(image)
        g[:-1, 1:] += right / size
        g[:-1, :-1] -= (right + down) / size
        g[1:, :-1] += down / size
        return self.weight * size.sum() / self.m, self.weight * g.ravel() / self.m
