"""Ground truth: linear dissipative systems with their exact solutions."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from scipy.linalg import expm

from dlnn_utils._arguments import Array, Count, Mass, Times, answer, array, checked
from dlnn_utils.integration import integrate


@dataclass(frozen=True)
class LinearSystem:
    """The law dx/dt = A x, A (n, n) constant, solved by the matrix exponential."""

    A: np.ndarray

    def __post_init__(self):
        object.__setattr__(self, "A", array("A", self.A, "n n"))

    @property
    def n_state(self) -> int:
        """Length of a state."""
        return len(self.A)

    @property
    def n_weights(self) -> int:
        """Number of coefficients."""
        return self.A.size

    @checked
    def rate(self, x: Array["... {self.n_state}"]) -> np.ndarray:
        """Return dx/dt (..., n) at the states x (..., n)."""
        return x @ self.A.T

    @checked
    def evolve(self, x0: Array["{self.n_state} | B {self.n_state}"], t: Times) -> np.ndarray:
        """Return exp(A (t - t[0])) x0, (T, n) or (T, B, n), at times t that rise or fall."""
        with np.errstate(over="ignore", invalid="ignore"):
            propagators = expm(self.A[None] * (t - t[0])[:, None, None])
            return answer("x0 and t", np.einsum("tij,...j->t...i", propagators, x0))

    def simulate(self, x0, t, method: str = "RK45", **options) -> np.ndarray:
        """Integrate numerically as the paper makes its data: `integrate` by Dormand and Prince."""
        A = torch.from_numpy(self.A)
        return integrate(lambda x: x @ A.T, x0, t, n_state=len(A), method=method, **options)


@dataclass(frozen=True)
class MassSpringDamper(LinearSystem):
    """M q'' + C q' + K q = 0 as a first-order system of x = [q, qdot] (Eq. 1, n-dimensional)."""

    M: np.ndarray
    C: np.ndarray
    K: np.ndarray

    @classmethod
    @checked
    def of(cls, M: Mass, C: Array["n n"], K: Array["n n"]) -> "MassSpringDamper":
        """Build the system from mass M, symmetric and invertible, damping C and stiffness K."""
        n = len(M)
        lower = -np.linalg.solve(M, np.hstack([K, C]))
        return cls(np.vstack([np.eye(n, 2 * n, n), lower]), M, C, K)

    @property
    def n(self) -> int:
        """Number of positions."""
        return len(self.M)

    @checked
    def energy(self, x: Array["... {self.n_state}"]) -> np.ndarray:
        """Return (qdot^T M qdot + q^T K q) / 2 (...,) of the states x = [q, qdot] (..., 2n)."""
        q, qdot = np.split(x, 2, axis=-1)
        return 0.5 * (np.sum(qdot @ self.M * qdot, -1) + np.sum(q @ self.K * q, -1))


@dataclass(frozen=True)
class Relaxation(LinearSystem):
    """The law c' = -K c, diffusion after discretisation (Eq. 13)."""

    K: np.ndarray

    @classmethod
    @checked
    def of(cls, K: Array["n n"]) -> "Relaxation":
        """Build the system from its stiffness matrix K (n, n)."""
        return cls(-1.0 * K, K)


TABLE_1 = {"K11": 1.0, "K22": 1.0, "K12": -0.4, "C11": 0.1, "C12": 0.1, "C22": 0.2}
"""Table 1's six values in its order, named as the only reading with positive damping."""


def table_1(values: Mapping[str, float] = TABLE_1) -> MassSpringDamper:
    """Return the two masses, springs and dampers of Table 1, with M = I (Section 5.1).

    >>> table_1().K.tolist()
    [[1.0, -0.4], [-0.4, 1.0]]
    """
    v = values
    C = [[v["C11"], v["C12"]], [v["C12"], v["C22"]]]
    K = [[v["K11"], v["K12"]], [v["K12"], v["K22"]]]
    return MassSpringDamper.of(np.eye(2), C, K)


@checked
def lehmer(n: Count) -> np.ndarray:
    """Return the Lehmer matrix (n, n), min(i, j) / max(i, j) for i, j = 1..n (Section 5.3).

    >>> lehmer(2).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    i = np.arange(1, n + 1.0)
    return np.minimum.outer(i, i) / np.maximum.outer(i, i)


@checked
def square_grid(values: Array[" k"], n: Count) -> np.ndarray:
    """Return all states (k^n, n) whose coordinates take k values, the last fastest (Section 5.1).

    >>> square_grid([0, 1], 2).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    return np.array(list(product(values, repeat=n)))
