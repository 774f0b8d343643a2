"""The dual step against the dense one, Gram matrices against Jacobians, and training."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    Baseline,
    ConstantCoefficients,
    Diffusion,
    DivergenceError,
    Mechanics,
    Relaxation,
    ScalarNetwork,
    lehmer,
    train,
    train_gauss_newton,
)
from dlnn_utils.gauss_newton import MAX_RESIDUALS, damped_step
from dlnn_utils.gram import residuals_and_gram
from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.levenberg_marquardt import _damped_solve

M = np.array([[2.0, 0.3], [0.3, 1.0]])
MODELS = {
    "diffusion": lambda: Diffusion(ScalarNetwork(4, (6, 5), "silu", seed=1)),
    "diffusion, hessian": lambda: Diffusion(ScalarNetwork(4, (6,), "tanh", seed=1), "hessian"),
    "mechanics": lambda: Mechanics(ScalarNetwork(4, (6, 5), "quadratic_silu", seed=1), M),
    "mechanics, hessian": lambda: Mechanics(ScalarNetwork(4, (7,), "silu", seed=1), M, "hessian"),
    "baseline": lambda: Baseline(4, "mechanics", (6, 5), activation="silu", seed=1),
}
X = np.random.default_rng(0).uniform(-1, 1, (12, 4))


def pair(name):
    """Two batches of residuals of a model, as data and prior make them."""
    model = MODELS[name]()
    model.scale_to(X, 3 * X)
    x = torch.from_numpy(X)
    return model, [lambda: model.prediction(x[:7]), lambda: 0.3 * model.homogeneity(x[7:])]


def dense(model, functions):
    r, J = zip(*(prediction_and_jacobian(model.networks, function) for function in functions))
    return torch.cat([a.reshape(-1) for a in r]), torch.cat([a.flatten(0, 1) for a in J])


@pytest.mark.parametrize("name", MODELS)
def test_gram_matrix_is_that_of_the_jacobian(name):
    model, functions = pair(name)
    r, G, pull_back = residuals_and_gram(model.network, functions)
    expected, J = dense(model, functions)
    torch.testing.assert_close(r, expected)
    torch.testing.assert_close(G, J @ J.T, rtol=1e-10, atol=1e-10)
    u = torch.linspace(-1, 1, len(r), dtype=r.dtype)
    torch.testing.assert_close(pull_back(u), J.T @ u, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("mu", [1e-2, 1.0])
def test_dual_step_is_the_dense_step(name, mu):
    model, functions = pair(name)
    r, J = dense(model, functions)
    expected = _damped_solve(J.T @ J, J.T @ r, mu)
    step = damped_step(*residuals_and_gram(model.network, functions), mu)
    torch.testing.assert_close(step, expected, rtol=1e-6, atol=1e-9 * float(expected.norm()))


def test_a_matrix_that_is_not_positive_gives_no_step():
    r, G = torch.ones(2), torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    assert damped_step(r, G, lambda u: u, 0.5) is None


SYSTEM = Relaxation.of(lehmer(6))
STATES = np.random.default_rng(1).uniform(-1, 1, (20, 6))


def wide(activation="quadratic_silu", seed=0):
    return Diffusion(ScalarNetwork(6, (300,), activation, seed=seed))


def test_training_reaches_its_target_and_never_rises():
    model = train(
        wide(),
        STATES,
        SYSTEM.rate(STATES),
        optimiser=train_gauss_newton,
        max_steps=60,
        target=1e-10,
    )
    loss = model.history.loss
    assert model.history.stop == "target"
    assert loss[-1] <= 1e-10
    assert all(later < earlier for earlier, later in zip(loss, loss[1:]))
    rate = model.rate(torch.from_numpy(STATES)).detach().numpy()
    assert np.mean((rate - SYSTEM.rate(STATES)) ** 2) <= 1e-10


def test_the_same_seed_gives_the_same_weights():
    runs = [
        train(wide(), STATES, SYSTEM.rate(STATES), optimiser=train_gauss_newton, max_steps=5)
        for _ in range(2)
    ]
    first, second = (torch.nn.utils.parameters_to_vector(m.parameters()) for m in runs)
    assert torch.equal(first, second)


def test_the_prior_is_trained_too():
    model, rate = wide(), SYSTEM.rate(STATES)
    model.scale_to(STATES, rate)
    prior = ConstantCoefficients.around(STATES, n_points=10)
    history = train_gauss_newton(model, STATES, rate, prior=prior, max_steps=30)
    assert history.prior[-1] < 1e-3 * history.prior[0]
    assert history.loss[-1] < 1e-3 * history.loss[0]


def test_it_takes_networks_that_are_too_large_for_a_dense_step():
    model = Diffusion(ScalarNetwork(6, (1000,), "quadratic_silu"))
    train(model, STATES, SYSTEM.rate(STATES), optimiser=train_gauss_newton, max_steps=3)
    assert model.history.loss[-1] < model.history.loss[0]
    with pytest.raises(ValueError, match="Levenberg-Marquardt takes networks of at most"):
        train(model, STATES, SYSTEM.rate(STATES))


def test_too_many_residuals_are_refused_before_any_work():
    x = np.ones((MAX_RESIDUALS // 6 + 1, 6))
    with pytest.raises(ValueError, match=f"at most {MAX_RESIDUALS} residuals.*got 8004: take few"):
        train_gauss_newton(wide(), x, x)


@pytest.mark.parametrize("steps", [0, -1, 1.5])
def test_a_number_of_steps_that_is_none_is_refused(steps):
    with pytest.raises(ValueError, match="max_steps must be a positive integer"):
        train_gauss_newton(wide(), STATES, STATES, max_steps=steps)


def test_a_start_that_is_not_finite_is_refused():
    model = wide()
    with torch.no_grad():
        model.network.weights[0].fill_(np.inf)
    with pytest.raises(DivergenceError, match="the loss is .* at the start: rescale the data"):
        train_gauss_newton(model, STATES, STATES)
