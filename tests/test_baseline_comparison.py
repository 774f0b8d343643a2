"""Models land on the wanted loss, and their comparison says what it measured."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from dlnn_utils import Comparison, Contestant, Relaxation, lehmer, loss_of, train, train_to_losses
from dlnn_utils.companion.diffusion_figures import draw_cases, draw_differences, draw_ratios

SYSTEM = Relaxation.of(lehmer(3))
X = np.random.default_rng(0).uniform(0, 1, (40, 3))
RATE = SYSTEM.rate(X)
LOSSES = [1e-2, 1e-4, 1e-6]
DLNN = Contestant("DLNN", "silu", (12,))
BASELINE = Contestant("baseline", "silu", (12,))


def weights(model):
    return torch.nn.utils.parameters_to_vector(model.parameters()).detach()


@pytest.mark.parametrize("contestant", [DLNN, BASELINE, DLNN._replace(form="hessian")])
def test_models_land_on_the_losses_where_steps_overshoot(contestant):
    model = contestant.untrained(3)
    landed = train_to_losses(model, X, RATE, LOSSES, max_steps=150, tolerance=0.001)
    for loss, one in zip(LOSSES, landed):
        assert 0.999 * loss <= loss_of(one, X, RATE) <= loss
        assert all(not 0.999 * loss <= step <= loss for step in model.history.loss)
    assert "prediction" not in vars(model)


def test_a_model_lies_on_the_segment_of_one_step():
    model = BASELINE.untrained(3)
    (landed,) = train_to_losses(model, X, RATE, [1e-4], max_steps=150)
    step = next(k for k, loss in enumerate(model.history.loss) if loss <= 1e-4)
    before, after = (
        weights(train(BASELINE.untrained(3), X, RATE, max_steps=k)) for k in (step - 1, step)
    )
    way = weights(landed) - before
    share = (way @ (after - before)) / (after - before).square().sum()
    assert 0 < share <= 1
    torch.testing.assert_close(way, share * (after - before), rtol=0, atol=1e-7)


def test_landing_changes_nothing_of_the_training():
    options = dict(target=min(LOSSES), max_steps=150)
    alone = train(DLNN.untrained(3), X, RATE, **options)
    model = DLNN.untrained(3)
    train_to_losses(model, X, RATE, LOSSES, max_steps=150)
    assert model.history.loss == alone.history.loss
    assert torch.equal(weights(model), weights(alone))


def test_what_is_not_reached_is_none_and_adam_lands_too():
    options = dict(optimiser="adam", epochs=60, batch_size=20, learning_rate=0.02)
    start = BASELINE.untrained(3)
    start.scale_to(X, RATE)
    wanted = loss_of(start, X, RATE) / 4
    landed, never, above = train_to_losses(
        BASELINE.untrained(3), X, RATE, [wanted, 1e-12, 1e9], **options
    )
    assert 0.98 * wanted <= loss_of(landed, X, RATE) <= wanted
    assert never is None
    assert above is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(losses=[]), "losses must not be empty"),
        (dict(losses=[1e-3, 0.0]), "losses must be positive; got 0"),
        (dict(losses=[1e-3], tolerance=0.0), "tolerance must be positive; got 0"),
    ],
)
def test_bad_losses(change, message):
    with pytest.raises(ValueError, match=message):
        train_to_losses(DLNN.untrained(3), X, RATE, **change)


@pytest.fixture(scope="module")
def comparison():
    cases = {"one": np.eye(3), "random": X[:4]}
    made = Comparison(SYSTEM, cases, np.linspace(0, 3, 8), np.linspace(0, 3, 31), late_from=2.0)
    for seed in range(2):
        for net in (DLNN, BASELINE):
            made.train(net, "one", seed, [1e-3, 1e-5], max_steps=150)
    made.train(DLNN, "random", 0, [1e-30], max_steps=3)
    return made


def test_errors_are_those_of_the_models_from_halved_starts(comparison):
    starts, times = np.eye(3) / 2, comparison.times
    model = comparison.models[DLNN, "one", 1][0]
    error = np.abs(model.evolve(starts, times) - SYSTEM.evolve(starts, times))
    expected = [error.max(), error[times > 2].max(), np.sqrt(np.mean(error[times > 2] ** 2))]
    measured = [
        comparison.over_seeds(DLNN, "one", what)[1, 0] for what in ("max", "late", "late rms")
    ]
    np.testing.assert_allclose(measured, expected, rtol=1e-2)
    assert comparison.over_seeds(DLNN, "one", "max").shape == (2, 2)


def test_ratios_are_of_the_same_seeds(comparison):
    ratios = comparison.ratios(BASELINE, DLNN, "one")
    above, below = (comparison.over_seeds(net, "one") for net in (BASELINE, DLNN))
    np.testing.assert_array_equal(ratios, above / below)
    losses = comparison.ratios(BASELINE, DLNN, "one", "loss")
    assert np.abs(losses - 1).max() < 0.03
    assert np.isnan(comparison.over_seeds(DLNN, "random")).all()


def test_what_was_not_compared_is_said(comparison):
    with pytest.raises(ValueError, match="was not trained on the case 'random'"):
        comparison.over_seeds(BASELINE, "random")
    with pytest.raises(ValueError, match="what must be one of loss, max, late"):
        comparison.over_seeds(DLNN, "one", "mean")
    with pytest.raises(ValueError, match="kind must be .*; got 'HNN'"):
        Contestant("HNN", "silu", (8,)).untrained(3)


def test_figures_show_what_was_measured():
    groups = {
        ("one", "a"): np.array([[2.0, np.nan], [4.0, np.nan]]),
        ("two", "b"): np.array([[0.5]]),
    }
    fig, columns = draw_ratios(groups, [1e-3, 1e-4], 8)
    assert {name: list(values) for name, values in columns.items()} == {
        "error ratio, one, a, loss 1e-03": [2.0, 4.0],
        "error ratio, two, b, loss 1e-03": [0.5],
    }
    notes = [text.get_text() for text in fig.axes[1].texts]
    assert {"not reached", "not tried"} <= set(notes)
    t, exact = np.linspace(4, 6, 5), np.zeros((5, 10, 10))
    one = {"a": exact + 1e-3, "b": exact + np.eye(10)[2] * 5e-3}
    _, columns = draw_differences(t, exact, one)
    assert columns["largest error, b"].max() == pytest.approx(5e-3)
    assert columns["b, at the largest error"].max() == pytest.approx(5e-3)
    fig, _ = draw_cases(t, exact, one)
    assert len(fig.axes) == 10
    plt.close("all")
