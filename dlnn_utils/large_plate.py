"""The diffusing plate with sparse matrices: the ground truth where there are many pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import eigsh, expm_multiply

from dlnn_utils import check
from dlnn_utils.finite_elements import assemble, check_elements


@dataclass(frozen=True)
class LargePlate:
    """A plate of 1 m by 1 m as in `Plate`, with its mass lumped and its stiffness sparse.

    Attributes
    ----------
    D : array (m, m)
        Diffusivity of each element in m^2/s, the top row first.
    mass : array (n,)
        Lumped mass of each of the n = (m + 1)^2 nodes in m^2.
    K : sparse array (n, n)
        Stiffness matrix in m^2/s.
    """

    D: np.ndarray
    mass: np.ndarray
    K: csr_array

    @classmethod
    def of(cls, D) -> "LargePlate":
        """Assemble the plate from D (m, m), the diffusivity of each element, above 0.

        Raises
        ------
        ValueError
            If there is no element, the elements form no square, or a diffusivity is not positive.
        """
        D = check_elements(D)
        M, K = assemble(D)
        return cls(D, M.sum(axis=1), K)

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.mass)

    def rate(self, c) -> np.ndarray:
        """Return dc/dt (..., n) at the concentrations c (..., n)."""
        return self.force(c) / self.mass

    def force(self, c) -> np.ndarray:
        """Return M dc/dt = -K c (..., n) at the concentrations c (..., n)."""
        return -(check.states("c", c, self.n) @ self.K)

    def evolve(self, c0, t) -> np.ndarray:
        """Return the exact solution of M c' + K c = 0, by the action of the matrix exponential.

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
        t = check.times(t)
        c = [check.states("c0", c0, self.n, most=2)]
        A = -(diags_array(1 / self.mass) @ self.K)
        for step in np.diff(t):
            c.append(expm_multiply(A * step, c[-1].T).T)
        return np.array(c)

    def fastest(self) -> float:
        """Return the largest decay rate of a mode in 1/s."""
        root = diags_array(self.mass**-0.5)
        seed = np.random.default_rng(0).normal(size=self.n)
        return float(eigsh(root @ self.K @ root, 1, v0=seed, return_eigenvectors=False)[0])


def grains(m: int, seed: int = 0, values: Sequence[float] = (0.01, 0.1, 0.3, 1.0)) -> np.ndarray:
    """Return a microstructure of m x m elements, each of one of some diffusivities, at random.

    Parameters
    ----------
    m : int
        Number of elements along an edge.
    seed : int
        Of the choice.
    values : sequence of float
        The diffusivities in m^2/s.

    Returns
    -------
    array (m, m)

    Raises
    ------
    ValueError
        If m is not positive, or the values are no sequence of numbers.

    Examples
    --------
    >>> grains(3, values=(0.5,)).shape
    (3, 3)
    """
    m, rng = check.positive_integer("m", m), np.random.default_rng(check.seed(seed))
    return rng.choice(check.array("values", values, (None,)), size=(m, m))
