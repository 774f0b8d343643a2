"""How well a model follows a known system: errors of whole trajectories."""

from typing import NamedTuple

import numpy as np

from dlnn_utils import check
from dlnn_utils.integration import IntegrationError
from dlnn_utils.systems import LinearSystem


class Errors(NamedTuple):
    """Largest and root-mean-square error of a state's coordinates over trajectories and times."""

    max: float
    rms: float


def trajectory_errors(model, system: LinearSystem, starts, t, **options) -> Errors:
    """Compare a model's trajectories with the exact ones.

    Parameters
    ----------
    model : object with `evolve(x0, t)`
        Any model, or another system.
    system : LinearSystem
        The truth.
    starts : array (B, n_state)
        States at t[0].
    t : array (T,)
        Times, rising or falling.
    **options
        Passed to `model.evolve`.

    Returns
    -------
    Errors
        Infinite if the model's solution blows up.
    """
    try:
        difference = model.evolve(starts, t, **options) - system.evolve(starts, t)
    except IntegrationError:
        return Errors(np.inf, np.inf)
    return Errors(float(np.abs(difference).max()), float(np.sqrt(np.mean(difference**2))))


def fit_least_squares(x, rate) -> LinearSystem:
    """Fit dx/dt = A x by least squares: what to try first where a system may be linear.

    Parameters
    ----------
    x, rate : array (B, n_state)
        States and their rates.

    Returns
    -------
    LinearSystem
    """
    x = check.array("x", x, (None, None))
    rate = check.array("rate", rate, x.shape)
    A = np.linalg.lstsq(x, rate, rcond=None)[0].T
    return LinearSystem(check.square("the fit to x and rate", A))
