"""Unsteady Stokes flow of a generalised Newtonian fluid on Taylor-Hood triangles.

u' = div(2 eta(gamma) e(u)) - grad p, div u = 0, gamma^2 = 2 e : e, no slip on the boundary.
"""

import numpy as np
import scipy
import skfem
import torch
from matplotlib.tri import LinearTriInterpolator, Triangulation
from scipy.sparse import block_array, csc_array, csr_array
from scipy.sparse.linalg import splu
from skfem.helpers import div, dot

from dlnn_utils.fields.energy import FieldEnergy
from dlnn_utils.fields.laws.tools import ExactLaw, follow, matrix, smooth
from dlnn_utils.fields.probes import probes
from dlnn_utils.models.network import ScalarNetwork


def carreau(gamma, rest=1.0, far=0.1, time=1.0, power=0.4):
    """Return Carreau's viscosity at a shear rate: shear-thinning between two plateaus."""
    return far + (rest - far) * (1 + (time * gamma) ** 2) ** ((power - 1) / 2)


class StokesFlow(ExactLaw):
    """Velocities of the free nodes of a mesh of triangles; `fixed` (2, N) moves the boundary.

    `viscosity` is a function of the shear rate, or values (E,) of each element.  `order` is
    that of the quadrature, `learned` that of a learned law's.
    """

    def __init__(self, mesh, viscosity=carreau, moving=None, order=16, learned=10):
        element = skfem.ElementVector(skfem.ElementTriP2())
        self.basis = skfem.Basis(mesh, element, intorder=learned)
        self.fine = skfem.Basis(mesh, element, intorder=order)
        pressure = self.fine.with_element(skfem.ElementTriP1())
        wall = self.basis.get_dofs().all()
        self.free = np.setdiff1d(np.arange(self.basis.N), wall)
        self.fixed = np.zeros(self.basis.N)
        if moving is not None:
            speeds = moving(self.basis.doflocs)
            self.fixed[wall] = np.where(wall % 2 == 0, speeds[0][wall], speeds[1][wall])
        self.M = matrix(lambda u, v, _: dot(u, v), self.fine)[self.free][:, self.free]
        B = matrix(lambda u, q, _: -div(u) * q, pressure, self.fine)[:, self.free]
        self.B = csr_array(B[independent_rows(B)])
        self._factors = splu(csc_array(block_array([[self.M, self.B.T], [self.B, None]])))
        self.viscosity = viscosity
        self._strain = self.probes(self.fine)

    def probes(self, basis=None):
        """Return the probes of the strain rate of the free velocities."""
        basis = self.basis if basis is None else basis
        return probes(basis, "strain").of(free=self.free, fixed=self.fixed)

    def places(self) -> list:
        """Return where the only term lives."""
        return [(self.probes(), None)]

    def networks(self, seed: int) -> list:
        """Return a network of four invariants of the strain rate."""
        return [ScalarNetwork(4, (24,), "quadratic_silu", seed)]

    @property
    def invariants(self) -> tuple:
        """Four functions of the shear rate."""
        return (shear_invariants,)

    @property
    def operators(self) -> dict:
        """The mass, and the divergence that vanishes."""
        return {"metric": self.M, "constraint": self.B}

    def project(self, force: np.ndarray) -> np.ndarray:
        """Return M^-1 f (..., n) on divergence-free velocities."""
        columns = np.zeros((self.n + self.B.shape[0], force.size // self.n))
        columns[: self.n] = force.reshape(-1, self.n).T
        return self._factors.solve(columns)[: self.n].T.reshape(force.shape)

    @property
    def n(self) -> int:
        """Number of free velocities."""
        return len(self.free)

    def starts(self, number: int, rng, modes: int = 5) -> np.ndarray:
        """Return smooth random divergence-free velocities (number, n), of largest shear rate 1."""
        at = self.basis.doflocs[:, self.free]
        u = self.project(smooth(at, number, rng, modes) @ self.M)
        return u / self.shear(u, False).max(1, keepdims=True)

    def shear(self, u: np.ndarray, moving: bool = True) -> np.ndarray:
        """Return the shear rates (B, S) of velocities (B, n) at the fine quadrature points."""
        e = self._strain.fields(u)
        e = e if moving else e - self._strain.offset.reshape(e.shape[2], -1).T
        return np.sqrt(2 * np.sum(e**2, -1))

    def rate(self, u: np.ndarray) -> np.ndarray:
        """Return u' (..., n)."""
        many = np.atleast_2d(u)
        e = self._strain.fields(many)
        if callable(self.viscosity):
            eta = self.viscosity(np.sqrt(2 * np.sum(e**2, -1, keepdims=True)))
        else:
            eta = self.viscosity[self._strain.elements][:, None]
        return -self.project(self._strain.gather(2 * eta * e)).reshape(u.shape)

    def evolve(self, u0: np.ndarray, t) -> np.ndarray:
        """Return the solution (T, n) by a multistep method."""
        return follow(self.rate, u0, t, "LSODA")

    def nodal(self, u: np.ndarray) -> np.ndarray:
        """Return velocities (2, N) at the mesh's corners."""
        full = self.fixed.copy()
        full[self.free] = u
        return full[self.basis.nodal_dofs]

    def speed(self, u: np.ndarray, at: np.ndarray) -> np.ndarray:
        """Return |u| at points (2, ...), and not a number outside of the mesh."""
        mesh = self.basis.mesh
        inside = LinearTriInterpolator(Triangulation(*mesh.p, mesh.t.T), np.hypot(*self.nodal(u)))
        return inside(*at).filled(np.nan)


def independent_rows(B) -> np.ndarray:
    """Return which rows of a matrix span all of them: pressures that the velocities see."""
    _, R, order = scipy.linalg.qr(B.toarray().T, mode="economic", pivoting=True)
    rank = int(np.sum(abs(R.diagonal()) > 1e-9 * abs(R[0, 0])))
    return np.sort(order[:rank])


def shear_invariants(e: torch.Tensor) -> torch.Tensor:
    """Return four powers (4,) of 1 + gamma^2 = 1 + 2 e : e, less 1."""
    return _powers(2 * e.square().sum())


def _powers(squared: torch.Tensor) -> torch.Tensor:
    return torch.stack([(1 + squared) ** p - 1 for p in (0.25, 0.5, 0.75, 1)], -1)


def viscosity_of(law: FieldEnergy, gamma: np.ndarray) -> np.ndarray:
    """Return the viscosity (G,) of a learned law at shear rates, (dl/dgamma) / gamma."""
    gamma = torch.tensor(gamma, dtype=torch.float64, requires_grad=True)
    density = law.terms[0].network.value(_powers(gamma**2)).sum()
    return (torch.autograd.grad(density, gamma)[0] / gamma).detach().numpy()
