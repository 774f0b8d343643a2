"""The mirror's boundary-value problem gives the Bayes estimate, and its draws the posterior."""

import numpy as np
import pytest
from reversal.ground import LAW, NOISE, PLATE, PRIOR, SEEN, TRUTH, M, T
from scipy.stats import multivariate_normal

import dlnn_utils as dlnn
from dlnn_utils.reversal.conditioning import kalman


def dense(law, seen, noise):
    """The covariance and the Kalman estimate of a start, and E, by dense matrices."""
    root = PRIOR.color(np.eye(law.n)).T
    E = law.forward(root.T).T / noise
    U, s, Vt = np.linalg.svd(E)
    rest = (seen - law.forward(np.full(law.n, PRIOR.mean))) / noise
    covariance = root @ (Vt.T / (1 + s**2)) @ Vt @ root.T
    return covariance, PRIOR.mean + root @ Vt.T @ (s / (1 + s**2) * (U.T @ rest)), E


@pytest.mark.parametrize("time", [0.005, 0.02, 0.08])
@pytest.mark.parametrize("noise", [1e-2, 1e-3])
def test_the_boundary_value_problem_gives_the_kalman_estimate_and_its_mirror_selects_it(
    time, noise
):
    law = dlnn.LinearLaw.of(PLATE, time)
    seen = law.forward(TRUTH) + noise * np.random.default_rng(0).normal(size=law.n)
    post = dlnn.Posterior(law, seen, noise, PRIOR)
    c, psi = post.boundary_value()
    covariance, estimate, _ = dense(law, seen, noise)
    np.testing.assert_allclose(c, estimate, atol=1e-10)
    same, deviation = kalman(law, PRIOR, seen, noise)
    np.testing.assert_allclose(same, estimate, atol=1e-10)
    np.testing.assert_allclose(deviation, np.sqrt(np.diag(covariance)), rtol=1e-8)
    selected = PRIOR.mean + PRIOR.color(PRIOR.color_transposed(psi))
    np.testing.assert_allclose(selected, c, atol=1e-7)
    np.testing.assert_allclose(post.mirror_of(c), psi, atol=1e-6 * np.abs(psi).max())


def test_condition_numbers_are_bounded_by_signal_over_noise_whatever_the_time():
    for time in (0.005, 0.08):
        law = dlnn.LinearLaw.of(PLATE, time)
        initial, boundary, bound = dlnn.condition_numbers(law, PRIOR, NOISE)
        assert boundary <= bound * (1 + 1e-9) < 1e3
        grown = np.exp(2 * PLATE.fastest * time)
        assert initial == pytest.approx(grown, rel=0.1) or grown > 1e13


def test_samples_have_the_posteriors_mean_and_spread():
    drawn = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR).samples(1000, seed=1)
    covariance, kalman, _ = dense(LAW, SEEN, NOISE)
    deviation = np.sqrt(np.diag(covariance))
    assert np.mean(drawn.std(axis=0) / deviation) == pytest.approx(1, abs=0.02)
    assert np.abs(drawn.mean(axis=0) - kalman).mean() < 0.05 * deviation.mean()
    # neighbours go together as they should, which no wrong correlation of the draws would give
    whitened = np.linalg.solve(np.linalg.cholesky(covariance), (drawn - kalman).T)
    assert np.mean(whitened**2) == pytest.approx(1, abs=0.03)


def test_the_evidence_is_the_density_of_the_image():
    E = dense(LAW, SEEN, NOISE)[2]
    mean = LAW.forward(np.full(LAW.n, PRIOR.mean))
    density = multivariate_normal(mean, NOISE**2 * (np.eye(LAW.n) + E @ E.T))
    found = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR).log_evidence()
    assert found == pytest.approx(density.logpdf(SEEN), abs=0.1)


def test_an_image_of_a_learned_law_goes_back_in_ten_lines():
    rng = np.random.default_rng(0)
    other = dlnn.Plate.of(dlnn.grains(M, 5))
    recorded = other.evolve(rng.uniform(size=(4, LAW.n)), [0, 1e-3])[1]
    examples = np.array([PLATE.image(TRUTH), 1 - PLATE.image(TRUTH)])

    model = dlnn.fit_local(recorded, other.rate(recorded), other.D)  # from other recordings
    law = dlnn.LinearLaw.of(model.on(PLATE.D), T)
    two_phases = dlnn.Posterior(law, SEEN, NOISE, dlnn.TwoPhase(M, 3.0))
    start = two_phases.estimate()
    gaussian = dlnn.Posterior(law, SEEN, NOISE, dlnn.Matern.fit(examples))
    states = gaussian.samples(200)
    mean, error_bars = states.mean(axis=0), states.std(axis=0)

    assert dlnn.overlap(start, TRUTH) == 1
    assert np.mean(np.abs(mean - TRUTH) < 2 * error_bars) > 0.8
    assert gaussian.misfit(states).mean() == pytest.approx(1, abs=0.3)
