"""The exact nonlinear systems are what their scalars say."""

import numpy as np
import pytest
import torch

from dlnn_utils import AllenCahn, HardeningSprings, Plate

RNG = np.random.default_rng(0)
STATES = RNG.uniform(-1, 1, (20, 4))
PLATE = Plate.of(np.full((3, 3), 0.02))
SEPARATION = AllenCahn(PLATE)


def by_equation_11(lagrangian, x, masses):
    """Accelerations from d/dt(dL/dq') + dL/dq = 0 by nested differentiation."""
    x = torch.from_numpy(x).requires_grad_()
    (gradient,) = torch.autograd.grad(lagrangian(x[:, :2], x[:, 2:]).sum(), x, create_graph=True)
    rows = [torch.autograd.grad(g.sum(), x, retain_graph=True)[0] for g in gradient[:, 2:].T]
    mixed = torch.stack(rows, 1)[:, :, :2]
    force = -(mixed @ x[:, 2:, None])[..., 0] - gradient[:, :2]
    return (force / torch.tensor(masses)).detach().numpy()


@pytest.mark.parametrize("law", ["hyperbolic", "cubic"])
def test_the_springs_move_by_equation_11(law):
    system = HardeningSprings(law)
    expected = by_equation_11(system.lagrangian, STATES, system.masses)
    np.testing.assert_allclose(system.rate(STATES)[:, 2:], expected, atol=1e-12)
    np.testing.assert_allclose(system.rate(STATES)[:, :2], STATES[:, 2:])


@pytest.mark.parametrize("law", ["hyperbolic", "cubic"])
def test_energy_falls_by_what_the_dampers_take(law):
    system, h = HardeningSprings(law), 1e-4
    x = system.evolve(STATES, [0.0, h, 2 * h], rtol=1e-12, atol=1e-13)
    q, qdot = np.split(x[1], 2, axis=1)
    power = np.einsum("bi,bij,bj->b", qdot, system.potential_and_damping(q)[1], qdot)
    before, _, after = system.energy(x)
    np.testing.assert_allclose((after - before) / (2 * h), -power, atol=1e-5)
    assert (power > 0).all()


def test_the_laws_begin_alike():
    small = 1e-3 * STATES
    hyperbolic, cubic = (HardeningSprings(law).rate(small) for law in ("hyperbolic", "cubic"))
    np.testing.assert_allclose(hyperbolic, cubic, atol=1e-9)


def test_the_hessian_form_is_right_near_rest_and_wrong_far_from_it():
    system = HardeningSprings()
    for size, low, high in ((1e-4, 0.0, 1e-6), (1.0, 0.1, 10.0)):
        x = size * STATES
        other = system.rates_of_hessian_form(torch.from_numpy(x)).numpy()
        assert low <= np.abs(other - system.rate(x)).max() / size < high


def test_separation_is_the_gradient_flow_of_its_energy():
    x, h = SEPARATION.smooth_starts(3), 1e-6
    for i in (0, 5, 10):
        e = np.zeros(16)
        e[i] = h
        slope = (SEPARATION.energy(x + e) - SEPARATION.energy(x - e)) / (2 * h)
        force = SEPARATION.rate(x)[:, i] * PLATE.M.diagonal()[i]
        np.testing.assert_allclose(force, -slope, atol=1e-7)


def test_separation_loses_energy_and_runs_back():
    x0 = SEPARATION.smooth_starts(4, seed=1)
    np.testing.assert_allclose(np.abs(x0).max(axis=1), 1)
    x = SEPARATION.evolve(x0, [0.0, 0.5, 1.0])
    assert (np.diff(SEPARATION.energy(x), axis=0) < 0).all()
    np.testing.assert_allclose(SEPARATION.evolve(x[-1], [1.0, 0.5, 0.0])[-1], x0, atol=1e-6)
