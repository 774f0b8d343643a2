"""What of a nonlinear L_D the data determine, by computer algebra.

With the mass M known, Eq. 11 makes the force F(q, v) = -(d2L_D/dv dq^T v + dL_D/dq), v = q'.
Each function returns residuals, which vanish if what its docstring says is so.
"""

import sympy as sp

from dlnn_utils.variations import dot, gradient, jacobian


def force_is_gradient(n: int = 2) -> list[sp.Matrix]:
    """The force is -d/dv (v . dL_D/dq), for any L_D: in the velocity it is a gradient."""
    q, v = _symbols(n)
    L_D = sp.Function("L_D")(*q, *v)
    return [(_force(L_D, q, v) + gradient(dot(v, gradient(L_D, q)), v)).doit()]


def angular_momentum_is_unseen() -> list[sp.Matrix]:
    """Adding a function of v and of the angular momentum q1 v2 - q2 v1 changes no force."""
    q, v = _symbols(2)
    momentum = q[0] * v[1] - q[1] * v[0]
    return [_force(sp.sin(v[0] * momentum) + v[1] ** 2 * momentum**3, q, v)]


def damping_is_compatible() -> list[sp.Expr]:
    """C = dg/dq + (dg/dq)^T obeys d2^2 C11 + d1^2 C22 = 2 d1 d2 C12: not every C(q) has a g."""
    q, _ = _symbols(2)
    g = sp.Matrix([sp.Function(f"g{i + 1}")(*q) for i in range(2)])
    C = jacobian(g, q) + jacobian(g, q).T
    bent = sp.diff(C[0, 0], q[1], 2) + sp.diff(C[1, 1], q[0], 2)
    return [bent - 2 * sp.diff(C[0, 1], q[0], q[1])]


def _symbols(n: int) -> tuple[sp.Matrix, sp.Matrix]:
    return tuple(
        sp.Matrix([sp.Symbol(f"{name}{i + 1}", real=True) for i in range(n)]) for name in "qv"
    )


def _force(L_D: sp.Expr, q: sp.Matrix, v: sp.Matrix) -> sp.Matrix:
    return -(jacobian(gradient(L_D, v), q) * v + gradient(L_D, q))
