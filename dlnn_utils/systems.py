"""Ground truth: linear dissipative systems with their exact solutions."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import torch

from dlnn_utils import check
from dlnn_utils.integration import integrate


@dataclass(frozen=True)
class LinearSystem:
    """The law dx/dt = A x, solved by the matrix exponential.

    Attributes
    ----------
    A : array (n, n)
        Constant coefficients.
    """

    A: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "A", check.square("A", self.A))

    @property
    def n_weights(self) -> int:
        """Number of coefficients."""
        return self.A.size

    def rate(self, x) -> np.ndarray:
        """Return dx/dt (..., n) at the states x (..., n)."""
        return check.states("x", x, len(self.A)) @ self.A.T

    def evolve(self, x0, t) -> np.ndarray:
        """Return the exact states x0 exp(A (t - t[0])) at the times t, rising or falling.

        Parameters
        ----------
        x0 : array (n,) or (B, n)
            States at time t[0].
        t : array (T,)
            Times.

        Returns
        -------
        array (T, n) or (T, B, n)

        Raises
        ------
        ValueError
            If x0 or t is malformed.
        """
        from scipy.linalg import expm

        t = check.times(t)
        x0 = check.states("x0", x0, len(self.A), most=2)
        with np.errstate(over="ignore", invalid="ignore"):
            propagators = expm(self.A[None] * (t - t[0])[:, None, None])
            return check.answer("x0 and t", np.einsum("tij,...j->t...i", propagators, x0))

    def simulate(self, x0, t, method: str = "RK45", **options) -> np.ndarray:
        """Integrate numerically from x0 over the times t, as the paper makes its data.

        Parameters
        ----------
        x0 : array (n,) or (B, n)
            States at time t[0].
        t : array (T,)
            Times, rising or falling.
        method : str
            "RK45" is the paper's Dormand-Prince pair.
        **options
            Of `integrate`.

        Returns
        -------
        array (T, n) or (T, B, n)

        Raises
        ------
        ValueError
            If x0 or t is malformed.
        IntegrationError
            If the solution blows up.
        """
        A = torch.from_numpy(self.A)
        return integrate(lambda x: x @ A.T, x0, t, n_state=len(A), method=method, **options)


@dataclass(frozen=True)
class MassSpringDamper(LinearSystem):
    """M q'' + C q' + K q = 0 as a first-order system of x = [q, qdot] (Eq. 1, n-dimensional).

    Attributes
    ----------
    M, C, K : array (n, n)
        Mass, damping and stiffness.
    """

    M: np.ndarray
    C: np.ndarray
    K: np.ndarray

    @classmethod
    def of(cls, M, C, K) -> "MassSpringDamper":
        """Build the system from M, C and K (n, n), M symmetric and invertible.

        Raises
        ------
        ValueError
            If a matrix is malformed, or M is not symmetric or not invertible.
        """
        M = check.square("M", M)
        n = len(M)
        M, C, K = check.mass_matrix(M, n), check.array("C", C, (n, n)), check.array("K", K, (n, n))
        lower = -np.linalg.solve(M, np.hstack([K, C]))
        A = np.vstack([np.hstack([np.zeros((n, n)), np.eye(n)]), lower])
        return cls(A, M, C, K)

    @property
    def n(self) -> int:
        """Number of positions."""
        return len(self.M)

    def energy(self, x) -> np.ndarray:
        """Return (qdot^T M qdot + q^T K q) / 2 (...,) of the states x = [q, qdot] (..., 2n)."""
        q, qdot = np.split(check.states("x", x, 2 * self.n), 2, axis=-1)
        return 0.5 * (np.sum(qdot @ self.M * qdot, -1) + np.sum(q @ self.K * q, -1))


@dataclass(frozen=True)
class Relaxation(LinearSystem):
    """The law c' = -K c, diffusion after discretisation (Eq. 13).

    Attributes
    ----------
    K : array (n, n)
        Stiffness.
    """

    K: np.ndarray

    @classmethod
    def of(cls, K) -> "Relaxation":
        """Build the system from its stiffness matrix K (n, n)."""
        K = check.square("K", K)
        return cls(-1.0 * K, K)


TABLE_1 = {"K11": 1.0, "K22": 1.0, "K12": -0.4, "C11": 0.1, "C12": 0.1, "C22": 0.2}
"""Table 1's six values in its order, named as the only reading with positive damping."""


def table_1() -> MassSpringDamper:
    """Return the two masses, springs and dampers of Table 1, with M = I (Section 5.1).

    Returns
    -------
    MassSpringDamper
        Two positions; states are [q1, q2, q1', q2'].

    Examples
    --------
    >>> table_1().K.tolist()
    [[1.0, -0.4], [-0.4, 1.0]]
    """
    v = TABLE_1
    C = [[v["C11"], v["C12"]], [v["C12"], v["C22"]]]
    K = [[v["K11"], v["K12"]], [v["K12"], v["K22"]]]
    return MassSpringDamper.of(np.eye(2), C, K)


def lehmer(n: int) -> np.ndarray:
    """Return the Lehmer matrix min(i, j) / max(i, j), i, j = 1..n (Section 5.3).

    Parameters
    ----------
    n : int
        Number of rows, 1 or more.

    Returns
    -------
    array (n, n)
        Symmetric and positive definite.

    Raises
    ------
    ValueError
        If n is not a positive integer.

    Examples
    --------
    >>> lehmer(2).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    i = np.arange(1, check.positive_integer("n", n) + 1.0)
    return np.minimum.outer(i, i) / np.maximum.outer(i, i)


def square_grid(values, n: int) -> np.ndarray:
    """Return all len(values)**n states whose n coordinates take the given values (Section 5.1).

    Parameters
    ----------
    values : array (k,)
        What a coordinate may be.
    n : int
        Number of coordinates.

    Returns
    -------
    array (k**n, n)
        The last coordinate changes fastest.

    Raises
    ------
    ValueError
        If values are not one-dimensional or not finite, or n is not a positive integer.

    Examples
    --------
    >>> square_grid([0, 1], 2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    n = check.positive_integer("n", n)
    return np.array(list(product(check.array("values", values, (None,)), repeat=n)))
