"""Models land on the wanted loss, where training steps pass it by a factor."""

import numpy as np
import pytest
import torch

import dlnn_utils as dlnn
from dlnn_utils.training.loss import loss_of

X = np.random.default_rng(0).uniform(0, 1, (40, 3))
RATE = dlnn.Relaxation.of(dlnn.lehmer(3)).rate(X)
LOSSES = [1e-2, 1e-4, 1e-6]


def lagrangian():
    return dlnn.Diffusion(dlnn.ScalarNetwork(3, (12,), "silu", 0))


def baseline():
    return dlnn.Baseline(3, "diffusion", (12,), activation="silu", seed=0)


def weights(model):
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("untrained", [lagrangian, baseline])
def test_models_land_on_the_losses_where_steps_overshoot(untrained):
    model = untrained()
    landed = dlnn.train_to_losses(model, X, RATE, LOSSES, max_steps=150, tolerance=0.001)
    for loss, one in zip(LOSSES, landed):
        assert 0.999 * loss <= loss_of(one, X, RATE) <= loss
        assert all(not 0.999 * loss <= step <= loss for step in model.history.loss)
    alone = dlnn.train(untrained(), X, RATE, target=min(LOSSES), max_steps=150)
    assert model.history.loss == alone.history.loss
    assert torch.equal(weights(model), weights(alone))


def test_a_model_lies_on_the_segment_of_one_step():
    model = baseline()
    (landed,) = dlnn.train_to_losses(model, X, RATE, [1e-4], max_steps=150)
    step = next(k for k, loss in enumerate(model.history.loss) if loss <= 1e-4)
    near = (dlnn.train(baseline(), X, RATE, max_steps=k) for k in (step - 1, step))
    before, after = map(weights, near)
    way = weights(landed) - before
    share = (way @ (after - before)) / (after - before).square().sum()
    assert 0 < share <= 1
    torch.testing.assert_close(way, share * (after - before), rtol=0, atol=1e-7)


def test_what_is_not_reached_is_none_and_adam_lands_too():
    options = dict(optimiser="adam", epochs=60, batch_size=20, learning_rate=0.02)
    start = baseline()
    start.scale_to(X, RATE)
    losses = [loss_of(start, X, RATE) / 4, 1e-12, 1e9]
    landed, *others = dlnn.train_to_losses(baseline(), X, RATE, losses, **options)
    assert 0.98 * losses[0] <= loss_of(landed, X, RATE) <= losses[0]
    assert others == [None, None]


def test_a_loss_of_zero_is_refused():
    with pytest.raises(ValueError, match="losses must be positive; got 0"):
        dlnn.train_to_losses(lagrangian(), X, RATE, [1e-3, 0.0])
