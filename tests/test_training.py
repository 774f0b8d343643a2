"""Training of small cases, and what it says when it cannot."""

import numpy as np
import pytest
import torch

from dlnn_utils import (
    Baseline,
    ConstantCoefficients,
    Diffusion,
    DivergenceError,
    Mechanics,
    ScalarNetwork,
    lehmer,
    levenberg_marquardt,
    table_1,
    train,
    train_adam,
    train_levenberg_marquardt,
)
from dlnn_utils.training import data_loss, prior_loss, tensors


def loss_of(model, x, rate):
    with torch.no_grad():
        return float(data_loss(model, *tensors(model, x, rate)))


SYSTEM = table_1()
X = np.random.default_rng(0).uniform(-1, 1, (200, 4))
RATE = SYSTEM.rate(X)


def mechanics(widths=(20,), activation="quadratic_silu", seed=0):
    return Mechanics(ScalarNetwork(4, widths, activation, seed=seed), SYSTEM.M)


def test_loss_is_eq_19():
    model = mechanics()
    x, y = tensors(model, X, RATE)
    C, K = (model.matrices(X)[name] for name in "CK")
    residual = RATE[:, 2:] @ SYSTEM.M
    residual = (
        residual + np.einsum("bij,bj->bi", C, X[:, 2:]) + np.einsum("bij,bj->bi", K, X[:, :2])
    )
    expected = np.mean(np.sum(residual**2, axis=1))
    hessian_form = Mechanics(model.network, SYSTEM.M, "hessian")
    with torch.no_grad():
        loss = float(data_loss(hessian_form, x, y))
    assert loss == pytest.approx(expected, rel=1e-12)


def test_levenberg_marquardt_learns_mechanics():
    model = train(mechanics(), X, RATE, max_steps=150, target=1e-12)
    assert model.history.stop == "target"
    assert model.history.loss[-1] <= 1e-12
    np.testing.assert_allclose(model.matrices(X[0])["K"], SYSTEM.K, atol=1e-4)
    np.testing.assert_allclose(model.matrices(X[0])["C"], SYSTEM.C, atol=1e-4)


def test_quadratic_network_is_exact():
    model = train(mechanics((8,), "quadratic"), X, RATE, max_steps=50, target=1e-24)
    np.testing.assert_allclose(model.matrices(100 * X[0])["K"], SYSTEM.K, atol=1e-10)


def test_levenberg_marquardt_never_rises_and_matches_reported_loss():
    model = train(mechanics(activation="silu"), X, RATE, max_steps=30)
    loss = model.history.loss
    assert len(loss) == 31
    assert model.history.stop == "steps"
    assert all(b < a for a, b in zip(loss, loss[1:]))
    assert loss_of(model, X, RATE) == pytest.approx(loss[-1])


def test_chunks_do_not_change_the_step(monkeypatch):
    losses = []
    for size in (2**27, 20_000):
        monkeypatch.setattr("dlnn_utils.levenberg_marquardt.CHUNK_BYTES", size)
        losses.append(train(mechanics(), X, RATE, max_steps=5).history.loss)
    np.testing.assert_allclose(*losses, rtol=1e-8)


def test_prior_makes_coefficients_constant_far_out():
    far = 2 * np.random.default_rng(1).uniform(-1, 1, (100, 4))
    spread = {}
    for weight in (0.0, 0.1):
        model = mechanics((20,), "silu")
        train(model, X, RATE, max_steps=60, constant_coefficients=weight)
        spread[weight] = np.std(model.matrices(far)["K"], axis=0).max()
    assert spread[0.1] < spread[0.0] / 10


def test_prior_is_the_difference_of_the_two_forms():
    model = mechanics(activation="silu")
    prior = ConstantCoefficients.around(X, n_points=50, weight=0.5)
    forms = (Mechanics(model.network, SYSTEM.M, form) for form in ("euler-lagrange", "hessian"))
    first, second = (form.prediction(prior.points) for form in forms)
    expected = 0.25 * (first - second).square().sum() / 50
    assert prior_loss(model, prior).item() == pytest.approx(expected.item())
    assert prior_loss(model, None) == 0


def test_adam_learns_diffusion_and_keeps_the_best_weights():
    K, c = lehmer(3), np.random.default_rng(2).uniform(0, 1, (100, 3))
    model = Diffusion(ScalarNetwork(3, (20,), "quadratic", seed=0))
    train(model, c, -c @ K, optimiser="adam", epochs=300, batch_size=50, learning_rate=0.02)
    assert model.history.loss[-1] < 1e-4 * model.history.loss[0]
    final = loss_of(model, c, -c @ K)
    assert final < 2 * min(model.history.loss)


def test_adam_undoes_a_late_deterioration():
    K, c = lehmer(3), np.random.default_rng(2).uniform(0, 1, (60, 3))
    model = Diffusion(ScalarNetwork(3, (10,), "quadratic", seed=0))
    history = train_adam(model, c, -c @ K, epochs=40, learning_rate=1.0, decay=False)
    assert history.loss[-1] > 1.1 * min(history.loss)
    kept = loss_of(model, c, -c @ K)
    assert kept == pytest.approx(min(history.loss))


def test_early_stop_at_a_target():
    adam = train(mechanics(), X, RATE, optimiser="adam", epochs=50, target=1e9)
    second_order = train(mechanics(), X, RATE, target=1e9)
    assert (len(adam.history.loss), adam.history.stop) == (1, "target")
    assert (len(second_order.history.loss), second_order.history.stop) == (1, "target")


def test_same_seed_same_result():
    first, second = (train(mechanics(), X, RATE, max_steps=10).history.loss for _ in range(2))
    assert first == second


def test_float32_trains_with_adam():
    model = Baseline(4, "mechanics", (16,), dtype=torch.float32)
    train(model, X, RATE, optimiser="adam", epochs=20)
    assert model.history.loss[-1] < model.history.loss[0]
    assert model.network.weights[0].dtype == torch.float32


def overflowing():
    model = mechanics()
    model.network.output_scale.fill_(1e200)
    return model


def test_divergence_says_what_to_change():
    with pytest.raises(DivergenceError, match="lower learning_rate .now 1e.60."):
        train_adam(mechanics(), X, RATE, epochs=20, learning_rate=1e60)
    with pytest.raises(DivergenceError, match="at the start: rescale the data"):
        train_levenberg_marquardt(overflowing(), X, RATE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(optimiser="sgd"), "optimiser must be one of .*; got 'sgd'"),
        (dict(constant_coefficients=-1.0), "constant_coefficients must be 0 or more; got -1"),
        (dict(max_steps=0), "max_steps must be a positive integer; got 0"),
        (dict(optimiser="adam", epochs=0), "epochs must be a positive integer; got 0"),
        (dict(optimiser="adam", batch_size=0.5), "batch_size must be a positive integer"),
        (dict(optimiser="adam", learning_rate=-1.0), "learning_rate must be positive; got -1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        train(mechanics(), X, RATE, **options)


def test_too_many_weights_for_a_dense_solve():
    with pytest.raises(ValueError, match="at most 6000 weights; got 41400"):
        train(mechanics((200, 200)), X, RATE)


def test_a_rising_loss_is_never_accepted(monkeypatch):
    """An uphill step whose predicted decrease is negative too has a positive gain ratio."""
    solve = levenberg_marquardt._damped_solve
    calls = []

    def uphill_first(A, g, mu):
        calls.append(mu)
        return 1e-3 * g / mu if len(calls) == 1 else solve(A, g, mu)

    monkeypatch.setattr(levenberg_marquardt, "_damped_solve", uphill_first)
    loss = train(mechanics(), X, RATE, max_steps=5).history.loss
    assert all(b < a for a, b in zip(loss, loss[1:]))
    assert calls[1] > calls[0]
