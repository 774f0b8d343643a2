"""Right forecasts are found right, wrong ones wrong; an image tells its noise."""

import numpy as np
import pytest

import dlnn_utils as dlnn

RNG = np.random.default_rng(0)


def test_intervals_of_right_samples_cover_their_level_and_narrow_ones_less():
    truth, samples, levels = RNG.normal(size=4000), RNG.normal(size=(200, 4000)), [0.5, 0.9]
    expected = np.array(levels) * 199 / 201
    assert dlnn.coverage(samples, truth, levels) == pytest.approx(expected, abs=0.02)
    assert (dlnn.coverage(samples / 2, truth, levels) < expected - 0.1).all()


def test_a_right_forecast_is_reliable_and_its_score_is_the_chance_left():
    p = RNG.uniform(size=40000)
    happened = 1.0 * (RNG.uniform(size=p.shape) < p)
    forecast, frequency, cases = dlnn.reliability(p, happened)
    assert cases.sum() == p.size
    np.testing.assert_allclose(frequency, forecast, atol=0.03)
    assert dlnn.brier(p, happened) == pytest.approx(np.mean(p * (1 - p)), abs=0.005)
    wrong = dlnn.reliability(p, 1 - happened)
    assert np.abs(wrong.frequency - wrong.forecast).max() > 0.8


def test_the_noise_of_a_smooth_image_is_found():
    grid = dlnn.Plate.of(np.ones((40, 40)))
    smooth = grid.image(grid.evolve(RNG.uniform(size=grid.n), [0, 0.01])[1])
    noisy = smooth + 0.02 * RNG.normal(size=smooth.shape)
    assert dlnn.noise_of_image(noisy) == pytest.approx(0.02, rel=0.1)
    law, prior = dlnn.LinearLaw.of(grid, 0.01), dlnn.Matern(40, 0.2)
    assert dlnn.Posterior(law, noisy.ravel(), None, prior).noise == dlnn.noise_of_image(noisy)
