"""The tolerance that the spread over the seeds gives."""

import math

import numpy as np
import pytest

from dlnn_utils.companion.spread import RULE, agrees, agrees_within


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        ([1.0, 4.0], [0.5, 8.0]),
        ([4.0, 1.0, 2.0], [0.5, 8.0]),
        ([-1.0, 1.0], [-2.0, 2.0]),
        ([-3.0, -1.0], [-4.0, 0.0]),
        ([5.0], [4.95, 5.05]),
        ([-5.0, -5.0], [-5.05, -4.95]),
        ([0.0], [-1e-12, 1e-12]),
        ([1e-16], [1e-16 - 1e-12, 1e-16 + 1e-12]),
    ],
)
def test_the_range_is_widened_by_half_its_width_and_a_little_at_least(values, bounds):
    assert agrees_within(values) == pytest.approx(bounds, rel=1e-12)
    assert all(agrees(v, bounds) for v in [*values, *bounds])
    assert not agrees(bounds[1] + 1e-9, bounds)
    assert not agrees(bounds[0] - 1e-9, bounds)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_what_is_not_finite_on_some_seed_asks_nothing(value):
    assert agrees_within([1.0, value]) is None
    assert agrees(1e300, None)
    assert not agrees(math.nan, [0.0, 1.0])


def test_ten_normal_draws_are_three_standard_deviations_as_the_rule_says():
    assert "three standard deviations" in RULE
    draws = np.random.default_rng(0).normal(size=(2000, 10))
    bounds = np.array([agrees_within(list(row)) for row in draws])
    assert np.mean(bounds[:, 1]) == pytest.approx(3.08, abs=0.1)
    assert np.mean(bounds[:, 0]) == pytest.approx(-3.08, abs=0.1)
