"""A diffusing plate of two phases by finite elements: the ground truth of Sections 5.4 and 5.5.

Bilinear squares on the unit plate, a diffusivity for each, no flux through the boundary:

    M c' + K c = 0,  M_ij = integral of phi_i phi_j,  K_ij = integral of D grad phi_i . grad phi_j

M^-1 K is not symmetric, but M^(-1/2) K M^(-1/2) is: it moves the mass-weighted coordinates
c~ = M^(1/2) c.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from dlnn_utils import check
from dlnn_utils.systems import LinearSystem, Relaxation

MASSES = ("lumped", "consistent")


@dataclass(frozen=True)
class Plate:
    """A plate of 1 m by 1 m, cut into squares, with its mass and stiffness matrices.

    Nodes are counted as pixels are, row by row from the top left.

    Attributes
    ----------
    D : array (m, m)
        Diffusivity of each element in m^2/s, the top row first.
    M : array (n, n)
        Mass matrix of the n = (m + 1)^2 nodes in m^2.
    K : array (n, n)
        Stiffness matrix in m^2/s.
    """

    D: np.ndarray
    M: np.ndarray
    K: np.ndarray

    @classmethod
    def of(cls, D, mass: str = "lumped") -> "Plate":
        """Assemble the plate.

        Parameters
        ----------
        D : array (m, m)
            Diffusivity of each element, above 0.
        mass : {"lumped", "consistent"}
            Whether each row of the mass matrix is gathered on its diagonal.

        Returns
        -------
        Plate
            Of (m + 1)^2 nodes.

        Raises
        ------
        ValueError
            If there is no element, the elements form no square, or a diffusivity is not positive.

        Examples
        --------
        >>> plate = Plate.of(np.ones((7, 7)))
        >>> plate.n, float(plate.M.sum().round(12))
        (64, 1.0)
        """
        D = check_elements(D)
        check.choice("mass", mass, MASSES)
        M, K = (matrix.toarray() for matrix in assemble(D))
        return cls(D, np.diag(M.sum(axis=1)) if mass == "lumped" else M, K)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.M)

    @cached_property
    def plain(self) -> LinearSystem:
        """The system c' = -M^-1 K c of the concentrations."""
        return LinearSystem(-np.linalg.solve(self.M, self.K))

    @cached_property
    def weighted(self) -> Relaxation:
        """The system c~' = -M^(-1/2) K M^(-1/2) c~ of the mass-weighted coordinates (Eq. 13)."""
        root = self._roots[1]
        S = root @ self.K @ root
        return Relaxation.of((S + S.T) / 2)

    def to_weighted(self, c) -> np.ndarray:
        """Return c~ = M^(1/2) c (..., n) of the concentrations c (..., n)."""
        return check.states("c", c, self.n) @ self._roots[0]

    def from_weighted(self, c) -> np.ndarray:
        """Return the concentrations M^(-1/2) c (..., n) of the mass-weighted c (..., n)."""
        return check.states("c", c, self.n) @ self._roots[1]

    def rate(self, c) -> np.ndarray:
        """Return dc/dt (..., n) at the concentrations c (..., n)."""
        return self.plain.rate(c)

    def evolve(self, c0, t) -> np.ndarray:
        """Return the exact solution of M c' + K c = 0, by the eigenvectors of its symmetric form.

        Parameters
        ----------
        c0 : array (n,) or (B, n)
            Concentrations at time t[0].
        t : array (T,)
            Times in s, rising or falling.

        Returns
        -------
        array (T, n) or (T, B, n)
        """
        t, c0 = check.times(t), check.states("c0", c0, self.n, most=2)
        amplitudes = c0 @ self._roots[0] @ self.modes[1]
        with np.errstate(over="ignore", invalid="ignore"):
            growth = np.exp(-np.multiply.outer(t - t[0], self.modes[0]))
            growth = growth.reshape(len(t), *[1] * (amplitudes.ndim - 1), self.n)
            c = (growth * amplitudes) @ self.modes[1].T @ self._roots[1]
        return check.answer("c0 and t", c)

    @cached_property
    def modes(self) -> tuple[np.ndarray, np.ndarray]:
        """Decay rates (n,) in 1/s, from 0 up, and modes (n, n) in mass-weighted coordinates."""
        return np.linalg.eigh(self.weighted.K)

    def amplification(self, t: float) -> float:
        """Return exp(lambda t): how much the fastest mode grows when t (in s) is run backward.

        Infinite where that is more than a number can hold.
        """
        with np.errstate(over="ignore"):
            return float(np.exp(self.modes[0][-1] * check.number("t", t)))

    def amount(self, c) -> np.ndarray:
        """Return the amount of substance (...) in mol/m, the integral of c (..., n) in mol/m^3."""
        return check.states("c", c, self.n) @ self.M.sum(axis=0)

    def image(self, c) -> np.ndarray:
        """Return the concentrations c (..., n) as images (..., m + 1, m + 1)."""
        c, side = check.states("c", c, self.n), len(self.D) + 1
        return c.reshape(*c.shape[:-1], side, side)

    @cached_property
    def _roots(self) -> tuple[np.ndarray, np.ndarray]:
        values, vectors = np.linalg.eigh(self.M)
        return tuple((vectors * values**power) @ vectors.T for power in (0.5, -0.5))


def cosine_error(m: int, mass: str = "lumped", t: float = 0.1) -> float:
    """Return the error for a solution made for the purpose, on m x m elements with D = 1.

    c = cos(pi x) cos(pi y) exp(-2 pi^2 t) solves the diffusion equation without flux through
    the boundary.

    Parameters
    ----------
    m : int
        Elements along an edge.
    mass : {"lumped", "consistent"}
    t : float
        In s.

    Returns
    -------
    float
        Largest error of a node over the largest concentration; it falls as m^-2.

    Raises
    ------
    ValueError
        If an argument is malformed, or nothing is left of the solution after t.
    """
    t = check.positive("t", t)
    wave = np.cos(np.pi * np.linspace(0, 1, check.positive_integer("m", m) + 1))
    start = np.outer(wave, wave).ravel()
    exact = start * np.exp(-2 * np.pi**2 * t)
    if not exact.any():
        raise ValueError(f"t must leave something of the solution; after {t:g} s nothing is left")
    error = Plate.of(np.ones((m, m)), mass).evolve(start, [0, t])[1] - exact
    return float(np.abs(error).max() / np.abs(exact).max())


def check_elements(D) -> np.ndarray:
    """Return the diffusivities of m x m elements, or raise ValueError if they are not."""
    D = check.array("D", D, (None, None))
    if D.shape[0] != D.shape[1]:
        raise ValueError(f"D must hold m x m elements, m at least 1; got shape {D.shape}")
    if D.min() < check.SMALLEST:
        raise ValueError(f"D must be positive in every element; got {D.min():g}")
    return D


def assemble(D: np.ndarray) -> tuple[csr_array, csr_array]:
    """Return the consistent mass and the stiffness matrix (n, n), nodes in the order of pixels."""
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
