"""Linear systems against what is known of them."""

import numpy as np
import pytest

from dlnn_utils import MassSpringDamper, Relaxation, lehmer, square_grid, table_1


def test_one_damped_oscillator_against_its_textbook_solution():
    """m x'' + R x' + k x = 0 with x(0) = 1, x'(0) = 0."""
    m, R, k = 2.0, 0.6, 5.0
    system, t = MassSpringDamper.of([[m]], [[R]], [[k]]), np.linspace(0, 8, 33)
    decay, omega = R / (2 * m), np.sqrt(k / m - (R / (2 * m)) ** 2)
    exact = np.exp(-decay * t) * (np.cos(omega * t) + decay / omega * np.sin(omega * t))
    np.testing.assert_allclose(system.evolve([1.0, 0.0], t)[:, 0], exact, atol=1e-13)
    np.testing.assert_allclose(system.evolve([1.0, 0.0], t + 5)[:, 0], exact, atol=1e-13)
    np.testing.assert_allclose(system.simulate([1.0, 0.0], t)[:, 0], exact, atol=1e-7)


def test_table_1_has_the_values_of_the_paper():
    M, C, K = (matrix.tolist() for matrix in (table_1().M, table_1().C, table_1().K))
    assert (M, C) == ([[1, 0], [0, 1]], [[0.1, 0.1], [0.1, 0.2]]) and K == [[1, -0.4], [-0.4, 1]]


def test_energy_falls_at_the_rate_of_the_damping():
    """dE/dt = -q'^T C q' (Section 2)."""
    system, t = table_1(), np.linspace(0, 1, 2001)
    x = system.evolve([1.0, -0.5, 0.3, 0.8], t)
    lost = np.trapezoid(np.sum(x[:, 2:] @ system.C * x[:, 2:], 1), t)
    assert -np.diff(system.energy(x)[[0, -1]]) == pytest.approx(lost, rel=1e-6)


def test_a_batch_relaxes_mode_by_mode_and_back():
    system, t = Relaxation.of(lehmer(5)), np.array([0, 0.5, 1.5])
    values, vectors = np.linalg.eigh(system.K)
    c = system.evolve(vectors.T, t)
    decay = np.exp(-np.multiply.outer(t, values))
    np.testing.assert_allclose(c, decay[:, :, None] * vectors.T, atol=1e-13)
    np.testing.assert_allclose(system.evolve(c[-1], t[::-1])[-1], vectors.T, atol=1e-12)


def test_lehmer_and_the_grid_of_starts():
    assert lehmer(10)[2, 8] == pytest.approx(3 / 9)
    assert len(np.unique(square_grid([-1, 0, 1], 3), axis=0)) == 27
