"""Energies have the gradients that they claim, and a Gaussian prior is found from its images."""

import numpy as np
import pytest
from reversal.ground import LAW, NOISE, PRIOR, SEEN, TRUTH, M

import dlnn_utils as dlnn

PRIORS = [PRIOR, dlnn.Bounded(PRIOR), dlnn.TwoPhase(M, 3.0), dlnn.TotalVariation(M, 3.0)]
every_prior = pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: type(prior).__name__)


@every_prior
def test_gradients_are_right_one_by_one_and_all_at_once(prior):
    c, push = np.random.default_rng(0).uniform(0.2, 0.8, (2, 3, LAW.n))
    energies, slopes = prior.energy(c)
    change = prior.energy(c + 1e-6 * push)[0] - prior.energy(c - 1e-6 * push)[0]
    np.testing.assert_allclose(change / 2e-6, np.sum(slopes * push, -1), rtol=1e-6)
    one, slope = prior.energy(c[1])
    assert one == pytest.approx(energies[1], rel=1e-12)
    np.testing.assert_allclose(slope, slopes[1], rtol=1e-9, atol=1e-12)


@every_prior
def test_estimates_explain_the_image_within_the_bounds(prior):
    post = dlnn.Posterior(LAW, SEEN, NOISE, prior)
    found = post.estimate()
    assert post.misfit(found) < 1.5
    low, high = prior.bounds
    assert low <= found.min() and found.max() <= high
    assert dlnn.relative_error(found, TRUTH) < dlnn.relative_error(SEEN, TRUTH)


def test_a_gaussian_prior_is_found_from_its_images():
    prior = dlnn.Matern(15, 0.15, 0.3, 0.4)
    drawn = prior.mean + prior.color(np.random.default_rng(0).normal(size=(60, prior.n)))
    deviation = np.linalg.norm(prior.color(np.eye(prior.n)), axis=0).reshape(16, 16)
    assert deviation[8, 8] == pytest.approx(0.3) and deviation[8, 0] > 0.35
    found = dlnn.Matern.fit(drawn.reshape(60, 16, 16))
    assert found.length == pytest.approx(0.15, rel=0.1)
    assert found.size == pytest.approx(0.3, rel=0.1)
