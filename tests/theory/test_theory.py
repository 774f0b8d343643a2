"""The derivations of notebook 01: they hold, and a wrong sign in any Lagrangian breaks them."""

import pytest
import sympy as sp
from sympy.calculus.euler import euler_equations

from dlnn_utils.theory import calculus, costate, equations, lagrangians, limits, operators
from dlnn_utils.theory.calculus import components, euler_lagrange, nonvanishing, path
from dlnn_utils.theory.lagrangians import SymbolicDiffusion, SymbolicMechanics, SymbolicOscillator

SYSTEMS = {
    **dict.fromkeys(range(1, 6), lambda n: SymbolicOscillator()),
    **dict.fromkeys(range(6, 9), SymbolicMechanics),
    **dict.fromkeys(range(9, 13), lambda n: SymbolicMechanics(n, "MK")),
    **dict.fromkeys(range(13, 16), SymbolicDiffusion),
    **dict.fromkeys(range(16, 18), lambda n: SymbolicDiffusion(n, "K")),
}
WRONG_SIGNS = [  # Lagrangian, letter of its coefficient, the path whose rate it holds, equations
    ("morse_feshbach_scalar", "m", "", (2, 3, 5)),
    ("morse_feshbach_scalar", "R", "x", (2, 3, 5)),
    ("morse_feshbach_scalar", "R", "x*", (2, 3, 5)),
    ("morse_feshbach_scalar", "k", "", (2, 5)),
    ("morse_feshbach", "M", "", (6, 7, 8, 9, 10, 11)),
    ("morse_feshbach", "C", "q", (6, 7, 8, 9, 10, 11)),
    ("morse_feshbach", "C", "q*", (6, 7, 8, 9, 10, 11)),
    ("morse_feshbach", "K", "", (6, 7, 8, 9, 10, 11, 14)),
    ("dissipative", "M", "", (7, 9, 10, 11, 12)),
    ("dissipative", "C", "", (7, 9, 10, 11, 12)),
    ("dissipative", "K", "", (7, 9, 10, 11, 12, 15)),
    ("morse_feshbach_diffusion", "", "psi", (14, 15)),
    ("morse_feshbach_diffusion", "", "c", (14, 15)),
    ("morse_feshbach_diffusion", "K", "", (14, 15)),
    ("dissipative_diffusion", "", "c", (15, 16)),
    ("dissipative_diffusion", "K", "", (15, 16, 17)),
]
TWO = SymbolicMechanics(2)


def with_flipped_sign(lagrangian, letter, moving):
    """Wrap a Lagrangian so that the terms of one coefficient and one rate change sign."""

    def is_meant(term):
        letters = {symbol.name[0] for symbol in term.free_symbols - {calculus.t}}
        rates = {d.expr.func.__name__.rstrip("0123456789") for d in term.atoms(sp.Derivative)}
        right_rate = not moving or moving in rates
        return right_rate and (letters == {letter} if letter else not letters)

    def flipped(*args):
        terms = sp.Add.make_args(sp.expand(lagrangian(*args)))
        meant = [term for term in terms if is_meant(term)]
        assert 0 < len(meant) < len(terms)
        return sum(terms) - 2 * sum(meant)

    return flipped


def left_over(number, n):
    return nonvanishing(getattr(equations, f"eq{number}")(SYSTEMS[number](n)))


@pytest.mark.parametrize("number", SYSTEMS)
def test_equation_holds(number):
    assert left_over(number, 2) == 0


@pytest.mark.parametrize(("lagrangian", "letter", "moving", "numbers"), WRONG_SIGNS)
def test_wrong_sign_is_found(monkeypatch, lagrangian, letter, moving, numbers):
    wrong = with_flipped_sign(getattr(lagrangians, lagrangian), letter, moving)
    monkeypatch.setattr(lagrangians, lagrangian, wrong)
    assert all(left_over(number, 1) > 0 for number in numbers)


def test_other_order_of_damping_is_found(monkeypatch):
    whole = lagrangians.morse_feshbach_whole_damping
    s = SymbolicMechanics(3, symmetric="C")
    assert nonvanishing([s.L_MF - whole(s.M, s.C, s.K, s.q, s.q_mirror)]) == 0
    monkeypatch.setattr(lagrangians, "morse_feshbach", whole)
    assert all(left_over(number, 2) > 0 for number in (6, 7, 8, 9, 10, 11))


@pytest.mark.parametrize("symmetric", ["M", "K"])
@pytest.mark.parametrize("number", range(9, 13))
def test_asymmetric_stiffness_or_mass_is_found(symmetric, number):
    assert nonvanishing(getattr(equations, f"eq{number}")(SymbolicMechanics(2, symmetric))) > 0


LIMITS = {  # components that do not vanish, of n = 2
    **dict.fromkeys(["any_lagrangian", "forces_of_constant_mass", "doubled_has_lagrangian",
                     "whole_damping", "remainder_of_eq9", "mass_matrix_weighted", "usual_sign",
                     "rayleigh", "sum_of_energies", "force_is_gradient",
                     "angular_momentum_is_unseen", "damping_is_compatible"], (TWO, 0)),
    "symmetrised_damping": (TWO, 2),
    "mass_matrix_unweighted": (TWO, 2),
    "without_rate_term": (SymbolicDiffusion(2), 2),
    "caldirola_kanai": (SymbolicOscillator(), 0),
}  # fmt: skip
OPERATORS = {
    "antisymmetric_part_is_unseen": 0,
    "schroedinger_is_antisymmetric": 0,
    "schroedinger_has_operator": 0,
    "cahn_hilliard_is_gradient": 6,
    "advection_keeps_energy": 0,
    "advection_is_gradient": 6,
}


@pytest.mark.parametrize("statement", LIMITS)
def test_limits_of_the_theory(statement):
    system, left = LIMITS[statement]
    assert nonvanishing(getattr(limits, statement)(system)) == left


@pytest.mark.parametrize("statement", OPERATORS)
def test_which_equations_are_gradients(statement):
    assert nonvanishing(getattr(operators, statement)()) == OPERATORS[statement]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("derive", ["mirror_of_any_law", "conserved_pairing", "doubled_gram"])
def test_the_mirror_of_any_law_is_its_adjoint(derive, n):
    assert nonvanishing(getattr(costate, derive)(n)) == 0


def test_no_other_lagrangian_gives_the_law_and_its_mirror(monkeypatch):
    right = costate.morse_feshbach_of
    monkeypatch.setattr(costate, "morse_feshbach_of", lambda L, c, psi: right(-L, c, psi))
    assert nonvanishing(costate.mirror_of_any_law(2)) == 6
    monkeypatch.setattr(costate, "morse_feshbach_of", lambda L, c, psi: right(L, psi, c))
    assert nonvanishing(costate.mirror_of_any_law(2)) > 0


def test_the_pairing_is_not_conserved_if_the_mirror_decays_as_well(monkeypatch):
    decaying = costate.rate

    def signs(x):
        return -decaying(x) if "psi" in str(x) and "dc" not in str(x) else decaying(x)

    monkeypatch.setattr(costate, "rate", signs)
    assert nonvanishing(costate.conserved_pairing(2)) > 0


def test_conserved_quantities_need_both_halves():
    L_MF, q, q_mirror = TWO.L_MF, TWO.q, TWO.q_mirror
    assert nonvanishing(equations.conserved(L_MF, q, q_mirror)) == 0
    assert nonvanishing(equations.conserved(L_MF + q[0] * q[1], q, q_mirror)) == 1
    assert nonvanishing(equations.conserved(calculus.t * L_MF, q, q_mirror)) == 1
    stated = calculus.dot(TWO.v_mirror, TWO.M * TWO.v) + calculus.dot(q_mirror, TWO.K * q)
    assert nonvanishing([calculus.energy(L_MF, q, q_mirror) - stated]) == 0


def test_euler_lagrange_agrees_with_sympy():
    ours = euler_lagrange(TWO.L_MF, TWO.q)
    sympys = [e.lhs for e in euler_equations(TWO.L_MF, [*TWO.q, *TWO.q_mirror], calculus.t)]
    assert nonvanishing([a + b for a, b in zip(ours, sympys)]) == 0


def test_helmholtz_tells_what_has_a_lagrangian():
    found = calculus.helmholtz(lagrangians.law(TWO.M, TWO.C, TWO.K, TWO.q), TWO.q)
    expected = [TWO.M - TWO.M.T, TWO.C + TWO.C.T, TWO.K - TWO.K.T]
    assert nonvanishing([a - b for a, b in zip(found, expected)]) == 0


def test_components_count_what_does_not_vanish():
    x = path("x")
    assert nonvanishing([x - x, sp.Matrix([0, x]), (x + 1) ** 2 - x**2 - 2 * x - 1]) == 1
    assert len(components([sp.zeros(2, 2), 0])) == 5
    with pytest.raises(ValueError, match="at least one component; got none"):
        nonvanishing([])
