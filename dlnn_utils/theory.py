"""The Lagrangians of the paper in sympy (Eqs 2, 6, 7, 14, 15), for coefficients of any symmetry.

The text keeps only words of its formulas, and its words fix the order of the factors in Eq. 6: it
says that C enters the equations of motion by its symmetric part alone.  Of the two matrix forms of
Eq. 2, q*^T C q' - q^T C q*' does so; q*^T C q' - q*'^T C q leaves the whole of C.
"""

from functools import cached_property

import sympy as sp

from dlnn_utils.variations import dot, matrix, path, rate


def law(M, C, K, q):
    """Return M q'' + C q' + K q, the left side of the observable's law (Eqs 1, 5, 11).

    Parameters
    ----------
    M, C, K : Expr or Matrix (n, n)
        Mass, damping and stiffness.
    q : Expr or Matrix (n, 1)
        Path.

    Returns
    -------
    Expr or Matrix (n, 1)
    """
    return M * rate(rate(q)) + C * rate(q) + K * q


def adjoint_law(M, C, K, q_mirror):
    """Return M^T q*'' - C^T q*' + K^T q*, the left side of the mirror's law (Eqs 5, 11).

    Parameters
    ----------
    M, C, K : Expr or Matrix (n, n)
        Mass, damping and stiffness of the observable.
    q_mirror : Expr or Matrix (n, 1)
        Path of the mirror.

    Returns
    -------
    Expr or Matrix (n, 1)
    """
    M, C, K = (A.T if isinstance(A, sp.MatrixBase) else A for A in (M, C, K))
    return law(M, -C, K, q_mirror)


def morse_feshbach_scalar(m, R, k, x, x_mirror) -> sp.Expr:
    """Return L_MF = m x' x*' - (R/2)(x* x' - x x*') - k x x* (Eq. 2).

    Parameters
    ----------
    m, R, k : Expr
        Mass, damping and stiffness.
    x, x_mirror : Expr
        Paths of the observable and of the mirror.

    Returns
    -------
    Expr
    """
    v, v_mirror = rate(x), rate(x_mirror)
    return m * v * v_mirror - R / 2 * (x_mirror * v - x * v_mirror) - k * x * x_mirror


def morse_feshbach(M, C, K, q, q_mirror) -> sp.Expr:
    """Return L_MF = q*'^T M q' - (1/2)(q*^T C q' - q^T C q*') - q*^T K q (Eq. 6).

    Parameters
    ----------
    M, C, K : Matrix (n, n)
        Mass, damping and stiffness; none need be symmetric.
    q, q_mirror : Matrix (n, 1)
        Paths of the observable and of the mirror.

    Returns
    -------
    Expr
    """
    v, v_mirror = rate(q), rate(q_mirror)
    damping = dot(q_mirror, C * v) - dot(q, C * v_mirror)
    return dot(v_mirror, M * v) - damping / 2 - dot(q_mirror, K * q)


def morse_feshbach_whole_damping(M, C, K, q, q_mirror) -> sp.Expr:
    """Return Eq. 6 with its factors in the other order, q*^T C q' - q*'^T C q.

    Parameters
    ----------
    M, C, K, q, q_mirror
        As for `morse_feshbach`.

    Returns
    -------
    Expr
        Equal to Eq. 6 for a symmetric C; otherwise the whole of C enters the equations of motion,
        and no L_D of the observables alone can stand for it.
    """
    v, v_mirror = rate(q), rate(q_mirror)
    damping = dot(q_mirror, C * v) - dot(v_mirror, C * q)
    return dot(v_mirror, M * v) - damping / 2 - dot(q_mirror, K * q)


def dissipative(M, C, K, q) -> sp.Expr:
    """Return L_D = (1/2)(q'^T M q' + q^T C q' + q^T K q) (Eq. 7), with a plus before K.

    Parameters
    ----------
    M, C, K : Matrix (n, n)
        Mass, damping and stiffness.
    q : Matrix (n, 1)
        Path of the observable.

    Returns
    -------
    Expr
    """
    v = rate(q)
    return (dot(v, M * v) + dot(q, C * v) + dot(q, K * q)) / 2


def morse_feshbach_diffusion(K, c, psi) -> sp.Expr:
    """Return L_MF = (1/2)(psi'^T c - psi^T c') - psi^T K c (Eq. 14).

    Parameters
    ----------
    K : Matrix (n, n)
        Stiffness of the diffusing system; it need not be symmetric.
    c, psi : Matrix (n, 1)
        Paths of the concentrations and of the undiffuser.

    Returns
    -------
    Expr
    """
    return (dot(rate(psi), c) - dot(psi, rate(c))) / 2 - dot(psi, K * c)


def dissipative_diffusion(K, c) -> sp.Expr:
    """Return L_D = (1/2)(c^T c' + c^T K c) (Eq. 15).

    Parameters
    ----------
    K : Matrix (n, n)
        Stiffness of the diffusing system.
    c : Matrix (n, 1)
        Path of the concentrations.

    Returns
    -------
    Expr
        Its first term holds no unknown; a network of c alone stands for the second.
    """
    return (dot(c, rate(c)) + dot(c, K * c)) / 2


class SymbolicOscillator:
    """Symbols of the dissipative oscillator and its Lagrangian (Eqs 1, 2).

    Attributes
    ----------
    m, R, k : Symbol
        Mass, damping and stiffness, positive.
    x, v, x_mirror, v_mirror : Expr
        Paths and rates of the observable and of the mirror.
    """

    def __init__(self):
        self.m, self.R, self.k = sp.symbols("m R k", positive=True)
        self.x, self.x_mirror = path("x"), path("x*")
        self.v, self.v_mirror = rate(self.x), rate(self.x_mirror)

    @cached_property
    def L_MF(self) -> sp.Expr:
        """The Morse-Feshbach Lagrangian (Eq. 2)."""
        return morse_feshbach_scalar(self.m, self.R, self.k, self.x, self.x_mirror)


class SymbolicMechanics:
    """Symbols of an n-dimensional damped system and its two Lagrangians (Eqs 6, 7).

    Parameters
    ----------
    n : int
        Number of positions.
    symmetric : str
        Those of the letters M, C, K whose matrix is symmetric.

    Attributes
    ----------
    M, C, K : Matrix (n, n)
        Mass, damping and stiffness.
    q, v, q_mirror, v_mirror : Matrix (n, 1)
        Paths and rates of the observable and of the mirror.
    """

    def __init__(self, n: int, symmetric: str = ""):
        self.n = n
        self.M, self.C, self.K = (matrix(name, n, name in symmetric) for name in "MCK")
        self.q, self.q_mirror = path("q", n), path("q*", n)
        self.v, self.v_mirror = rate(self.q), rate(self.q_mirror)

    @cached_property
    def L_MF(self) -> sp.Expr:
        """The Morse-Feshbach Lagrangian (Eq. 6)."""
        return morse_feshbach(self.M, self.C, self.K, self.q, self.q_mirror)

    @cached_property
    def L_D(self) -> sp.Expr:
        """The dissipative Lagrangian (Eq. 7)."""
        return dissipative(self.M, self.C, self.K, self.q)


class SymbolicDiffusion:
    """Symbols of n diffusing concentrations and their two Lagrangians (Eqs 14, 15).

    Parameters
    ----------
    n : int
        Number of concentrations.
    symmetric : str
        "K" for a symmetric K, "" for a nonsymmetric one.

    Attributes
    ----------
    K : Matrix (n, n)
        Stiffness.
    c, psi : Matrix (n, 1)
        Paths of the concentrations and of the undiffuser.
    """

    def __init__(self, n: int, symmetric: str = ""):
        self.n, self.K = n, matrix("K", n, "K" in symmetric)
        self.c, self.psi = path("c", n), path("psi", n)

    @cached_property
    def L_MF(self) -> sp.Expr:
        """The Morse-Feshbach Lagrangian (Eq. 14)."""
        return morse_feshbach_diffusion(self.K, self.c, self.psi)

    @cached_property
    def L_D(self) -> sp.Expr:
        """The dissipative Lagrangian (Eq. 15)."""
        return dissipative_diffusion(self.K, self.c)
