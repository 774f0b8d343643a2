"""The rules of verdicts at their bounds, over seeds, and of what another machine must meet."""

import math

import numpy as np
import pytest

from dlnn_utils.reproduce.ledger import verdicts
from dlnn_utils.reproduce.ledger.claims import Claim, load_claims
from dlnn_utils.reproduce.ledger.verdicts import agrees, agrees_within, is_worse, sentence, verdict


def claim(criterion, **fields):
    return Claim("x", "Section 1", "It is so.", criterion, "A test's.", "01_x", **fields)


EXCEEDED, REPRODUCED, PARTLY, NOT = reversed(verdicts.ORDER)
ZERO = claim("zero", tolerance=1e-3, partly=1e-1)
AT_MOST = claim("at_most", paper_value=8.0, tolerance=0.5, partly=4.0, exceed=2.0)
AT_LEAST = claim("at_least", paper_value=8.0, tolerance=0.6, partly=4.0, exceed=2.0)
CLOSE = claim("close", paper_value=-2.0, tolerance=0.25, partly=0.5)
FACTOR = claim("within_factor", paper_value=8.0, tolerance=2.0, partly=4.0)
TRUE = claim("true", partly=0.5)
AT_BOUNDS = [
    (ZERO, {REPRODUCED: [0.0, -1e-3], PARTLY: [1.001e-3, -1e-1], NOT: [0.1001]}),
    (claim("zero"), {REPRODUCED: [0], NOT: [1e-300]}),
    (AT_MOST, {EXCEEDED: [4.0], REPRODUCED: [4.001, 12.0], PARTLY: [12.001, 32.0], NOT: [32.001]}),
    (AT_LEAST, {EXCEEDED: [16.0], REPRODUCED: [15.999, 5.0], PARTLY: [4.999, 2.0], NOT: [1.999]}),
    (CLOSE, {REPRODUCED: [-2.5, -1.5], PARTLY: [-2.501, -1.0], NOT: [2.0]}),
    (FACTOR, {REPRODUCED: [4.0, 16.0], PARTLY: [16.001, 2.0], NOT: [1.999, 0.0, -8.0]}),
    (TRUE, {REPRODUCED: [1.0], PARTLY: [0.999, 0.5], NOT: [0.499]}),
]


@pytest.mark.parametrize(("rule", "expected"), AT_BOUNDS)
def test_each_criterion_at_its_bounds_and_what_diverged(rule, expected):
    for wanted, values in expected.items():
        assert {verdict(rule, value) for value in values} == {wanted}
    assert {verdict(rule, value) for value in (math.nan, math.inf, -math.inf)} == {NOT}
    assert verdict(claim("none"), 1.0) == "not testable"


def test_median_takes_what_diverged_as_the_worst():
    assert verdicts.median(AT_MOST, [1.0, 2.0]) == 1.5
    assert verdicts.median(AT_MOST, [1.0, math.inf, math.nan]) == math.inf
    assert verdicts.median(AT_LEAST, [9.0, math.inf, math.nan]) == -math.inf


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0] * 9 + [99.0], EXCEEDED),
        ([1.0] * 8 + [99.0] * 2, PARTLY),
        ([1.0] * 8 + [12.0] * 2, REPRODUCED),
        ([13.0] * 6 + [1.0] * 4, PARTLY),
        ([99.0] * 6 + [1.0] * 4, NOT),
        ([1.0], EXCEEDED),
    ],
)
def test_a_verdict_needs_nine_seeds_in_ten(values, expected):
    assert verdicts.verdict_over_seeds(AT_MOST, values) == expected


def test_a_claim_that_our_reading_was_chosen_for_is_consistent_at_best():
    chosen = claim("zero", tolerance=1e-3, partly=1e-1, consistent=True)
    assert [verdict(chosen, v) for v in (0.0, 0.01, 1.0)] == ["consistent", PARTLY, NOT]
    assert verdicts.verdict_over_seeds(chosen, [0.0] * 9 + [1.0]) == "consistent"


def test_only_a_step_down_is_worse():
    assert is_worse(PARTLY, REPRODUCED) and is_worse(REPRODUCED, EXCEEDED)
    others = [(REPRODUCED, REPRODUCED), (REPRODUCED, NOT), (NOT, ""), ("not testable", REPRODUCED)]
    assert not [pair for pair in others if is_worse(*pair)]


def test_the_sentence_names_the_bounds_that_the_verdict_uses():
    assert sentence(AT_MOST) == "at most 12; exceeded at 4 or less, partly up to 32"
    assert sentence(AT_LEAST) == "at least 5; exceeded at 16 or more, partly down to 2"
    assert sentence(claim("zero")) == "at most 0 in size"
    assert all(map(sentence, load_claims().values()))


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        ([4.0, 1.0, 2.0], [0.5**0.5, 2**2.5]),
        ([1.0] * 8 + [1000.0, 0.1], [0.1 * 0.99, 1010.0]),  # outliers widen nothing
        ([-1.0, 1.0], [-1.5, 1.5]),
        ([-3.0, -1.0], [-3.5, -0.5]),
        ([5.0], [4.95, 5.05]),
        ([-5.0, -5.0], [-5.05, -4.95]),
        ([0.0], [-1e-12, 1e-12]),
    ],
)
def test_the_range_is_widened_by_half_the_interquartile_range_and_a_little_at_least(
    values, bounds
):
    assert agrees_within(values) == pytest.approx(bounds, rel=1e-12)
    assert all(agrees(v, bounds) for v in [*values, *bounds])
    assert not any(agrees(v, bounds) for v in (bounds[0] - 1e-9, bounds[1] + 1e-9, math.nan))
    assert agrees_within([*values, math.inf]) is None and agrees(1e300, None)


def test_the_bounds_of_ten_normal_draws_are_those_that_the_rule_says():
    assert "2.2 standard deviations" in verdicts.RULE
    draws = np.random.default_rng(0).normal(size=(2000, 10))
    bounds = np.array([agrees_within(list(row)) for row in draws])
    assert bounds.mean(axis=0) == pytest.approx([-2.2, 2.2], abs=0.1)
