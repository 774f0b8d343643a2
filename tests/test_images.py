"""Learning from one sequence of images, and what constant coefficients can reach at best."""

import numpy as np
import pytest

from dlnn_utils import (
    Learned,
    Plate,
    Recording,
    diffusivity,
    fit_images,
    fit_symmetric,
    integrate,
    relative_error,
)
from dlnn_utils.images import early_frames, rays


@pytest.fixture(scope="module")
def recording():
    """A plate of 4 x 4 nodes, one of its elements a precipitate, from a start in the top row."""
    elements = np.zeros((3, 3), bool)
    elements[1, 1] = True
    start = np.zeros((4, 4))
    start[0] = 1
    return Recording.of(Plate.of(diffusivity(elements)), start, np.linspace(0, 0.5, 41))


@pytest.fixture(scope="module")
def learned(recording):
    return recording.fit(widths=(150,), max_steps=30, along_rays=1.0)


def test_the_sequence_and_its_scaled_start_are_learned(recording, learned):
    assert learned.rate_error < 3e-3
    assert recording.error(learned) < 3e-3
    assert recording.error(learned, 0.9) < 5e-3
    assert recording.error(learned, 0.5) < 2e-2


def test_a_quadratic_network_is_homogeneous_by_construction(recording):
    learned = recording.fit(
        widths=(150,), activation="quadratic", form="hessian", frames=12, max_steps=40
    )
    errors = [recording.error(learned, scale) for scale in (0.3, 0.9, 1.0)]
    assert max(errors) < 1e-6


def test_it_runs_back(recording, learned):
    short = Recording.of(recording.plate, recording.c[0], np.linspace(0, 0.02, 5))
    assert relative_error(short.back(learned), recording.c[0]) < 0.02


class Exploding:
    """Blows up in one direction of time."""

    def __init__(self, strength):
        self.strength = strength

    def evolve(self, c0, t, **options):
        return integrate(lambda x: self.strength * x**3, c0, t, **options)


def test_what_blows_up_is_told_without_an_error(recording):
    assert recording.error(Exploding(1e6)) == np.inf
    assert np.isnan(recording.back(Exploding(-1e6))).all()


def test_plain_coordinates_are_bound_by_the_best_symmetric_operator(recording):
    x, xdot = recording.data(weighted=False)
    best = fit_symmetric(x, xdot)
    assert relative_error(best.rate(x), xdot) > 0.02
    x, xdot = recording.data()
    best = fit_symmetric(x, xdot)
    assert relative_error(best.rate(x), xdot) < 1e-8
    assert recording.error(Learned(recording.plate, best)) < 1e-4


def test_the_best_symmetric_operator_is_that_of_general_least_squares():
    rng = np.random.default_rng(0)
    x, rate = rng.normal(size=(7, 4)), rng.normal(size=(7, 4))
    i, j = np.triu_indices(4)
    basis = np.zeros((len(i), 4, 4))
    basis[np.arange(len(i)), i, j] = basis[np.arange(len(i)), j, i] = 1
    columns = np.stack([-(x @ B).ravel() for B in basis], axis=1)
    weights = np.linalg.lstsq(columns, rate.ravel(), rcond=None)[0]
    expected = np.einsum("k,kij->ij", weights, basis)
    np.testing.assert_allclose(fit_symmetric(x, rate).K, expected, atol=1e-10)


def test_directions_without_data_get_no_coefficients():
    x = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    K = fit_symmetric(x, -x @ np.diag([1.0, 2.0, 3.0])).K
    np.testing.assert_allclose(K, np.diag([1.0, 2.0, 0.0]), atol=1e-12)


def test_rates_of_frames_belong_where_they_are_said_to(recording):
    exact = recording.data()[1]
    x, forward = recording.data(rates="forward")
    middle_x, middle = recording.data(rates="middle")
    assert x.shape == middle_x.shape == forward.shape == (40, 16)
    np.testing.assert_array_equal(forward, middle)
    late = slice(20, 39)
    wrong_by = [relative_error(r[late], e) for r, e in ((forward, exact[20:39]),
                (middle, recording.law().rate(middle_x)[late]))]  # fmt: skip
    assert wrong_by[1] < 0.1 * wrong_by[0]


def test_frames_are_kept_from_both_ends_and_denser_at_the_start():
    for total, number in ((101, 10), (41, 15), (12, 12), (5, 1)):
        kept = early_frames(total, number)
        assert kept[0] == 0
        assert len(kept) >= min(number, total)
        assert (np.diff(kept) > 0).all()
        if number > 1:
            assert kept[-1] == total - 1


def test_rays_lead_from_nothing_through_the_images():
    c = np.abs(np.random.default_rng(0).normal(size=(20, 5)))
    points = rays(c, reach=1.2, n_points=8).points.numpy()
    for point in points:
        factors = point / c
        on_ray = np.ptp(factors, axis=1) < 1e-12
        assert on_ray.sum() == 1
        assert 0 <= factors[on_ray][0, 0] <= 1.2


C = np.random.default_rng(0).uniform(size=(10, 4))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: fit_images(C, C[:5]), r"cdot must have shape \(10, 4\); got \(5, 4\)"),
        (lambda r: fit_images(C, C, frames=11), "frames must be at most the 10 there are; got 11"),
        (lambda r: fit_images(C, C, frames=0), "frames must be a positive integer; got 0"),
        (lambda r: fit_images(C, C, optimiser="sgd"), "optimiser must be one of"),
        (lambda r: r.data(rates="backward"), "rates must be one of exact, middle, forward"),
        (
            lambda r: Recording.of(r.plate, np.ones(9), [0, 1]),
            "start must hold 16 numbers; got 9",
        ),
        (lambda r: Recording.of(r.plate, np.ones(16), [0, 0]), "t must not repeat a time"),
        (lambda r: fit_symmetric(C, C[:5]), r"rate must have shape \(10, 4\); got \(5, 4\)"),
    ],
)
def test_wrong_input_is_refused_in_one_line(recording, call, message):
    with pytest.raises(ValueError, match=message) as refused:
        call(recording)
    assert "\n" not in str(refused.value)
