"""The doubled system: conserved quantities, directions of time, and an independent integrator."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from dlnn_utils.doubled import DoubledDiffusion, DoubledMechanics, drift
from dlnn_utils.systems import MassSpringDamper, table_1

RNG = np.random.default_rng(1)
M = np.array([[2.0, 0.3], [0.3, 1.0]])
C = np.array([[0.2, 0.3], [-0.1, 0.1]])
K = np.array([[1.0, -0.4], [0.1, 1.5]])
T = np.linspace(0, 10, 101)


@pytest.fixture
def mechanics():
    return DoubledMechanics.of(M, C, K)


@pytest.fixture
def diffusion():
    return DoubledDiffusion.of(K)


def test_mechanics_agrees_with_runge_kutta(mechanics):
    def rate(_, y):
        q, v, q_mirror, v_mirror = y.reshape(4, 2)
        a = -np.linalg.inv(M) @ (C @ v + K @ q)
        a_mirror = np.linalg.inv(M.T) @ (C.T @ v_mirror - K.T @ q_mirror)
        return np.concatenate([v, a, v_mirror, a_mirror])

    start = RNG.normal(size=8)
    expected = solve_ivp(rate, (0, 10), start, "DOP853", T, rtol=1e-11, atol=1e-12).y.T
    x, x_mirror = mechanics.evolve(start[:4], start[4:], T)
    np.testing.assert_allclose(np.hstack([x, x_mirror]), expected, atol=1e-7)


def test_diffusion_agrees_with_runge_kutta(diffusion):
    start = RNG.normal(size=4)

    def rate(_, y):
        return np.concatenate([-K @ y[:2], K.T @ y[2:]])

    expected = solve_ivp(rate, (0, 10), start, "DOP853", T, rtol=1e-11, atol=1e-12).y.T
    c, psi = diffusion.evolve(start[:2], start[2:], T)
    np.testing.assert_allclose(c, expected[:, :2], atol=1e-8)
    np.testing.assert_allclose(psi, expected[:, 2:], rtol=1e-6)


def test_mechanics_conserves_energy_and_charge(mechanics):
    x, x_mirror = mechanics.evolve(RNG.normal(size=(20, 4)), RNG.normal(size=(20, 4)), T)
    for invariant in (mechanics.energy(x, x_mirror), mechanics.charge(x, x_mirror)):
        assert np.abs(invariant - invariant[0]).max() < 1e-11
        assert np.abs(invariant[0]).max() > 1


def test_diffusion_conserves_charge_and_energy(diffusion):
    c, psi = diffusion.evolve(RNG.normal(size=(20, 2)), RNG.normal(size=(20, 2)), T)
    for invariant in (diffusion.charge(c, psi), diffusion.energy(c, psi)):
        assert np.abs(invariant - invariant[0]).max() < 1e-9
        assert np.abs(invariant[0]).max() > 1


def test_a_wrong_mirror_conserves_nothing(mechanics, diffusion):
    start = np.array([1.0, 0.5, -0.3, 0.2])
    damped_mirror = DoubledMechanics(mechanics.observable, MassSpringDamper.of(M, C.T, K.T))
    x, x_mirror = damped_mirror.evolve(start, start, T)
    assert drift(damped_mirror.energy(x, x_mirror)).max() > 0.1
    untransposed = DoubledDiffusion(diffusion.observable, DoubledDiffusion.of(K.T).mirror)
    c, psi = untransposed.evolve(start[:2], start[2:], T)
    assert drift(untransposed.charge(c, psi)).max() > 0.1


def test_observable_decays_and_mirror_grows():
    truth = table_1()
    doubled = DoubledMechanics.of(truth.M, truth.C, truth.K)
    x, x_mirror = doubled.evolve([1, 0, 0, 1], [1, 0, 0, 1], T)
    assert (np.diff(doubled.half_energy(x)) < 0).all()
    assert (np.diff(doubled.half_energy(x_mirror)) > 0).all()


def test_forward_then_backward_returns(mechanics, diffusion):
    start = RNG.normal(size=(3, 4))
    x, x_mirror = mechanics.evolve(start, start, T)
    back = mechanics.evolve(x[-1], x_mirror[-1], T[::-1])
    np.testing.assert_allclose(back[0][-1], start, atol=1e-12)
    np.testing.assert_allclose(back[1][-1], start, atol=1e-12)
    c, psi = diffusion.evolve(start[:, :2], start[:, 2:], [0, 1])
    back = diffusion.evolve(c[-1], psi[-1], [1, 0])
    np.testing.assert_allclose(back[0][-1], start[:, :2], atol=1e-13)
    np.testing.assert_allclose(back[1][-1], start[:, 2:], atol=1e-13)


@pytest.mark.parametrize("batch", [(), (3,)])
def test_shapes(mechanics, diffusion, batch):
    start = RNG.normal(size=(*batch, 4))
    x, x_mirror = mechanics.evolve(start, start, T)
    assert x.shape == x_mirror.shape == (len(T), *batch, 4)
    assert mechanics.energy(x, x_mirror).shape == mechanics.half_energy(x).shape == x.shape[:-1]
    c, psi = diffusion.evolve(start[..., :2], start[..., 2:], T)
    assert c.shape == psi.shape == (len(T), *batch, 2)
    assert diffusion.charge(c, psi).shape == c.shape[:-1]


def test_bad_input_is_refused(mechanics):
    with pytest.raises(ValueError, match="M must be symmetric"):
        DoubledMechanics.of(C, C, K)
    with pytest.raises(ValueError, match="K must have shape"):
        DoubledDiffusion.of(K[:1])
    with pytest.raises(ValueError, match="t must not repeat a time"):
        mechanics.evolve(np.ones(4), np.ones(4), [0, 1, 1])
    with pytest.raises(ValueError, match="must not start at 0"):
        drift([0.0, 1.0])
