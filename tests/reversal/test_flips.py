"""Flips have the posterior of two phases, and a prior is learned from images."""

import numpy as np
import pytest
from reversal.ground import LAW, NOISE, SEEN, TRUTH, M

import dlnn_utils as dlnn
from dlnn_utils.reversal.flips import FlipSamples
from dlnn_utils.reversal.patches import FlipPrices, bits_of

RNG = np.random.default_rng(3)


def learned(m, weight=1.0):
    return dlnn.LearnedEnergy(dlnn.ScalarNetwork(16, (8,), seed=1), m, weight)


def boxes(number):
    corners = RNG.uniform(0.1, 0.5, (number, 2, 2))
    corners[:, 1] = corners[:, 0] + 0.4
    images = [dlnn.elements_of([(x, X, y, Y)], M) for (x, y), (X, Y) in corners]
    return np.array([dlnn.nodes_of(image) for image in images])


@pytest.mark.parametrize(
    "prior",
    [learned(M, 2.0), dlnn.TwoPhase(M, 3.0), dlnn.TotalVariation(M, 3.0)],
    ids=lambda prior: type(prior).__name__,
)
def test_prices_of_flips_are_differences_of_the_energy(prior):
    prices, c, rows = FlipPrices(prior), 1.0 * RNG.integers(0, 2, (3, prior.n)), np.arange(3)
    codes, price = prices.of(c)
    for _ in range(4):
        pixels = RNG.integers(0, prior.n, 3)
        prices.flip(codes, price, rows, pixels)
        c[rows, pixels] = 1 - c[rows, pixels]
    differences = [
        prior.energy(np.abs(c - unit))[0] - prior.energy(c)[0] for unit in np.eye(prior.n)
    ]
    np.testing.assert_allclose(price[:, :-1].T, differences, atol=1e-10)
    differences = prices.energies(codes) - prior.energy(c)[0]
    np.testing.assert_allclose(differences, differences[0], atol=1e-10)
    assert (price[:, -1] == 0).all()


def test_flips_have_the_distribution_of_all_images():
    law, every = dlnn.LinearLaw.of(dlnn.Plate.of(np.ones((3, 3))), 0.02), 1.0 * bits_of(16)
    post = dlnn.Posterior(law, law.forward(every[0b0011001101110000]), 0.3, learned(3, 0.5))
    pixels, table = post.prior.patches()
    codes = (every.astype(int)[:, pixels] << np.arange(16)).sum(-1)
    energy = table[codes].sum(1) + post.misfit(every) * law.n / 2
    density = np.exp(energy.min() - energy)
    density /= density.sum()
    found = dlnn.flip_samples(post, 400, 300, seed=0)
    assert np.exp(-density @ np.log(density)) > 100  # images, in effect
    np.testing.assert_allclose(found.images.mean((0, 1)), density @ every, atol=0.04)
    assert found.energies.mean() == pytest.approx(density @ energy, abs=0.2)
    assert not found.stuck.any()
    assert 400 < found.effective <= found.energies.size


def test_a_prior_learned_from_images_brings_one_back_where_total_variation_errs():
    prior = dlnn.LearnedEnergy.fit(boxes(40), 200, seed=1)
    post = dlnn.Posterior(LAW, SEEN, NOISE, prior.on(M))
    found = dlnn.flip_samples(post, 10, 600, seed=1)
    again = dlnn.flip_samples(post, 10, 600, seed=1)
    np.testing.assert_array_equal(found.images, again.images)
    assert found.stuck.mean() < 0.5
    assert dlnn.overlap(found.samples.mean(axis=0), TRUTH) > 0.95
    assert post.misfit(found.samples).mean() < 1.5
    flow = TRUTH + 0.3 * RNG.normal(size=(20, TRUTH.size))
    slope = prior.energy(flow)[1] / prior.weight
    assert np.square(flow - slope - TRUTH).mean() < 0.5 * np.square(flow - TRUTH).mean()


def test_stuck_chains_are_left_out_and_starts_compared():
    images = np.zeros((5, 4, 2))
    images[:, 3], images[:, 2, 0] = 1, 1
    energies = np.array([1.0, 1.0, 1.0, 20.0]) + RNG.normal(0, 0.1, (5, 4))
    found = FlipSamples(images, energies, np.array([0, 0, 1, 1]), energies[0])
    assert found.stuck.tolist() == [False, False, False, True]
    assert found.samples.shape == (15, 2)
    assert found.between_starts == pytest.approx(np.sqrt(0.5))
    alike = FlipSamples(images, np.tile([1.0, 2.0, 3.0, 4.0], (5, 1)), found.begun, energies[0])
    assert alike.effective == pytest.approx(4)
