"""A peer given data that it cannot use says why, in one line."""

import numpy as np
import pytest

from dlnn_utils import DHNN, GLNN, HNN, LNN, DeLaN, fit_dmd, fit_sindy, fit_sindy_pixels

C = np.random.default_rng(0).uniform(0, 1, (10, 4))
FIRST_ORDER = (C, -C)
MOTION = (C, np.hstack([C[:, 2:], -C[:, :2]]))
PRIOR = {"constant_coefficients": 0.1, "max_steps": 1}


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: HNN(3), "HNN needs a state of even length, a momentum for each position; got 3"),
        (lambda: DHNN(3), "D-HNN needs a state of even length, or conservative=False, .*; got 3"),
        (lambda: GLNN(5), "GLNN needs a state of even length, a velocity for each position"),
        (lambda: DeLaN(3), "DeLaN needs a state of even length"),
        (lambda: DHNN(4, np.eye(2), conservative=False), "M belongs to momenta"),
        (lambda: HNN(4, np.eye(3)), r"M must have shape \(2, 2\); got \(3, 3\)"),
        (lambda: LNN(4).fit(*FIRST_ORDER), "LNN learns second-order laws, rates .* differs from"),
        (lambda: DeLaN(4).fit(*FIRST_ORDER, C[:, :2]), "DeLaN learns second-order laws"),
        (lambda: DeLaN(4).fit(*MOTION), "DeLaN needs the force that acts"),
        (lambda: DeLaN(4).fit(*MOTION, C), r"force must have shape \(10, 2\); got \(10, 4\)"),
        (lambda: LNN(4).fit(*MOTION, C[:, :2]), "LNN does not learn from forces"),
        (lambda: HNN(4, widths=(5,)).fit(*MOTION, **PRIOR), "HNN takes no prior"),
        (lambda: fit_dmd(C[:3], [0, 1, 3]), "PyDMD needs evenly .*; got steps from 1 to 2"),
        (lambda: fit_sindy(C), "PySINDy needs the rates of x, or the times t of x"),
        (lambda: fit_sindy(C, C[:5]), r"rate must have shape \(10, 4\); got \(5, 4\)"),
        (lambda: fit_sindy_pixels(C, C, ()), "powers must name at least one"),
    ],
)
def test_the_line_says_why(attempt, message):
    with pytest.raises(ValueError, match=message) as caught:
        attempt()
    assert "\n" not in str(caught.value)
