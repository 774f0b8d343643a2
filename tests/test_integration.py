"""Time integration against exact solutions, forward and backward."""

import numpy as np
import pytest
import torch

from dlnn_utils import IntegrationError, integrate, table_1
from dlnn_utils.integration import follow

SYSTEM = table_1()
TIMES = np.linspace(0, 5, 21)


def rate(x):
    return x @ torch.from_numpy(SYSTEM.A.T)


@pytest.mark.parametrize("method", ["RK45", "DOP853"])
@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("batch", [(), (50,)])
def test_exact_solution_in_both_directions(method, direction, batch):
    x0, t = np.random.default_rng(0).normal(size=(*batch, 4)), TIMES[::direction]
    x = integrate(rate, x0, t, method=method)
    assert x.shape == (21, *batch, 4)
    np.testing.assert_allclose(x, SYSTEM.evolve(x0, t), atol=2e-8)


def test_the_default_method_is_of_high_order():
    asked = []
    integrate(lambda x: asked.append(1) or rate(x), np.ones(4), [0, 20])
    assert len(asked) < 1000  # a method of order three would need thousands


def test_every_trajectory_of_a_batch_keeps_the_tolerance():
    """One restless trajectory among many at rest is as accurate as alone."""
    x0 = np.zeros((400, 4))
    x0[7] = 1.0
    batch = integrate(rate, x0, TIMES, rtol=1e-6, atol=1e-8)[:, 7]
    exact = SYSTEM.evolve(x0[7], TIMES)
    alone = integrate(rate, x0[7], TIMES, rtol=1e-6, atol=1e-8)
    assert np.abs(batch - exact).max() <= 2 * np.abs(alone - exact).max()


def test_the_rate_is_given_tensors_like_those_asked_for():
    like = torch.zeros(1, dtype=torch.float32)

    def single(x):
        assert x.dtype == torch.float32
        return -x

    x = integrate(single, [1.0], [0, 1], like=like, rtol=1e-4, atol=1e-5)
    assert x.dtype == np.float64
    assert x[-1, 0] == pytest.approx(np.exp(-1), rel=1e-3)


class Exploding:
    def evolve(self, x0, t):
        return integrate(lambda x: x**2, x0, t)


def test_a_solution_that_blows_up_or_takes_too_long():
    with pytest.raises(IntegrationError, match="blows up"):
        Exploding().evolve([1.0], [0, 2])
    assert np.isnan(follow(Exploding(), [1.0], [0, 2])).all()
    assert follow(Exploding(), [[1.0]], [0, 0.5])[-1, 0, 0] == pytest.approx(2)
    with pytest.raises(IntegrationError, match="more than 50 evaluations"):
        integrate(rate, np.ones(4), [0, 100], max_evaluations=50)


def test_starts_and_rates_of_another_length_are_errors():
    with pytest.raises(ValueError, match=r"x0 must have shape \(4,\); got \(3,\)"):
        integrate(rate, np.ones(3), TIMES, n_state=4)
    with pytest.raises(ValueError, match=r"rate must return shape \(1, 4\); got \(1, 3\)"):
        integrate(lambda x: x[:, :3], np.ones(4), TIMES)
