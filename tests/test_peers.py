"""Each peer on a problem it is made for, where it must succeed."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    DHNN,
    GLNN,
    HNN,
    LNN,
    DeLaN,
    MassSpringDamper,
    Relaxation,
    fit_dmd,
    fit_sindy,
    integrate,
    lehmer,
    table_1,
    trajectory_errors,
)

NET = dict(widths=(12,), activation="quadratic_silu", seed=0)
T = np.linspace(0, 6, 31)


def states(n, size=1.0, number=200, seed=0):
    return np.random.default_rng(seed).uniform(-size, size, (number, n))


def test_dhnn_splits_a_damped_spring():
    spring = MassSpringDamper.of([[2.0]], [[0.4]], [[3.0]])
    x = states(2)
    model = DHNN(2, spring.M, **NET).fit(x, spring.rate(x), max_steps=60)
    assert trajectory_errors(model, spring, states(2, 0.9, 20, 1), T).max < 1e-3
    z = model.canonical(torch.from_numpy(x[:20]))
    turning, flowing = model.parts(torch.from_numpy(x[:20]))
    torch.testing.assert_close(turning + flowing, model.prediction(torch.from_numpy(x[:20])))
    H, D = (torch.einsum("bii->b", net.hessian(z)).detach() for net in model.networks)
    np.testing.assert_allclose(D, -0.4 / 2.0, rtol=0.02)  # all divergence is grad D's
    np.testing.assert_allclose(H, 3.0 + 1 / 2.0, rtol=0.02)  # all rotation is J grad H's


def test_dissipation_alone_learns_diffusion_in_odd_dimensions():
    system, c = Relaxation.of(lehmer(3)), states(3, seed=2)
    model = DHNN(3, conservative=False, **NET).fit(c, system.rate(c), max_steps=60)
    assert trajectory_errors(model, system, states(3, 1.2, 20, 1), T).max < 1e-3


def test_hnn_learns_an_undamped_spring_and_keeps_its_energy():
    spring = MassSpringDamper.of([[2.0]], [[0.0]], [[3.0]])
    x = states(2)
    model = HNN(2, spring.M, **NET).fit(x, spring.rate(x), max_steps=60)
    start = states(2, 0.9, 20, 1)
    assert trajectory_errors(model, spring, start, T).max < 1e-3
    course = model.evolve(start, T)
    first, last = (model.energy(course[k]).numpy() for k in (0, -1))
    np.testing.assert_allclose(last, first, atol=1e-7)
    np.testing.assert_allclose(
        first - first[0], spring.energy(start) - spring.energy(start[0]), atol=1e-3
    )


def test_hnn_keeps_the_volume_of_state_space_and_so_cannot_learn_diffusion():
    system, c = Relaxation.of(lehmer(2)), states(2)
    model = HNN(2, **NET).fit(c, system.rate(c), max_steps=40)
    field = torch.func.vmap(torch.func.jacrev(lambda x: model.prediction(x[None])[0]))
    divergence = torch.einsum("bii->b", field(torch.from_numpy(c[:30])))
    np.testing.assert_allclose(divergence.detach(), 0, atol=1e-10)
    least = np.mean(np.sum(c**2, 1)) / 2  # tr K = 2: of -K c nothing of -(tr K / 2) c is learned
    assert model.history.loss[-1] > 0.5 * least


def test_lnn_learns_a_conservative_double_spring():
    springs = MassSpringDamper.of(np.eye(2), np.zeros((2, 2)), [[2.0, -1.0], [-1.0, 2.0]])
    x = states(4, number=300)
    model = LNN(4, **NET).fit(x, springs.rate(x), max_steps=60)
    start = states(4, 1.2, 20, 1)
    assert trajectory_errors(model, springs, start, T).max < 1e-2
    energy = springs.energy(model.evolve(start, T))
    np.testing.assert_allclose(energy, np.tile(energy[0], (len(T), 1)), atol=2e-2)


def pendulum(x):
    """q'' = -sin q - 0.3 q' |q'|: friction that no Lagrangian of the state alone has."""
    q, v = x[:, :1], x[:, 1:]
    return np.hstack([v, -np.sin(q) - 0.3 * v * np.abs(v)])


def test_glnn_learns_a_pendulum_with_friction():
    x = states(2, 2.0, 400)
    net = NET | {"force_activation": "silu"}
    model = GLNN(2, **net).fit(x, pendulum(x), max_steps=80)
    start = states(2, 1.5, 20, 1)
    exact = integrate(lambda x: torch.from_numpy(pendulum(x.numpy())), start, T)
    assert np.abs(model.evolve(start, T) - exact).max() < 1e-2
    lnn = LNN(2, **NET).fit(x, pendulum(x), max_steps=80)
    assert lnn.history.loss[-1] > 100 * model.history.loss[-1]


def arm(x, tau):
    """Rate of an arm with H = [[2 + cos q2, 0.5], [0.5, 1]], V = -cos q1 - cos q2 / 2."""
    q, v = x[:, :2], x[:, 2:]
    H = np.tile([[2.0, 0.5], [0.5, 1.0]], (len(x), 1, 1))
    H[:, 0, 0] += np.cos(q[:, 1])
    s = np.sin(q[:, 1])
    load = np.stack([-s * v[:, 1] * v[:, 0], 0.5 * s * v[:, 0] ** 2], 1)
    load += np.sin(q) * [1.0, 0.5]
    return np.hstack([v, np.linalg.solve(H, (tau - load)[..., None])[..., 0]]), H


def test_delan_learns_mass_and_potential_from_forces():
    x, tau = states(4, 1.5, 500), 2 * states(2, 1.0, 500, 3)
    rate, H = arm(x, tau)
    net = NET | {"mass_activation": "silu"}
    model = DeLaN(4, **net).fit(x, rate, tau, max_steps=80)
    learned = model.mass(model.factor(torch.from_numpy(x[:, :2]))[0]).detach()
    np.testing.assert_allclose(learned, H, atol=0.05)
    new, push = states(4, 1.2, 50, 4), states(2, 1.0, 50, 5)
    model.driven_by(lambda x: torch.from_numpy(push))
    np.testing.assert_allclose(
        model.rate(torch.from_numpy(new)).detach(), arm(new, push)[0], atol=0.05
    )
    model.driven_by(lambda x: -0.2 * x[:, 2:])
    exact = integrate(
        lambda x: torch.from_numpy(arm(x.numpy(), -0.2 * x[:, 2:].numpy())[0]), new[:10], T[:11]
    )
    assert np.abs(model.evolve(new[:10], T[:11]) - exact).max() < 0.05


@pytest.mark.parametrize("fit", [
    lambda system, x: fit_dmd(x, T),
    lambda system, x: fit_sindy(x.reshape(-1, 4), system.rate(x.reshape(-1, 4))),
])  # fmt: skip
def test_libraries_recover_a_linear_law(fit):
    system = table_1()
    model = fit(system, system.evolve(states(4, number=20), T))
    assert trajectory_errors(model, system, states(4, 2.0, 20, 1), T).max < 1e-6
    np.testing.assert_allclose(model.rate(states(4)), system.rate(states(4)), atol=1e-6)


def test_sindy_takes_rates_from_states_and_counts_its_terms():
    system = table_1()
    fine = np.linspace(0, 6, 601)
    model = fit_sindy(system.evolve(states(4, number=5), fine), t=fine)
    assert model.n_weights == np.count_nonzero(system.A)
    np.testing.assert_allclose(model.rate(states(4)), model.sindy.predict(states(4)), atol=1e-12)
