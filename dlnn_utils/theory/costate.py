"""The mirror of any L_D is its adjoint: Eqs 14 and 16 for a formal L_D of concentrations c(t)."""

import sympy as sp

from dlnn_utils.theory.calculus import dot, euler_lagrange, gradient, matrix, path, rate
from dlnn_utils.theory.lagrangians import morse_feshbach_diffusion

Residuals = list[sp.Expr | sp.Matrix]


def morse_feshbach_of(L_D: sp.Expr, c: sp.Matrix, psi: sp.Matrix) -> sp.Expr:
    """Return L_MF = (1/2)(psi'^T c - psi^T c') - psi^T dL_D/dc, Eq. 14 for any L_D(c)."""
    return (dot(rate(psi), c) - dot(psi, rate(c))) / 2 - dot(psi, gradient(L_D, c))


def mirror_of_any_law(n: int) -> Residuals:
    """L_MF of a general L_D gives the law, and psi' = H(c) psi; Eq. 14 if L_D is quadratic."""
    c, psi = path("c", n), path("psi", n)
    L_D, K = sp.Function("L_D")(*c), matrix("K", n, symmetric=True)
    L_MF, force = morse_feshbach_of(L_D, c, psi), gradient(L_D, c)
    return [
        euler_lagrange(L_MF, psi) - (rate(c) + force),
        euler_lagrange(L_MF, c) + (rate(psi) - force.jacobian(c) * psi),
        L_MF + dot(psi, rate(c) + force) - rate(dot(psi, c)) / 2,
        morse_feshbach_of(dot(c, K * c) / 2, c, psi) - morse_feshbach_diffusion(K, c, psi),
    ]


def conserved_pairing(n: int) -> Residuals:
    """The rate of psi^T dc, dc a small change of c, along the mirror and the linearised law."""
    c, psi, change = path("c", n), path("psi", n), path("dc", n)
    H = gradient(sp.Function("L_D")(*c), c).jacobian(c)
    laws = list(zip(rate(psi), H * psi)) + list(zip(rate(change), -H * change))
    return [rate(dot(psi, change)).subs(laws, simultaneous=True)]


def doubled_gram(n: int) -> Residuals:
    """The Gram matrix of the doubled system [I, -E^T; E, I] is diag(I + E^T E, I + E E^T)."""
    E, one, none = matrix("E", n), sp.eye(n), sp.zeros(n)
    doubled = sp.Matrix(sp.BlockMatrix([[one, -E.T], [E, one]]))
    gram = sp.Matrix(sp.BlockMatrix([[one + E.T * E, none], [none, one + E * E.T]]))
    return [doubled.T * doubled - gram]
