"""Closed forms of the peers against automatic differentiation, and what they can represent."""

import numpy as np
import pytest
import torch
from models.test_jacobians import assert_jacobian
from torch.func import grad, hessian, vmap

import dlnn_utils as dlnn
from dlnn_utils.peers.lagrangian import pseudo_solve

NET = dict(widths=(5, 4), activation="silu", seed=3)
M = np.array([[2.0, 0.3], [0.3, 1.0]])
X = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 4)))
MODELS = {
    "HNN": dlnn.HNN(4, M, **NET),
    "D-HNN": dlnn.DHNN(4, M, **NET),
    "D alone": dlnn.DHNN(4, conservative=False, **NET),
    "pseudo-Hamiltonian": dlnn.PseudoHamiltonian(4, M, **NET),
    "Onsager": dlnn.Onsager(4, **NET),
    "LNN": dlnn.LNN(4, **NET),
    "GLNN": dlnn.GLNN(4, **NET),
    "DeLaN": dlnn.DeLaN(4, **NET),
}


def scalar(network):
    return lambda x: network.value(x[None])[0]


def test_hamilton_in_positions_and_momenta():
    model = MODELS["D-HNN"]
    z = torch.cat([X[:, :2], X[:, 2:] @ torch.from_numpy(M)], 1)
    H, D = (vmap(grad(scalar(net)))(z) for net in model.networks)
    q, p = H[:, 2:] + D[:, :2], -H[:, :2] + D[:, 2:]
    torch.testing.assert_close(model.prediction(X), torch.cat([q, p], 1))
    rate = torch.cat([q, p @ torch.linalg.inv(torch.from_numpy(M))], 1)
    torch.testing.assert_close(model.rate(X), rate)
    torch.testing.assert_close(model.target(rate), model.prediction(X))


@pytest.mark.parametrize("name", ["LNN", "GLNN"])
def test_euler_lagrange(name):
    model = MODELS[name]

    def L(x):
        return 0.5 * (x[2:] ** 2).sum() + scalar(model.network)(x)

    H, g = vmap(hessian(L))(X), vmap(grad(L))(X)
    right = g[:, :2] - torch.einsum("bij,bj->bi", H[:, 2:, :2], X[:, 2:])
    if name == "GLNN":
        right = right + model.force(X)
    left = torch.einsum("bij,bj->bi", H[:, 2:, 2:], model.prediction(X))
    torch.testing.assert_close(left, right)


def test_delan_is_the_euler_lagrange_equation_of_its_mass_and_potential():
    model = MODELS["DeLaN"]
    model.mass_scale.fill_(1.7)

    def L(x):
        H = model.mass(model.factor(x[None, :2])[0])[0]
        return 0.5 * x[2:] @ H @ x[2:] - scalar(model.network)(x[:2])

    a = X.flip(1)[:, :2]
    H, g = vmap(hessian(L))(X), vmap(grad(L))(X)
    tau = torch.einsum("bij,bj->bi", H[:, 2:], torch.cat([X[:, 2:], a], 1)) - g[:, :2]
    torch.testing.assert_close(model.prediction(torch.cat([X, a], 1)), tau)
    model.given = lambda x: tau
    torch.testing.assert_close(model.rate(X)[:, 2:], a)


@pytest.mark.parametrize("name", MODELS)
def test_every_product_is_recorded(name):
    model = MODELS[name]
    assert_jacobian(model, model.prediction)
    assert model.n_weights == sum(w.numel() for w in model.parameters())


def test_a_singular_mass_is_solved_by_its_pseudoinverse():
    mass = torch.tensor([[[2.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 4.0]]])
    solved = pseudo_solve(mass, torch.ones(2, 2))
    torch.testing.assert_close(solved, torch.tensor([[0.5, 0.0], [1.0, 0.25]]))


EXACT = dict(widths=(8,), activation="quadratic", seed=0)
C, K = np.array([[0.1, 0.1], [0.1, 0.2]]), np.array([[1.0, -0.4], [-0.4, 1.0]])
TURNING = np.array([[0.0, 0.5], [-0.5, 0.0]])
DAMPED, GYROSCOPIC = dlnn.MassSpringDamper.of(M, C, K), dlnn.MassSpringDamper.of(M, C + TURNING, K)
UNIT_MASS = dlnn.MassSpringDamper.of(np.eye(2), C, K)  # C M^-1 = C^T M^-1
SPRING = dlnn.MassSpringDamper.of(M, 0 * C, K)
PIXELS, WHIRL = dlnn.Relaxation.of(dlnn.lehmer(2)), dlnn.Relaxation.of(dlnn.lehmer(2) + TURNING)
LINEAR = EXACT | {"force_activation": "identity"}


@pytest.mark.parametrize(
    ("model", "system", "can"),
    [
        (lambda: dlnn.Mechanics(dlnn.ScalarNetwork(4, **EXACT), M), DAMPED, True),
        (lambda: dlnn.DHNN(4, np.eye(2), **EXACT), UNIT_MASS, True),
        (lambda: dlnn.DHNN(4, M, **EXACT), DAMPED, False),
        (lambda: dlnn.GLNN(4, **LINEAR), DAMPED, True),
        (lambda: dlnn.GLNN(4, **LINEAR), GYROSCOPIC, True),
        (lambda: dlnn.HNN(4, M, **EXACT), SPRING, True),
        (lambda: dlnn.HNN(4, M, **EXACT), DAMPED, False),
        (lambda: dlnn.LNN(4, **EXACT), SPRING, True),
        (lambda: dlnn.LNN(4, **EXACT), DAMPED, False),
        (lambda: dlnn.DHNN(2, conservative=False, **EXACT), PIXELS, True),
        (lambda: dlnn.DHNN(2, conservative=False, **EXACT), WHIRL, False),
    ],
)
def test_what_can_be_represented(model, system, can):
    """With quadratic networks a linear law is fitted to rounding, or not at all."""
    x = np.random.default_rng(1).normal(size=(60, len(system.A)))
    rate = system.rate(x)
    loss = dlnn.train(model(), x, rate, max_steps=100, target=1e-22).history.loss[-1]
    assert loss < 1e-16 if can else loss > 1e-4 * np.mean(rate**2)
