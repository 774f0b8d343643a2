"""A diffusing plate of two phases by finite elements: the ground truth of Sections 5.4 and 5.5.

M c' + K c = 0, M_ij = integral of phi_i phi_j, K_ij = integral of D grad phi_i . grad phi_j, on
bilinear squares of the unit plate, without flux through the boundary.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import eigsh, expm_multiply, splu

from dlnn_utils._arguments import SMALLEST, Array, Number, Times, answer, checked

DENSE = 256
"""Nodes up to which all modes of a plate with a lumped mass are computed."""


@dataclass(frozen=True)
class Plate:
    """A plate of 1 m by 1 m, cut into squares, with its sparse mass and stiffness matrices.

    D (m, m) is each element's diffusivity in m^2/s; M (n, n) in m^2 and K (n, n) in m^2/s belong
    to n = (m + 1)^2 nodes, row by row from the top left.
    """

    D: np.ndarray
    M: csr_array
    K: csr_array

    @classmethod
    @checked
    def of(cls, D: Array["m m"], mass: Literal["lumped", "consistent"] = "lumped") -> "Plate":
        """Assemble the plate of the diffusivities D (m, m) in m^2/s, the top row first.

        With a lumped mass each row is gathered on its diagonal.

        >>> plate = Plate.of(np.ones((7, 7)))
        >>> plate.n, float(plate.M.sum().round(12))
        (64, 1.0)
        """
        if D.min() < SMALLEST:
            raise ValueError(f"D must be positive in every element; got {D.min():g}")
        M, K = _assemble(D)
        if mass == "lumped":
            # Modes of equal rates turn with the last digit of M: the sums' order must stay.
            i = np.arange(M.shape[0])
            M = csr_array(((M.toarray() if len(i) <= DENSE else M).sum(axis=1), (i, i)))
        return cls(D, M, K)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return self.M.shape[0]

    @checked
    def rate(self, c: Array["... {self.n}"]) -> np.ndarray:
        """Return dc/dt = -M^-1 K c (..., n) at the concentrations c (..., n)."""
        force = -(self.K @ c.reshape(-1, self.n).T)
        return self._factors.solve(force).T.reshape(c.shape)

    @checked
    def evolve(self, c0: Array["{self.n} | B {self.n}"], t: Times) -> np.ndarray:
        """Return the exact solution (T, n) or (T, B, n) of M c' + K c = 0; times in s may fall."""
        with np.errstate(over="ignore", invalid="ignore"):
            if self._is_small:
                rates, modes = self.modes
                growth = np.exp(-np.multiply.outer(t - t[0], rates))
                growth = growth.reshape(len(t), *[1] * (c0.ndim - 1), self.n)
                return answer("c0 and t", growth * (c0 @ self.M @ modes) @ modes.T)
            A, c = -(self.M.power(-1) @ self.K), [c0]
            for step in np.diff(t):
                c.append(expm_multiply(A * step, c[-1].T).T)
            return answer("c0 and t", np.array(c))

    @cached_property
    def modes(self) -> tuple[np.ndarray, np.ndarray]:
        """Decay rates (n,) in 1/s, from 0 up, and modes V (n, n), V^T M V = I."""
        mass, axes = np.linalg.eigh(self.M.toarray())
        root = (axes * mass**-0.5) @ axes.T
        S = root @ self.K.toarray() @ root
        rates, vectors = np.linalg.eigh((S + S.T) / 2)
        return rates, root @ vectors

    @cached_property
    def fastest(self) -> float:
        """Largest decay rate of a mode in 1/s."""
        if self._is_small:
            return float(self.modes[0][-1])
        root, start = self.M.power(-0.5), np.random.default_rng(0).normal(size=self.n)
        return float(eigsh(root @ self.K @ root, 1, v0=start, return_eigenvectors=False)[0])

    @checked
    def amplification(self, t: Number) -> float:
        """Return exp(lambda t), how much the fastest mode grows over t seconds run backward."""
        with np.errstate(over="ignore"):
            return float(np.exp(self.fastest * t))

    @checked
    def amount(self, c: Array["... {self.n}"]) -> np.ndarray:
        """Return the amount of substance (...) in mol/m, the integral of c (..., n) in mol/m^3."""
        return c @ self.M.sum(axis=0)

    @checked
    def image(self, c: Array["... {self.n}"]) -> np.ndarray:
        """Return the concentrations c (..., n) as images (..., m + 1, m + 1)."""
        return c.reshape(*c.shape[:-1], len(self.D) + 1, len(self.D) + 1)

    @property
    def _is_small(self) -> bool:
        return self.n <= DENSE or self.M.nnz > self.n

    @cached_property
    def _factors(self):
        return splu(self.M.tocsc())


def _assemble(D: np.ndarray) -> tuple[csr_array, csr_array]:
    """Consistent mass and stiffness matrix (n, n), nodes in the order of pixels."""
    import skfem
    from skfem.helpers import dot, grad

    edges = np.linspace(0, 1, len(D) + 1)
    mesh = skfem.MeshQuad.init_tensor(edges, edges)
    basis = skfem.Basis(mesh, skfem.ElementQuad1())
    column, row = (np.mean(mesh.p[:, mesh.t], axis=1) * len(D)).astype(int)
    phases = basis.with_element(skfem.ElementQuad0())
    diffusivity = phases.interpolate(D[len(D) - 1 - row, column])

    @skfem.BilinearForm
    def mass(u, v, w):
        return u * v

    @skfem.BilinearForm
    def stiffness(u, v, w):
        return w.D * dot(grad(u), grad(v))

    order = np.lexsort((mesh.p[0].round(9), -mesh.p[1].round(9)))
    pixels = basis.nodal_dofs[0, order]
    return tuple(
        csr_array(form.assemble(basis, D=diffusivity))[pixels][:, pixels]
        for form in (mass, stiffness)
    )
