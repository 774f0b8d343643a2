"""The mirror is the exact transpose of the law's derivative."""

import numpy as np
import pytest
from reversal.ground import LAW, PLATE, TRUTH, M, T

import dlnn_utils as dlnn

FLOW = dlnn.AllenCahn(dlnn.Plate.of(np.full((M, M), 0.02)))
CURVED = dlnn.NonlinearLaw(FLOW.rates, LAW.n, 0.5, 20)
RNG = np.random.default_rng(1)


def test_forward_is_exact_and_the_mirror_its_transpose():
    np.testing.assert_allclose(LAW.forward(TRUTH), PLATE.evolve(TRUTH, [0, T])[1], atol=1e-10)
    x, y = RNG.normal(size=(2, LAW.n))
    assert LAW.forward(x) @ y == pytest.approx(LAW.mirror(y) @ x, rel=1e-12)
    both = LAW.mirror(np.array([x, y]))
    np.testing.assert_allclose(both, [LAW.mirror(x), LAW.mirror(y)], rtol=1e-12, atol=1e-14)


def test_the_discrete_adjoint_of_a_nonlinear_law_is_that_of_its_steps():
    c0, push, psi = RNG.uniform(-1, 1, (3, LAW.n))
    change = (CURVED.forward(c0 + 1e-6 * push) - CURVED.forward(c0 - 1e-6 * push)) / 2e-6
    assert CURVED.mirror(psi, c0) @ push == pytest.approx(psi @ change, rel=1e-7)
    off = np.abs(CURVED.forward(c0) - FLOW.evolve(c0, [0, 0.5])[1]).max()
    assert off < 1e-4


@pytest.mark.parametrize("ratio", [1.01, 10.0, 1e3, 1e30])
def test_modes_that_decay_by_less_than_a_ratio_are_counted(ratio):
    assert LAW.modes_above(ratio) == (np.exp(PLATE.modes[0] * T) < ratio).sum()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dlnn.LinearLaw(PLATE.K, PLATE.M, 0), "T must be positive; got 0"),
        (lambda: dlnn.LinearLaw.of(PLATE, -1.0), "T must be positive; got -1"),
        (lambda: dlnn.LinearLaw(PLATE.K, PLATE.M, 1e6), "T is too long"),
        (lambda: dlnn.LinearLaw(PLATE.K, np.ones(3), 1), "M must be 64 positive masses"),
        (
            lambda: dlnn.NonlinearLaw(lambda c: 1e3 * c**3, 2, 1.0, 5).forward(np.ones(2)),
            "the law blows up within 1 s in 5 steps",
        ),
    ],
)
def test_wrong_laws_get_one_line(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
