"""The doubled system, observable and mirror together, and what it conserves.

The observable loses what it has and the mirror, which obeys the adjoint law, gains without bound;
bilinear forms of the two stay constant (Sections 2 and 3).
"""

from dataclasses import dataclass

import numpy as np

from dlnn_utils import check
from dlnn_utils.systems import LinearSystem, MassSpringDamper, Relaxation


@dataclass(frozen=True)
class DoubledMechanics:
    """M q'' + C q' + K q = 0 with its mirror M^T q*'' - C^T q*' + K^T q* = 0 (Eq. 11).

    Attributes
    ----------
    observable, mirror : MassSpringDamper
        The two halves; states are [q, qdot] and [q*, q*dot].
    """

    observable: MassSpringDamper
    mirror: MassSpringDamper

    @classmethod
    def of(cls, M, C, K) -> "DoubledMechanics":
        """Build both halves from M (symmetric, invertible), C and K, each (n, n)."""
        observable = MassSpringDamper.of(M, C, K)
        mirror = MassSpringDamper.of(observable.M.T, -observable.C.T, observable.K.T)
        return cls(observable, mirror)

    def evolve(self, x0, x0_mirror, t) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact states of both halves at the times t, rising or falling.

        Parameters
        ----------
        x0, x0_mirror : array (2n,) or (B, 2n)
            States [q, qdot] and [q*, q*dot] at time t[0].
        t : array (T,)
            Times.

        Returns
        -------
        x, x_mirror : array (T, 2n) or (T, B, 2n)
        """
        return _march(self.observable, x0, t), _march(self.mirror, x0_mirror, t)

    def energy(self, x, x_mirror) -> np.ndarray:
        """Return the Morse-Feshbach energy q*'^T M q' + q*^T K q, which is conserved.

        Parameters
        ----------
        x, x_mirror : array (..., 2n)
            States of the observable and of the mirror.

        Returns
        -------
        array (...)
        """
        (q, qdot), (q_mirror, qdot_mirror) = self._split(x), self._split(x_mirror)
        kinetic = _form(qdot_mirror, self.observable.M, qdot)
        return kinetic + _form(q_mirror, self.observable.K, q)

    def charge(self, x, x_mirror) -> np.ndarray:
        """Return q*^T M q' - q*'^T M q + q*^T C q, conserved too: the charge of scaling.

        Parameters
        ----------
        x, x_mirror : array (..., 2n)
            States of the observable and of the mirror.

        Returns
        -------
        array (...)
        """
        (q, qdot), (q_mirror, qdot_mirror) = self._split(x), self._split(x_mirror)
        M, C = self.observable.M, self.observable.C
        return _form(q_mirror, M, qdot) - _form(qdot_mirror, M, q) + _form(q_mirror, C, q)

    def half_energy(self, x) -> np.ndarray:
        """Return (q'^T M q' + q^T K q) / 2 of one half, which is not conserved.

        Parameters
        ----------
        x : array (..., 2n)
            States of the observable, or of the mirror.

        Returns
        -------
        array (...)
        """
        q, qdot = self._split(x)
        return (_form(qdot, self.observable.M, qdot) + _form(q, self.observable.K, q)) / 2

    def _split(self, x) -> tuple[np.ndarray, np.ndarray]:
        x = np.asarray(x, dtype=np.float64)
        return x[..., : self.observable.n], x[..., self.observable.n :]


@dataclass(frozen=True)
class DoubledDiffusion:
    """c' = -K c with its undiffuser psi' = K^T psi (Eq. 16).

    Attributes
    ----------
    observable, mirror : Relaxation
        The two halves; states are c and psi.
    """

    observable: Relaxation
    mirror: Relaxation

    @classmethod
    def of(cls, K) -> "DoubledDiffusion":
        """Build both halves from K (n, n)."""
        observable = Relaxation.of(K)
        return cls(observable, Relaxation.of(-observable.K.T))

    def evolve(self, c0, psi0, t) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact states of both halves at the times t, rising or falling.

        Parameters
        ----------
        c0, psi0 : array (n,) or (B, n)
            Concentrations and undiffuser at time t[0].
        t : array (T,)
            Times.

        Returns
        -------
        c, psi : array (T, n) or (T, B, n)
        """
        return _march(self.observable, c0, t), _march(self.mirror, psi0, t)

    def charge(self, c, psi) -> np.ndarray:
        """Return psi^T c, which is conserved.

        Parameters
        ----------
        c, psi : array (..., n)
            Concentrations and undiffuser.

        Returns
        -------
        array (...)
        """
        return _form(np.asarray(psi), np.eye(len(self.observable.K)), np.asarray(c))

    def energy(self, c, psi) -> np.ndarray:
        """Return the Morse-Feshbach energy psi^T K c, which is conserved.

        Parameters
        ----------
        c, psi : array (..., n)
            Concentrations and undiffuser.

        Returns
        -------
        array (...)
        """
        return _form(np.asarray(psi), self.observable.K, np.asarray(c))


def drift(invariant) -> np.ndarray:
    """Return |I(t) - I(0)| / |I(0)|, the relative drift of a conserved quantity.

    Parameters
    ----------
    invariant : array (T, ...)
        Values over time.

    Returns
    -------
    array (T, ...)

    Raises
    ------
    ValueError
        If the quantity starts at zero, where a relative drift means nothing.
    """
    invariant = np.asarray(invariant, dtype=np.float64)
    if (invariant[0] == 0).any():
        raise ValueError("the invariant must not start at 0; its relative drift has no meaning")
    return np.abs(invariant - invariant[0]) / np.abs(invariant[0])


def _march(system: LinearSystem, x0, t) -> np.ndarray:
    """Exact states at the times t, from one time to the next.

    The exponential of a long time loses digits in its repeated squarings, and the two halves lose
    different ones; over short steps the conserved quantities keep to accumulated rounding.
    """
    from scipy.linalg import expm

    t, x = check.times(t), np.asarray(x0, dtype=np.float64)
    states = [x]
    for step in expm(system.A * np.diff(t)[:, None, None]):
        x = x @ step.T
        states.append(x)
    return np.stack(states)


def _form(a: np.ndarray, A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Bilinear form a^T A b (...) of vectors (..., n)."""
    return np.einsum("...i,ij,...j->...", a, A, b)
