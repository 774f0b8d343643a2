"""Ground truth, rates from states, and what is measured on trajectories."""

import numpy as np
import pytest

from dlnn_utils import (
    MassSpringDamper,
    Relaxation,
    fit_least_squares,
    frame_rates,
    intrinsic_dimension,
    lehmer,
    rates_from_states,
    square_grid,
    table_1,
    trajectory_errors,
)


def test_one_damped_oscillator_against_its_textbook_solution():
    """m x'' + R x' + k x = 0 with x(0) = 1, x'(0) = 0."""
    m, R, k = 2.0, 0.6, 5.0
    system, t = MassSpringDamper.of([[m]], [[R]], [[k]]), np.linspace(0, 8, 33)
    decay, omega = R / (2 * m), np.sqrt(k / m - (R / (2 * m)) ** 2)
    exact = np.exp(-decay * t) * (np.cos(omega * t) + decay / omega * np.sin(omega * t))
    np.testing.assert_allclose(system.evolve([1.0, 0.0], t)[:, 0], exact, atol=1e-13)
    np.testing.assert_allclose(system.simulate([1.0, 0.0], t)[:, 0], exact, atol=1e-7)


def test_table_1_has_the_values_of_the_paper():
    system = table_1()
    assert system.M.tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert system.C.tolist() == [[0.1, 0.1], [0.1, 0.2]]
    assert system.K.tolist() == [[1.0, -0.4], [-0.4, 1.0]]


def test_a_solution_starts_at_the_first_time_whenever_that_is():
    system, start = table_1(), [1.0, 0.0, 0.5, -1.0]
    early, late = system.evolve(start, [0.0, 1.0]), system.evolve(start, [5.0, 6.0])
    np.testing.assert_allclose(late[0], start)
    np.testing.assert_allclose(late, early, rtol=1e-12)


def test_table_1_dissipates():
    system = table_1()
    assert np.linalg.eigvals(system.A).real.max() < 0
    assert np.linalg.eigvalsh(system.C).min() > 0
    assert np.linalg.eigvalsh(system.K).min() > 0


def test_energy_falls_at_the_rate_of_the_damping():
    """dE/dt = -q'^T C q' (Section 2)."""
    system, t = table_1(), np.linspace(0, 1, 2001)
    x = system.evolve([1.0, -0.5, 0.3, 0.8], t)
    qdot = x[:, 2:]
    lost = np.trapezoid(np.sum(qdot @ system.C * qdot, 1), t)
    energy = system.energy(x)
    assert energy[0] - energy[-1] == pytest.approx(lost, rel=1e-6)


def test_lehmer():
    np.testing.assert_allclose(lehmer(2), [[1, 0.5], [0.5, 1]])
    assert lehmer(10)[2, 8] == pytest.approx(3 / 9)
    assert np.linalg.eigvalsh(lehmer(10)).min() > 0


def test_square_grid_has_all_permutations():
    grid = square_grid([-1, 0, 1], 3)
    assert grid.shape == (27, 3)
    assert len(np.unique(grid, axis=0)) == 27


def test_rates_from_states_of_either_direction_and_uneven_times():
    t = np.sort(np.random.default_rng(0).uniform(0, 3, 60))
    x = np.stack([np.sin(2 * t), np.exp(-t)], axis=1)
    exact = np.stack([2 * np.cos(2 * t), -np.exp(-t)], axis=1)
    np.testing.assert_allclose(rates_from_states(x, t)[3:-3], exact[3:-3], atol=1e-4)
    backward = rates_from_states(x[::-1], t[::-1])[::-1]
    np.testing.assert_allclose(backward, rates_from_states(x, t), atol=1e-12)


def test_second_rates():
    t = np.linspace(0, 3, 100)
    second = rates_from_states(np.sin(2 * t), t, order=2)
    np.testing.assert_allclose(second[5:-5], -4 * np.sin(2 * t)[5:-5], atol=1e-4)


def test_frame_rates_are_of_first_order():
    errors = []
    for n in (50, 100):
        t = np.linspace(0, 1, n + 1)
        errors.append(np.abs(frame_rates(np.exp(t), t) - np.exp(t[:-1])).max())
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.05)


def test_least_squares_finds_a_linear_system():
    system, x = table_1(), np.random.default_rng(0).normal(size=(30, 4))
    np.testing.assert_allclose(fit_least_squares(x, system.rate(x)).A, system.A, atol=1e-12)


def test_trajectory_errors():
    system, t = Relaxation.of([[1.0]]), [0.0, 1.0]
    wrong = Relaxation.of([[2.0]])
    errors = trajectory_errors(wrong, system, [[1.0], [2.0]], t)
    gap = np.exp(-1) - np.exp(-2)
    assert errors.max == pytest.approx(2 * gap)
    assert errors.rms == pytest.approx(gap * np.sqrt(5 / 4))
    assert trajectory_errors(system, system, [[1.0]], t) == (0.0, 0.0)


@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_intrinsic_dimension_of_what_has_a_known_one(dimension):
    rng = np.random.default_rng(dimension)
    points = rng.uniform(size=(3000, dimension)) @ rng.normal(size=(dimension, 6))
    assert intrinsic_dimension(points) == pytest.approx(dimension, rel=0.1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: MassSpringDamper.of(np.eye(2), np.eye(3), np.eye(2)),
            r"C must have shape \(2, 2\)",
        ),
        (lambda: Relaxation.of([[np.inf]]), "K must be finite"),
        (lambda: lehmer(0), "n must be a positive integer; got 0"),
        (lambda: square_grid([], 2), "values must not be empty"),
        (lambda: table_1().evolve(np.ones(3), [0, 1]), "x0 must have shape"),
        (lambda: table_1().evolve(np.ones(4), [0, 0]), "t must not repeat a time"),
        (lambda: rates_from_states([1.0, 2.0], [0.0, 1.0]), "at least 3 times"),
        (lambda: rates_from_states([1.0, np.nan, 2.0], [0.0, 1.0, 2.0]), "x must be finite"),
        (lambda: intrinsic_dimension(np.ones((9, 2))), "distinct points"),
        (lambda: intrinsic_dimension(np.ones((2, 2))), "at least three points; got 2"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
