"""Rates and smoothed states against known functions, SciPy, and in other units."""

import numpy as np
import pytest
from scipy.interpolate import make_smoothing_spline

from dlnn_utils import rates_from_states, smooth_states
from dlnn_utils.data.smoothing import _smoothed


def test_smoothing_is_scipys_of_the_same_weight():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(25, 6)).cumsum(0)
    u = np.sort(rng.uniform(0, 25, 25))
    found, lam = _smoothed(u, x)
    for column, ours, weight in zip(x.T, found.T, lam):
        theirs = make_smoothing_spline(u, column, lam=weight)(u)
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize("t", [np.linspace(0, 3, 25), np.linspace(3, 0, 25)])
def test_no_unit_changes_what_is_smoothed(t, monkeypatch):
    x = np.random.default_rng(0).normal(size=(25, 3, 2)).cumsum(0)
    smooth = smooth_states(x, t, (0, 1, 2))
    for k, other in enumerate(smooth_states(1e3 * x, 1e6 + 2.0**-20 * t, (0, 1, 2))):
        scale = 1e3 * 2.0 ** (20 * k)
        np.testing.assert_allclose(other / scale, smooth[k], atol=1e-6 * np.ptp(smooth[k]))
    monkeypatch.setattr("dlnn_utils.data.smoothing.MOST_AT_ONCE", 24)
    assert smooth_states(x, t, (0,))[0].shape == x.shape


def test_a_sine_of_small_steps_keeps_its_size():
    t = 0.05 * np.arange(200)
    q = np.cos(2 * np.pi * 1.19 * t)[:, None]
    np.testing.assert_allclose(smooth_states(q, t)[0], q, atol=1e-3)


def test_a_quiet_beginning_does_not_choose_the_weight():
    t = 0.01 * np.arange(2000)
    q = np.where(t < 7, 0.0, np.sin(2 * np.pi * 1.5 * (t - 7)))
    noisy = q + 0.01 * np.random.default_rng(1).standard_normal(t.shape)
    later = slice(800, -20)
    assert np.sqrt(np.mean((smooth_states(noisy, t)[0] - q)[later] ** 2)) < 5e-3


def test_rates_from_states_of_either_direction_and_uneven_times():
    t = np.sort(np.random.default_rng(0).uniform(0, 3, 60))
    x = np.stack([np.sin(2 * t), np.exp(-t)], axis=1)
    exact = np.stack([2 * np.cos(2 * t), -np.exp(-t)], axis=1)
    np.testing.assert_allclose(rates_from_states(x, t)[3:-3], exact[3:-3], atol=1e-4)
    backward = rates_from_states(x[::-1], t[::-1])[::-1]
    np.testing.assert_allclose(backward, rates_from_states(x, t), atol=1e-12)
    second = rates_from_states(x[:, 0], t, order=2)
    np.testing.assert_allclose(second[5:-5], -4 * x[5:-5, 0], atol=0.01)
    with pytest.raises(ValueError, match="at least 3 times"):
        rates_from_states(x[:2], t[:2])
