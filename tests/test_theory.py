"""The derivations of notebook 01: they hold, and a wrong sign in any Lagrangian breaks them."""

import pytest
import sympy as sp
from sympy.calculus.euler import euler_equations

from dlnn_utils import derivations, limits, theory, variations
from dlnn_utils.theory import SymbolicDiffusion, SymbolicMechanics, SymbolicOscillator
from dlnn_utils.variations import components, nonvanishing, path, rate

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


def with_flipped_sign(lagrangian, letter, moving):
    """Wrap a Lagrangian so that the terms of one coefficient and one rate change sign."""

    def is_meant(term):
        letters = {symbol.name[0] for symbol in term.free_symbols - {variations.t}}
        rates = {d.expr.func.__name__.rstrip("0123456789") for d in term.atoms(sp.Derivative)}
        right_rate = not moving or moving in rates
        return right_rate and (letters == {letter} if letter else not letters)

    def flipped(*args):
        terms = sp.Add.make_args(sp.expand(lagrangian(*args)))
        meant = [term for term in terms if is_meant(term)]
        assert 0 < len(meant) < len(terms)
        return sum(terms) - 2 * sum(meant)

    return flipped


def left_over(number, n=2):
    return nonvanishing(getattr(derivations, f"eq{number}")(SYSTEMS[number](n)))


@pytest.mark.parametrize("number", SYSTEMS)
def test_equation_holds(number):
    assert left_over(number, 2) == left_over(number, 3) == 0


@pytest.mark.parametrize(("lagrangian", "letter", "moving", "equations"), WRONG_SIGNS)
def test_wrong_sign_is_found(monkeypatch, lagrangian, letter, moving, equations):
    wrong = with_flipped_sign(getattr(theory, lagrangian), letter, moving)
    monkeypatch.setattr(theory, lagrangian, wrong)
    assert all(left_over(number) > 0 for number in equations)


def test_other_order_of_damping_is_found(monkeypatch):
    monkeypatch.setattr(theory, "morse_feshbach", theory.morse_feshbach_whole_damping)
    assert all(left_over(number) > 0 for number in (6, 7, 8, 9, 10, 11))


def test_both_orders_agree_for_symmetric_damping():
    s = SymbolicMechanics(3, symmetric="C")
    other = theory.morse_feshbach_whole_damping(s.M, s.C, s.K, s.q, s.q_mirror)
    assert nonvanishing([s.L_MF - other]) == 0


@pytest.mark.parametrize("symmetric", ["M", "K"])
def test_asymmetric_stiffness_or_mass_is_found(symmetric):
    s = SymbolicMechanics(2, symmetric)
    for equation in (derivations.eq9, derivations.eq10, derivations.eq11, derivations.eq12):
        assert nonvanishing(equation(s)) > 0


HOLDS = ["any_lagrangian", "forces_of_constant_mass", "doubled_has_lagrangian", "whole_damping",
         "remainder_of_eq9", "mass_matrix_weighted", "usual_sign", "rayleigh",
         "sum_of_energies"]  # fmt: skip


@pytest.mark.parametrize("statement", HOLDS)
def test_limit_holds(statement):
    assert nonvanishing(getattr(limits, statement)(SymbolicMechanics(2))) == 0


def test_limits_that_the_paper_leaves_out():
    s, d = SymbolicMechanics(2), SymbolicDiffusion(2)
    assert nonvanishing(limits.symmetrised_damping(s)) == 2
    assert nonvanishing(limits.mass_matrix_unweighted(s)) == 2
    assert nonvanishing(limits.without_rate_term(d)) == 2
    assert nonvanishing(limits.caldirola_kanai(SymbolicOscillator())) == 0


def test_conserved_quantities_need_both_halves():
    s = SymbolicMechanics(2)
    assert nonvanishing(derivations.conserved(s.L_MF, s.q, s.q_mirror)) == 0
    assert nonvanishing(derivations.conserved(s.L_MF + s.q[0] * s.q[1], s.q, s.q_mirror)) == 1
    assert nonvanishing(derivations.conserved(variations.t * s.L_MF, s.q, s.q_mirror)) == 1
    energy = variations.energy(s.L_MF, s.q, s.q_mirror)
    stated = variations.dot(s.v_mirror, s.M * s.v) + variations.dot(s.q_mirror, s.K * s.q)
    assert nonvanishing([energy - stated]) == 0


def test_usual_sign_gives_another_law():
    s = SymbolicMechanics(2, symmetric="MCK")
    usual = variations.euler_lagrange(s.L_D, s.q)
    assert nonvanishing([usual - theory.law(s.M, s.C, s.K, s.q)]) == 2
    assert nonvanishing([usual - theory.law(s.M, 0 * s.C, -s.K, s.q)]) == 0


@pytest.mark.parametrize("s", [SymbolicMechanics(2), SymbolicMechanics(3)])
def test_euler_lagrange_agrees_with_sympy(s):
    ours = [*variations.euler_lagrange(s.L_MF, s.q)]
    sympys = [e.lhs for e in euler_equations(s.L_MF, [*s.q, *s.q_mirror], variations.t)]
    assert nonvanishing([a + b for a, b in zip(ours, sympys)]) == 0


def test_helmholtz_tells_what_has_a_lagrangian():
    s = SymbolicMechanics(2)
    found = variations.helmholtz(theory.law(s.M, s.C, s.K, s.q), s.q)
    expected = [s.M - s.M.T, s.C + s.C.T, s.K - s.K.T]
    assert nonvanishing([a - b for a, b in zip(found, expected)]) == 0
    x = path("x", 1)
    pendulum = variations.euler_lagrange(rate(x[0]) ** 2 / 2 + sp.cos(x[0]), x)
    assert nonvanishing(variations.helmholtz(pendulum, x)) == 0


def test_components_count_what_does_not_vanish():
    x = path("x")
    assert nonvanishing([x - x, sp.Matrix([0, x]), (x + 1) ** 2 - x**2 - 2 * x - 1]) == 1
    assert len(components([sp.zeros(2, 2), 0])) == 5


def test_nothing_to_check_is_an_error():
    with pytest.raises(ValueError, match="at least one component; got none"):
        nonvanishing([])


def test_matrix_is_general_unless_symmetric():
    assert len(variations.matrix("A", 3).free_symbols) == 9
    S = variations.matrix("A", 3, symmetric=True)
    assert S == S.T and len(S.free_symbols) == 6
