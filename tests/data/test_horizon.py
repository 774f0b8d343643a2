"""How far back data allow one to go, against what is known."""

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn

T = np.linspace(0, 10, 41)
UNEVEN = np.sort(np.random.default_rng(1).uniform(0, 10, 60))


@pytest.mark.parametrize("t", [T, UNEVEN], ids=["even", "uneven"])
def test_noise_is_told_without_a_model(t):
    rng, system = np.random.default_rng(0), dlnn.table_1()
    exact = system.evolve(rng.uniform(-1, 1, (8, 4)), t)[..., :2]
    noisy = exact + np.array([1e-3, 1e-2]) * rng.normal(size=exact.shape)
    np.testing.assert_allclose(dlnn.noise_of(noisy, t), [1e-3, 1e-2], rtol=0.15)
    assert dlnn.noise_of(exact, t).max() < 5e-4


def test_the_law_near_a_state_is_the_derivative_of_the_rate():
    model, x = dlnn.Diffusion(dlnn.ScalarNetwork(3, (5,), "silu", 0)), np.array([0.3, -0.2, 0.5])
    nudged = torch.from_numpy(np.stack([x + 1e-5 * np.eye(3), x - 1e-5 * np.eye(3)]))
    ahead, behind = (model.rate(z).detach().numpy() for z in nudged)
    np.testing.assert_allclose(dlnn.jacobian_at(model, x), (ahead - behind).T / 2e-5, atol=1e-8)


def test_errors_grow_as_predicted():
    system, rng = dlnn.table_1(), np.random.default_rng(3)
    covariance = np.diag([1e-3, 2e-3, 3e-3, 1e-3]) ** 2
    size = np.array([1.0, 2.0, 0.5, 1.0])
    far = dlnn.horizon_of(system.A, covariance, size, longest=40.0)
    errors = rng.multivariate_normal(np.zeros(4), covariance, 3000)
    grown = system.evolve(errors, [0, -40.0])[-1] / size
    assert np.sqrt(np.mean(grown**2)) == pytest.approx(far.error[-1], rel=0.05)
    assert far.error[0] == pytest.approx(np.sqrt(np.mean(np.diag(covariance) / size**2)))


def test_modes_are_followed_until_their_own_error_is_the_share():
    law = dlnn.Relaxation.of(np.diag([1.0, 10.0, 0.0]))
    far = dlnn.horizon_of(law.A, 1e-4, 1.0, longest=2.0, share=0.1)
    np.testing.assert_allclose(far.rates, [10, 1, 0], atol=1e-12)
    expected = np.log(0.1 * 3**0.5 / 1e-4) / far.rates[:2]
    np.testing.assert_allclose(far.times[:2], expected)
    assert far.times[2] == np.inf
    assert far.reach == pytest.approx(expected[0], rel=1e-3)
    assert dlnn.horizon_of(law.A, 1e-4, 1.0, longest=0.1).reach == pytest.approx(0.1)
    assert dlnn.horizon_of(law.A, 1.0, 1.0, longest=0.1).reach == 0.0


def test_a_mode_that_is_critically_damped_is_no_obstacle():
    far = dlnn.horizon_of([[0.0, 1.0], [-1.0, -2.0]], 1e-3, 1.0, longest=4.0)
    grown = 1e-3 * np.exp(far.reach) * np.sqrt(1 + 2 * far.reach**2)
    assert grown == pytest.approx(0.1, rel=1e-3)


def test_the_state_at_the_end_and_its_error():
    system, rng = dlnn.table_1(), np.random.default_rng(4)
    exact = system.evolve(rng.uniform(-1, 1, (40, 4)), T[:13])
    seen = exact[..., :2] + 1e-3 * rng.normal(size=exact[..., :2].shape)
    off = []
    for b in range(40):
        state, covariance = dlnn.estimate_state(system, seen[:, b], T[:13], noise=1e-3)
        off.append((state - exact[-1, b]) / np.sqrt(np.diag(covariance)))
    np.testing.assert_allclose(np.std(off, axis=0), 1.0, atol=0.35)


SYSTEM, EYE = dlnn.table_1(), np.eye(2)
BAD = [
    (dlnn.noise_of, (np.ones((6, 2)), T[:6]), "t must hold at least 7 times .*; got 6"),
    (dlnn.horizon_of, (EYE, -1, 1, 1.0), "noise must be 0 or more; got -1"),
    (dlnn.horizon_of, (EYE, 1, 0, 1.0), "signal must be positive; got 0"),
    (dlnn.estimate_state, (SYSTEM, np.ones((5, 3)), T[:5], 1), "all 4 .* half .*; got 3"),
    (dlnn.estimate_state, (SYSTEM, np.ones((5, 2)), T[:5], 0), "noise must be positive"),
]


@pytest.mark.parametrize(("call", "given", "message"), BAD)
def test_bad_input(call, given, message):
    with pytest.raises(ValueError, match=message) as caught:
        call(*given)
    assert "\n" not in str(caught.value)
