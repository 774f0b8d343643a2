"""The doubled system: the observable loses, its mirror gains, bilinear forms stay (Section 2)."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import expm

from dlnn_utils._arguments import Array, Mass, Times, checked
from dlnn_utils.systems.linear import LinearSystem, MassSpringDamper, Relaxation


@dataclass(frozen=True)
class Doubled:
    """Two halves, x and x*, with the energy x*^T H x and the charge x*^T Q x, both conserved."""

    observable: LinearSystem
    mirror: LinearSystem
    H: np.ndarray
    Q: np.ndarray

    @classmethod
    @checked
    def mechanics(cls, M: Mass, C: Array["n n"], K: Array["n n"]) -> "Doubled":
        """M q'' + C q' + K q = 0 with M^T q*'' - C^T q*' + K^T q* = 0 (Eq. 11), x = [q, q'].

        H = q*'^T M q' + q*^T K q, and Q = q*^T M q' - q*'^T M q + q*^T C q belongs to scaling.
        """
        none = np.zeros_like(M)
        H, Q = np.block([[K, none], [none, M]]), np.block([[C, M], [-M, none]])
        mirror = MassSpringDamper.of(M.T, -C.T, K.T)
        return cls(MassSpringDamper.of(M, C, K), mirror, H, Q)

    @classmethod
    @checked
    def diffusion(cls, K: Array["n n"]) -> "Doubled":
        """C' = -K c with its undiffuser psi' = K^T psi (Eq. 16): H = psi^T K c, Q = psi^T c."""
        return cls(Relaxation.of(K), Relaxation.of(-K.T), K, np.eye(len(K)))

    def evolve(self, x0, x0_mirror, t) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact states (T, n) or (T, B, n) of both halves, at times that may fall."""
        return _march(self.observable.A, x0, t), _march(self.mirror.A, x0_mirror, t)

    def energy(self, x, x_mirror) -> np.ndarray:
        """Return the Morse-Feshbach energy x*^T H x (...) of states (..., n)."""
        return np.einsum("...i,ij,...j->...", x_mirror, self.H, x)

    def charge(self, x, x_mirror) -> np.ndarray:
        """Return the charge x*^T Q x (...) of states (..., n)."""
        return np.einsum("...i,ij,...j->...", x_mirror, self.Q, x)

    def half_energy(self, x) -> np.ndarray:
        """Return x^T H x / 2 (...) of one half, which is not conserved."""
        return self.energy(x, x) / 2


def drift(invariant) -> np.ndarray:
    """Return |I(t) - I(0)| / |I(0)| (T, ...), the relative drift of a conserved quantity."""
    invariant = np.asarray(invariant, dtype=np.float64)
    if (invariant[0] == 0).any():
        raise ValueError("the invariant must not start at 0; its relative drift has no meaning")
    return np.abs(invariant - invariant[0]) / np.abs(invariant[0])


@checked
def _march(A: Array["n n"], x0: Array["n | B n"], t: Times) -> np.ndarray:
    """Return exact states from one time to the next: long exponentials are less exact."""
    states = [x0]
    for step in expm(A * np.diff(t)[:, None, None]):
        states.append(states[-1] @ step.T)
    return np.stack(states)
