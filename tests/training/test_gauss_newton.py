"""The dual step against the primal one, Gram matrices against Jacobians, and training."""

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn
from dlnn_utils.models.jacobians import Jacobian, gram
from dlnn_utils.training.gauss_newton import (
    damped_solve,
    dual,
    primal,
    train_levenberg_marquardt,
)
from dlnn_utils.training.loss import ConstantCoefficients, loss_of, prior_loss

X = np.random.default_rng(0).uniform(-1, 1, (12, 4))
STATES = np.random.default_rng(1).uniform(-1, 1, (20, 6))
RATE = dlnn.Relaxation.of(dlnn.lehmer(6)).rate(STATES)
M = np.array([[2.0, 0.3], [0.3, 1.0]])
MODELS = {
    "diffusion": dlnn.Diffusion(dlnn.ScalarNetwork(4, (6, 5), "silu", seed=1)),
    "mechanics": dlnn.Mechanics(dlnn.ScalarNetwork(4, (6, 5), "quadratic_silu", seed=1), M),
    "hessian": dlnn.Mechanics(dlnn.ScalarNetwork(4, (7,), "tanh", seed=1), M, "hessian"),
    "baseline": dlnn.Baseline(4, "mechanics", (6, 5), activation="silu", seed=1),
}


@pytest.fixture(params=MODELS.values(), ids=MODELS)
def jacobians(request):
    """Of residuals as data and prior make them, with the residuals and rows themselves."""
    model, x = request.param, torch.from_numpy(X)
    model.scale_to(X, 3 * X)
    parts = lambda: model.prediction(x[:7]), lambda: 0.3 * model.homogeneity(x[7:])
    jacobians = [Jacobian(model.networks, part) for part in parts]
    r, J = zip(*((jacobian.r.flatten(), jacobian.rows().flatten(0, 1)) for jacobian in jacobians))
    return jacobians, torch.cat(r), torch.cat(J)


def test_products_without_the_jacobian_are_those_with_it(jacobians):
    jacobians, r, J = jacobians
    torch.testing.assert_close(gram(jacobians), J @ J.T, rtol=1e-10, atol=1e-10)
    pulled = sum(jacobian.pull_back(jacobian.r) for jacobian in jacobians)
    torch.testing.assert_close(pulled, J.T @ r, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("mu", [1e-2, 1.0])
def test_dual_step_is_the_primal_step(jacobians, mu):
    jacobians, r, J = jacobians
    memory = torch.empty(600, dtype=torch.float64)
    largest, solve = primal(rows for jacobian in jacobians for rows in jacobian.blocks(memory))
    step, promised = solve(mu)
    also, also_promised = dual(jacobians)[1](mu)
    torch.testing.assert_close(also, step, rtol=1e-6, atol=1e-9 * float(step.norm()))
    fall = r.square().sum() - (r + J @ step).square().sum()
    assert [promised, also_promised] == pytest.approx([float(fall)] * 2, rel=1e-6)
    assert largest == pytest.approx(float((J.T @ J).diagonal().max()))


def test_a_matrix_that_is_not_positive_gives_no_step():
    A = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    assert damped_solve(A, torch.ones(2), 0.5) is None
    torch.testing.assert_close(damped_solve(A, torch.ones(2), 2.0), torch.tensor([1 / 3, 1.0]))


def wide(width=300):
    return dlnn.Diffusion(dlnn.ScalarNetwork(6, (width,), "quadratic_silu"))


both = pytest.mark.parametrize(
    ("optimiser", "width"), [(dlnn.train_gauss_newton, 300), (train_levenberg_marquardt, 40)]
)


@both
def test_training_reaches_its_target_and_never_rises_from_data_and_prior(optimiser, width):
    model, prior = wide(width), ConstantCoefficients.around(STATES, n_points=10)
    options = dict(optimiser=optimiser, prior=prior, max_steps=60, target=1e-6)
    history = dlnn.train(model, STATES, RATE, **options).history
    total = np.add(history.loss, history.prior)
    assert history.stop == "target"
    assert max(history.loss[-1], history.prior[-1]) <= 1e-6 < 1e-3 * history.prior[0]
    assert (np.diff(total) < 0).all()
    assert loss_of(model, STATES, RATE) == pytest.approx(history.loss[-1])
    assert float(prior_loss(model, prior).detach()) == pytest.approx(history.prior[-1])


@both
def test_on_step_is_called_after_each_step_and_may_end_the_training(optimiser, width):
    seen = []

    def on_step(model, history):
        assert loss_of(model, STATES, RATE) == pytest.approx(history.loss[-1])
        seen.append(history.loss[-1])
        return len(seen) == 3

    history = dlnn.train(wide(width), STATES, RATE, optimiser=optimiser, on_step=on_step).history
    assert (history.loss[1:], history.stop) == (seen, "on_step")


def test_what_it_cannot_do_is_told():
    x = np.ones((1334, 6))
    with pytest.raises(ValueError, match="at most 8000 residuals.*got 8004: take few"):
        dlnn.train_gauss_newton(wide(), x, x)
