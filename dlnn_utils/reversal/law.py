"""A law over a time T, and its mirror: the exact transpose of its derivative, without matrices."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import csr_array, diags_array, eye_array
from scipy.sparse.linalg import eigsh, splu
from scipy.special import ive
from torch import Tensor

from dlnn_utils._arguments import Count, Positive, checked

TOLERANCE, MOST_TERMS = 1e-14, 5000


class LinearLaw:
    """M c' = -K c over a time T: c(T) = G c(0), and the mirror psi(0) = G^T psi(T) (Eq. 16).

    Both are one Chebyshev series in M^(-1/2) K M^(-1/2), so that they are exact transposes.

    Parameters
    ----------
    K : sparse array (n, n)
        Symmetric stiffness in m^2/s, such as `Plate.K` or `LocalDiffusion.hessian(c)`.
    M : array (n,) or diagonal (n, n)
        Lumped mass in m^2.
    T : float
        Time in s, above 0.

    Raises
    ------
    ValueError
        If K is not symmetric, M is not a positive diagonal, or T is so long that the series needs
        more than 5000 terms.
    """

    @checked
    def __init__(self, K: csr_array, M: np.ndarray, T: Positive):
        M = diags_array(M) if np.ndim(M) == 1 else csr_array(M)
        M, others = M.diagonal(), abs(M).sum() - abs(M.diagonal()).sum()
        if K.shape != (len(M), len(M)) or not (M > 0).all() or others:
            raise ValueError(f"M must be {K.shape[0]} positive masses; got {M.shape}")
        if abs(K - K.T).max() > 1e-9 * abs(K).max():
            raise ValueError("K must be symmetric: L_D represents symmetric operators only")
        self.n, self.T, self.root = len(M), T, np.sqrt(M)
        inverse = diags_array(1 / self.root)
        self.S = csr_array(inverse @ (K + K.T) @ inverse / 2)
        start = np.random.default_rng(0).normal(size=self.n)
        fastest = eigsh(self.S, 1, v0=start, tol=1e-4, return_eigenvectors=False)[0]
        self.fastest = 1.01 * max(float(fastest), 1e-300)
        self._twice = csr_array(4 / self.fastest * self.S - 2 * eye_array(self.n))
        a = self.fastest * T / 2
        k = np.arange(int(min(20 + 4 * np.sqrt(a * 30) + 30, 4 * MOST_TERMS)))
        terms = ive(k, a) * np.where(k == 0, 1, 2) * (-1.0) ** k
        needed = np.flatnonzero(np.abs(terms) > TOLERANCE)
        if len(needed) == 0 or needed[-1] >= MOST_TERMS:
            raise ValueError(f"T is too long: {T:g} s decays by exp({2 * a:.2g}); shorten T")
        self.terms = terms[: max(needed[-1] + 1, 2)]

    @classmethod
    def of(cls, system, T: float, c: np.ndarray | None = None) -> "LinearLaw":
        """Return the law of a `Plate`, or of a `FieldEnergy` near a state c (n,), by default 0."""
        if hasattr(system, "hessian"):
            c = np.zeros(system.n) if c is None else np.ravel(c)
            return cls(system.hessian(c), system.N, T)
        return cls(system.K, system.M, T)

    def forward(self, c0: np.ndarray) -> np.ndarray:
        """Return c(T) (..., n) of the starts c0 (..., n)."""
        return self._series(c0 * self.root) / self.root

    def mirror(self, psi_T: np.ndarray, c0: np.ndarray | None = None) -> np.ndarray:
        """Return psi(0) = G^T psi(T) (..., n); a linear law does not need the start."""
        return self._series(psi_T / self.root) * self.root

    def modes_above(self, ratio: float) -> int:
        """Return how many modes decay by less than this ratio over T.

        By Sylvester's law of inertia, from the signs of a sparse factorisation.
        """
        shifted = self.S - np.log(ratio) / self.T * eye_array(self.n)
        options = {"permc_spec": "MMD_AT_PLUS_A", "options": {"SymmetricMode": True}}
        return int((splu(shifted.tocsc(), diag_pivot_thresh=0, **options).U.diagonal() < 0).sum())

    def _series(self, x: np.ndarray) -> np.ndarray:
        """Return exp(-S T) x (..., n)."""
        before = np.ascontiguousarray(np.reshape(x, (-1, self.n)).T)
        now = self._twice @ before / 2
        total = self.terms[0] * before + self.terms[1] * now
        for term in self.terms[2:]:
            after = self._twice @ now
            after -= before
            before, now = now, after
            total += term * now
        return total.T.reshape(np.shape(x))


class NonlinearLaw:
    """c' = f(c) over a time T in equal Runge-Kutta steps, and its discrete adjoint.

    The mirror psi' = -(df/dc)^T psi is the exact transpose of the derivative of the steps.

    Parameters
    ----------
    rate : callable
        From a tensor (B, n) to rates (B, n), such as `LocalDiffusion.rates` or `AllenCahn.rates`.
    n : int
    T : float
        Time in s.
    steps : int
        Of the classical fourth-order method; T / steps times the fastest rate must stay below 2.7.
    """

    @checked
    def __init__(self, rate: Callable, n: Count, T: Positive, steps: Count):
        self.rate, self.n, self.T, self.steps, self._last = rate, n, T, steps, None

    def forward(self, c0: np.ndarray) -> np.ndarray:
        """Return c(T) (..., n); ValueError if the law blows up."""
        start = self._tensor(c0).requires_grad_()
        self._last = start, self._run(start)  # whose mirror is often the next question
        end = self._last[1].detach().numpy().reshape(np.shape(c0))
        if not np.isfinite(end).all():
            raise ValueError(f"the law blows up within {self.T:g} s in {self.steps} steps")
        return end

    def mirror(self, psi_T: np.ndarray, c0: np.ndarray) -> np.ndarray:
        """Return psi(0) (..., n) along the trajectories from c0 (..., n)."""
        if self._last is None or not np.array_equal(self._last[0].detach(), self._tensor(c0)):
            self.forward(c0)
        (start, end), self._last = self._last, None
        (psi,) = torch.autograd.grad(end, start, self._tensor(psi_T))
        return psi.numpy().reshape(np.shape(c0))

    def _tensor(self, c: np.ndarray) -> Tensor:
        return torch.tensor(np.reshape(c, (-1, self.n)), dtype=torch.float64)

    def _run(self, c: Tensor) -> Tensor:
        h, f = self.T / self.steps, self.rate
        for _ in range(self.steps):
            k1 = f(c)
            k2 = f(c + h / 2 * k1)
            k3 = f(c + h / 2 * k2)
            c = c + h / 6 * (k1 + 2 * k2 + 2 * k3 + f(c + h * k3))
        return c
