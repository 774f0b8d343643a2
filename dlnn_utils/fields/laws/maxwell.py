"""Maxwell's equations with losses on edge elements: eps E'' + sigma E' + curl(curl E / mu) = -J'.

The plane's field E has its curl normal to the plane; the boundary conducts perfectly.
"""

import numpy as np
import skfem
from scipy.sparse import csr_array
from scipy.sparse.linalg import expm_multiply, splu
from skfem.helpers import curl, dot, grad

from dlnn_utils.fields.density import Density
from dlnn_utils.fields.energy import FieldEnergy
from dlnn_utils.fields.laws.tools import ExactLaw, matrix
from dlnn_utils.fields.probes import Probes, probes
from dlnn_utils.models.network import ScalarNetwork


class Maxwell(ExactLaw):
    """Edge unknowns inside a mesh of squares or triangles, with eps, sigma and mu (E,) of each.

    M q'' + C q' + K q = 0, the state is (q, q').
    """

    def __init__(self, mesh, eps=1.0, sigma=0.0, mu=1.0):
        triangles = isinstance(mesh, skfem.MeshTri)
        edge = skfem.ElementTriN1() if triangles else skfem.ElementQuadN1()
        self.eps, self.sigma, self.mu = (
            np.broadcast_to(np.asarray(a, float), mesh.nelements) for a in (eps, sigma, mu)
        )
        self.basis = skfem.Basis(mesh, edge, intorder=2)
        self.fine = skfem.Basis(mesh, edge, intorder=4)
        wall = self.basis.get_dofs().all()
        self.free = np.setdiff1d(np.arange(self.basis.N), wall)
        mass = lambda u, v, w: w.a * dot(u, v)  # noqa: E731
        self.M, self.C = (self._inside(mass, a=a) for a in (self.eps, self.sigma))
        self.K = self._inside(lambda u, v, w: curl(u) * curl(v) / w.a, a=self.mu)
        self._factors = splu(self.M.tocsc())
        nodal = self.fine.with_element(skfem.ElementTriP1() if triangles else skfem.ElementQuad1())
        inner = np.setdiff1d(np.arange(nodal.N), nodal.get_dofs().all())
        unit = self._inside(mass, a=1.0)
        pair = matrix(lambda u, v, _: dot(grad(u), v), self.fine, nodal)
        self.gradients = splu(unit.tocsc()).solve(pair[self.free][:, inner].toarray())

    def _inside(self, form, **fields) -> csr_array:
        return csr_array(matrix(form, self.fine, **fields)[self.free][:, self.free])

    @property
    def n(self) -> int:
        """Number of unknowns q."""
        return len(self.free)

    def probes(self, field: str) -> Probes:
        """Return the probes of one field of the free unknowns."""
        return probes(self.basis, field).of(free=self.free)

    order = 2

    def places(self) -> list:
        """Return where the terms of curl E and of E, E' live."""
        stiff = {"1/mu": 1 / self.mu}
        return [(self.probes("curl"), stiff), (self.probes("value"), {"sigma": self.sigma})]

    def networks(self, seed: int) -> list:
        """Return quadratic networks: a potential of curl E, and one of E and E'."""
        return [
            ScalarNetwork(2, (8,), "quadratic", seed),
            ScalarNetwork(8, (16,), "quadratic", seed + 1),
        ]

    @property
    def operators(self) -> dict:
        """The mass."""
        return {"mass": self.M}

    def inertia(self, seed: int) -> Density:
        """Return an untrained density of the mass, of E' and eps."""
        return Density(ScalarNetwork(4, (12,), "quadratic", seed + 2), *self._heavy)

    @property
    def _heavy(self) -> tuple:
        return self.probes("value"), {"eps": self.eps}

    def carry(self, law: FieldEnergy) -> FieldEnergy:
        """Return a law learned elsewhere on this mesh, with this material."""
        return law.on(self.places(), mass=self.M if law.inertia is None else self._heavy)

    def snapshots(self, number: int, rng) -> np.ndarray:
        """Return white states (number, 2n), half of them gradients."""
        x = rng.normal(size=(number, 2, self.n))
        x[::2] = rng.normal(size=(*x[::2].shape[:2], self.gradients.shape[1])) @ self.gradients.T
        return x.reshape(number, -1)

    def currents(self, x: np.ndarray, rng) -> np.ndarray:
        """Return white currents (B, n), half of them gradients, as strong as the forces at x."""
        force = self._force(x)
        load = self.snapshots(len(x), rng)[:, : self.n] @ self.M
        sizes = (np.linalg.norm(one, axis=1, keepdims=True) for one in (force, load))
        return load * np.divide(*sizes)

    def _force(self, x: np.ndarray) -> np.ndarray:
        return x[..., : self.n] @ self.K + x[..., self.n :] @ self.C

    def acceleration(self, x: np.ndarray, load=0.0) -> np.ndarray:
        """Return q'' (..., n) at states (..., 2n), under known currents (..., n)."""
        force = (load - self._force(x)).reshape(-1, self.n)
        return self._factors.solve(force.T).T.reshape(*x.shape[:-1], self.n)

    def rate(self, x: np.ndarray) -> np.ndarray:
        """Return (q', q'') at states (..., 2n)."""
        return np.concatenate([x[..., self.n :], self.acceleration(x)], -1)

    def evolve(self, x0: np.ndarray, t) -> np.ndarray:
        """Return the solution (T, 2n) by the exponential of the law's matrix."""
        solve, n = self._factors.solve, self.n
        stiff, lossy = (-solve(one.toarray()) for one in (self.K, self.C))
        scale = abs(stiff).max() ** 0.5  # in units of both halves of the state
        A = np.block([[np.zeros((n, n)), scale * np.eye(n)], [stiff / scale, lossy]])
        start = np.concatenate([scale * x0[:n], x0[n:]])
        path = np.stack([expm_multiply(A * (now - t[0]), start) for now in t])
        return path / np.repeat([scale, 1], n)

    def pulse(self, at=(0.3, 0.4), width=0.08) -> np.ndarray:
        """Return a state at rest whose field turns about a point within a width."""

        def turning(v, w):
            x, y = w.x[0] - at[0], w.x[1] - at[1]
            bell = np.exp(-(x**2 + y**2) / (2 * width**2))
            return bell * (-y * v[0] + x * v[1]) / width

        unit = self._inside(lambda u, v, _: dot(u, v))
        q = splu(unit.tocsc()).solve(skfem.LinearForm(turning).assemble(self.fine)[self.free])
        return np.concatenate([q, 0 * q])

    def magnetic(self, q: np.ndarray) -> np.ndarray:
        """Return the curl of E (E,), the rate of the magnetic field, in the middle of elements."""
        z = self.probes("curl").fields(q[None])[0, :, 0]
        return z.reshape(len(self.eps), -1).mean(1)
