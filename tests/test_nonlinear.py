"""The exact nonlinear systems are what their scalars say."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    AllenCahn,
    HardeningSprings,
    Mechanics,
    Plate,
    RoundTrip,
    ScalarNetwork,
    fit_sindy_pixels,
    identifiability,
    potential_and_damping,
)
from dlnn_utils import Relaxation as Linear
from dlnn_utils.variations import nonvanishing

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


def test_what_angular_momentum_adds_to_the_lagrangian_is_not_seen():
    system = HardeningSprings()

    def with_more(q, v):
        momentum = q[:, 0] * v[:, 1] - q[:, 1] * v[:, 0]
        return system.lagrangian(q, v) + torch.sin(v[:, 0] * momentum) + v[:, 1] * momentum**2

    expected = by_equation_11(system.lagrangian, STATES, system.masses)
    np.testing.assert_allclose(
        by_equation_11(with_more, STATES, system.masses), expected, atol=1e-12
    )


@pytest.mark.parametrize("law", ["hyperbolic", "cubic"])
def test_energy_falls_by_what_the_dampers_take(law):
    system, h = HardeningSprings(law), 1e-4
    before, now, after = (
        system.energy(x) for x in system.evolve(STATES, [0.0, h, 2 * h], rtol=1e-12, atol=1e-13)
    )
    x = system.evolve(STATES, [0.0, h])[1]
    power = np.einsum(
        "bi,bij,bj->b", x[:, 2:], system.potential_and_damping(x[:, :2])[1], x[:, 2:]
    )
    np.testing.assert_allclose((after - before) / (2 * h), -power, atol=1e-5)
    assert (now < before).all()


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


def test_a_network_reads_its_own_force_as_the_system_does():
    """Mechanics in the Euler-Lagrange form is Eq. 11 of its network's scalar."""
    network = ScalarNetwork(4, (6,), "silu")
    model = Mechanics(network, np.diag([1.0, 1.5]))
    with torch.no_grad():
        rate = model.rate(torch.from_numpy(STATES)).numpy()
    expected = by_equation_11(lambda q, v: network.value(torch.cat([q, v], 1)), STATES, (1.0, 1.5))
    np.testing.assert_allclose(rate[:, 2:], expected, atol=1e-12)


def test_what_the_data_determine():
    assert not nonvanishing(identifiability.force_is_gradient())
    assert not nonvanishing(identifiability.angular_momentum_is_unseen())
    assert not nonvanishing(identifiability.damping_is_compatible())


def test_potential_and_damping_are_read_from_a_network():
    """One neuron z^2/2 of z = a . (q, q') is L_D = z^2/2, whose V and C are known."""
    network = ScalarNetwork(4, (1,), "quadratic")
    a = np.array([1.0, -0.5, 0.3, 0.2])
    with torch.no_grad():
        network.weights[0].copy_(torch.from_numpy(a[None]))
        network.weights[1].fill_(1.0)
        network.biases[0].zero_()
    q = STATES[:, :2]
    V, C = potential_and_damping(Mechanics(network, np.eye(2)), q)
    np.testing.assert_allclose(V, (q @ a[:2]) ** 2 / 2, atol=1e-14)
    D = np.outer(a[2:], a[:2])
    np.testing.assert_allclose(C, np.broadcast_to(D + D.T, C.shape), atol=1e-14)


def test_pixels_law_is_found_by_who_is_told_of_it():
    x = SEPARATION.evolve(SEPARATION.smooth_starts(12), np.linspace(0, 2, 8)).reshape(-1, 16)
    c, cdot = (PLATE.from_weighted(a) for a in (x, SEPARATION.rate(x)))
    law = fit_sindy_pixels(c, cdot)
    np.testing.assert_allclose(law.rate(c).numpy(), cdot, atol=0.02)
    np.testing.assert_allclose(law.rate(c).numpy(), law.sindy.predict(c), atol=1e-10)


def test_separation_is_the_gradient_flow_of_its_energy():
    x, h = SEPARATION.smooth_starts(3), 1e-6
    for i in (0, 5, 10):
        e = np.zeros(16)
        e[i] = h
        slope = (SEPARATION.energy(x + e) - SEPARATION.energy(x - e)) / (2 * h)
        np.testing.assert_allclose(SEPARATION.rate(x)[:, i], -slope, atol=1e-7)


def test_separation_loses_energy_and_runs_back():
    x0 = SEPARATION.smooth_starts(4, seed=1)
    x = SEPARATION.evolve(x0, [0.0, 0.5, 1.0])
    assert (np.diff(SEPARATION.energy(x), axis=0) < 0).all()
    np.testing.assert_allclose(SEPARATION.evolve(x[-1], [1.0, 0.5, 0.0])[-1], x0, atol=1e-6)


def test_smooth_starts_are_of_order_one_and_differ():
    c = PLATE.from_weighted(SEPARATION.smooth_starts(3))
    np.testing.assert_allclose(np.abs(c).max(axis=1), 1)
    assert not np.allclose(c[0], c[1])


def test_round_trips_find_who_strays():
    truth, other = Linear.of([[1.0, 0.0], [0.0, 2.0]]), Linear.of([[1.0, 0.0], [0.0, 2.1]])
    trip = RoundTrip(truth, [[1.0, 1.0], [0.5, -1.0]], np.linspace(0, 1, 5))
    assert max(trip.errors(truth)) < 1e-12
    assert min(trip.errors(other)) > 1e-3
    early, late = trip.growth(truth, [1, 4], noise=1e-3)
    assert 1e-4 < early < late < 1e-2


class Exploding:
    """A model whose trajectories never arrive."""

    def evolve(self, x0, t):
        from dlnn_utils import integrate

        return integrate(lambda x: x**2 + 1, x0, np.asarray(t) * 100)


def test_a_blow_up_is_an_infinite_error():
    trip = RoundTrip(Linear.of(np.eye(2)), [[1.0, 1.0]], np.linspace(0, 1, 3))
    assert trip.errors(Exploding()) == (np.inf, np.inf)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: HardeningSprings("linear"), "law must be one of hyperbolic, cubic; got 'linear'"),
        (lambda: HardeningSprings(masses=(1.0, -1.0)), r"masses must be positive; got \(1.0, -1"),
        (lambda: HardeningSprings(stiffness=(1.0, 1.0)), r"stiffness must have shape \(3\)"),
        (lambda: HardeningSprings(hardening=0.0), "hardening must be positive; got 0"),
        (
            lambda: HardeningSprings().rate(np.ones((2, 3))),
            r"x must have shape \(\.\.\., 4\); got \(2, 3\)",
        ),
        (lambda: HardeningSprings().evolve(np.ones(3), [0, 1]), "x0 must have shape"),
        (lambda: AllenCahn(Plate.of(np.ones((2, 2)), "consistent")), "must have a lumped mass"),
        (lambda: fit_sindy_pixels(np.ones((4, 2)), np.ones((4, 3))), "cdot must have shape"),
        (lambda: fit_sindy_pixels(np.ones((4, 2)), np.ones((4, 2)), (0,)), "powers must be a pos"),
        (
            lambda: potential_and_damping(Mechanics(ScalarNetwork(4, (2,)), np.eye(2)), [[1.0]]),
            r"q must have shape \(any, 2\); got \(1, 1\)",
        ),
        (lambda: AllenCahn(PLATE, -1.0), "rate_of_separation must be positive; got -1"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)
