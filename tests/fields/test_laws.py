"""Exact laws against oracles, and laws learned from them on another mesh and material."""

import numpy as np
import pytest
import skfem
import torch
from skfem.helpers import dot, grad

import dlnn_utils as dlnn
from dlnn_utils.fields.laws.cahn_hilliard import CahnHilliard
from dlnn_utils.fields.laws.maxwell import Maxwell
from dlnn_utils.fields.laws.schroedinger import Schroedinger
from dlnn_utils.fields.laws.stokes import StokesFlow, carreau, viscosity_of
from dlnn_utils.fields.laws.tools import assemble, fit_elements, grid, relative, smooth

RNG = np.random.default_rng(0)


def schroedinger(m):
    law = Schroedinger(grid(m), RNG.uniform(0, 200, m * m))
    return law, RNG.normal(size=(12, 2 * law.M.shape[0])), None


def gross_pitaevskii(m):
    law = Schroedinger(grid(m), RNG.uniform(0, 200, m * m), g=20.0)
    ends = (0.2, 0.2, 0.1, -9, -9), (0.8, 0.8, 0.3, 9, 9)
    drawn = RNG.uniform(*ends, (12, 5))
    return law, np.array([law.packet(d[:2], d[2], d[3:]) for d in drawn]), None


def cahn_hilliard(m):
    law = CahnHilliard(m, RNG.uniform(1e-3, 4e-3, m * m))
    return law, smooth(law.basis.doflocs, 16, RNG, 5), None


def maxwell(m):
    law = Maxwell(grid(m), *(RNG.uniform(1, 2, m * m) for _ in range(3)))
    return law, law.snapshots(12, RNG), law.n


@pytest.mark.parametrize("make", [schroedinger, gross_pitaevskii, cahn_hilliard, maxwell])
def test_a_law_is_learned_to_rounding_and_moves_to_a_finer_mesh(make):
    exact, x, half = make(5)
    law = dlnn.fit_field(exact.untrained(1), x, exact.rate(x)[:, half or 0 :], target=1e-22)
    other, x, _ = make(7)
    assert relative(other.carry(law).rate(x), other.rate(x)) < 1e-8


def test_with_the_mass_alone_nothing_of_schroedingers_equation_is_seen():
    exact, x, _ = schroedinger(4)
    mass = skfem.bmat([[exact.M, None], [None, exact.M]])
    law = dlnn.fit_field(exact.untrained(0, metric=mass), x, exact.rate(x), max_steps=10)
    assert law.history.loss[-1] > 0.9


def test_schroedingers_rates_and_evolution_agree_and_keep_the_norm():
    linear, (x0, *_), _ = schroedinger(6)
    law, _, _ = gross_pitaevskii(6)
    t = np.array([0, 1e-3, 2e-3])
    path = linear.evolve(x0, t)
    h = 1e-6
    slope = (linear.evolve(x0, [0, h])[-1] - linear.evolve(x0, [0, -h])[-1]) / (2 * h)
    assert relative(slope, linear.rate(x0)) < 1e-3
    start = law.packet((0.4, 0.5), 0.2, (5, 0))
    for norms in (linear.norm(path), law.norm(law.evolve(start, t))):
        assert np.allclose(norms, norms[0], rtol=1e-8)


def test_a_flow_keeps_its_constraint_loses_energy_and_gives_the_viscosity():
    exact = StokesFlow(grid(3, True), order=4, learned=4)
    x = exact.starts(10, RNG, 3) * np.geomspace(0.1, 40, 10)[:, None]
    law = dlnn.fit_field(exact.untrained(0), x, exact.rate(x), max_steps=40)
    shear = np.geomspace(0.1, 20, 30)
    assert np.abs(viscosity_of(law, shear) / carreau(shear) - 1).max() < 5e-3
    assert np.abs(viscosity_of(exact.untrained(0), shear) / carreau(shear) - 1).max() > 0.5
    path = exact.evolve(x[3], [0, 1e-3, 1e-2])
    assert np.abs(exact.B @ path.T).max() < 1e-12
    energies = np.sum(path * (path @ exact.M), axis=1)
    assert (np.diff(energies) < -1e-3 * energies[0]).all()


def test_newtons_fluid_is_the_linear_law():
    exact = StokesFlow(grid(3, True), viscosity=lambda gamma: 2.0 + 0 * gamma, order=4)
    u = exact.starts(2, RNG, 3)
    assert np.allclose(exact.rate(3 * u), 3 * exact.rate(u))


def test_maxwells_gradients_have_no_curl_and_a_journey_comes_back():
    exact, x, half = maxwell(6)
    assert np.abs(exact.K @ exact.gradients).max() < 1e-12
    moving = np.concatenate([0 * x[0, half:], x[0, half:]])
    assert np.allclose(exact.M @ exact.acceleration(moving), -exact.C @ x[0, half:])
    law = dlnn.fit_field(exact.untrained(0), x, exact.acceleration(x), target=1e-22)
    trip = exact.journey(law, exact.pulse(), np.linspace(0, 0.3, 3), method="DOP853", rtol=1e-9)
    assert max(trip.errors) < 1e-6
    assert relative(trip.truth[-1], trip.truth[0]) > 0.5


def test_the_mass_is_learned_with_known_currents():
    exact, x, half = maxwell(4)
    load = exact.currents(x, RNG)
    law = exact.untrained(0, mass=exact.inertia(0))
    untrained = abs(law.N - exact.M).max()
    rate = exact.acceleration(x, load)
    with pytest.raises(ValueError, match="load must be given"):
        dlnn.fit_field(law, x, rate)
    dlnn.fit_field(law, x, rate, load=load, target=1e-22)
    assert abs(law.N - exact.M).max() < 1e-9 * abs(exact.M).max() < 1e-3 * untrained
    other, x, _ = maxwell(6)
    load = other.currents(x, RNG)
    found = other.carry(law).rate(x, load)
    assert relative(found[:, other.n :], other.acceleration(x, load)) < 1e-8
    with pytest.raises(ValueError, match='one "quadratic" layer'):
        exact.untrained(0, mass=exact.untrained(0).terms[1])


def test_the_force_of_second_order_is_that_of_eq_11():
    exact, (x, *_), half = maxwell(2)
    probes, network = exact.probes("value"), dlnn.ScalarNetwork(4, (6,), "silu", 3)
    term, (q, v), h = dlnn.Density(network, probes), np.split(x, 2), 1e-3
    law = dlnn.FieldEnergy(term, order=2, mass=exact.M)

    def along(v):
        """The derivative of L(q, v) by q along v."""
        fields = [torch.from_numpy(probes.fields(np.stack([q + s * h * v, v]))) for s in (1, -1)]
        ahead, behind = (network.value(term.at(z[0], z[1]).point) for z in fields)
        return probes.weights @ (ahead - behind).detach().numpy() / (2 * h)

    d = RNG.normal(size=half)
    slope = (along(v + h * d) - along(v - h * d)) / (2 * h)
    assert np.isclose(slope, law.force(x) @ d, rtol=1e-4)


def test_least_squares_on_elements_finds_a_linear_law():
    law, x, _ = schroedinger(4)
    dofs, u = law.basis.element_dofs, x[:, : law.M.shape[0]]
    materials = np.stack([np.ones(16), law.V])
    found = fit_elements(dofs, materials, u, u @ law.K)
    assert abs(assemble(dofs, materials, found) - law.K).max() < 1e-9 * abs(law.K).max()


@pytest.mark.slow
def test_diffusion_in_three_dimensions_moves_to_20_000_unknowns():
    def cube(m):
        edges = np.linspace(0, 1, m + 1)
        mesh = skfem.MeshHex.init_tensor(edges, edges, edges)
        basis = skfem.Basis(mesh, skfem.ElementHex1(), intorder=2)
        D = RNG.uniform(0.5, 2, mesh.nelements)
        field = D[:, None] * np.ones(basis.dx.shape)
        K = skfem.BilinearForm(lambda u, v, w: w.D * dot(grad(u), grad(v))).assemble(
            basis, D=field
        )
        M = skfem.BilinearForm(lambda u, v, w: u * v).assemble(basis)
        return dlnn.probes(basis, "grad"), D, K, np.asarray(M.sum(axis=1)).ravel(), basis.doflocs

    probes, D, K, M, _ = cube(4)
    law = dlnn.FieldEnergy(
        dlnn.Density(dlnn.ScalarNetwork(6, (8,), "quadratic"), probes, {"D": D}), M
    )
    c = RNG.normal(size=(8, law.n))
    dlnn.fit_field(law, c, -(c @ K) / M, target=1e-22)
    probes, D, K, M, at = cube(26)
    large = law.on([(probes, {"D": D})], M)
    start = np.cos(np.pi * at).prod(axis=0)
    path = large.evolve(start, [0, 0.02, 0.04], method="DOP853", rtol=1e-6)
    assert large.n > 19_000 and relative(large.rate(start), -(K @ start) / M) < 1e-8
    assert abs(M @ (path[-1] - start)) < 1e-10 and np.ptp(path[-1]) < 0.7 * np.ptp(start)
