"""The doubled system: conserved quantities, directions of time, and an independent integrator."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dlnn_utils.systems.mirror import Doubled

RNG = np.random.default_rng(1)
M = np.array([[2.0, 0.3], [0.3, 1.0]])
C = np.array([[0.2, 0.3], [-0.1, 0.1]])
K = np.array([[1.0, -0.4], [0.1, 1.5]])
T = np.linspace(0, 10, 101)
INVERSE = np.linalg.inv(M)
MECHANICS, DIFFUSION = Doubled.mechanics(M, C, K), Doubled.diffusion(K)


def moving(q, v, p, w):
    return [v, -INVERSE @ (C @ v + K @ q), w, INVERSE @ (C.T @ w - K.T @ p)]


def diffusing(c, psi):
    return [-K @ c, K.T @ psi]


@pytest.mark.parametrize(("doubled", "law"), [(MECHANICS, moving), (DIFFUSION, diffusing)])
def test_both_halves_agree_with_runge_kutta(doubled, law):
    start = RNG.normal(size=(2, doubled.observable.n_state))
    options = dict(method="DOP853", t_eval=T, rtol=1e-11, atol=1e-12)

    def rate(_, y):
        return np.concatenate(law(*y.reshape(-1, 2)))

    expected = solve_ivp(rate, (0, 10), start.ravel(), **options).y.T
    np.testing.assert_allclose(np.hstack(doubled.evolve(*start, T)), expected, 1e-6, 1e-7)


@pytest.mark.parametrize("doubled", [MECHANICS, DIFFUSION])
def test_energy_and_charge_are_conserved_and_time_runs_back(doubled):
    n = doubled.observable.n_state
    starts = RNG.normal(size=(2, 20, n))
    x, x_mirror = doubled.evolve(*starts, T)
    for invariant in (doubled.energy(x, x_mirror), doubled.charge(x, x_mirror)):
        assert invariant.shape == (len(T), 20)
        assert np.abs(invariant - invariant[0]).max() < 1e-9
        assert np.abs(invariant[0]).max() > 1
    x, x_mirror = doubled.evolve(*starts[:, 0], T[:11])
    back = doubled.evolve(x[-1], x_mirror[-1], T[10::-1])
    np.testing.assert_allclose([half[-1] for half in back], starts[:, 0], atol=1e-12)


def test_the_forms_are_those_of_the_paper():
    q, v, p, w = RNG.normal(size=(4, 2))
    x, x_mirror = np.r_[q, v], np.r_[p, w]
    assert MECHANICS.energy(x, x_mirror) == pytest.approx(w @ M @ v + p @ K @ q)
    assert MECHANICS.charge(x, x_mirror) == pytest.approx(p @ M @ v - w @ M @ q + p @ C @ q)
    assert MECHANICS.half_energy(x) == pytest.approx((v @ M @ v + q @ K @ q) / 2)
    assert DIFFUSION.energy(q, p) == pytest.approx(p @ K @ q)
    assert DIFFUSION.charge(q, p) == pytest.approx(p @ q)
