"""Calculus of variations in sympy: paths, Euler-Lagrange operators, residuals.

A path is a function of t, or a column of n.  An equation holds if no component of its residual,
derived along paths, is left after expansion.
"""

from collections.abc import Iterable

import sympy as sp

t = sp.Symbol("t", real=True)


def path(name: str, n: int | None = None) -> sp.Expr | sp.Matrix:
    """Return a function of t, or a column of n of them, numbered from 1."""
    if n is None:
        return sp.Function(name, real=True)(t)
    return sp.Matrix([path(f"{name}{i + 1}") for i in range(n)])


def matrix(name: str, n: int, symmetric: bool = False) -> sp.Matrix:
    """Return an (n, n) matrix of symbols, nonsymmetric unless asked otherwise."""

    def entry(i: int, j: int) -> sp.Symbol:
        i, j = sorted((i, j)) if symmetric else (i, j)
        return sp.Symbol(f"{name}{i + 1}{j + 1}", real=True)

    return sp.Matrix(n, n, entry)


def sym(A: sp.Matrix) -> sp.Matrix:
    """Return the symmetric part (A + A^T) / 2."""
    return (A + A.T) / 2


def dot(a: sp.Matrix, b: sp.Matrix) -> sp.Expr:
    """Return a^T b for columns (n, 1)."""
    return (a.T * b)[0]


def rate(e):
    """Return the total derivative de/dt along the paths in e."""
    return sp.diff(e, t)


def gradient(L: sp.Expr, v) -> sp.Expr | sp.Matrix:
    """Return dL/dv for v a path or a path's rate; of the same shape as v."""
    if isinstance(v, sp.MatrixBase):
        return sp.Matrix([sp.diff(L, component) for component in v])
    return sp.diff(L, v)


def momentum(L: sp.Expr, q):
    """Return dL/dq' (Eq. 3)."""
    return gradient(L, rate(q))


def euler_lagrange(L: sp.Expr, q):
    """Return d/dt(dL/dq') - dL/dq, which vanishes where the action is stationary (Eq. 4)."""
    return rate(momentum(L, q)) - gradient(L, q)


def dissipative_euler_lagrange(L_D: sp.Expr, q):
    """Return d/dt(dL_D/dq') + dL_D/dq, plus sign, which vanishes on observable paths (Eq. 11)."""
    return rate(momentum(L_D, q)) + gradient(L_D, q)


def first_variation(L: sp.Expr, q: sp.Expr, eta: sp.Expr) -> sp.Expr:
    """Return the derivative of L along the variation q + epsilon eta, at epsilon = 0 (Eq. 4)."""
    epsilon = sp.Symbol("epsilon")
    return sp.diff(L.subs(q, q + epsilon * eta).doit(), epsilon).subs(epsilon, 0)


def energy(L: sp.Expr, *paths) -> sp.Expr:
    """Return the sum of q'^T dL/dq' over all paths, minus L: conserved if L is free of t."""
    return sum(dot(rate(q), momentum(L, q)) for q in paths) - L


def scaling_charge(L_MF: sp.Expr, q, q_mirror) -> sp.Expr:
    """Return q*^T p* - q^T p, conserved if q -> a q, q* -> q*/a leaves L_MF as it is."""
    return dot(q_mirror, momentum(L_MF, q_mirror)) - dot(q, momentum(L_MF, q))


def mirror_by_reversal(L_MF: sp.Expr, q, q_mirror) -> sp.Expr:
    """Return -L_MF / 2 at q* = q, q*' = -q': of Eqs 6 and 14 it makes Eqs 7 and 15."""
    swaps = list(zip(rate(q_mirror), -rate(q))) + list(zip(q_mirror, q))
    return -L_MF.subs(swaps, simultaneous=True) / 2


def helmholtz(F: sp.Matrix, q: sp.Matrix) -> list[sp.Matrix]:
    """Return Helmholtz's conditions, all zero if and only if F comes from a Lagrangian."""
    by_q, by_v, by_a = (F.jacobian(x) for x in (q, rate(q), rate(rate(q))))
    return [
        by_a - by_a.T,
        by_v + by_v.T - rate(by_a + by_a.T),
        by_q - by_q.T - rate(by_v - by_v.T) / 2,
    ]


def components(residuals: Iterable) -> list[sp.Expr]:
    """Return every component of scalars and matrices, expanded: 0 if it vanishes identically."""
    flat = [e for r in residuals for e in (r if isinstance(r, sp.MatrixBase) else [r])]
    if not flat:
        raise ValueError("residuals must hold at least one component; got none")
    return [sp.expand(sp.sympify(e).doit()) for e in flat]


def nonvanishing(residuals: Iterable) -> int:
    """Return how many components of the residuals expanding does not reduce to 0."""
    return sum(e != 0 for e in components(residuals))
