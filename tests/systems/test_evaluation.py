"""Errors of trajectories and images, the round trip, and the dimension of what has a known one."""

import numpy as np
import pytest

import dlnn_utils as dlnn

TRUTH = dlnn.Relaxation.of([[1.0, 0.0], [0.0, 2.0]])
STARTS, T = np.array([[1.0, 1.0], [0.5, -1.0]]), np.linspace(0, 1, 5)


class Exploding:
    """A model whose trajectories never arrive."""

    def evolve(self, x0, t):
        raise dlnn.IntegrationError("it blows up")


def test_trajectory_errors():
    system, other = dlnn.Relaxation.of([[1.0]]), dlnn.Relaxation.of([[2.0]])
    gap = np.exp(-1) - np.exp(-2)
    errors = dlnn.trajectory_errors(other, system, [[1.0], [2.0]], [0.0, 1.0])
    assert errors == pytest.approx((2 * gap, gap * np.sqrt(5 / 4)))


def test_round_trips_find_who_strays():
    trip = dlnn.RoundTrip(TRUTH, STARTS, T)
    other = dlnn.Relaxation.of([[1.0, 0.0], [0.0, 2.1]])
    assert max(trip.errors(TRUTH)) < 1e-12
    assert min(trip.errors(other)) > 1e-3
    assert trip.errors(other).forward == dlnn.relative_error(other.evolve(STARTS, T), trip.truth)
    np.testing.assert_allclose(trip.backward(TRUTH)[0], STARTS, atol=1e-12)
    early, late = trip.growth(TRUTH, [1, 4], noise=1e-3)
    assert 1e-4 < early < late < 1e-2


def test_a_blow_up_is_an_infinite_error():
    trip = dlnn.RoundTrip(TRUTH, STARTS, T)
    assert trip.errors(Exploding()) == (np.inf, np.inf)
    assert trip.growth(Exploding(), [2]) == [np.inf]
    assert dlnn.trajectory_errors(Exploding(), TRUTH, STARTS, T) == (np.inf, np.inf)


def test_overlap_and_error_of_images():
    truth = np.array([[1.0, 1.0], [0.0, 0.0]])
    image = np.array([[0.6, 0.4], [0.7, 0.1]])
    assert dlnn.overlap(image, truth) == pytest.approx(1 / 3)
    assert dlnn.relative_error(image, truth) == pytest.approx(np.sqrt(1.02 / 2))


@pytest.mark.parametrize("dimension", [1, 4])
def test_intrinsic_dimension_of_what_has_a_known_one(dimension):
    rng = np.random.default_rng(dimension)
    points = rng.uniform(size=(3000, dimension)) @ rng.normal(size=(dimension, 6))
    assert dlnn.intrinsic_dimension(points) == pytest.approx(dimension, rel=0.1)
