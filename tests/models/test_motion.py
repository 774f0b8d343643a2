"""Rates and matrices of networks whose Lagrangian is known exactly."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.sparse import diags_array

import dlnn_utils as dlnn

FORMS = ("euler-lagrange", "hessian")
C = np.random.default_rng(3).normal(size=(9, 4))
MASSES = np.array([2.0, 0.5, 1.0, 3.0])
DENSE = 4 * np.eye(4) + 1
METRICS = {"none": None, "diagonal": MASSES, "sparse": diags_array(MASSES), "dense": DENSE}
AS_MATRIX = {"none": np.eye(4), "dense": DENSE}


def quadratic_network(H):
    """A network that is (1/2) x^T H x exactly, by the eigenvectors of H."""
    values, vectors = np.linalg.eigh(H)
    network = dlnn.ScalarNetwork(len(H), (len(H),), "quadratic")
    with torch.no_grad():
        network.weights[0].copy_(torch.from_numpy(vectors.T))
        network.weights[1].copy_(torch.from_numpy(values[None]))
        network.biases[0].zero_()
    return network


def random_symmetric(n, rng):
    A = rng.normal(size=(n, n))
    return A + A.T


def assert_matrices(model, x, expected):
    """The same at every state of several, and of one."""
    here, there = model.matrices(x), model.matrices(x[0])
    assert here.keys() == there.keys() == expected.keys()
    for name, matrix in expected.items():
        np.testing.assert_allclose(here[name], np.tile(matrix, (len(x), 1, 1)), atol=1e-12)
        np.testing.assert_allclose(there[name], matrix, atol=1e-12)


@pytest.fixture
def mechanics():
    """M, C, K and a network of Eq. 7 for them: (1/2)(q'^T M q' + q'^T C q + q^T K q)."""
    rng = np.random.default_rng(0)
    C, K = random_symmetric(3, rng), random_symmetric(3, rng)
    M = random_symmetric(3, rng) + 6 * np.eye(3)
    return M, C, K, quadratic_network(np.block([[K, C / 2], [C / 2, M]]))


@pytest.mark.parametrize("form", FORMS)
def test_mechanics_obeys_eq_11_eq_12_and_eq_19(mechanics, form):
    M, C, K, network = mechanics
    x = np.random.default_rng(1).normal(size=(20, 6))
    model, rate = dlnn.Mechanics(network, M, form), dlnn.MassSpringDamper.of(M, C, K).rate(x)
    np.testing.assert_allclose(model.rate(torch.from_numpy(x)).detach(), rate, atol=1e-12)
    force = model.target(torch.from_numpy(rate))
    np.testing.assert_allclose(force, -(x[:, 3:] @ C + x[:, :3] @ K), atol=1e-12)
    torch.testing.assert_close(force, model.prediction(torch.from_numpy(x)).detach())
    assert model.homogeneity(torch.from_numpy(x)).abs().max() < 1e-12


def test_matrices_of_eq_12_at_any_state(mechanics):
    M, C, K, network = mechanics
    model, x = dlnn.Mechanics(network, M), np.random.default_rng(1).normal(size=(4, 6))
    assert_matrices(model, x, {"M": M, "C": C, "K": K})
    H = network.hessian(torch.ones(1, 6, dtype=torch.float64))[0].detach().numpy()
    np.testing.assert_allclose(H[3:, 3:], M, atol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("form", FORMS)
def test_diffusion_obeys_eq_16_and_eq_17_in_any_metric(metric, form):
    given, M = METRICS[metric], AS_MATRIX.get(metric, np.diag(MASSES))
    R, K = sqrtm(M), random_symmetric(4, np.random.default_rng(2))
    network = quadratic_network(np.linalg.solve(R, np.linalg.solve(R, K).T))
    model, c = dlnn.Diffusion(network, given, form), torch.from_numpy(C)
    rate = model.rate(c).detach()
    np.testing.assert_allclose(rate, -C @ K @ np.linalg.inv(M), atol=1e-12)
    torch.testing.assert_close(model.target(rate), model.prediction(c).detach())
    assert_matrices(model, C, {"K": K} if given is None else {"K": K, "M": M})


BASELINE = lambda _, M: dlnn.Baseline(4, "diffusion", (8,), M)  # noqa: E731


@pytest.mark.parametrize("of", [dlnn.Diffusion, BASELINE])
def test_a_metric_is_the_model_without_one_in_its_natural_coordinates(of):
    R = MASSES**0.5
    plain, known = (of(dlnn.ScalarNetwork(4, (8,)), M) for M in (None, R**2))
    plain.scale_to(R * C, R * C[::-1])
    known.scale_to(C, C[::-1])
    for name in ("prediction", "homogeneity"):
        here, there = (getattr(m, name) for m in (known, plain))
        torch.testing.assert_close(here(torch.from_numpy(C)), there(torch.from_numpy(R * C)))
    forth = plain.evolve(R * C, [0, 0.1]) / R
    np.testing.assert_allclose(known.evolve(C, [0, 0.1]), forth, atol=1e-8)


def test_potential_and_damping_are_read_from_a_network():
    """L_D = z^2/2 of z = a . (q, q') has V and C that are known."""
    a, q = np.array([1.0, -0.5, 0.3, 0.2]), np.random.default_rng(0).uniform(-1, 1, (20, 2))
    network = quadratic_network(np.outer(a, a))
    V, C = dlnn.potential_and_damping(dlnn.Mechanics(network, np.eye(2)), q)
    np.testing.assert_allclose(V, (q @ a[:2]) ** 2 / 2, atol=1e-12)
    D = np.outer(a[2:], a[:2])
    np.testing.assert_allclose(C, np.tile(D + D.T, (20, 1, 1)), atol=1e-12)


@pytest.mark.parametrize(("of", "n"), [(dlnn.Diffusion, 4), (dlnn.Mechanics, 2)])
def test_forms_differ_for_a_network_that_is_not_quadratic(of, n):
    network, x = dlnn.ScalarNetwork(4, (8,), "silu", seed=0), torch.ones(1, 4, dtype=torch.float64)
    first, second = (of(network, np.eye(n), form) for form in FORMS)
    gap = first.prediction(x) - second.prediction(x)
    assert gap.abs().max() > 1e-3
    torch.testing.assert_close(-gap, first.homogeneity(x))


def test_the_baseline_answers_for_the_acceleration_or_the_whole_rate():
    x, rate = torch.from_numpy(C), torch.from_numpy(C).flip(0)
    mechanics, diffusion = (dlnn.Baseline(4, kind, (5,)) for kind in ("mechanics", "diffusion"))
    assert torch.equal(mechanics.target(rate), rate[:, 2:])
    assert torch.equal(diffusion.target(rate), rate)
    assert torch.equal(mechanics.rate(x), torch.cat([x[:, 2:], mechanics.prediction(x)], 1))
    assert torch.equal(diffusion.rate(x), diffusion.prediction(x))


def test_homogeneity_of_the_baseline_is_what_is_not_linear():
    model, x = dlnn.Baseline(4, "diffusion", (6,), activation="tanh", seed=2), torch.from_numpy(C)
    linear = torch.func.vmap(torch.func.jacrev(lambda p: model.prediction(p[None])[0]))(x)
    expected = model.prediction(x) - torch.einsum("bij,bj->bi", linear, x)
    torch.testing.assert_close(model.homogeneity(x), expected)
    assert expected.abs().max() > 1e-3


NETWORK = dlnn.ScalarNetwork(4, (5,))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: dlnn.Mechanics(NETWORK, np.eye(3)), r"M must .*; got \(3, 3\) and 4 inputs"),
        (lambda: dlnn.Diffusion(NETWORK, [1, 1, 1, 0]), "positive definite; its smallest .* is 0"),
        (lambda: dlnn.Diffusion(NETWORK, np.eye(4) - 0.5), "positive definite; .* is -1"),
        (lambda: dlnn.Diffusion(NETWORK, np.triu(np.ones((4, 4)))), "M must be symmetric"),
        (lambda: dlnn.Diffusion(NETWORK).evolve([1.0, 2.0, 3.0], [0, 1]), r"x0 must have shape"),
        (lambda: dlnn.Baseline(3, "mechanics"), "mechanics takes an even n_state and no M; got 3"),
    ],
)
def test_wrong_input_is_told_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
