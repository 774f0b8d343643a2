"""A recorded plate: its rates, how models follow it, and what noise leaves of the way back."""

from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.systems.backward import discrepancy_weight, tikhonov

T = 0.02
SQUARE = dlnn.elements_of("square", 7)
PLATE = dlnn.Plate.of(dlnn.diffusivity(SQUARE))
RECORDING = dlnn.Recording.of(PLATE, dlnn.nodes_of(SQUARE), np.linspace(0, T, 11))
IMAGES = RECORDING.c[-1] + 1e-2 * np.random.default_rng(0).standard_normal((5, 64))
OPERATOR = PLATE.K, PLATE.M


def test_differences_of_frames_are_rates_of_second_order_at_their_middle():
    errors = {}
    for number in (11, 21):
        fine = dlnn.Recording.of(PLATE, RECORDING.c[1], np.linspace(0, T, number))
        for rates in ("forward", "middle"):
            c, cdot = fine.data(rates)
            errors[rates, number] = np.linalg.norm(cdot - PLATE.rate(c)) / number**0.5
    assert np.log2(errors["forward", 11] / errors["forward", 21]) == pytest.approx(1, abs=0.2)
    assert np.log2(errors["middle", 11] / errors["middle", 21]) == pytest.approx(2, abs=0.4)
    c, cdot = RECORDING.data()
    np.testing.assert_array_equal(cdot, PLATE.rate(c))


@pytest.mark.parametrize(
    ("scheme", "order"), [("implicit Euler", 1), ("BDF2", 2), ("Crank-Nicolson", 2)]
)
@pytest.mark.parametrize("mass", ["lumped", "consistent"])
def test_the_schemes_of_a_finite_element_code_converge_with_their_orders(scheme, order, mass):
    plate, smooth = dlnn.Plate.of(PLATE.D, mass), RECORDING.c[-1]
    off = []
    for number in (65, 129):
        t = np.linspace(0, T, number)
        found = dlnn.Recording.of(plate, smooth, t, scheme).c[-1]
        off.append(np.abs(found - plate.evolve(smooth, [0, T])[1]).max())
    assert np.log2(off[0] / off[1]) == pytest.approx(order, abs=0.25)


def test_a_difference_of_implicit_euler_frames_is_the_rate_at_the_later_one():
    frames = dlnn.Recording.of(PLATE, RECORDING.c[0], RECORDING.t, "implicit Euler")
    c, cdot = frames.data("backward")
    np.testing.assert_allclose(cdot, PLATE.rate(c), atol=1e-9 * np.abs(cdot).max())


def test_the_plate_itself_follows_its_recording_and_runs_it_back():
    assert max(RECORDING.error(PLATE), RECORDING.error(PLATE, 0.5)) < 1e-12
    assert max(RECORDING.back_error(PLATE), RECORDING.back_error(PLATE, 4)) < 1e-12
    np.testing.assert_allclose(RECORDING.back(PLATE, frames=4), RECORDING.c[-5], atol=1e-12)
    slow = dlnn.Plate.of(0.99 * PLATE.D)
    assert 1e-4 < RECORDING.error(slow) < 0.01 < RECORDING.back_error(slow)
    assert RECORDING.back_error(slow, 1) < RECORDING.back_error(slow)


def test_a_solution_that_blows_up_is_infinitely_wrong():
    exploding = SimpleNamespace(evolve=Mock(side_effect=dlnn.IntegrationError))
    assert RECORDING.error(exploding) == RECORDING.back_error(exploding) == np.inf
    assert (dlnn.backward_errors(RECORDING, exploding, 1e-3, draws=2)["network"] == np.inf).all()


def test_tikhonov_minimises_what_it_says():
    exact = PLATE.evolve(IMAGES, [T, 0])[1]
    np.testing.assert_allclose(tikhonov(IMAGES, T, 0.0, *OPERATOR), exact, atol=1e-9)
    weight = np.geomspace(1e-3, 1, 5)
    best = tikhonov(IMAGES, T, weight, *OPERATOR)

    def cost(start):
        missed = PLATE.evolve(start, [0, T])[1] - IMAGES
        squares = (np.sum((a @ PLATE.M) * a, axis=1) for a in (missed, start))
        return sum(factor * square for factor, square in zip((1, weight), squares))

    for step in np.random.default_rng(1).normal(size=(20, 5, 64)):
        assert (cost(best) < cost(best + 1e-3 * step)).all()
    alone = tikhonov(IMAGES, T, 0.1, PLATE.K)
    np.testing.assert_allclose(alone, tikhonov(IMAGES, T, 0.1, PLATE.K, np.eye(64)))


def test_the_discrepancy_is_as_large_as_the_noise():
    weight = discrepancy_weight(IMAGES, T, 0.005, *OPERATOR)
    missed = PLATE.evolve(tikhonov(IMAGES, T, weight, *OPERATOR), [0, T])[1] - IMAGES
    norms = np.sqrt(np.sum((missed @ PLATE.M) * missed, axis=1))
    np.testing.assert_allclose(norms, 0.005, rtol=1e-6)


@pytest.mark.parametrize("mass", ["lumped", "consistent"])
def test_where_noise_grows_tikhonov_is_better_than_the_exact_operator(mass):
    elements = dlnn.elements_of("square", 15)
    plate = dlnn.Plate.of(dlnn.diffusivity(elements), mass)
    recording = dlnn.Recording.of(plate, dlnn.nodes_of(elements), np.linspace(0, T, 11))
    errors = dlnn.backward_errors(recording, plate, 1e-3, draws=4)
    assert errors["Tikhonov"].max() < 1 < 10 < errors["exact operator"].min()
    np.testing.assert_array_equal(errors["network"], errors["exact operator"])
    again = dlnn.backward_errors(recording, plate, 1e-3, draws=4, frames=10)
    np.testing.assert_array_equal(errors["Tikhonov"], again["Tikhonov"])
    near = dlnn.backward_errors(recording, plate, 1e-3, draws=4, frames=1)
    assert near["exact operator"].max() < errors["exact operator"].min()
