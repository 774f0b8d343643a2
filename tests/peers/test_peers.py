"""Each peer on a problem it is made for, where it must succeed."""

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn

NET = dict(widths=(12,), activation="quadratic_silu", seed=0)
T, SYSTEM = np.linspace(0, 6, 31), dlnn.table_1()


def states(n, size=1.0, number=200, seed=0):
    return np.random.default_rng(seed).uniform(-size, size, (number, n))


def test_dhnn_splits_a_damped_spring():
    spring = dlnn.MassSpringDamper.of([[2.0]], [[0.4]], [[3.0]])
    x = states(2)
    model = dlnn.DHNN(2, spring.M, **NET).fit(x, spring.rate(x), max_steps=60)
    assert dlnn.trajectory_errors(model, spring, states(2, 0.9, 20, 1), T).max < 1e-3
    z = model.inputs(torch.from_numpy(x[:20]))
    H, D = (torch.einsum("bii->b", net.hessian(z)).detach() for net in model.networks)
    np.testing.assert_allclose(D, -0.4 / 2.0, rtol=0.02)  # all divergence is grad D's
    np.testing.assert_allclose(H, 3.0 + 1 / 2.0, rtol=0.02)  # all rotation is J grad H's


def test_damping_is_positive_by_construction_and_the_energy_falls():
    spring = dlnn.MassSpringDamper.of([[2.0]], [[0.4]], [[3.0]])
    x = states(2)
    model = dlnn.PseudoHamiltonian(2, spring.M, **NET).fit(x, spring.rate(x), max_steps=60)
    assert dlnn.trajectory_errors(model, spring, states(2, 0.9, 20, 1), T).max < 5e-3
    x = torch.from_numpy(states(2, 3.0, 50, 2))
    for peer in (model, dlnn.PseudoHamiltonian(2, **NET)):  # dH/dt = -|L^T grad H|^2
        force = peer.network.gradient(peer.inputs(x))
        assert (force * peer.prediction(x)).sum(1).max() <= 0


@pytest.mark.parametrize("n", [2, 3])
def test_onsager_learns_diffusion_whose_mobility_depends_on_the_state(n):
    """c' = -(1 + c^2) K c, a gradient flow in a metric that no L_D(c) has."""
    K = dlnn.lehmer(n)
    rate = lambda c: -(1 + c**2) * (c @ K)  # noqa: E731
    c = states(n, 1.0, 300)
    model = dlnn.Onsager(n, reversible=False, **NET).fit(c, rate(c), max_steps=100)
    assert dlnn.rate_error(model, states(n, 0.9, 50, 1), rate(states(n, 0.9, 50, 1))) < 0.02
    plain = dlnn.fit_diffusion(c, rate(c), widths=(12,), max_steps=100)
    assert dlnn.rate_error(plain, c, rate(c)) > 3 * dlnn.rate_error(model, c, rate(c))


def pendulum(x):
    """q'' = -sin q - 0.3 q' |q'|: friction that no Lagrangian of the state alone has."""
    q, v = x[:, :1], x[:, 1:]
    return np.hstack([v, -np.sin(q) - 0.3 * v * np.abs(v)])


def test_glnn_learns_a_pendulum_with_friction():
    x = states(2, 2.0, 400)
    model = dlnn.GLNN(2, force_activation="silu", **NET).fit(x, pendulum(x), max_steps=80)
    start = states(2, 1.5, 20, 1)
    exact = dlnn.integrate(lambda x: torch.from_numpy(pendulum(x.numpy())), start, T)
    assert np.abs(model.evolve(start, T) - exact).max() < 1e-2
    lnn = dlnn.LNN(2, **NET).fit(x, pendulum(x), max_steps=80)
    assert lnn.history.loss[-1] > 100 * model.history.loss[-1]


def arm(x, tau):
    """Rate of an arm with H = [[2 + cos q2, 0.5], [0.5, 1]], V = -cos q1 - cos q2 / 2."""
    q, v = x[:, :2], x[:, 2:]
    H = np.tile([[2.0, 0.5], [0.5, 1.0]], (len(x), 1, 1))
    H[:, 0, 0] += np.cos(q[:, 1])
    s = np.sin(q[:, 1])
    load = np.stack([-s * v[:, 1] * v[:, 0], s * v[:, 0] ** 2 / 2], 1) + np.sin(q) * [1.0, 0.5]
    return np.hstack([v, np.linalg.solve(H, (tau - load)[..., None])[..., 0]]), H


def test_delan_learns_mass_and_potential_from_forces():
    x, tau = states(4, 1.5, 500), 2 * states(2, 1.0, 500, 3)
    rate, H = arm(x, tau)
    model = dlnn.DeLaN(4, mass_activation="silu", **NET).fit(x, rate, tau, max_steps=80)
    learned = model.mass(model.factor(torch.from_numpy(x[:, :2]))[0]).detach()
    np.testing.assert_allclose(learned, H, atol=0.05)
    new, push = states(4, 1.2, 50, 4), states(2, 1.0, 50, 5)
    model.given = lambda x: torch.from_numpy(push)
    learned = model.rate(torch.from_numpy(new)).detach()
    np.testing.assert_allclose(learned, arm(new, push)[0], atol=0.05)
    exact = dlnn.integrate(lambda x: torch.from_numpy(arm(x.numpy(), push)[0]), new, T[:6])
    assert np.abs(model.evolve(new, T[:6]) - exact).max() < 0.05


@pytest.mark.parametrize("fit", [dlnn.fit_dmd, lambda x, t: dlnn.fit_sindy(x, SYSTEM.rate(x))])
def test_libraries_recover_a_linear_law(fit):
    model = fit(SYSTEM.evolve(states(4, number=20), T), T)
    assert dlnn.trajectory_errors(model, SYSTEM, states(4, 2.0, 20, 1), T).max < 1e-6


def test_sindy_takes_rates_from_states_and_counts_its_terms():
    fine = np.linspace(0, 6, 601)
    model = dlnn.fit_sindy(SYSTEM.evolve(states(4, number=5), fine), t=fine)
    assert model.n_weights == np.count_nonzero(SYSTEM.A)
    np.testing.assert_allclose(model.rate(states(4)), model.sindy.predict(states(4)), atol=1e-12)


def test_sindy_of_pixels_finds_the_law_when_told_its_powers():
    system = dlnn.AllenCahn(dlnn.Plate.of(np.full((3, 3), 0.02)))
    c = system.evolve(system.smooth_starts(12), np.linspace(0, 2, 4)).reshape(-1, 16)
    law = dlnn.fit_sindy_pixels(c, system.rate(c))
    np.testing.assert_allclose(law.rate(c), system.rate(c), atol=0.02)
    np.testing.assert_allclose(law.rate(c), law.sindy.predict(c), atol=1e-10)
