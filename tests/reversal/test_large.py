"""At 64 x 64 nodes samples with a prior learned at 16 x 16 beat every estimate."""

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.reversal import baselines

M, T = 63, 0.02


@pytest.mark.slow
@pytest.mark.parametrize("noise", [1e-2, 1e-3])
def test_a_prior_learned_on_a_small_mesh_wins_on_a_large_one(noise):
    examples = baselines.random_images(200, 15, 1000).reshape(-1, 16, 16)
    prior = dlnn.LearnedEnergy.fit(examples, 200).on(M)
    plate, (truth,) = dlnn.Plate.of(dlnn.grains(M, 93)), baselines.random_images(1, M, 93)
    law = dlnn.LinearLaw.of(plate, T)
    y = law.forward(truth) + noise * np.random.default_rng(93).normal(size=plate.n)
    priors = {"two phases": dlnn.TwoPhase(M, 10.0), "variation": dlnn.TotalVariation(M, 10.0)}
    found = baselines.starts_by_all(law, y, noise, priors, truth, 400)
    errors = {name: dlnn.relative_error(c, truth) for name, c in found.items()}
    assert max(errors["two phases"], errors["variation"]) < errors["Tikhonov, best weight"] / 1.5
    post = dlnn.Posterior(law, y, noise, prior)
    starts = np.array([found["variation"] > level for level in (0.5, 0.4)]) * 1.0
    states = dlnn.flip_samples(post, 10, 2000, 0, starts, near=2).samples
    assert dlnn.relative_error(states.mean(axis=0), truth) < 0.5 * errors["variation"]
    assert dlnn.overlap(states.mean(axis=0), truth) > 0.98
    assert np.median(post.misfit(states)) == pytest.approx(1, abs=0.1)
