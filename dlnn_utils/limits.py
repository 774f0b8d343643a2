"""Where the theory ends: what a dissipative Lagrangian cannot stand for, derived.

Each function returns residuals, which vanish if what its docstring says is so.
"""

import sympy as sp

from dlnn_utils import theory
from dlnn_utils.derivations import Residuals, eq9
from dlnn_utils.theory import law
from dlnn_utils.variations import (
    dissipative_euler_lagrange,
    dot,
    euler_lagrange,
    gradient,
    helmholtz,
    jacobian,
    rate,
    sym,
    t,
)


def any_lagrangian(s) -> Residuals:
    """Eq. 11 follows from Eq. 9 for any L_D(q, q'), whatever its form."""
    L_D = sp.Function("L_D")(*s.q, *s.v)
    L_MF = dot(s.v_mirror, gradient(L_D, s.v)) - dot(s.q_mirror, gradient(L_D, s.q))
    return [euler_lagrange(L_MF, s.q_mirror) - dissipative_euler_lagrange(L_D, s.q)]


def forces_of_constant_mass(s) -> Residuals:
    """With a constant mass, any L_D gives symmetric damping and symmetric stiffness at rest.

    Such an L_D is (1/2) q'^T M q' + a(q)^T q' + b(q) with arbitrary functions a and b.
    """
    a = sp.Matrix([sp.Function(f"a{i + 1}")(*s.q) for i in range(s.n)])
    L_D = dot(s.v, sym(s.M) * s.v) / 2 + dot(a, s.v) + sp.Function("b")(*s.q)
    motion = dissipative_euler_lagrange(L_D, s.q)
    damping = jacobian(motion, s.v)
    stiffness = jacobian(motion.subs([(component, 0) for component in s.v]), s.q)
    return [damping - damping.T, stiffness - stiffness.T]


def doubled_has_lagrangian(s) -> Residuals:
    """The doubled equations of motion satisfy all of Helmholtz's conditions."""
    both = s.q.col_join(s.q_mirror)
    return helmholtz(law_and_adjoint(s), both)


def law_and_adjoint(s) -> sp.Matrix:
    """Return the mirror's law over the observable's, (2n, 1), in the order (q, q*)."""
    C = sym(s.C)
    return theory.adjoint_law(s.M, C, s.K, s.q_mirror).col_join(law(s.M, C, s.K, s.q))


def symmetrised_damping(s) -> Residuals:
    """Eq. 6 in its other order, q*'^T C q, gives the law with the symmetric part of C."""
    L_MF = theory.morse_feshbach_whole_damping(s.M, s.C, s.K, s.q, s.q_mirror)
    return [euler_lagrange(L_MF, s.q_mirror) - law(s.M, sym(s.C), s.K, s.q)]


def whole_damping(s) -> Residuals:
    """Eq. 6 in its other order, q*'^T C q, gives the law with the whole of C."""
    L_MF = theory.morse_feshbach_whole_damping(s.M, s.C, s.K, s.q, s.q_mirror)
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


def _root_mass(n: int) -> sp.Matrix:
    return sp.diag(*sp.symbols(f"r1:{n + 1}", positive=True))
