"""Rates and matrices of networks whose Lagrangian is known exactly."""

import numpy as np
import pytest
import torch

from dlnn_utils import Baseline, Diffusion, MassSpringDamper, Mechanics, ScalarNetwork

FORMS = ("euler-lagrange", "hessian")


def quadratic_network(H):
    """A network that is (1/2) x^T H x exactly, by the eigenvectors of H."""
    values, vectors = np.linalg.eigh(H)
    network = ScalarNetwork(len(H), (len(H),), "quadratic")
    with torch.no_grad():
        network.weights[0].copy_(torch.from_numpy(vectors.T))
        network.weights[1].copy_(torch.from_numpy(values[None]))
        network.biases[0].zero_()
    return network


def random_symmetric(n, rng):
    A = rng.normal(size=(n, n))
    return A + A.T


@pytest.fixture
def mechanics():
    """M, C, K and a network of Eq. 7 for them: (1/2)(q'^T M q' + q'^T C q + q^T K q)."""
    rng = np.random.default_rng(0)
    C, K = random_symmetric(3, rng), random_symmetric(3, rng)
    M = random_symmetric(3, rng) + 6 * np.eye(3)
    return M, C, K, quadratic_network(np.block([[K, C / 2], [C / 2, M]]))


@pytest.mark.parametrize("form", FORMS)
def test_mechanics_obeys_eq_11_and_eq_12(mechanics, form):
    M, C, K, network = mechanics
    x = np.random.default_rng(1).normal(size=(20, 6))
    rate = Mechanics(network, M, form).rate(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(rate, MassSpringDamper.of(M, C, K).rate(x), atol=1e-12)


def test_matrices_of_eq_12_at_any_state(mechanics):
    M, C, K, network = mechanics
    model, x = Mechanics(network, M), np.random.default_rng(1).normal(size=(4, 6))
    for name, matrix in {"M": M, "C": C, "K": K}.items():
        np.testing.assert_allclose(model.matrices(x)[name], np.tile(matrix, (4, 1, 1)), atol=1e-12)
        np.testing.assert_allclose(model.matrices(x[0])[name], matrix, atol=1e-12)


def test_mass_block_of_the_network_is_the_mass_of_eq_12(mechanics):
    M, _, _, network = mechanics
    H = network.hessian(torch.ones(1, 6, dtype=torch.float64))[0].detach().numpy()
    np.testing.assert_allclose(H[3:, 3:], M, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
def test_diffusion_obeys_eq_16_and_eq_17(form):
    K = random_symmetric(4, np.random.default_rng(2))
    model, c = Diffusion(quadratic_network(K), form), np.random.default_rng(3).normal(size=(9, 4))
    np.testing.assert_allclose(
        model.rate(torch.from_numpy(c)).detach().numpy(), -c @ K, atol=1e-12
    )
    np.testing.assert_allclose(model.matrices(c[0])["K"], K, atol=1e-12)


def test_forms_differ_for_a_network_that_is_not_quadratic():
    network = ScalarNetwork(4, (8,), "silu", seed=0)
    x = torch.ones(1, 4, dtype=torch.float64)
    for kind in (Diffusion, lambda net, form: Mechanics(net, np.eye(2), form)):
        first, second = (kind(network, form) for form in FORMS)
        gap = first.prediction(x) - second.prediction(x)
        assert gap.abs().max() > 1e-3
        torch.testing.assert_close(-gap, first.homogeneity(x))


def test_homogeneity_vanishes_for_constant_coefficients(mechanics):
    M, _, _, network = mechanics
    x = torch.randn(5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    assert Mechanics(network, M).homogeneity(x).abs().max() < 1e-12


@pytest.mark.parametrize("form", FORMS)
def test_the_target_of_eq_19_is_the_force_with_any_mass(mechanics, form):
    M, C, K, network = mechanics
    x = np.random.default_rng(4).normal(size=(7, 6))
    model, rate = Mechanics(network, M, form), MassSpringDamper.of(M, C, K).rate(x)
    force = model.target(torch.from_numpy(rate))
    np.testing.assert_allclose(force, -(x[:, 3:] @ C + x[:, :3] @ K), atol=1e-12)
    torch.testing.assert_close(force, model.prediction(torch.from_numpy(x)).detach())


def test_the_baseline_is_asked_for_the_acceleration_or_the_whole_rate():
    rate = torch.arange(8.0).view(2, 4)
    assert torch.equal(Baseline(4, "mechanics", (5,)).target(rate), rate[:, 2:])
    assert torch.equal(Baseline(4, "diffusion", (5,)).target(rate), rate)


def test_homogeneity_of_the_baseline_is_what_is_not_linear():
    model = Baseline(3, "diffusion", (6,), activation="tanh", seed=2)
    x = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    linear = torch.func.vmap(torch.func.jacrev(lambda p: model.prediction(p[None])[0]))(x)
    expected = model.prediction(x) - torch.einsum("bij,bj->bi", linear, x)
    torch.testing.assert_close(model.homogeneity(x), expected)
    assert expected.abs().max() > 1e-3


def test_baseline_kinds():
    x = torch.ones(2, 4, dtype=torch.float64)
    mechanics, diffusion = (Baseline(4, kind, (5,)) for kind in ("mechanics", "diffusion"))
    assert torch.equal(mechanics.rate(x)[:, :2], x[:, 2:])
    assert torch.equal(mechanics.rate(x)[:, 2:], mechanics.prediction(x))
    assert torch.equal(diffusion.rate(x), diffusion.prediction(x))


@pytest.mark.parametrize(
    ("M", "message"),
    [
        (np.eye(3), r"M must have shape \(2, 2\); got \(3, 3\)"),
        ([[1.0, 0.2], [0.0, 1.0]], "M must be symmetric"),
        ([[1.0, 1.0], [1.0, 1.0]], "M must be invertible"),
        ([[np.nan, 0.0], [0.0, 1.0]], "M must be finite"),
        ("heavy", "M must be an array of numbers"),
    ],
)
def test_bad_mass(M, message):
    with pytest.raises(ValueError, match=message):
        Mechanics(ScalarNetwork(4, (5,)), M)


def test_bad_form_kind_state_and_size():
    network = ScalarNetwork(4, (5,))
    with pytest.raises(ValueError, match="form must be one of .*; got 'newton'"):
        Diffusion(network, "newton")
    with pytest.raises(ValueError, match="kind must be one of diffusion, mechanics; got 'optics'"):
        Baseline(4, "optics")
    with pytest.raises(ValueError, match="even number of inputs .*; got 3"):
        Mechanics(ScalarNetwork(3, (5,)), [[1.0]])
    with pytest.raises(ValueError, match=r"x must have shape \(4,\) or \(B, 4\); got \(2, 3\)"):
        Diffusion(network).matrices(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"x0 must have shape \(any, 4\); got \(1, 3\)"):
        Diffusion(network).evolve([1.0, 2.0, 3.0], [0, 1])
