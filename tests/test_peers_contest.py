"""The contest: the same data and tests for all, with work that is counted."""

import numpy as np
import pytest

from dlnn_utils import (
    HNN,
    LNN,
    Baseline,
    Contest,
    DeLaN,
    Diffusion,
    Relaxation,
    ScalarNetwork,
    fit_least_squares,
    lehmer,
    table_1,
)
from dlnn_utils.peers.work import prediction_work, training_work

RNG = np.random.default_rng(0)
T = np.linspace(0, 2, 11)
LM = "levenberg-marquardt"


@pytest.fixture
def contest():
    system, x = table_1(), RNG.uniform(-1, 1, (60, 4))
    grid = RNG.uniform(-1, 1, (5, 4))
    return Contest(system, x, system.rate(x), {1.0: grid, 1.5: 1.5 * grid}, T)


def test_least_squares_is_exact_and_takes_no_steps(contest):
    result = contest.fit("least squares", lambda: fit_least_squares(contest.x, contest.rate))
    assert contest.results == {"least squares": result}
    assert max(e.max for e in result.errors.values()) < 1e-12
    assert (result.steps, np.isnan(result.work), np.isnan(result.loss)) == (0, True, True)


@pytest.mark.parametrize(
    ("optimiser", "passes"), [(LM, {"max_steps": 8}), ("adam", {"epochs": 8})]
)
def test_a_network_is_trained_and_followed(contest, optimiser, passes):
    model = Baseline(4, "mechanics", (6,), activation="silu")
    options = passes | ({} if optimiser == LM else {"batch_size": 25})
    result = contest.train("net", model, optimiser, **options)
    assert list(result.errors) == [1.0, 1.5]
    assert result.steps == (8 if optimiser == LM else 24)
    assert result.loss == model.history.loss[-1]
    assert result.work == training_work(model, contest.x, 2, 8, optimiser == LM)
    assert result.errors[1.5].max > result.errors[1.5].rms > 0


def test_some_reaches_only_and_some_coordinates_only(contest):
    model = HNN(4, widths=(6,), activation="silu")
    assert list(contest.train("net", model, LM, max_steps=2, at=[1.5]).errors) == [1.5]
    system, x = table_1(), RNG.uniform(-1, 1, (60, 4))
    positions = Contest(system, x, system.rate(x), {1.0: x[:5]}, T, compared=2)
    (error,) = positions.errors(model).values()
    course = np.abs(model.evolve(x[:5], T) - system.evolve(x[:5], T))
    assert error.max == pytest.approx(course[..., :2].max())


def test_forces_go_to_the_system_that_needs_them(contest):
    force, given = -0.1 * contest.x[:, 2:], lambda x: -0.1 * x[:, 2:]
    model = DeLaN(4, widths=(6,), activation="silu")
    result = contest.train("DeLaN", model, LM, force=force, given=given, max_steps=2)
    assert model.given is given
    assert np.isfinite(result.loss)


def test_a_solution_that_blows_up_has_an_infinite_error():
    system = Relaxation.of(-40 * lehmer(2))
    x = RNG.uniform(-1, 1, (60, 2))
    contest = Contest(Relaxation.of(lehmer(2)), x, -x, {1.0: x[:3]}, T)
    model = Diffusion(ScalarNetwork(2, (4,), "quadratic"))
    model.rate = lambda c: 1e3 * c**3
    assert contest.errors(model, max_evaluations=300)[1.0] == (np.inf, np.inf)
    assert contest.errors(system)[1.0].max > 1


def test_work_counts_products():
    x = RNG.normal(size=(10, 4))
    plain = Baseline(4, "mechanics", (6,))
    one = 2 * (4 * 6 + 6 * 2)
    assert prediction_work(plain, x) == one
    assert training_work(plain, x, 2, 5, second_order=False) == 5 * 10 * 3 * one
    P = plain.n_weights
    step = 10 * ((2 + 2) * one + 2 * 2 * P + 2 * P**2) + P**3 / 3
    assert training_work(plain, x, 2, 5, second_order=True) == pytest.approx(5 * step)
    assert prediction_work(LNN(4, widths=(6,)), x) > prediction_work(HNN(4, widths=(6,)), x)
