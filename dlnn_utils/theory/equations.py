"""Equations 1 to 17, derived: each function returns the residuals of one equation.

They are what sympy derives minus what the equation states, from the symbols and Lagrangians of
`SymbolicOscillator` (Eqs 1 to 5), `SymbolicMechanics` (to 12) or `SymbolicDiffusion` (to 17).
"""

import sympy as sp

from dlnn_utils.theory import lagrangians as theory
from dlnn_utils.theory.calculus import (
    dissipative_euler_lagrange,
    dot,
    energy,
    euler_lagrange,
    first_variation,
    gradient,
    helmholtz,
    mirror_by_reversal,
    momentum,
    path,
    rate,
    scaling_charge,
    sym,
)
from dlnn_utils.theory.lagrangians import adjoint_law, law

Residuals = list[sp.Expr | sp.Matrix]


def eq1(s) -> Residuals:
    """Friction: missed by the usual Lagrangian, lost by the energy, forbidden by Helmholtz."""
    motion = law(s.m, s.R, s.k, s.x)
    kinetic, potential = s.m * s.v**2 / 2, s.k * s.x**2 / 2
    by_velocity = helmholtz(sp.Matrix([motion]), sp.Matrix([s.x]))[1]
    return [
        euler_lagrange(kinetic - potential, s.x) - (motion - s.R * s.v),
        rate(kinetic + potential) - (s.v * motion - s.R * s.v**2),
        by_velocity - sp.Matrix([2 * s.R]),
    ]


def eq2(s) -> Residuals:
    """L_MF is -x* times Eq. 1 up to a total derivative, which no variation sees."""
    boundary = s.m * s.v * s.x_mirror + s.R / 2 * s.x * s.x_mirror
    return [s.L_MF + s.x_mirror * law(s.m, s.R, s.k, s.x) - rate(boundary)]


def eq3(s) -> Residuals:
    """The momentum of each half is made of the other half."""
    p = s.m * s.v_mirror - s.R / 2 * s.x_mirror
    p_mirror = s.m * s.v + s.R / 2 * s.x
    return [momentum(s.L_MF, s.x) - p, momentum(s.L_MF, s.x_mirror) - p_mirror]


def eq4(s) -> Residuals:
    """The first variation of L_MF, by parts, is minus the Euler-Lagrange side."""
    eta = path("eta")
    return [
        first_variation(s.L_MF, x, eta)
        - rate(eta * momentum(s.L_MF, x))
        + eta * euler_lagrange(s.L_MF, x)
        for x in (s.x, s.x_mirror)
    ]


def eq5(s) -> Residuals:
    """The oscillator, and its mirror with negative friction."""
    return [
        euler_lagrange(s.L_MF, s.x_mirror) - law(s.m, s.R, s.k, s.x),
        euler_lagrange(s.L_MF, s.x) - law(s.m, -s.R, s.k, s.x_mirror),
    ]


def eq6(s) -> Residuals:
    """L_MF from the law as in Eq. 2; the law and its adjoint from L_MF, C symmetrised."""
    C = sym(s.C)
    boundary = dot(s.q_mirror, s.M * s.v) + dot(s.q, s.C * s.q_mirror) / 2
    return [
        s.L_MF + dot(s.q_mirror, law(s.M, C, s.K, s.q)) - rate(boundary),
        euler_lagrange(s.L_MF, s.q_mirror) - law(s.M, C, s.K, s.q),
        euler_lagrange(s.L_MF, s.q) - adjoint_law(s.M, C, s.K, s.q_mirror),
    ]


def eq7(s) -> Residuals:
    """L_D is -L_MF / 2 of a mirror run backward, and homogeneous of degree two."""
    by_v, by_q = gradient(s.L_D, s.v), gradient(s.L_D, s.q)
    return [
        mirror_by_reversal(s.L_MF, s.q, s.q_mirror) - s.L_D,
        dot(s.v, by_v) + dot(s.q, by_q) - 2 * s.L_D,
    ]


def eq8(s) -> Residuals:
    """L_MF collected by the mirror's rate and place."""
    with_v_mirror = s.M * s.v + s.C.T * s.q / 2
    with_q_mirror = s.C * s.v / 2 + s.K * s.q
    return [s.L_MF - dot(s.v_mirror, with_v_mirror) + dot(s.q_mirror, with_q_mirror)]


def eq9(s) -> Residuals:
    """L_MF from the derivatives of L_D."""
    by_v, by_q = gradient(s.L_D, s.v), gradient(s.L_D, s.q)
    return [s.L_MF - dot(s.v_mirror, by_v) + dot(s.q_mirror, by_q)]


def eq10(s) -> Residuals:
    """The derivatives of L_MF by the mirror are those of L_D by the observable."""
    return [
        gradient(s.L_MF, s.v_mirror) - gradient(s.L_D, s.v),
        gradient(s.L_MF, s.q_mirror) + gradient(s.L_D, s.q),
    ]


def eq11(s) -> Residuals:
    """The law from L_D, as from L_MF; the mirror's law as its adjoint (Lagrange's identity)."""
    C, observable = sym(s.C), dissipative_euler_lagrange(s.L_D, s.q)
    mirror = adjoint_law(s.M, C, s.K, s.q_mirror)
    boundary = scaling_charge(s.L_MF, s.q, s.q_mirror)
    return [
        observable - law(s.M, C, s.K, s.q),
        observable - euler_lagrange(s.L_MF, s.q_mirror),
        dot(s.q_mirror, observable) - dot(s.q, mirror) - rate(boundary),
    ]


def eq12(s) -> Residuals:
    """M, K and the symmetric part of C from the second derivatives of L_D."""
    by_v, by_q = gradient(s.L_D, s.v), gradient(s.L_D, s.q)
    D = by_v.jacobian(s.q)
    return [by_v.jacobian(s.v) - s.M, by_q.jacobian(s.q) - s.K, D + D.T - sym(s.C)]


def eq13(s) -> Residuals:
    """Finite differences of diffusion, ends closed: K symmetric, conserving, dissipative."""
    h, D = sp.Symbol("h", positive=True), sp.symbols(f"D1:{s.n}", positive=True)
    steps = [s.c[i] - s.c[i + 1] for i in range(s.n - 1)]
    flux = [0] + [d * step / h for d, step in zip(D, steps)] + [0]
    rates = sp.Matrix([(flux[i] - flux[i + 1]) / h for i in range(s.n)])
    K = -rates.jacobian(s.c)
    squares = sum(d * step**2 / h**2 for d, step in zip(D, steps))
    return [rates + K * s.c, K - K.T, K * sp.ones(s.n, 1), dot(s.c, K * s.c) - squares]


def eq14(s) -> Residuals:
    """The law of c, its adjoint for psi, and Eq. 6 with M = 0, C = I."""
    as_mechanics = theory.morse_feshbach(sp.zeros(s.n), sp.eye(s.n), s.K, s.c, s.psi)
    return [
        euler_lagrange(s.L_MF, s.psi) - (rate(s.c) + s.K * s.c),
        euler_lagrange(s.L_MF, s.c) + (rate(s.psi) - s.K.T * s.psi),
        s.L_MF - as_mechanics,
    ]


def eq15(s) -> Residuals:
    """L_D is -L_MF / 2 of an undiffuser run backward, and Eq. 7 with M = 0, C = I."""
    as_mechanics = theory.dissipative(sp.zeros(s.n), sp.eye(s.n), s.K, s.c)
    return [mirror_by_reversal(s.L_MF, s.c, s.psi) - s.L_D, s.L_D - as_mechanics]


def eq16(s) -> Residuals:
    """Eq. 11 of the whole L_D; c descends the gradient of its part in c, psi climbs it."""
    descent = gradient(s.L_D, s.c).subs([(component, 0) for component in rate(s.c)])
    climb = descent.subs(list(zip(s.c, s.psi)))
    return [
        dissipative_euler_lagrange(s.L_D, s.c) - (rate(s.c) + s.K * s.c),
        descent - s.K * s.c,
        climb - s.K.T * s.psi,
    ]


def eq17(s) -> Residuals:
    """K from the second derivatives of L_D."""
    return [gradient(s.L_D, s.c).jacobian(s.c) - s.K]


def conserved(L_MF: sp.Expr, q, q_mirror) -> Residuals:
    """Noether: the rates of energy and scaling charge, less the terms that vanish on solutions."""
    mirror, observable = euler_lagrange(L_MF, q), euler_lagrange(L_MF, q_mirror)
    power = dot(rate(q), mirror) + dot(rate(q_mirror), observable)
    pairing = dot(q_mirror, observable) - dot(q, mirror)
    return [
        rate(energy(L_MF, q, q_mirror)) - power,
        rate(scaling_charge(L_MF, q, q_mirror)) - pairing,
    ]
