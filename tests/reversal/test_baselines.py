"""Comparisons are what their names say, against other code and against their own definitions."""

import numpy as np
import pytest
from reversal.ground import LAW, NOISE, PLATE, PRIOR, SEEN, TRUTH, M, T

import dlnn_utils as dlnn
from dlnn_utils.reversal import baselines
from dlnn_utils.systems.backward import tikhonov

WEIGHTS = np.array([1e-6, 1e-3])


def test_filters_of_modes_solve_their_equations():
    filters = baselines.ModeFilter(LAW)
    found = filters.tikhonov(SEEN, WEIGHTS)
    for c, weight in zip(found, WEIGHTS):
        other = tikhonov(SEEN[None], T, np.array(weight), PLATE.K.toarray(), PLATE.M)
        np.testing.assert_allclose(c, other[0], atol=1e-6)
    found = filters.quasi_boundary_value(SEEN, WEIGHTS)
    np.testing.assert_allclose(
        LAW.forward(found) + WEIGHTS[:, None] * found, [SEEN] * 2, atol=1e-9
    )


def test_few_modes_of_a_large_mesh_give_what_all_give(monkeypatch):
    law = dlnn.LinearLaw.of(PLATE, 0.2)
    every = baselines.ModeFilter(law).tikhonov(SEEN, WEIGHTS[1:])
    monkeypatch.setattr(baselines, "DENSE", 10)
    few = baselines.ModeFilter(law)
    assert 5 < few.modes.shape[1] < LAW.n - 2
    np.testing.assert_allclose(few.tikhonov(SEEN, WEIGHTS[1:]), every, atol=1e-2)


def test_images_are_of_two_phases_and_the_null_test_is_the_best_cut():
    made = baselines.random_images(5, M, seed=3)
    np.testing.assert_array_equal(made, baselines.random_images(5, M, seed=3))
    assert np.isin(made, (0, 1)).all() and 0.05 < made.mean() < 0.6
    cut = baselines.best_threshold(SEEN, TRUTH)
    assert dlnn.overlap(cut, TRUTH) >= dlnn.overlap(SEEN > 0.5, TRUTH)


def test_changes_over_windows_obey_the_law():
    t = np.linspace(0, 1e-3, 41)
    c = PLATE.evolve(np.random.default_rng(0).uniform(size=(3, LAW.n)), t)
    means, rates = baselines.window_changes(c, t, 10)
    assert means.shape == (12, LAW.n)
    np.testing.assert_allclose(rates, PLATE.rate(means), atol=2e-3 * np.abs(rates).max())


def test_all_methods_give_starts_and_the_discrepancy_explains_the_image():
    priors = {"Gaussian": PRIOR, "two phases": dlnn.TwoPhase(M, 3.0)}
    found = baselines.starts_by_all(LAW, SEEN, NOISE, priors, TRUTH, 100)
    names = ["threshold", "Tikhonov, discrepancy", "Tikhonov, best weight", *priors]
    assert [*found] == names
    post = dlnn.Posterior(LAW, SEEN, NOISE, PRIOR)
    assert 0.5 < post.misfit(found["Tikhonov, discrepancy"]) < 1.21
    np.testing.assert_array_equal(found["Gaussian"], post.boundary_value()[0])
    errors = [dlnn.relative_error(found[name], TRUTH) for name in names]
    assert errors[4] < errors[2] <= errors[1]


@pytest.mark.parametrize("part", [1e-3, 5e-2])
def test_the_known_optimum_of_a_public_benchmark(part):
    law, start, end = baselines.heat1d()
    i, h = np.arange(1, law.n + 1), 1 / (law.n + 1)
    rates = 4 / h**2 * np.sin(np.pi * i * h / 2) ** 2
    modes, decay = np.sqrt(2 * h) * np.sin(np.pi * h * np.outer(i, i)), np.exp(-rates * law.T)
    np.testing.assert_allclose(end, modes @ (decay * (modes @ start)), atol=1e-3)
    size = part * np.linalg.norm(end)
    y = end + size * np.random.default_rng(0).normal(size=law.n)
    c = dlnn.Posterior(law, y, size, baselines.White(law.n)).boundary_value()[0]
    np.testing.assert_allclose(c, modes @ (decay / (decay**2 + size**2) * (modes @ y)), atol=1e-9)
    filters, weights = baselines.ModeFilter(law), np.geomspace(1e-8, 1, 60)
    best, worse = (
        min(dlnn.relative_error(c, start) for c in f(y, weights))
        for f in (filters.tikhonov, filters.quasi_boundary_value)
    )
    assert 3 * best < worse < 1  # the quasi-boundary-value method at its best weight
