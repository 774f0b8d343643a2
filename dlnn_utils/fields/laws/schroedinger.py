"""Schroedinger's and the Gross-Pitaevskii law, i phi' = -Lap phi/2 + V phi + g |phi|^2 phi."""

from functools import cached_property

import numpy as np
import scipy
import skfem
from scipy.sparse import block_array, csr_array
from scipy.sparse.linalg import splu
from skfem.helpers import dot, grad
from torch import Tensor

from dlnn_utils.fields.laws.tools import ExactLaw, follow, matrix
from dlnn_utils.fields.probes import Probes, probes
from dlnn_utils.models.network import ScalarNetwork


class Schroedinger(ExactLaw):
    """A wave function u + i v in a box, with a potential V (E,) of each element of the mesh.

    The state is (u, v).  The energy is (u.Ku + v.Kv)/2 + g/4 int |phi|^4, and with the mass matrix
    M the metric is the antisymmetric [[0, M], [-M, 0]].
    """

    def __init__(self, mesh, V, g: float = 0.0):
        triangles = isinstance(mesh, skfem.MeshTri)
        element = skfem.ElementTriP1() if triangles else skfem.ElementQuad1()
        self.V, self.g = np.broadcast_to(V, mesh.nelements), g
        self.basis = skfem.Basis(mesh, element, intorder=4 if g else 2)
        self.fine = skfem.Basis(mesh, element, intorder=6)
        self.M = matrix(lambda u, v, _: u * v, self.fine)
        energy = lambda u, v, w: dot(grad(u), grad(v)) / 2 + w.V * u * v  # noqa: E731
        self.K = matrix(energy, self.fine, V=self.V)
        self.N = csr_array(block_array([[None, self.M], [-self.M, None]]))
        self._factors, self._value = splu(self.M.tocsc()), probes(self.fine, "value")

    def probes(self, fields) -> Probes:
        """Return probes of u, then of v."""
        return probes(self.basis, fields).of(copies=2)

    def places(self) -> list:
        """Return where the terms of grad phi and of phi live."""
        return [(self.probes("grad"), None), (self.probes("value"), {"V": self.V})]

    def networks(self, seed: int) -> list:
        """Return quadratic networks: of all fields, or with g of |grad phi|^2 and |phi|^2."""
        first, second = (1, 2) if self.g else (4, 4)
        return [ScalarNetwork(k, (6,), "quadratic", seed + k) for k in (first, second)]

    @property
    def invariants(self) -> tuple:
        """With g the densities do not depend on the phase."""
        return (square, square) if self.g else (None, None)

    @property
    def operators(self) -> dict:
        """The antisymmetric metric."""
        return {"metric": self.N}

    def packet(self, at, width: float, wave) -> np.ndarray:
        """Return a Gaussian wave packet (2n,) at a place, of a wave vector, of norm 1."""
        from_it = self.basis.doflocs - np.reshape(at, (2, 1))
        bell = np.exp(-np.sum(from_it**2, axis=0) / (2 * width**2))
        return self.state(bell * np.exp(1j * np.asarray(wave) @ from_it))

    def state(self, phi: np.ndarray) -> np.ndarray:
        """Return the state (..., 2n) of complex nodal values (..., n), of norm 1."""
        x = np.concatenate([phi.real, phi.imag], -1)
        return x / np.sqrt(self.norm(x))[..., None]

    def density(self, x: np.ndarray) -> np.ndarray:
        """Return |phi|^2 (..., n) at the nodes."""
        u, v = np.split(x, 2, -1)
        return u**2 + v**2

    def norm(self, x: np.ndarray) -> np.ndarray:
        """Return the integral of |phi|^2 (...)."""
        return sum(np.sum(a * (a @ self.M), -1) for a in np.split(x, 2, -1))

    def rate(self, x: np.ndarray) -> np.ndarray:
        """Return x' (..., 2n)."""
        n = self.M.shape[0]
        flat = x.reshape(-1, n)
        force = flat @ self.K
        if self.g:
            z = self._value.fields(flat)
            both = np.sum(z.reshape(-1, 2, *z.shape[1:]) ** 2, axis=1)
            force = force + self._value.gather(self.g * np.repeat(both, 2, axis=0) * z)
        speed = self._factors.solve(force.T).T.reshape(-1, 2, n)
        return np.stack([speed[:, 1], -speed[:, 0]], 1).reshape(x.shape)

    def evolve(self, x0: np.ndarray, t) -> np.ndarray:
        """Return the solution (T, 2n): by eigenvectors, or with g by a multistep method."""
        if self.g:
            return follow(self.rate, x0, t, "LSODA")
        values, modes = self._modes
        u, v = np.split(x0, 2)
        a = modes.T @ (self.M @ (u + 1j * v))
        phi = np.exp(-1j * np.outer(np.subtract(t, t[0]), values)) * a @ modes.T
        return np.concatenate([phi.real, phi.imag], -1)

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray]:
        return scipy.linalg.eigh(self.K.toarray(), self.M.toarray())


def square(z: Tensor) -> Tensor:
    """Return |z|^2 (1,) of the fields (k,) at a point."""
    return z.square().sum()[None]
