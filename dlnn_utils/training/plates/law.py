"""A plate of any material that loses through its edges and its face: M c' = -dL_D/dc (Eq. 16).

L_D(c) = 1/2 sum_e D_e integral_e |grad c|^2 + 1/2 sum_s h_s integral_s (c - b)^2 over elements e
and boundary parts s; M is the lumped mass.
"""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import eigsh, expm_multiply

from dlnn_utils._arguments import SMALLEST, Array, Number, Times, checked
from dlnn_utils.integration import IntegrationError
from dlnn_utils.models.elements import CORNERS

SIDES = ("top", "right", "bottom", "left", "face")
ACROSS = np.array([[2, -2, -1, 1], [-2, 2, 1, -1], [-1, 1, 2, -2], [1, -1, -2, 2]]) / 6
DOWN = np.array([[2, 1, -1, -2], [1, 2, -2, -1], [-1, -2, 2, 1], [-2, -1, 1, 2]]) / 6
"""Integrals of the derivatives along a row and along a column of a unit square, clockwise."""


class Mesh:
    """Pixels as nodes of elements: masses `M` (n,), lengths or areas `B` (5, n) of `SIDES`."""

    def __init__(self, rows: int, columns: int, pixel: Sequence[float]):
        dy, dx = pixel
        y, x = (_halved(k) * d for k, d in ((rows, dy), (columns, dx)))
        self.shape, self.n = (rows, columns), rows * columns
        nodes = np.arange(self.n).reshape(rows, columns)
        corners = nodes[:-1, :-1], nodes[:-1, 1:], nodes[1:, 1:], nodes[1:, :-1]
        self.corners = np.stack(corners, -1).reshape(-1, CORNERS)
        self.element = dy / dx * ACROSS + dx / dy * DOWN
        self.M = np.outer(y, x).ravel()
        self.B = np.zeros((len(SIDES), rows, columns))
        self.B[0, 0], self.B[2, -1], self.B[1, :, -1], self.B[3, :, 0] = x, x, y, y
        self.B = self.B.reshape(-1, self.n)
        self.B[4] = self.M

    def stiffness(self, D: np.ndarray, h: np.ndarray) -> csr_array:
        """Return K (n, n) of diffusivities (E,) and coefficients of loss (5,)."""
        i, j = np.broadcast_arrays(self.corners[:, :, None], self.corners[:, None, :])
        values = D.ravel()[:, None, None] * self.element
        K = csr_array((values.ravel(), (i.ravel(), j.ravel())), shape=(self.n, self.n))
        return csr_array(K + diags_array(h @ self.B))


def _halved(k: int) -> np.ndarray:
    return np.array([0.5, *[1.0] * (k - 2), 0.5])


class OpenPlate:
    """Diffusion on a plate that exchanges with a background through its boundary.

    Parameters
    ----------
    D : array (rows - 1, columns - 1), of each element in m^2/s, the top row first
    losses : array (5,), optional, of top, right, bottom, left edge in m/s and face in 1/s
    background : float, concentration b around the plate
    pixel : (float, float), height and width of a pixel in m
    """

    @checked
    def __init__(
        self,
        D: Array["r k"],
        losses: Array["5"] = None,
        background: Number = 0.0,
        pixel: Array["2"] = None,
    ):
        losses = np.zeros(len(SIDES)) if losses is None else losses
        pixel = np.ones(2) if pixel is None else pixel
        for name, a, least in (("D", D, SMALLEST), ("losses", losses, 0), ("pixel", pixel, 1e-60)):
            if a.min() < least:
                raise ValueError(
                    f"{name} must be {'positive' if least else '0 or more'} "
                    f"everywhere; got {a.min():g}"
                )
        self.D, self.losses, self.background, self.pixel = D, losses, background, pixel
        self.mesh = Mesh(D.shape[0] + 1, D.shape[1] + 1, pixel)
        self.n, self.K = self.mesh.n, self.mesh.stiffness(D, losses)
        self.M = csr_array(diags_array(self.mesh.M))

    def jacobian(self, c=None) -> csr_array:
        """Return the derivative of the rate (n, n), -M^-1 d2L_D/dc dc^T, the same everywhere."""
        return csr_array(-diags_array(1 / self.mesh.M) @ self.K)

    @checked
    def evolve(self, c0: Array["{self.n} | B {self.n}"], t: Times) -> np.ndarray:
        """Return c (T, n) or (T, B, n) from c0 (n,) or (B, n) at the times t, which may fall."""
        back, most = t[0] - t[-1], -np.log(np.finfo(float).eps)
        if back > 0 and (rate := self.fastest) * back > most:
            raise IntegrationError(
                f"back over {back:g} s the fastest mode grows by exp({rate * back:.0f}), rounding "
                f"errors with it; the farthest that float64 allows is {most / rate:.2g} s"
            )
        A, c = self.jacobian(), [c0 - self.background]
        for step in np.diff(t):
            c.append(expm_multiply(A * step, c[-1].T).T)
        return np.array(c) + self.background

    @property
    def fastest(self) -> float:
        """Largest decay rate of a mode in 1/s."""
        root = diags_array(self.mesh.M**-0.5)
        start = np.random.default_rng(0).normal(size=self.n)
        S = root @ self.K @ root
        return float(eigsh(S, 1, v0=start, tol=1e-6, return_eigenvectors=False)[0])
