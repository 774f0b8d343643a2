import math

import pytest

from dlnn_utils.companion.claims import Claim, load_claims
from dlnn_utils.companion.verdicts import (
    is_worse,
    median,
    sentence,
    verdict,
    verdict_over_seeds,
)


def claim(criterion, **fields):
    return Claim("x", "Section 1", "It is so.", criterion, "A test's.", "01_x", **fields)


ZERO = claim("zero", tolerance=1e-3, partly=1e-1)
AT_MOST = claim("at_most", paper_value=8.0, tolerance=0.5, partly=4.0, exceed=2.0)
AT_LEAST = claim("at_least", paper_value=8.0, tolerance=0.6, partly=4.0, exceed=2.0)
CLOSE = claim("close", paper_value=-2.0, tolerance=0.25, partly=0.5)
FACTOR = claim("within_factor", paper_value=8.0, tolerance=2.0, partly=4.0)
TRUE = claim("true", partly=0.5)


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        (ZERO, 0.0, "reproduced"),
        (ZERO, -1e-3, "reproduced"),
        (ZERO, 1.001e-3, "partly"),
        (ZERO, -1e-1, "partly"),
        (ZERO, 0.1001, "not reproduced"),
        (claim("zero"), 0, "reproduced"),
        (claim("zero"), 1e-300, "not reproduced"),
        (AT_MOST, 4.0, "exceeded"),
        (AT_MOST, 4.001, "reproduced"),
        (AT_MOST, 12.0, "reproduced"),
        (AT_MOST, 12.001, "partly"),
        (AT_MOST, 32.0, "partly"),
        (AT_MOST, 32.001, "not reproduced"),
        (AT_LEAST, 16.0, "exceeded"),
        (AT_LEAST, 15.999, "reproduced"),
        (AT_LEAST, 5.0, "reproduced"),
        (AT_LEAST, 4.999, "partly"),
        (AT_LEAST, 2.0, "partly"),
        (AT_LEAST, 1.999, "not reproduced"),
        (CLOSE, -2.5, "reproduced"),
        (CLOSE, -1.5, "reproduced"),
        (CLOSE, -2.501, "partly"),
        (CLOSE, -1.0, "partly"),
        (CLOSE, 2.0, "not reproduced"),
        (FACTOR, 4.0, "reproduced"),
        (FACTOR, 16.0, "reproduced"),
        (FACTOR, 16.001, "partly"),
        (FACTOR, 2.0, "partly"),
        (FACTOR, 1.999, "not reproduced"),
        (FACTOR, 0.0, "not reproduced"),
        (FACTOR, -8.0, "not reproduced"),
        (TRUE, 1.0, "reproduced"),
        (TRUE, 0.999, "partly"),
        (TRUE, 0.5, "partly"),
        (TRUE, 0.499, "not reproduced"),
        (claim("none"), 1.0, "not testable"),
    ],
)
def test_each_criterion_at_its_bounds(rule, value, expected):
    assert verdict(rule, value) == expected


@pytest.mark.parametrize("rule", [ZERO, AT_MOST, AT_LEAST, CLOSE, FACTOR, TRUE])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_diverged_is_never_reproduced(rule, value):
    assert verdict(rule, value) == "not reproduced"


def test_median_takes_what_diverged_as_the_worst():
    assert median(AT_MOST, [3.0, 1.0, 2.0]) == 2.0
    assert median(AT_MOST, [1.0, 2.0]) == 1.5
    assert median(AT_MOST, [1.0, math.inf, math.nan]) == math.inf
    assert median(AT_LEAST, [9.0, math.inf, math.nan]) == -math.inf


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0] * 9 + [99.0], "exceeded"),
        ([1.0] * 8 + [99.0] * 2, "partly"),
        ([1.0] * 8 + [12.0] * 2, "reproduced"),
        ([13.0] * 6 + [1.0] * 4, "partly"),
        ([99.0] * 6 + [1.0] * 4, "not reproduced"),
        ([1.0], "exceeded"),
    ],
)
def test_a_verdict_needs_nine_seeds_in_ten(values, expected):
    assert verdict_over_seeds(AT_MOST, values) == expected


def test_only_a_step_down_is_worse():
    assert is_worse("partly", "reproduced")
    assert is_worse("reproduced", "exceeded")
    assert not is_worse("reproduced", "reproduced")
    assert not is_worse("reproduced", "not reproduced")
    assert not is_worse("not reproduced", "")
    assert not is_worse("not testable", "reproduced")


def test_the_sentence_names_the_bounds_that_the_verdict_uses():
    assert sentence(AT_MOST) == "at most 12; exceeded at 4 or less, partly up to 32"
    assert sentence(AT_LEAST) == "at least 5; exceeded at 16 or more, partly down to 2"
    assert sentence(claim("zero")) == "at most 0 in size"
    for rule in load_claims().values():
        assert sentence(rule)
