"""Training of small cases, and what it says when it cannot."""

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.training.adam import train_adam
from dlnn_utils.training.gauss_newton import train_levenberg_marquardt
from dlnn_utils.training.loss import ConstantCoefficients, loss_of, prior_loss

SYSTEM = dlnn.table_1()
X = np.random.default_rng(0).uniform(-1, 1, (200, 4))
RATE = SYSTEM.rate(X)
C = np.random.default_rng(2).uniform(0, 1, (100, 3))
CDOT = -C @ dlnn.lehmer(3)


def mechanics(widths=(20,), activation="quadratic_silu", seed=0):
    return dlnn.Mechanics(dlnn.ScalarNetwork(4, widths, activation, seed=seed), SYSTEM.M)


def test_loss_is_eq_19():
    model = dlnn.Mechanics(mechanics().network, SYSTEM.M, "hessian")
    C, K = (model.matrices(X)[name] for name in "CK")
    damping, force = (np.einsum("bij,bj->bi", A, x) for A, x in ((C, X[:, 2:]), (K, X[:, :2])))
    residual = RATE[:, 2:] @ SYSTEM.M + damping + force
    expected = np.mean(np.sum(residual**2, axis=1))
    assert loss_of(model, X, RATE) == pytest.approx(expected, rel=1e-12)
    size = np.mean(np.sum((RATE[:, 2:] @ SYSTEM.M) ** 2, axis=1))
    assert dlnn.rate_error(model, X, RATE) == pytest.approx((expected / size) ** 0.5, rel=1e-12)


def test_levenberg_marquardt_learns_mechanics():
    model = dlnn.train(mechanics(), X, RATE, max_steps=150, target=1e-12)
    assert model.history.stop == "target"
    assert model.history.loss[-1] <= 1e-12
    for name, expected in (("K", SYSTEM.K), ("C", SYSTEM.C)):
        np.testing.assert_allclose(model.matrices(X[0])[name], expected, atol=1e-4)


def test_chunks_do_not_change_the_step(monkeypatch):
    losses = []
    for size in (2**27, 20_000):
        monkeypatch.setattr("dlnn_utils.training.gauss_newton.CHUNK_BYTES", size)
        losses.append(dlnn.train(mechanics(), X, RATE, max_steps=5).history.loss)
    np.testing.assert_allclose(*losses, rtol=1e-8)


def test_prior_makes_coefficients_constant_far_out():
    far = 2 * np.random.default_rng(1).uniform(-1, 1, (100, 4))
    spread = {}
    for weight in (0.0, 0.1):
        model = mechanics((12,), "silu")
        dlnn.train(model, X[:100], RATE[:100], max_steps=40, constant_coefficients=weight)
        spread[weight] = np.std(model.matrices(far)["K"], axis=0).max()
    assert spread[0.1] < spread[0.0] / 10


def test_prior_is_the_difference_of_the_two_forms():
    model = mechanics(activation="silu")
    prior = ConstantCoefficients.around(X, n_points=50, weight=0.5)
    other = dlnn.Mechanics(model.network, SYSTEM.M, "hessian")
    first, second = (form.prediction(prior.points) for form in (model, other))
    expected = 0.25 * (first - second).square().sum() / 50
    assert prior_loss(model, prior).item() == pytest.approx(expected.item())
    assert prior_loss(model, None) == 0


def test_adam_learns_diffusion_and_keeps_the_best_weights():
    model = dlnn.Diffusion(dlnn.ScalarNetwork(3, (20,), "quadratic", seed=0))
    dlnn.train(model, C, CDOT, optimiser="adam", epochs=300, batch_size=50, learning_rate=0.02)
    assert model.history.loss[-1] < 1e-4 * model.history.loss[0]
    assert loss_of(model, C, CDOT) < 2 * min(model.history.loss)


def test_adam_undoes_a_late_deterioration():
    def spoil(model, history):
        if len(history.loss) == 30:
            model.weights[0].data.mul_(3)

    model = dlnn.Diffusion(dlnn.ScalarNetwork(3, (10,), "quadratic", seed=0))
    history = train_adam(model, C, CDOT, epochs=32, learning_rate=0.02, on_step=spoil)
    assert history.loss[-1] > 1.1 * min(history.loss)
    assert loss_of(model, C, CDOT) == pytest.approx(min(history.loss))


@pytest.mark.parametrize("optimiser", ["adam", "levenberg-marquardt"])
def test_early_stop_at_a_target(optimiser):
    history = dlnn.train(mechanics(), X, RATE, optimiser=optimiser, target=1e9).history
    assert (len(history.loss), history.stop) == (1, "target")


def test_divergence_says_what_to_change():
    with pytest.raises(dlnn.DivergenceError, match="lower learning_rate .now 1e.60."):
        train_adam(mechanics(), X, RATE, epochs=20, learning_rate=1e60)
    model = mechanics()
    model.network.output_scale.fill_(1e200)
    with pytest.raises(dlnn.DivergenceError, match="at the start: rescale the data"):
        train_levenberg_marquardt(model, X, RATE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(optimiser="sgd"), "optimiser must be one of .*; got 'sgd'"),
        (dict(widths=(200, 200)), "at most 6000 weights; got 41400"),
    ],
)
def test_bad_options(options, message):
    model = mechanics(options.pop("widths", (20,)))
    with pytest.raises(ValueError, match=message):
        dlnn.train(model, X, RATE, **options)
