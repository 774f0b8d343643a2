"""Time integration against exact solutions, forward and backward."""

import numpy as np
import pytest
import torch

from dlnn_utils import IntegrationError, Relaxation, integrate, lehmer, table_1

SYSTEM = table_1()
TIMES = np.linspace(0, 5, 21)


def rate(x):
    return x @ torch.from_numpy(SYSTEM.A.T)


@pytest.mark.parametrize("method", ["RK45", "DOP853"])
@pytest.mark.parametrize("direction", [1, -1])
def test_exact_solution_in_both_directions(method, direction):
    x0, t = np.random.default_rng(0).normal(size=(50, 4)), TIMES[::direction]
    x = integrate(rate, x0, t, method=method)
    assert x.shape == (21, 50, 4)
    np.testing.assert_allclose(x, SYSTEM.evolve(x0, t), atol=2e-8)


def test_there_and_back():
    x0 = np.random.default_rng(1).normal(size=(8, 4))
    end = integrate(rate, x0, TIMES)[-1]
    np.testing.assert_allclose(integrate(rate, end, TIMES[::-1])[-1], x0, atol=1e-8)


def test_one_state_is_one_trajectory():
    x0 = [1.0, 0.0, -0.5, 0.2]
    assert integrate(rate, x0, TIMES).shape == (21, 4)
    np.testing.assert_allclose(integrate(rate, x0, TIMES), SYSTEM.evolve(x0, TIMES), atol=1e-8)


def test_order_of_dormand_prince():
    """A tolerance 1e5 times tighter takes ten times the steps of a fifth-order pair."""
    evaluations = []
    for tolerance in (1e-5, 1e-10):
        calls = []

        def counted(x, calls=calls):
            calls.append(1)
            return rate(x)

        integrate(counted, np.ones(4), [0, 20], method="RK45", rtol=tolerance, atol=tolerance)
        evaluations.append(len(calls))
    assert 5 < evaluations[1] / evaluations[0] < 15


def test_the_default_method_is_of_high_order():
    asked = []

    def rate(x):
        asked.append(x)
        return -x

    integrate(rate, [1.0], [0.0, 10.0])
    assert len(asked) < 600  # a method of order three would need thousands


def test_every_trajectory_of_a_batch_keeps_the_tolerance():
    """One restless trajectory among many at rest is as accurate as alone."""
    x0 = np.zeros((400, 4))
    x0[7] = 1.0
    batch = integrate(rate, x0, TIMES, rtol=1e-6, atol=1e-8)[:, 7]
    exact = SYSTEM.evolve(x0[7], TIMES)
    alone = integrate(rate, x0[7], TIMES, rtol=1e-6, atol=1e-8)
    assert np.abs(batch - exact).max() <= 2 * np.abs(alone - exact).max()


def test_blow_up_is_an_error():
    with pytest.raises(IntegrationError, match="blows up"):
        integrate(lambda x: x**2, [1.0], [0, 2])


def test_too_long_is_an_error():
    with pytest.raises(IntegrationError, match="more than 50 evaluations"):
        integrate(rate, np.ones(4), [0, 100], max_evaluations=50)


@pytest.mark.parametrize(
    ("t", "message"),
    [
        ([], "t must not be empty"),
        ([1.0], "t must hold at least two times; got 1"),
        ([0.0, 1.0, 1.0], "t must not repeat a time; got 1 twice"),
        ([0.0, 2.0, 1.0], "t must rise or fall throughout"),
        ([0.0, np.inf], "t must be finite"),
        ([[0.0, 1.0]], r"t must have shape \(any\)"),
        (["now", "then"], "t must be an array of numbers"),
    ],
)
def test_bad_times(t, message):
    with pytest.raises(ValueError, match=message):
        integrate(rate, np.ones(4), t)


@pytest.mark.parametrize("x0", [np.ones((2, 2, 4)), [np.nan] * 4, np.ones((0, 4)), 3.0])
def test_bad_states(x0):
    with pytest.raises(ValueError, match="x0 must"):
        integrate(rate, x0, TIMES)


def test_exact_solution_is_the_matrix_exponential():
    """The truth itself: c' = -K c decays mode by mode."""
    K = lehmer(5)
    values, vectors = np.linalg.eigh(K)
    c = Relaxation.of(K).evolve(vectors.T, [0, 0.5, 1.5])
    for t, states in zip([0, 0.5, 1.5], c):
        np.testing.assert_allclose(states, np.exp(-values * t)[:, None] * vectors.T, atol=1e-13)


def test_rate_of_another_shape_is_an_error():
    with pytest.raises(ValueError, match=r"rate must return shape \(1, 4\); got \(1, 3\)"):
        integrate(lambda x: x[:, :3], np.ones(4), TIMES)
