"""Priors, laws with their mirrors, and the posterior."""

from functools import partial

import numpy as np
from properties.any_input import Case

import dlnn_utils as dlnn

PLATE = dlnn.Plate.of(np.ones((3, 3)))
PRIOR, Y = dlnn.Matern(3, 0.3), np.linspace(0, 1, 16)
LAW, NETWORK = dlnn.LinearLaw(PLATE.K, PLATE.M, 0.01), dlnn.ScalarNetwork(16, (4,))


def finite(prior, **_):
    energy, slope = prior.energy(np.full(prior.n, 0.3))
    return np.isfinite(energy) and np.isfinite(slope).all()


def finite_prior(prior, **_):
    return finite(prior)


# fmt: off
CASES = [
    Case(dlnn.Matern, m=3, length=0.3, size=0.5, mean=0.5, right=finite),
    Case(dlnn.Matern.fit, images=Y.reshape(1, 4, 4) ** 2, right=finite_prior),
    Case(partial(dlnn.Bounded, PRIOR), low=0.0, high=1.0, called="bounds",
         right=lambda a, low, high: a.bounds == (low, high)),
    Case(dlnn.TwoPhase, m=3, weight=1.0, width=0.1, right=finite),
    Case(dlnn.TotalVariation, m=3, weight=1.0, width=0.01, right=finite),
    Case(partial(dlnn.LinearLaw, PLATE.K, PLATE.M), T=0.01, called="T",
         right=lambda a, T: np.isfinite(a.forward(Y)).all()),
    Case(partial(dlnn.NonlinearLaw, lambda c: -c), n=2, T=1.0, steps=4, called="law",
         right=lambda a, **_: a.forward(np.ones((1, a.n))).shape == (1, a.n)),
    Case(partial(dlnn.LearnedEnergy, NETWORK), m=3, weight=1.0, right=finite),
    Case(dlnn.LearnedEnergy.fit, images=np.round(Y).reshape(1, 4, 4), steps=2, seed=0,
         right=finite_prior),
    Case(partial(dlnn.flip_samples, dlnn.Posterior(LAW, Y, 0.1, dlnn.TwoPhase(3, 1.0))), number=2,
         steps=12, seed=0, starts=np.round(Y)[None], near=1,
         right=lambda a, **_: np.isin(a.images, (0, 1)).all()),
    Case(partial(dlnn.Posterior, LAW, prior=PRIOR), y=Y, noise=0.1),
    Case(partial(dlnn.condition_numbers, LAW, PRIOR), noise=0.1, finite=False,
         right=lambda a, noise: 1 <= a[1] <= a[2] * (1 + 1e-9)),
    Case(dlnn.coverage, samples=np.outer(np.linspace(-1, 1, 9), Y), truth=Y / 2,
         levels=np.array([0.5]), right=lambda a, **_: ((a >= 0) & (a <= 1)).all()),
    Case(dlnn.reliability, probability=Y, happened=np.round(Y), bins=4, finite=False,
         right=lambda a, probability, **_: a.cases.sum() == np.size(probability)),
    Case(dlnn.brier, probability=Y, happened=np.round(Y), right=lambda a, **_: 0 <= a <= 1),
    Case(dlnn.noise_of_image, y=Y.reshape(4, 4), right=lambda a, y: a >= 0),
]
