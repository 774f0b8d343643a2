"""The Cahn-Hilliard equation c' = Lap mu, mu = w'(c) - div(kappa grad c), with a double well w."""

import numpy as np
import skfem
from scipy.sparse import csc_array, csr_array, diags_array
from skfem.helpers import dot, grad

from dlnn_utils.fields.laws.tools import ExactLaw, follow, grid, matrix
from dlnn_utils.fields.probes import probes
from dlnn_utils.models.network import ScalarNetwork


class CahnHilliard(ExactLaw):
    """A concentration on m x m squares, with a gradient energy kappa (E,) of each.

    The energy is int kappa |grad c|^2 / 2 + w(c), w = (c^2 - 1)^2 / 4.  With the lumped mass M the
    mobility is R = M^-1 K1 M^-1, and c' = -R dE/dc.
    """

    def __init__(self, m: int, kappa):
        mesh, element = grid(m), skfem.ElementQuad1()
        self.kappa = np.broadcast_to(kappa, mesh.nelements)
        self.basis = skfem.Basis(mesh, element, intorder=4)
        self.fine = skfem.Basis(mesh, element, intorder=6)
        self.M = matrix(lambda u, v, _: u * v, self.fine).sum(axis=1)
        per_mass = diags_array(1 / self.M)
        stiffness = lambda u, v, w: w.k * dot(grad(u), grad(v))  # noqa: E731
        self.K = matrix(stiffness, self.fine, k=self.kappa)
        self.mobility = csr_array(per_mass @ matrix(stiffness, self.fine, k=1.0) @ per_mass)
        self._value = probes(self.fine, "value")

    def places(self) -> list:
        """Return where the terms of grad c and of c live."""
        gradient, value = probes(self.basis, "grad"), probes(self.basis, "value")
        return [(gradient, {"kappa": self.kappa}), (value, None)]

    def networks(self, seed: int) -> list:
        """Return a quadratic network of grad c and kappa grad c, and a quartic one of c."""
        return [
            ScalarNetwork(4, (6,), "quadratic", seed),
            ScalarNetwork(1, (4, 4), "quadratic", seed + 1),
        ]

    @property
    def operators(self) -> dict:
        """The mobility."""
        return {"mobility": self.mobility}

    @staticmethod
    def well(c: np.ndarray) -> np.ndarray:
        """Return the free energy w(c)."""
        return (c**2 - 1) ** 2 / 4

    def rate(self, c: np.ndarray) -> np.ndarray:
        """Return c' (..., n)."""
        many = np.atleast_2d(c)
        z = self._value.fields(many)
        mu = many @ self.K + self._value.gather(z**3 - z)
        return -(mu @ self.mobility).reshape(c.shape)

    def jacobian(self, c: np.ndarray) -> csc_array:
        """Return the derivative of the rate (n, n)."""
        z = self._value.fields(c[None])[0]
        return csc_array(
            -self.mobility @ (self.K + self._value.stiffness(3 * z[:, :, None] ** 2 - 1))
        )

    def evolve(self, c0: np.ndarray, t) -> np.ndarray:
        """Return the solution (T, n) by SciPy's Radau method."""
        options = dict(rtol=1e-9, atol=1e-10, jac=lambda _, c: self.jacobian(c))
        return follow(self.rate, c0, t, "Radau", **options)
