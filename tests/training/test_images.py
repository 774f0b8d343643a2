"""Learning from one sequence of images, and what constant coefficients can reach at best."""

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.training.images import early_frames
from dlnn_utils.training.loss import ConstantCoefficients

C = np.random.default_rng(0).uniform(size=(10, 4))


@pytest.fixture(scope="module")
def recording():
    """A plate of 4 x 4 nodes, one of its elements a precipitate, from a start in the top row."""
    elements = np.zeros((3, 3), bool)
    elements[1, 1] = True
    start = np.zeros((4, 4))
    start[0] = 1
    plate = dlnn.Plate.of(dlnn.diffusivity(elements))
    return dlnn.Recording.of(plate, start, np.linspace(0, 0.5, 41))


def learn(recording, **options):
    return dlnn.fit_images(*recording.data(), M=recording.plate.M, widths=(150,), **options)


def test_the_sequence_its_scaled_start_and_the_way_back_are_learned(recording):
    learned = learn(recording, max_steps=30, along_rays=1.0)
    assert dlnn.rate_error(learned, *recording.data()) < 3e-3
    for scale, error in {1.0: 3e-3, 0.9: 5e-3, 0.5: 2e-2}.items():
        assert recording.error(learned, scale) < error
    short = dlnn.Recording.of(recording.plate, recording.c[0], np.linspace(0, 0.02, 5))
    assert dlnn.relative_error(short.back(learned), recording.c[0]) < 0.02


def test_a_quadratic_network_is_homogeneous_by_construction(recording):
    options = dict(activation="quadratic", form="hessian", frames=12, max_steps=40)
    learned = learn(recording, **options)
    assert max(recording.error(learned, scale) for scale in (0.3, 0.9, 1.0)) < 1e-6


@pytest.mark.parametrize("mass", ["lumped", "consistent"])
def test_without_the_metric_the_best_symmetric_operator_misses(recording, mass):
    plate = dlnn.Plate.of(recording.plate.D, mass)
    c, cdot = recording.c, plate.rate(recording.c)
    assert dlnn.relative_error(dlnn.fit_symmetric(c, cdot).rate(c), cdot) > 0.02
    best = dlnn.fit_symmetric(c, cdot, M=plate.M)
    assert dlnn.relative_error(best.rate(c), cdot) < 1e-8
    np.testing.assert_allclose(plate.M @ best.A, -best.K, atol=1e-12)
    np.testing.assert_allclose(best.K, best.K.T, atol=1e-12)


def test_the_best_symmetric_operator_is_that_of_general_least_squares():
    rng = np.random.default_rng(0)
    x, rate = rng.normal(size=(7, 4)), rng.normal(size=(7, 4))
    i, j = np.triu_indices(4)
    basis = np.zeros((len(i), 4, 4))
    basis[np.arange(len(i)), i, j] = basis[np.arange(len(i)), j, i] = 1
    columns = np.stack([-(x @ B).ravel() for B in basis], axis=1)
    weights = np.linalg.lstsq(columns, rate.ravel(), rcond=None)[0]
    expected = np.einsum("k,kij->ij", weights, basis)
    np.testing.assert_allclose(dlnn.fit_symmetric(x, rate).K, expected, atol=1e-10)


def test_directions_without_data_get_no_coefficients():
    x = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    K = dlnn.fit_symmetric(x, -x @ np.diag([1.0, 2.0, 3.0])).K
    np.testing.assert_allclose(K, np.diag([1.0, 2.0, 0.0]), atol=1e-12)


def test_least_squares_finds_a_law_in_any_metric():
    A = np.random.default_rng(1).normal(size=(4, 4))
    for M in (None, [1.0, 2.0, 3.0, 4.0], np.eye(4) + 0.2):
        np.testing.assert_allclose(dlnn.fit_least_squares(C, C @ A.T, M=M).A, A, atol=1e-10)


@pytest.mark.parametrize(("total", "number"), [(101, 10), (41, 15), (12, 12), (5, 1)])
def test_frames_are_kept_from_both_ends_and_denser_at_the_start(total, number):
    kept = early_frames(total, number)
    assert (kept[0], len(kept) >= number) == (0, True)
    assert (np.diff(kept) > 0).all()
    assert number == 1 or kept[-1] == total - 1


def test_rays_lead_from_nothing_through_the_images():
    points, again, others = (
        ConstantCoefficients.along_rays(C, reach=1.2, n_points=8, seed=seed).points.numpy()
        for seed in (0, 0, 1)
    )
    for point in points:
        on_ray = np.ptp(point / C, axis=1) < 1e-12
        assert on_ray.sum() == 1
        assert 0 <= (point / C)[on_ray][0, 0] <= 1.2
    assert (points == again).all()
    assert not (points == others).any()


def test_more_frames_than_there_are_is_refused():
    with pytest.raises(ValueError, match="frames must be at most the 10 there are; got 11"):
        dlnn.fit_images(C, C, frames=11)
