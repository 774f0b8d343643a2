"""Rates told from states, against functions whose derivatives are known."""

import numpy as np
import pytest

from dlnn_utils import rates_from_states


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
