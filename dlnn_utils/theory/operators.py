"""Which of Section 6's equations are gradients, and which need an operator N, as residuals."""

import sympy as sp

from dlnn_utils.theory.calculus import dot, euler_lagrange, gradient, matrix, path, rate, sym
from dlnn_utils.theory.equations import Residuals


def antisymmetric_part_is_unseen(n: int = 3) -> Residuals:
    """An L_D of Eq. 15 has the same gradient with K and with its symmetric part (Eq. 16)."""
    c, K = sp.Matrix(sp.symbols(f"c1:{n + 1}")), matrix("K", n)
    return [gradient(dot(c, K * c) / 2, c) - gradient(dot(c, sym(K) * c) / 2, c)]


def schroedinger_is_antisymmetric(n: int = 2) -> Residuals:
    """The real form of i M phi' = H phi, as M x' = -A x, has no symmetric part of A."""
    H, zero = matrix("H", n, symmetric=True), sp.zeros(n)
    return [sym(sp.Matrix([[zero, -H], [H, zero]]))]


def schroedinger_has_operator(n: int = 2) -> Residuals:
    """The action of x^T N x'/2 + L, N = [[0, M], [-M, 0]], is stationary where N x' = -dL/dx."""
    x, H, M = path("x", 2 * n), matrix("H", n, symmetric=True), matrix("M", n, symmetric=True)
    N = sp.Matrix([[sp.zeros(n), M], [-M, sp.zeros(n)]])
    both = sp.diag(H, H)
    L = dot(x, N * rate(x)) / 2 + dot(x, both * x) / 2
    return [euler_lagrange(L, x) + N * rate(x) + both * x]


def cahn_hilliard_is_gradient(n: int = 3) -> Residuals:
    """The law c' = -R K c is the gradient flow of an L_D as Eq. 16 has it: R K is symmetric."""
    R, K = (matrix(name, n, symmetric=True) for name in "RK")
    return [R * K - (R * K).T]


def advection_keeps_energy() -> Residuals:
    """Advection, between three modes of a flow, changes no kinetic energy."""
    x, flow = _triad()
    return [dot(x, flow)]


def advection_is_gradient() -> Residuals:
    """Advection between three modes of a flow has zero curl, as a gradient has."""
    x, flow = _triad()
    return [flow.jacobian(x) - flow.jacobian(x).T]


def _triad() -> tuple[sp.Matrix, sp.Matrix]:
    """Three modes and their rates by advection: products of the two others (Kraichnan)."""
    (x, y, z), (a, b) = sp.symbols("x y z"), sp.symbols("a b")
    return sp.Matrix([x, y, z]), sp.Matrix([a * y * z, b * z * x, -(a + b) * x * y])
