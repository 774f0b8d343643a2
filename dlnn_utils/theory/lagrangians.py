"""The Lagrangians of the paper in sympy (Eqs 2, 6, 7, 14, 15), for coefficients of any symmetry.

A star or `_mirror` marks the mirror's path.  The text has lost the order of the factors in Eq. 6;
it says that C enters by its symmetric part alone, and q*^T C q' - q^T C q*' does so.
"""

import sympy as sp

from dlnn_utils.theory.calculus import dot, matrix, path, rate


def law(M, C, K, q):
    """Return M q'' + C q' + K q, the left side of the observable's law (Eqs 1, 5, 11)."""
    return M * rate(rate(q)) + C * rate(q) + K * q


def adjoint_law(M, C, K, q_mirror):
    """Return M^T q*'' - C^T q*' + K^T q*, the left side of the mirror's law (Eqs 5, 11)."""
    return law(M.T, -C.T, K.T, q_mirror)


def morse_feshbach_scalar(m, R, k, x, x_mirror) -> sp.Expr:
    """Return L_MF = m x' x*' - (R/2)(x* x' - x x*') - k x x* (Eq. 2)."""
    v, v_mirror = rate(x), rate(x_mirror)
    return m * v * v_mirror - R / 2 * (x_mirror * v - x * v_mirror) - k * x * x_mirror


def morse_feshbach(M, C, K, q, q_mirror) -> sp.Expr:
    """Return L_MF = q*'^T M q' - (1/2)(q*^T C q' - q^T C q*') - q*^T K q (Eq. 6)."""
    v, v_mirror = rate(q), rate(q_mirror)
    damping = dot(q_mirror, C * v) - dot(q, C * v_mirror)
    return dot(v_mirror, M * v) - damping / 2 - dot(q_mirror, K * q)


def morse_feshbach_whole_damping(M, C, K, q, q_mirror) -> sp.Expr:
    """Return Eq. 6 with q*^T C q' - q*'^T C q, by which the whole of C enters the motion."""
    v, v_mirror = rate(q), rate(q_mirror)
    damping = dot(q_mirror, C * v) - dot(v_mirror, C * q)
    return dot(v_mirror, M * v) - damping / 2 - dot(q_mirror, K * q)


def dissipative(M, C, K, q) -> sp.Expr:
    """Return L_D = (1/2)(q'^T M q' + q^T C q' + q^T K q) (Eq. 7), with a plus before K."""
    v = rate(q)
    return (dot(v, M * v) + dot(q, C * v) + dot(q, K * q)) / 2


def morse_feshbach_diffusion(K, c, psi) -> sp.Expr:
    """Return L_MF = (1/2)(psi'^T c - psi^T c') - psi^T K c (Eq. 14)."""
    return (dot(rate(psi), c) - dot(psi, rate(c))) / 2 - dot(psi, K * c)


def dissipative_diffusion(K, c) -> sp.Expr:
    """Return L_D = (1/2)(c^T c' + c^T K c) (Eq. 15); a network of c stands for its second term."""
    return (dot(c, rate(c)) + dot(c, K * c)) / 2


class SymbolicOscillator:
    """The dissipative oscillator: m, R, k, paths x and x_mirror, their rates, L_MF (Eq. 2)."""

    def __init__(self):
        self.m, self.R, self.k = sp.symbols("m R k", positive=True)
        self.x, self.x_mirror = path("x"), path("x*")
        self.v, self.v_mirror = rate(self.x), rate(self.x_mirror)
        self.L_MF = morse_feshbach_scalar(self.m, self.R, self.k, self.x, self.x_mirror)


class SymbolicMechanics:
    """A damped system of n positions: M, C, K, paths q and q_mirror, L_MF (Eq. 6), L_D (Eq. 7).

    Those of its matrices are symmetric whose letter is in `symmetric`.
    """

    def __init__(self, n: int, symmetric: str = ""):
        self.n = n
        self.M, self.C, self.K = (matrix(name, n, name in symmetric) for name in "MCK")
        self.q, self.q_mirror = path("q", n), path("q*", n)
        self.v, self.v_mirror = rate(self.q), rate(self.q_mirror)
        self.L_MF = morse_feshbach(self.M, self.C, self.K, self.q, self.q_mirror)
        self.L_D = dissipative(self.M, self.C, self.K, self.q)


class SymbolicDiffusion:
    """A diffusing system of n concentrations: K, paths c and psi, L_MF (Eq. 14), L_D (Eq. 15)."""

    def __init__(self, n: int, symmetric: str = ""):
        self.n, self.K = n, matrix("K", n, "K" in symmetric)
        self.c, self.psi = path("c", n), path("psi", n)
        self.L_MF = morse_feshbach_diffusion(self.K, self.c, self.psi)
        self.L_D = dissipative_diffusion(self.K, self.c)
