"""Plates: known matrices, exact solutions, order of convergence; the shapes on them."""

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.optimize import brentq

from dlnn_utils import Plate, diffusivity, elements_of, grains
from dlnn_utils.systems import plate as plates

MASSES = ("lumped", "consistent")


@pytest.fixture(params=MASSES)
def plate(request):
    """Two phases without any symmetry."""
    D = np.ones((5, 5))
    D[1:3, 0:4] = 0.01
    D[4, 4] = 0.3
    return Plate.of(D, request.param)


def test_one_element_is_that_of_the_textbook():
    consistent, lumped = (Plate.of([[2.0]], mass) for mass in ("consistent", "lumped"))
    K = np.array([[4, -1, -1, -2], [-1, 4, -2, -1], [-1, -2, 4, -1], [-2, -1, -1, 4]]) / 6
    M = np.array([[4, 2, 2, 1], [2, 4, 1, 2], [2, 1, 4, 2], [1, 2, 2, 4]]) / 36
    np.testing.assert_allclose(consistent.K.toarray(), 2 * K, atol=1e-14)
    np.testing.assert_allclose(consistent.M.toarray(), M, atol=1e-14)
    np.testing.assert_allclose(lumped.M.toarray(), np.eye(4) / 4, atol=1e-14)


def test_nodes_are_pixels_from_the_top_left():
    D = np.full((4, 4), 1e-9)
    D[0, 3] = 1.0
    moved = abs(Plate.of(D).K).sum(axis=1).reshape(5, 5)
    assert sorted(zip(*np.nonzero(moved > 1e-3))) == [(0, 3), (0, 4), (1, 3), (1, 4)]


@pytest.mark.parametrize("mass", MASSES)
def test_order_of_convergence_is_two(mass):
    """On cos(pi x) cos(pi y) exp(-2 pi^2 t), and on the slowest rate of two layers.

    There c = cos(p x) for x < 1/2 and a cos(q (1 - x)) beyond, with D1 p^2 = D2 q^2 = rate.
    """
    D1, D2, t = 1.0, 0.1, 0.1

    def jump(rate):
        p, q = np.sqrt(rate / D1), np.sqrt(rate / D2)
        return D1 * p * np.tan(p / 2) + D2 * q * np.tan(q / 2)

    slowest = brentq(jump, 1.2 * D2 * np.pi**2, 3 * D2 * np.pi**2)
    errors = []
    for m in (8, 16):
        wave = np.cos(np.pi * np.linspace(0, 1, m + 1))
        first, decay = np.outer(wave, wave).ravel(), np.exp(-2 * np.pi**2 * t)
        off = Plate.of(np.ones((m, m)), mass).evolve(first, [0, t])[1] / decay - first
        layers = np.where(np.arange(m) < m // 2, D1, D2) * np.ones((m, 1))
        rates = Plate.of(layers, mass).modes[0]
        errors.append((np.abs(off).max(), np.abs(rates / slowest - 1).min()))
    assert errors[1][0] < 0.03 and errors[1][1] < 0.01
    np.testing.assert_allclose(np.log2(np.divide(*errors)), 2, atol=0.2)


def test_evolution_is_that_of_the_matrix_exponential(plate):
    t = np.array([0.0, 0.01, 0.3])
    c0 = np.stack([np.random.default_rng(0).uniform(size=plate.n), np.eye(plate.n)[7]])
    A = -np.linalg.solve(plate.M.toarray(), plate.K.toarray())
    expected = np.stack([c0 @ expm(A * now).T for now in t])
    np.testing.assert_allclose(plate.evolve(c0, t), expected, atol=1e-12)
    np.testing.assert_allclose(plate.evolve(c0[0], t), expected[:, 0], atol=1e-12)
    np.testing.assert_allclose(plate.rate(expected), expected @ A.T, atol=1e-10)
    back = plate.evolve(expected[1], [0.01, 0.0])[1]
    np.testing.assert_allclose(back, c0, atol=1e-9 * plate.amplification(0.01))
    assert np.ptp(plate.amount(expected), axis=0).max() < 1e-13


def test_a_large_plate_is_the_same_plate(monkeypatch):
    plate, t = Plate.of(grains(6)), np.array([0.0, 1e-3, 1e-2])
    c = np.random.default_rng(0).uniform(size=(2, plate.n))
    small = [plate.evolve(c, times) for times in (t, -t)], plate.fastest
    monkeypatch.setattr(plates, "DENSE", 0)
    large = Plate.of(grains(6))
    np.testing.assert_allclose([large.evolve(c, times) for times in (t, -t)], small[0], atol=1e-9)
    assert large.fastest == pytest.approx(small[1]) and "modes" not in vars(large)


def test_the_fastest_mode_grows_as_foreseen(plate):
    rates, V = plate.modes
    assert abs(rates[0]) < 1e-9 and rates[-1] == plate.fastest
    grown = plate.evolve(V[:, -1], [0.02, 0.0])[1]
    np.testing.assert_allclose(grown, plate.amplification(0.02) * V[:, -1], rtol=1e-6)


def test_lumped_mass_keeps_concentrations_positive_and_consistent_does_not():
    D, c0 = diffusivity(elements_of("square", 7)), np.r_[np.ones(8), np.zeros(56)]
    lowest = {mass: Plate.of(D, mass).evolve(c0, [0, 0.005])[1].min() for mass in MASSES}
    assert lowest["lumped"] > -1e-12
    assert lowest["consistent"] < -1e-3


@pytest.mark.parametrize("m", [7, 21])
def test_shapes_have_their_area_on_every_mesh_that_meets_them(m):
    sizes = [elements_of(shape, m).sum() for shape in ("square", "bar", "cross", "l_shape")]
    assert sizes == [k * (m // 7) ** 2 for k in (9, 5, 9, 16)]


def test_rows_count_from_the_top():
    inside = elements_of([(0, 0.5, 0, 0.25)], 4)
    assert inside.tolist() == [[True, True, False, False]] + [[False] * 4] * 3


def test_diffusivity_is_low_in_the_precipitate():
    D = diffusivity([[True, False], [False, False]], matrix=2.0, precipitate=0.5)
    assert D.tolist() == [[0.5, 2.0], [2.0, 2.0]]


def test_grains_have_all_diffusivities_and_differ_by_their_seed():
    D = grains(9)
    assert sorted(set(D.ravel())) == [0.01, 0.1, 0.3, 1.0]
    assert (grains(9, seed=1) != D).any()
