"""The law of fields against exact oracles: matrices, the local energy, invariants, errors."""

import numpy as np
import pytest
import skfem
import torch
from scipy.sparse import block_array, csr_array, diags_array
from scipy.sparse.linalg import spsolve
from skfem.helpers import curl, ddot, dot, grad, sym_grad

import dlnn_utils as dlnn
from dlnn_utils.integration import IntegrationError

RNG = np.random.default_rng(0)


def square(m, element=None):
    edges = np.linspace(0, 1, m + 1)
    mesh = skfem.MeshQuad.init_tensor(edges, edges)
    return skfem.Basis(mesh, element or skfem.ElementQuad1(), intorder=4)


def assembled(form, basis, **more):
    return csr_array(skfem.BilinearForm(form).assemble(basis, **more))


def mass_of(basis):
    return assembled(lambda u, v, w: dot(u, v) if u.ndim > 2 else u * v, basis)


def quadratic(n, width=16, seed=0):
    return dlnn.ScalarNetwork(n, (width,), "quadratic", seed)


def diffusion(m, D, network=None):
    """A law of diffusion with an untrained network, and its exact matrices."""
    basis = square(m)
    density = dlnn.Density(network or quadratic(4, 8), dlnn.probes(basis, "grad"), {"D": D})
    M = mass_of(basis)
    D = np.broadcast_to(D[:, None], basis.dx.shape)
    return dlnn.FieldEnergy(density, M), assembled(
        lambda u, v, w: w.D * dot(grad(u), grad(v)), basis, D=D
    )


@pytest.fixture(scope="module")
def learned():
    law, K = diffusion(5, RNG.uniform(0.1, 1, 25))
    c = RNG.normal(size=(12, law.n))
    return dlnn.fit_field(law, c, law.solve(-(c @ K.T)), target=1e-24), K


def test_least_squares_law_is_found_to_rounding_and_moves_to_another_mesh(learned):
    law, K = learned
    assert law.history.loss[-1] < 1e-20
    assert abs(law.hessian(np.zeros(law.n)) - K).max() < 1e-9
    D = RNG.uniform(0.1, 1, 64)
    other, K = diffusion(8, D)
    moved = law.on([(other.terms[0].probes, {"D": D})], other.N)
    c = RNG.normal(size=moved.n)
    assert abs(moved.hessian(c) - K).max() < 1e-9
    assert np.isclose(moved.energy(c)[0] - moved.energy(0 * c)[0], c @ K @ c / 2)


@pytest.mark.parametrize(
    ("field", "element", "form"),
    [
        ("value", skfem.ElementQuad1(), lambda u, v, w: u * v),
        ("grad", skfem.ElementQuad2(), lambda u, v, w: dot(grad(u), grad(v))),
        ("curl", skfem.ElementQuadN1(), lambda u, v, w: curl(u) * curl(v)),
        ("value", skfem.ElementQuadN1(), lambda u, v, w: dot(u, v)),
        (
            "strain",
            skfem.ElementVector(skfem.ElementQuad2()),
            lambda u, v, w: ddot(sym_grad(u), sym_grad(v)),
        ),
    ],
)
def test_probes_assemble_what_scikit_fem_does(field, element, form):
    basis = square(3, element)
    p = dlnn.probes(basis, field)
    K = p.stiffness(np.broadcast_to(np.eye(p.k), (len(p.weights), p.k, p.k)))
    assert abs(K - assembled(form, basis)).max() < 1e-12


def test_force_and_hessian_are_derivatives_of_the_energy():
    basis = square(3)
    p = dlnn.probes(basis, ["value", "grad"])
    density = dlnn.Density(
        dlnn.ScalarNetwork(4, (5, 5), "silu"),
        p,
        {"a": lambda at: at[0]},
        invariant=lambda z: torch.stack([z[0], z[1:].square().sum()]),
    )
    law = dlnn.FieldEnergy(density, mass_of(basis))
    x, d, h = RNG.normal(size=law.n), RNG.normal(size=law.n), 1e-5
    slope = (law.energy(x + h * d) - law.energy(x - h * d)) / (2 * h)
    assert np.isclose(slope[0], law.force(x) @ d, rtol=1e-7)
    H = law.hessian(x)
    assert abs(H - H.T).max() < 1e-13 * abs(H).max()
    assert np.allclose((law.force(x + h * d) - law.force(x - h * d)) / (2 * h), H @ d, atol=1e-7)


def test_a_phase_invariant_density_keeps_the_norm():
    basis = square(4)
    M = mass_of(basis)
    N = block_array([[None, M], [-M, None]])
    p = dlnn.probes(basis, ["value", "grad"]).of(copies=2)
    squares = lambda z: torch.stack([z[[0, 3]].square().sum(), z[[1, 2, 4, 5]].square().sum()])  # noqa: E731
    network = dlnn.ScalarNetwork(2, (6, 6), "quadratic")
    law = dlnn.FieldEnergy(dlnn.Density(network, p, invariant=squares), N)
    x = 0.1 * RNG.normal(size=law.n)
    path = law.evolve(x, np.linspace(0, 0.02, 3), steps=20)
    both = block_array([[M, None], [None, M]])
    norms = np.einsum("ti,ti->t", path, path @ both)
    assert np.abs(path[-1] - x).max() > 0.01
    assert np.abs(norms / norms[0] - 1).max() < 1e-12
    assert np.allclose(law.energy(path), law.energy(x)[0], rtol=1e-2)


@pytest.mark.parametrize("method", ["midpoint", "DOP853"])
def test_a_constraint_holds_to_rounding(learned, method):
    law, _ = learned
    B = RNG.normal(size=(3, law.n))
    held = dlnn.FieldEnergy(law.terms, law.N, constraint=B)
    x = RNG.normal(size=law.n)
    path = held.evolve(x, [0, 0.01, 0.02], method=method)
    assert np.abs((path - x) @ B.T).max() < 1e-12 and np.abs(path[-1] - x).max() > 0.1


@pytest.mark.parametrize("accuracy", [2, 4, 6])
def test_steps_converge_with_their_order(learned, accuracy):
    law, _ = learned
    x, t = RNG.normal(size=law.n), [0, 0.02]
    exact = law.evolve(x, t, method="DOP853", rtol=1e-13, atol=1e-14)[-1]
    off = [
        np.linalg.norm(law.evolve(x, t, steps=steps, accuracy=accuracy)[-1] - exact)
        for steps in (16, 32)
    ]
    assert accuracy - 0.6 < np.log2(off[0] / off[1]) < accuracy + 0.9


def test_second_order_law_reads_mass_damping_and_stiffness_as_eq_11():
    basis = square(3, skfem.ElementQuadN1())
    p, M = dlnn.probes(basis, "value"), mass_of(basis)
    law = dlnn.FieldEnergy(dlnn.Density(quadratic(4, 8), p), order=2, mass=M)
    K, C = 3 * M, 0.5 * M
    x = RNG.normal(size=(8, 2 * law.n))
    q, v = np.split(x, 2, axis=1)
    dlnn.fit_field(law, x, -(3 * q + 0.5 * v), target=1e-24)
    for learned, exact in zip(law.tangent(x[0]), (K, C)):
        assert abs(learned - exact).max() < 1e-9 * abs(M).max()
    path = law.evolve(x[0], [0, 1.0], steps=40, accuracy=4)
    w = (3 - 0.0625) ** 0.5
    exact = np.exp(-0.25) * (q[0] * np.cos(w) + (v[0] + 0.25 * q[0]) / w * np.sin(w))
    assert np.allclose(path[-1, : law.n], exact, atol=1e-5)


def test_a_mobility_conserves_the_amount():
    basis = square(6)
    M = diags_array(np.asarray(mass_of(basis).sum(axis=1)))
    K = assembled(lambda u, v, w: dot(grad(u), grad(v)), basis)
    R = csr_array(M.power(-1) @ K @ M.power(-1))
    w = dlnn.Density(dlnn.ScalarNetwork(1, (4, 4), "quadratic"), dlnn.probes(basis, "value"))
    law = dlnn.FieldEnergy(w, mobility=R)
    c, start = 0.1 * RNG.normal(size=(8, law.n)), 0.1 * RNG.normal(size=law.n)
    dlnn.fit_field(law, c, -(c @ (R @ mass_of(basis)).T), target=1e-16, max_steps=40)
    for method in ("midpoint", "BDF"):
        path = law.evolve(start, [0, 1e-3, 2e-3], method=method)
        assert np.abs((path - start) @ M.diagonal()).max() < 1e-12
        assert (np.diff(law.energy(path)) < 0).all()


def test_a_reader_learns_the_law_of_a_mesh_of_their_own():
    basis = skfem.Basis(skfem.MeshTri.init_lshaped().refined(2), skfem.ElementTriP1(), intorder=2)
    M = skfem.BilinearForm(lambda u, v, w: u * v).assemble(basis)
    D = np.random.default_rng(0).uniform(0.5, 2, basis.mesh.nelements)
    field = D[:, None] * np.ones(basis.dx.shape)
    K = skfem.BilinearForm(lambda u, v, w: w.D * dot(grad(u), grad(v))).assemble(basis, D=field)
    c = np.random.default_rng(1).normal(size=(10, basis.N))
    rate = -spsolve(M.tocsc(), (c @ K).T).T

    network = dlnn.ScalarNetwork(4, (8,), "quadratic")
    law = dlnn.FieldEnergy(dlnn.Density(network, dlnn.probes(basis, "grad"), {"D": D}), M)
    dlnn.fit_field(law, c, rate, target=1e-24)
    path = law.evolve(np.sin(3 * basis.doflocs[0]), np.linspace(0, 0.1, 11), steps=4)
    assert abs(law.hessian(c[0]) - K).max() < 1e-8
    assert path.shape == (11, basis.N) and np.ptp(path[-1]) < np.ptp(path[0])


def test_time_run_too_far_back_is_refused(learned):
    law, _ = learned
    x = RNG.normal(size=law.n)
    fastest = law.fastest(x)
    exact = np.linalg.eigvals(np.linalg.solve(law.N.toarray(), law.hessian(x).toarray()))
    assert np.isclose(fastest, exact.real.max(), rtol=1e-3)
    with pytest.raises(IntegrationError, match="farthest for float64"):
        law.evolve(x, [40 / fastest, 0], steps=1000)
    with pytest.raises(IntegrationError, match="pole"):
        law.evolve(x, [10 / fastest, 0], steps=2)
    back = law.evolve(law.evolve(x, [0, 5 / fastest], steps=50)[-1], [5 / fastest, 0], steps=50)
    assert np.allclose(back[-1], x, atol=1e-8)


def test_bad_input_gives_one_line(learned):
    law, _ = learned
    term, M = law.terms[0], law.N
    B, finer = np.ones((2, law.n)), dlnn.probes(square(6), "grad")
    D = np.ones(36)
    faults = {
        "metric must be invertible": lambda: dlnn.FieldEnergy(term, np.zeros((law.n, law.n))),
        "metric must have shape": lambda: dlnn.FieldEnergy(term, np.ones(3)),
        "neither": lambda: dlnn.FieldEnergy(term, M + np.triu(np.ones(M.shape))),
        "independent rows": lambda: dlnn.FieldEnergy(term, M, constraint=B),
        "probes of one basis": lambda: dlnn.FieldEnergy([term, term.on(finer, {"D": D})], M),
        "hold D on the new mesh": lambda: law.on([(finer, {})], M),
        "probes must give 2 fields": lambda: term.on(dlnn.probes(square(6)), {"D": D}),
        "physical": lambda: dlnn.Density(term.network, finer, {"D": -D}, positive=["D"]),
        "order 2 takes mass": lambda: dlnn.FieldEnergy(
            dlnn.Density(quadratic(8), finer, {"D": D}), M, order=2
        ),
        "no 'curl'": lambda: dlnn.probes(square(2), "curl"),
        "network must have 4 inputs": lambda: dlnn.Density(quadratic(5), finer, {"D": D}),
    }
    for message, fault in faults.items():
        with pytest.raises(ValueError, match=message) as caught:
            fault()
        assert "\n" not in str(caught.value)
