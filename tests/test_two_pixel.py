"""Two pixels: what the notebook relies on, in small, and its figures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlnn_utils import Relaxation, fit_diffusion, square_grid, table_1, trajectory_errors
from dlnn_utils.companion.diffusion_figures import draw_backward, draw_phase_plane

SYSTEM = Relaxation.of(table_1().K)
STARTS = square_grid([0.1, 0.4, 0.7, 1.0], 2)
TIMES = np.linspace(0, 6, 31)


@pytest.fixture(scope="module")
def model():
    states = SYSTEM.simulate(STARTS, np.linspace(0, 3, 16)).reshape(-1, 2)
    return fit_diffusion(states, SYSTEM.rate(states), widths=(20,), max_steps=60)


def test_new_starts_over_twice_the_time(model):
    assert trajectory_errors(model, SYSTEM, STARTS + 0.15, TIMES).max < 1e-3


def test_backward_it_returns_and_an_offset_grows_with_its_mode(model):
    new, back = STARTS + 0.15, np.linspace(3, 0, 31)
    ends = SYSTEM.evolve(new, [0, 3])[1]
    assert trajectory_errors(model, SYSTEM, ends, back).max < 1e-2
    offset = 1e-3 * np.array([1, -1]) / np.sqrt(2)
    grown = model.evolve(ends + offset, back)[-1] - model.evolve(ends, back)[-1]
    fastest = np.linalg.eigvalsh(SYSTEM.K)[-1]
    np.testing.assert_allclose(grown, offset * np.exp(3 * fastest) * np.ones((16, 1)), rtol=0.1)


def test_figures_draw_every_trajectory_in_the_plane():
    exact = SYSTEM.evolve(STARTS, TIMES)
    predicted = {"first": exact + 1e-3, "second": exact - 2e-3}
    fig, columns = draw_phase_plane(TIMES, exact, predicted, (0.1, 1.0), "starts", 3.0)
    left, right = fig.axes
    np.testing.assert_array_equal(left.lines[5].get_xydata(), exact[:, 5])
    np.testing.assert_array_equal(left.lines[16 + 5].get_xydata(), exact[:, 5] + 1e-3)
    np.testing.assert_allclose(columns["error, second"], 2e-3)
    np.testing.assert_array_equal(columns["c2_3, exact"], exact[:, 3, 1])
    assert "end of the training data" in {line.get_label() for line in right.lines}
    plt.close(fig)


def test_backward_figure_has_the_distance_of_states_as_its_error():
    t = np.linspace(3, 0, 7)
    exact = SYSTEM.evolve(STARTS, t[::-1])[::-1]
    fig, columns = draw_backward(t, exact, {"a": exact + np.array([3e-3, 4e-3])}, np.exp(3 - t))
    np.testing.assert_allclose(columns["error, a"], 5e-3)
    assert fig.axes[1].get_xlim() == (3, 0)
    plt.close(fig)
