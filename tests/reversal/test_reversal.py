"""The mirror is an exact transpose, and its boundary-value problem gives the Bayes estimate."""

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn

M, NOISE = 7, 1e-2
PLATE = dlnn.Plate.of(dlnn.grains(M, 0))
LAW, PRIOR = dlnn.LinearLaw(PLATE.K, PLATE.M, 0.02), dlnn.Matern(M, 0.3)
RNG = np.random.default_rng(0)
TRUTH = dlnn.nodes_of(dlnn.elements_of("l_shape", M)).ravel()
SEEN = LAW.forward(TRUTH) + NOISE * RNG.normal(size=LAW.n)
FLOW = dlnn.AllenCahn(dlnn.Plate.of(np.full((M, M), 0.02)))
CURVED = dlnn.NonlinearLaw(FLOW.rates, LAW.n, 0.5, 20)


def dense():
    """E, B^(1/2) and the Kalman estimate by dense matrices."""
    root = PRIOR.color(np.eye(LAW.n)).T
    E = LAW.forward(root.T).T / NOISE
    rest = (SEEN - LAW.forward(np.full(LAW.n, PRIOR.mean))) / NOISE
    inverse = np.linalg.inv(np.eye(LAW.n) + E.T @ E)
    return E, root @ inverse @ root.T, PRIOR.mean + root @ inverse @ E.T @ rest


def test_forward_is_exact_and_the_mirror_its_transpose():
    np.testing.assert_allclose(LAW.forward(TRUTH), PLATE.evolve(TRUTH, [0, 0.02])[1], atol=1e-10)
    x, y = RNG.normal(size=(2, LAW.n))
    assert LAW.forward(x) @ y == pytest.approx(LAW.mirror(y) @ x, rel=1e-12)


def test_the_discrete_adjoint_of_a_nonlinear_law_is_that_of_its_steps():
    c0, push, psi = RNG.uniform(-1, 1, (3, LAW.n))
    change = (CURVED.forward(c0 + 1e-6 * push) - CURVED.forward(c0 - 1e-6 * push)) / 2e-6
    assert CURVED.mirror(psi, c0) @ push == pytest.approx(psi @ change, rel=1e-7)
    off = np.abs(CURVED.forward(c0) - FLOW.evolve(c0, [0, 0.5])[1]).max()
    assert off < 1e-4


def test_the_boundary_value_problem_gives_the_kalman_estimate_and_its_mirror_selects_it():
    c, psi = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR).boundary_value()
    _, _, kalman = dense()
    np.testing.assert_allclose(c, kalman, atol=1e-8)
    selected = PRIOR.mean + PRIOR.color(PRIOR.color_transposed(psi))
    np.testing.assert_allclose(selected, c, atol=1e-7)
    found = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR).mirror_of(c)
    np.testing.assert_allclose(found, psi, atol=1e-5 * np.abs(psi).max())


def test_condition_numbers_are_bounded_by_signal_over_noise_whatever_the_time():
    for T in (0.005, 0.08):
        law = dlnn.LinearLaw(PLATE.K, PLATE.M, T)
        initial, boundary, bound = dlnn.condition_numbers(law, PRIOR, NOISE)
        assert boundary <= bound * (1 + 1e-9) < 1e3
        grown = np.exp(2 * PLATE.fastest * T)
        assert initial == pytest.approx(grown, rel=0.1) or grown > 1e13


def test_samples_have_the_posteriors_mean_and_spread():
    post = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR)
    drawn = post.samples(300, seed=1)
    _, covariance, kalman = dense()
    deviation = np.sqrt(np.diag(covariance))
    assert np.mean(drawn.std(axis=0) / deviation) == pytest.approx(1, abs=0.03)
    assert np.abs(drawn.mean(axis=0) - kalman).mean() < 0.1 * deviation.mean()


@pytest.mark.parametrize(
    "prior",
    [PRIOR, dlnn.Bounded(PRIOR), dlnn.TwoPhase(M, 3.0), dlnn.TotalVariation(M, 3.0)],
    ids=lambda prior: type(prior).__name__,
)
def test_gradients_are_right_and_estimates_explain_the_image(prior):
    c, push = RNG.uniform(0.2, 0.8, (2, LAW.n))
    (up, slope), (down, _) = prior.energy(c + 1e-6 * push), prior.energy(c - 1e-6 * push)
    slope = prior.energy(c)[1]
    assert (up - down) / 2e-6 == pytest.approx(slope @ push, rel=1e-6)
    post = dlnn.Posterior(LAW, SEEN, NOISE, prior)
    found = post.estimate()
    assert post.misfit(found) < 1.5
    low, high = prior.bounds
    assert low <= found.min() and found.max() <= high
    assert dlnn.relative_error(found, TRUTH) < dlnn.relative_error(SEEN, TRUTH)


def test_an_image_of_a_learned_law_goes_back_in_ten_lines():
    other = dlnn.Plate.of(dlnn.grains(M, 5))
    c = other.evolve(RNG.uniform(size=(4, LAW.n)), [0, 1e-3])[1]
    learned = dlnn.fit_local(c, other.rate(c), other.D).on(PLATE.D)
    law = dlnn.LinearLaw(learned.stiffness(SEEN), PLATE.M, 0.02)
    noise = dlnn.noise_of_image(PLATE.image(SEEN))
    found = dlnn.Posterior(law, SEEN, NOISE, dlnn.TwoPhase(M, 3.0)).estimate()
    assert dlnn.overlap(found, TRUTH) == 1
    assert noise < 20 * NOISE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dlnn.LinearLaw(PLATE.K, PLATE.M, 0), "T must be positive; got 0"),
        (lambda: dlnn.LinearLaw(PLATE.K, PLATE.M, 1e6), "T is too long"),
        (lambda: dlnn.LinearLaw(PLATE.K, np.ones(3), 1), "M must be 64 positive masses"),
        (
            lambda: dlnn.Posterior(LAW, SEEN[1:], NOISE, PRIOR),
            "y must hold the 64 nodes of the law",
        ),
        (
            lambda: dlnn.Posterior(LAW, SEEN, NOISE, dlnn.Matern(8, 0.3)),
            "the 81 nodes of the prior",
        ),
        (lambda: dlnn.Posterior(LAW, SEEN, 0, PRIOR), "noise must be positive; got 0"),
        (lambda: dlnn.Posterior(LAW, SEEN, 9.0, PRIOR), "y must vary by more than its noise 9"),
        (
            lambda: dlnn.Posterior(LAW, SEEN + 3, NOISE, dlnn.Bounded(PRIOR)),
            "contradicts the bounds",
        ),
        (lambda: dlnn.Bounded(PRIOR, 1, 0), "bounds must rise; got 1 to 0"),
        (
            lambda: dlnn.Posterior(LAW, SEEN, NOISE, dlnn.TwoPhase(M, 1.0)).samples(2),
            "a linear law and a Gaussian prior",
        ),
        (
            lambda: dlnn.NonlinearLaw(lambda c: 1e3 * c**3, 2, 1.0, 5).forward(np.ones(2)),
            "the law blows up within 1 s in 5 steps",
        ),
    ],
)
def test_wrong_questions_get_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_the_noise_of_a_smooth_image_is_found():
    smooth = PLATE.image(PLATE.evolve(RNG.uniform(size=64), [0, 0.05])[1])
    grid = dlnn.Plate.of(np.ones((40, 40)))
    smooth = grid.image(grid.evolve(RNG.uniform(size=grid.n), [0, 0.01])[1])
    noisy = smooth + 0.02 * RNG.normal(size=smooth.shape)
    assert dlnn.noise_of_image(noisy) == pytest.approx(0.02, rel=0.1)
    assert torch.get_default_dtype() == torch.float32  # nothing global is changed
