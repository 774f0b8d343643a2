"""Two pixels: what the notebook relies on, in small."""

import numpy as np

from dlnn_utils import Relaxation, fit_diffusion, square_grid, table_1, trajectory_errors


def test_over_twice_the_time_backward_and_how_an_offset_grows_with_its_mode():
    system, starts = Relaxation.of(table_1().K), square_grid([0.1, 0.4, 0.7, 1.0], 2)
    states = system.simulate(starts, np.linspace(0, 3, 16)).reshape(-1, 2)
    model = fit_diffusion(states, system.rate(states), widths=(20,), max_steps=60)
    new, back = starts + 0.15, np.linspace(3, 0, 31)
    assert trajectory_errors(model, system, new, np.linspace(0, 6, 31)).max < 1e-3
    ends = system.evolve(new, [0, 3])[1]
    assert trajectory_errors(model, system, ends, back).max < 1e-2
    offset = 1e-3 * np.array([1, -1]) / np.sqrt(2)
    grown = model.evolve(ends + offset, back)[-1] - model.evolve(ends, back)[-1]
    fastest = np.linalg.eigvalsh(system.K)[-1]
    np.testing.assert_allclose(grown, offset * np.exp(3 * fastest) * np.ones((16, 1)), rtol=0.1)
