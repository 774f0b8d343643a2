"""The contest: the same data and tests for all, work that is counted, models at one loss."""

import numpy as np
import pytest

import dlnn_utils as dlnn
from dlnn_utils.peers.contest import prediction_work, training_work

T, X = np.linspace(0, 2, 11), np.random.default_rng(0).uniform(-1, 1, (60, 4))
SECOND = "levenberg-marquardt"


def contest(**options):
    system, starts = dlnn.table_1(), {1.0: X[:5], 1.5: 1.5 * X[:5]}
    return dlnn.Contest(system, X, system.rate(X), starts, T, **options)


def test_least_squares_is_exact_and_takes_no_steps():
    here = contest()
    result = here.fit("least squares", dlnn.fit_least_squares, here.x, here.rate)
    assert here.results == {"least squares": result}
    assert max(e.max for e in result.errors.values()) < 1e-12
    assert (result.steps, np.isnan(result.work), np.isnan(result.loss)) == (0, True, True)
    assert here.rows({"least squares": "none"})[0][-2:] == [None, "none"]


@pytest.mark.parametrize(
    ("optimiser", "options", "steps"),
    [(SECOND, {"max_steps": 8}, 8), ("adam", {"epochs": 8, "batch_size": 25}, 24)],
)
def test_a_network_is_trained_and_followed(optimiser, options, steps):
    here, model = contest(), dlnn.Baseline(4, "mechanics", (6,), activation="silu")
    result = here.train("net", model, optimiser, **options)
    assert list(result.errors) == [1.0, 1.5]
    assert (result.steps, result.passes, result.loss) == (steps, 8, model.history.loss[-1])
    assert result.work == training_work(model, X, 8, optimiser == SECOND)
    assert result.errors[1.5].max > result.errors[1.5].rms > 0


def test_some_reaches_and_coordinates_only():
    model = dlnn.HNN(4, widths=(6,), activation="silu")
    assert list(contest().train("net", model, max_steps=2, at=[1.5]).errors) == [1.5]
    error = contest(compared=2).errors(model, [1.0])[1.0]
    off = np.abs(model.evolve(X[:5], T) - dlnn.table_1().evolve(X[:5], T))[..., :2]
    np.testing.assert_allclose(error, [off.max(), np.sqrt(np.mean(off**2))], rtol=1e-12)


def test_rounds_end_at_the_goal_and_the_better_optimiser_counts():
    here, models = contest(), [dlnn.Baseline(4, "mechanics", (8,)) for _ in "ab"]
    goal = 0.999 * here.train("net", models[0], max_steps=2).errors[1.5].max
    result = here.train("net, Adam", models[1], rounds=20, goal=goal, max_steps=2)
    assert 2 < result.passes < 40
    errors = [[r.errors[reach].max for reach in (1.0, 1.5)] for r in here.results.values()]
    assert here.least() == {"net": np.min(errors, axis=0).tolist()}


def test_forces_go_to_the_system_that_needs_them():
    force, given = -0.1 * X[:, 2:], lambda x: -0.1 * x[:, 2:]
    model = dlnn.DeLaN(4, widths=(6,), activation="silu")
    contest().train("DeLaN", model, force=force, given=given, max_steps=2)
    assert model.given is given


def test_a_solution_that_blows_up_has_an_infinite_error():
    model = dlnn.Baseline(4, "diffusion", (4,))
    model.rate = lambda c: 1e3 * c**3
    assert contest().errors(model, rtol=1e-6)[1.0] == (np.inf,) * 2


def test_work_counts_products():
    plain = dlnn.Baseline(4, "mechanics", (6,))
    one, P = 2 * (4 * 6 + 6 * 2), plain.n_weights
    assert prediction_work(plain, X) == (one, 2)
    assert training_work(plain, X, 5, second_order=False) == 5 * 60 * 3 * one
    step = 60 * ((2 + 2) * one + 2 * 2 * P + 2 * P**2) + P**3 / 3
    assert training_work(plain, X, 5, second_order=True) == pytest.approx(5 * step)
    up_and_down = 2 * (4 * 6 + 6 + 6 * 4)
    assert prediction_work(dlnn.HNN(4, widths=(6,)), X) == (up_and_down, 4)
    assert prediction_work(dlnn.LNN(4, widths=(6,)), X)[0] > 3 * up_and_down  # more directions
