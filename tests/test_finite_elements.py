"""The diffusing plate: known matrices, exact solutions, order of convergence, wrong input."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import brentq

from dlnn_utils import Plate, cosine_error, diffusivity, elements_of
from dlnn_utils.finite_elements import MASSES

both_masses = pytest.mark.parametrize("mass", MASSES)


@pytest.fixture(params=MASSES)
def plate(request):
    """Two phases without any symmetry."""
    D = np.ones((5, 5))
    D[1:3, 0:4] = 0.01
    D[4, 4] = 0.3
    return Plate.of(D, request.param)


def start(plate):
    return np.random.default_rng(0).uniform(size=plate.n)


def test_one_element_is_that_of_the_textbook():
    consistent, lumped = (Plate.of([[2.0]], mass) for mass in ("consistent", "lumped"))
    K = np.array([[4, -1, -1, -2], [-1, 4, -2, -1], [-1, -2, 4, -1], [-2, -1, -1, 4]]) / 6
    M = np.array([[4, 2, 2, 1], [2, 4, 1, 2], [2, 1, 4, 2], [1, 2, 2, 4]]) / 36
    np.testing.assert_allclose(consistent.K, 2 * K, atol=1e-14)
    np.testing.assert_allclose(consistent.M, M, atol=1e-14)
    np.testing.assert_allclose(lumped.M, np.eye(4) / 4, atol=1e-14)


def test_nodes_are_pixels_from_the_top_left():
    D = np.full((4, 4), 1e-9)
    D[0, 3] = 1.0
    moved = np.abs(Plate.of(D).K).sum(axis=1).reshape(5, 5)
    assert sorted(zip(*np.nonzero(moved > 1e-3))) == [(0, 3), (0, 4), (1, 3), (1, 4)]


@both_masses
def test_order_of_convergence_is_two(mass):
    errors = np.array([cosine_error(m, mass) for m in (4, 8, 16)])
    assert errors[-1] < 0.03
    np.testing.assert_allclose(np.log2(errors[:-1] / errors[1:]), 2, atol=0.15)


@both_masses
def test_two_layers_decay_at_the_rate_of_their_transcendental_equation(mass):
    """c = cos(p x) for x < 1/2 and a cos(q (1 - x)) beyond, with D1 p^2 = D2 q^2 = rate."""
    D1, D2 = 1.0, 0.1

    def jump(rate):
        p, q = np.sqrt(rate / D1), np.sqrt(rate / D2)
        return D1 * p * np.tan(p / 2) + D2 * q * np.tan(q / 2)

    exact = brentq(jump, 1.2 * D2 * np.pi**2, 3 * D2 * np.pi**2)
    errors = []
    for m in (8, 16):
        D = np.where(np.arange(m) < m // 2, D1, D2) * np.ones((m, 1))
        profile = Plate.of(D, mass)
        rates = profile.modes[0]
        errors.append(np.abs(rates - exact).min() / exact)
    assert errors[1] < 0.01
    assert np.log2(errors[0] / errors[1]) == pytest.approx(2, abs=0.2)


def test_the_amount_is_conserved_to_rounding(plate):
    c = plate.evolve(start(plate), np.linspace(0, 2, 30))
    assert np.ptp(plate.amount(c)) < 1e-13
    assert np.ptp(c[-1]) < np.ptp(c[0])


def test_evolution_is_that_of_the_matrix_exponential(plate):
    t = np.array([0.0, 0.01, 0.3])
    c0 = np.stack([start(plate), np.eye(plate.n)[7]])
    A = -np.linalg.solve(plate.M, plate.K)
    expected = np.stack([c0 @ expm(A * now).T for now in t])
    np.testing.assert_allclose(plate.evolve(c0, t), expected, atol=1e-12)
    np.testing.assert_allclose(plate.evolve(c0[0], t), expected[:, 0], atol=1e-12)
    np.testing.assert_allclose(plate.plain.evolve(c0, t), expected, atol=1e-12)
    back = plate.evolve(expected[1], [0.01, 0.0])[1]
    np.testing.assert_allclose(back, c0, atol=1e-9 * plate.amplification(0.01))


def test_weighted_coordinates_move_by_a_symmetric_operator(plate):
    c, S = start(plate), plate.weighted.K
    np.testing.assert_array_equal(S, S.T)
    np.testing.assert_allclose(plate.from_weighted(plate.to_weighted(c)), c, atol=1e-13)
    moved = plate.from_weighted(plate.weighted.rate(plate.to_weighted(c)))
    np.testing.assert_allclose(moved, plate.rate(c), atol=1e-10)
    plain = plate.plain.A
    assert np.linalg.norm(plain - plain.T) > 0.1 * np.linalg.norm(plain)


def test_amplification_is_that_of_the_fastest_mode(plate):
    rates, modes = plate.modes
    fastest = plate.from_weighted(modes[:, -1])
    grown = plate.evolve(fastest, [0.02, 0.0])[1]
    np.testing.assert_allclose(grown, plate.amplification(0.02) * fastest, rtol=1e-6)
    assert abs(rates[0]) < 1e-9


def test_lumped_mass_keeps_concentrations_positive_and_consistent_does_not():
    D, c0 = diffusivity(elements_of("square", 7)), np.r_[np.ones(8), np.zeros(56)]
    lowest = {mass: Plate.of(D, mass).evolve(c0, [0, 0.005])[1].min() for mass in MASSES}
    assert lowest["lumped"] > -1e-12
    assert lowest["consistent"] < -1e-3


@pytest.mark.parametrize(
    ("D", "mass", "message"),
    [
        (
            np.ones((0, 0)),
            "lumped",
            r"D must not be empty; got shape \(0, 0\)",
        ),
        (np.ones((2, 3)), "lumped", r"D must hold m x m elements.*\(2, 3\)"),
        (np.ones(4), "lumped", r"D must have shape \(any, any\); got \(4,\)"),
        ([[1.0, 0.0], [1.0, 1.0]], "lumped", "D must be positive in every element; got 0"),
        ([[1.0, -2.0], [1.0, 1.0]], "lumped", "D must be positive in every element; got -2"),
        ([[1.0, np.nan], [1.0, 1.0]], "lumped", "D must be finite"),
        ([[1.0]], "diagonal", "mass must be one of lumped, consistent; got 'diagonal'"),
    ],
)
def test_wrong_input_is_refused_in_one_line(D, mass, message):
    with pytest.raises(ValueError, match=message) as refused:
        Plate.of(D, mass)
    assert "\n" not in str(refused.value)
