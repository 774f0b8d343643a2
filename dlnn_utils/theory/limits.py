"""Where the theory ends: residuals of what L_D cannot stand for, and of what no data can tell."""

import sympy as sp

from dlnn_utils.theory.calculus import (
    dissipative_euler_lagrange,
    dot,
    euler_lagrange,
    gradient,
    helmholtz,
    rate,
    sym,
    t,
)
from dlnn_utils.theory.equations import Residuals, eq9
from dlnn_utils.theory.lagrangians import adjoint_law, law, morse_feshbach_whole_damping


def any_lagrangian(s) -> Residuals:
    """Eq. 11 follows from Eq. 9 for any L_D(q, q'), whatever its form."""
    L_D = sp.Function("L_D")(*s.q, *s.v)
    L_MF = dot(s.v_mirror, gradient(L_D, s.v)) - dot(s.q_mirror, gradient(L_D, s.q))
    return [euler_lagrange(L_MF, s.q_mirror) - dissipative_euler_lagrange(L_D, s.q)]


def forces_of_constant_mass(s) -> Residuals:
    """With a constant mass, any L_D gives symmetric damping and symmetric stiffness at rest."""
    a = sp.Matrix([sp.Function(f"a{i + 1}")(*s.q) for i in range(s.n)])
    L_D = dot(s.v, sym(s.M) * s.v) / 2 + dot(a, s.v) + sp.Function("b")(*s.q)
    motion = dissipative_euler_lagrange(L_D, s.q)
    damping = motion.jacobian(s.v)
    stiffness = motion.subs([(component, 0) for component in s.v]).jacobian(s.q)
    return [damping - damping.T, stiffness - stiffness.T]


def doubled_has_lagrangian(s) -> Residuals:
    """The doubled equations of motion satisfy all of Helmholtz's conditions."""
    mirror = adjoint_law(s.M, sym(s.C), s.K, s.q_mirror)
    observable = law(s.M, sym(s.C), s.K, s.q)
    return helmholtz(mirror.col_join(observable), s.q.col_join(s.q_mirror))


def symmetrised_damping(s) -> Residuals:
    """Eq. 6 in its other order, q*'^T C q, gives the law with the symmetric part of C."""
    L_MF = morse_feshbach_whole_damping(s.M, s.C, s.K, s.q, s.q_mirror)
    return [euler_lagrange(L_MF, s.q_mirror) - law(s.M, sym(s.C), s.K, s.q)]


def whole_damping(s) -> Residuals:
    """Eq. 6 in its other order, q*'^T C q, gives the law with the whole of C."""
    L_MF = morse_feshbach_whole_damping(s.M, s.C, s.K, s.q, s.q_mirror)
    return [euler_lagrange(L_MF, s.q_mirror) - law(s.M, s.C, s.K, s.q)]


def remainder_of_eq9(s) -> Residuals:
    """Eq. 9 misses (1/2) q*'^T (M - M^T) q' - (1/2) q*^T (K - K^T) q and nothing else."""
    mass, stiffness = (s.M - s.M.T) / 2, (s.K - s.K.T) / 2
    missed = dot(s.v_mirror, mass * s.v) - dot(s.q_mirror, stiffness * s.q)
    return [eq9(s)[0] - missed]


def usual_sign(s) -> Residuals:
    """Under the usual sign L_D gives M q'' + (1/2)(C^T - C) q' - K q, M and K symmetrised."""
    wrong = law(sym(s.M), (s.C.T - s.C) / 2, -sym(s.K), s.q)
    return [euler_lagrange(s.L_D, s.q) - wrong]


def rayleigh(s) -> Residuals:
    """Eq. 11 is the usual Lagrangian with Rayleigh's dissipation (1/2) q'^T C q'."""
    usual = (dot(s.v, s.M * s.v) - dot(s.q, s.K * s.q)) / 2
    friction = gradient(dot(s.v, s.C * s.v) / 2, s.v)
    return [euler_lagrange(usual, s.q) + friction - dissipative_euler_lagrange(s.L_D, s.q)]


def mass_matrix_unweighted(s) -> Residuals:
    """M^-1 K is symmetric for a diagonal M and a symmetric K."""
    product = _root_mass(s.n) ** -2 * sym(s.K)
    return [product - product.T]


def mass_matrix_weighted(s) -> Residuals:
    """M^(-1/2) K M^(-1/2) is symmetric for a diagonal M and a symmetric K."""
    inverse_root = _root_mass(s.n) ** -1
    product = inverse_root * sym(s.K) * inverse_root
    return [product - product.T]


def without_rate_term(d) -> Residuals:
    """Without (1/2) c^T c' in L_D, Eq. 11 gives c' + K c."""
    L_D = dot(d.c, d.K * d.c) / 2
    return [dissipative_euler_lagrange(L_D, d.c) - (rate(d.c) + sym(d.K) * d.c)]


def lagrangian_of_one_coordinate(o) -> Residuals:
    """A Lagrangian of x alone, without explicit time, gives Eq. 1 (Helmholtz's conditions)."""
    return helmholtz(sp.Matrix([law(o.m, o.R, o.k, o.x)]), sp.Matrix([o.x]))


def caldirola_kanai(o) -> Residuals:
    """exp(R t / m) times the usual Lagrangian gives exp(R t / m) times Eq. 1."""
    usual = (o.m * o.v**2 - o.k * o.x**2) / 2
    motion = euler_lagrange(sp.exp(o.R * t / o.m) * usual, o.x)
    return [sp.exp(-o.R * t / o.m) * motion - law(o.m, o.R, o.k, o.x)]


def sum_of_energies(s) -> Residuals:
    """On solutions the two energies' sum has the rate -q'^T C q' + q*'^T C q*', not 0."""
    M, C, K = sym(s.M), sym(s.C), sym(s.K)
    halves = ((s.q, s.v, C), (s.q_mirror, s.v_mirror, -C))
    total = sum(dot(v, M * v) + dot(q, K * q) for q, v, _ in halves) / 2
    on_solutions = rate(total) - sum(dot(v, law(M, damping, K, q)) for q, v, damping in halves)
    return [on_solutions + dot(s.v, C * s.v) - dot(s.v_mirror, C * s.v_mirror)]


def curl_of_hamiltonian_flow(s) -> Residuals:
    """The flow of any Hamiltonian H(q, p) has zero curl."""
    flow, x = _phase_space(s)
    return [flow.jacobian(x) - flow.jacobian(x).T]


def divergence_of_hamiltonian_flow(s) -> Residuals:
    """The flow of any Hamiltonian H(q, p) has zero divergence."""
    flow, x = _phase_space(s)
    return [flow.jacobian(x).trace()]


def curl_of_gradient_flow(s) -> Residuals:
    """The gradient of any D(q, p), the dissipative term of [15], has zero curl."""
    _, x = _phase_space(s)
    flow = gradient(sp.Function("D")(*x), x)
    return [flow.jacobian(x) - flow.jacobian(x).T]


def force_is_gradient(s) -> Residuals:
    """With M known the force is -d/dv (v . dL_D/dq), for any L_D: in the velocity a gradient."""
    q, v = _free(s)
    L_D = sp.Function("L_D")(*q, *v)
    return [(_force(L_D, q, v) + gradient(dot(v, gradient(L_D, q)), v)).doit()]


def angular_momentum_is_unseen(s) -> Residuals:
    """Adding a function of v and of the angular momentum q1 v2 - q2 v1 changes no force."""
    q, v = _free(s)
    momentum = q[0] * v[1] - q[1] * v[0]
    return [_force(sp.sin(v[0] * momentum) + v[1] ** 2 * momentum**3, q, v)]


def damping_is_compatible(s) -> Residuals:
    """C = dg/dq + (dg/dq)^T obeys d2^2 C11 + d1^2 C22 = 2 d1 d2 C12: not every C(q) has a g."""
    q, _ = _free(s)
    g = sp.Matrix([sp.Function(f"g{i + 1}")(*q) for i in range(s.n)])
    C = g.jacobian(q) + g.jacobian(q).T
    bent = sp.diff(C[0, 0], q[1], 2) + sp.diff(C[1, 1], q[0], 2)
    return [bent - 2 * sp.diff(C[0, 1], q[0], q[1])]


def _root_mass(n: int) -> sp.Matrix:
    return sp.diag(*sp.symbols(f"r1:{n + 1}", positive=True))


def _phase_space(s) -> tuple[sp.Matrix, sp.Matrix]:
    """Return (dH/dp, -dH/dq) for an arbitrary H, and the states [q, p], both (2n, 1)."""
    q, p = _free(s)
    H = sp.Function("H")(*q, *p)
    return gradient(H, p).col_join(-gradient(H, q)), q.col_join(p)


def _free(s) -> tuple[sp.Matrix, sp.Matrix]:
    """Return positions and velocities (n, 1) that depend on nothing, not on t either."""
    return tuple(sp.Matrix(sp.symbols(f"{name}1:{s.n + 1}", real=True)) for name in "qv")


def _force(L_D: sp.Expr, q: sp.Matrix, v: sp.Matrix) -> sp.Matrix:
    """Return F = -(d2L_D/dv dq^T v + dL_D/dq), Eq. 11 without its acceleration."""
    return -(gradient(L_D, v).jacobian(q) * v + gradient(L_D, q))
