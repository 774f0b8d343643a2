"""Energies of images that are known beforehand: smoothness, bounds, two phases, short edges."""

from typing import Protocol

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.sparse.linalg import splu

from dlnn_utils._arguments import Array, Count, Number, Positive, checked
from dlnn_utils.reversal.patches import bits_of, windows
from dlnn_utils.systems.plate import Plate


class Prior(Protocol):
    """An energy of images c (..., n), its gradient, and bounds; lower energy is more probable.

    A Gaussian prior adds `color` and `color_transposed`, products with B^(1/2), for
    `boundary_value` and `samples`; one of two phases adds `patches`, for `flip_samples`.
    """

    n: int
    mean: float
    size: float
    bounds: tuple[float, float]

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the energies (...,) and their gradients (..., n)."""


class Matern:
    """Gaussian images of a correlation length: B = A^-1 M A^-1 s^2, A = kappa^2 M + K1.

    K1 is the stiffness of diffusivity one, kappa = sqrt(2) / length, and s makes the standard
    deviation `size` at the plate's centre; it is larger at edges (Lindgren, Rue, Lindstroem 2011).
    Sparse solves only.

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
        plate, kappa2 = Plate.of(np.ones((m, m))), 2 / length**2
        self.n, self.length, self.size, self.mean = plate.n, length, size, mean
        self.root = np.sqrt(plate.M.diagonal())
        self.A = csr_array(kappa2 * plate.M + plate.K)
        self._factors, self.scale = splu(self.A.tocsc()), 1.0
        centre = (m + 1) // 2 * (m + 2)
        self.scale = size / np.linalg.norm(self.color_transposed(np.eye(1, self.n, centre)))

    @classmethod
    @checked
    def fit(cls, images: Array["N r r"]) -> "Matern":
        """Return the prior of the largest likelihood of example images (N, r, r) in mol/m^3."""
        N, r, _ = images.shape
        rest, n = images.reshape(N, -1) - images.mean(), r * r
        if r < 2 or not rest.any():
            raise ValueError("images must vary and have at least 2 x 2 nodes")

        def fitted(logarithm: float) -> tuple[float, Matern]:
            prior = cls(r - 1, np.exp(logarithm), 1.0, images.mean())
            mean_square = 2 * prior.energy(prior.mean + rest)[0].mean() / n
            diagonal = np.abs(prior._factors.U.diagonal()) / prior.root / prior.scale
            cost = n * np.log(mean_square) / 2 - np.log(diagonal).sum()
            return cost, cls(r - 1, np.exp(logarithm), np.sqrt(mean_square), images.mean())

        limits = np.log(0.5 / (r - 1)), np.log(2.0)
        best = minimize_scalar(lambda x: fitted(x)[0], bounds=limits, options={"xatol": 1e-3})
        return fitted(best.x)[1]

    def color(self, w: np.ndarray) -> np.ndarray:
        """Return B^(1/2) w (..., n), of independent normal w an image less the mean."""
        return self.scale * self._solve(self.root * w)

    def color_transposed(self, psi: np.ndarray) -> np.ndarray:
        """Return B^(1/2)^T psi (..., n)."""
        return self.scale * self.root * self._solve(psi)

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return |B^(-1/2) (c - m)|^2 / 2 (...,) and its gradient (..., n)."""
        white = _times(self.A, c - self.mean) / self.root / self.scale
        return np.sum(white**2, -1) / 2, _times(self.A, white / self.root) / self.scale

    def _solve(self, x: np.ndarray) -> np.ndarray:
        return self._factors.solve(x.reshape(-1, self.n).T).T.reshape(x.shape)


class Bounded:
    """Another prior, with the concentrations within bounds."""

    @checked
    def __init__(self, prior, low: Number = 0.0, high: Number = 1.0):
        if not low < high:
            raise ValueError(f"bounds must rise; got {low:g} to {high:g}")
        self.prior, self.bounds, self.energy = prior, (low, high), prior.energy
        self.n, self.mean, self.size = prior.n, prior.mean, prior.size


class TwoPhase:
    """Two phases, 0 and 1, with an interface energy: Modica and Mortola's, within bounds.

    E = weight (eps c^T K1 c / 2 + sum_i M_ii c_i^2 (1 - c_i)^2 / eps), eps the width in m.
    """

    bounds, mean, size = (0.0, 1.0), 0.5, 0.5

    @checked
    def __init__(self, m: Count, weight: Positive, width: Positive | None = None):
        plate = Plate.of(np.ones((m, m)))
        self.n, self.weight, self.width = plate.n, weight, width or 1.0 / m
        self.M, self.K = plate.M.diagonal(), plate.K

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the interface energy (...,) and its gradient (..., n)."""
        force, well = self.width * _times(self.K, c), c * (1 - c)
        energy = np.sum(force * c, -1) / 2 + well**2 @ self.M / self.width
        slope = force + 2 * self.M * well * (1 - 2 * c) / self.width
        return self.weight * energy, self.weight * slope

    def patches(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels (m^2, 4) of all elements, and the energies (16,) of their images."""
        one = TwoPhase(1, self.weight, self.width)
        return windows(round(self.n**0.5), 2), one.energy(1.0 * bits_of(4))[0]


class TotalVariation:
    """Few and short edges: the sum of |grad c| over elements, smoothed, within bounds."""

    bounds, mean, size = (0.0, 1.0), 0.5, 0.5

    @checked
    def __init__(self, m: Count, weight: Positive, width: Positive = 1e-2):
        self.m, self.n, self.weight, self.width = m, (m + 1) ** 2, weight, width

    def energy(self, c: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the smoothed total variation (...,) and its gradient (..., n)."""
        image = c.reshape(*c.shape[:-1], self.m + 1, self.m + 1)
        right, down = np.diff(image, axis=-1)[..., :-1, :], np.diff(image, axis=-2)[..., :-1]
        size = np.sqrt(right**2 + down**2 + self.width**2)
        g, right, down = np.zeros_like(image), right / size, down / size
        g[..., :-1, 1:] += right
        g[..., :-1, :-1] -= right + down
        g[..., 1:, :-1] += down
        weight = self.weight / self.m
        return weight * size.sum((-2, -1)), weight * g.reshape(c.shape)

    def patches(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels (m^2, 4) of all elements, and the energies (16,) of their images."""
        one = TotalVariation(1, self.weight / self.m, self.width)
        return windows(self.m + 1, 2), one.energy(1.0 * bits_of(4))[0]


def _times(A: csr_array, c: np.ndarray) -> np.ndarray:
    """Return A c (..., n) of a symmetric A."""
    return (A @ c.reshape(-1, c.shape[-1]).T).T.reshape(c.shape)
