"""The state at the end of a trajectory, from measurements of all or some of its components."""

import numpy as np

from dlnn_utils import check
from dlnn_utils.integration import IntegrationError

STEPS = 10
RELATIVE = 1e-4


def estimate_state(model, x, t, noise) -> tuple[np.ndarray, np.ndarray]:
    """Find the state at the last time from which the model meets the measurements best.

    Weighted least squares over the measurements in t, by Gauss-Newton steps whose derivatives
    are differences; positions alone give the velocities too, since the model ties them.

    Parameters
    ----------
    model : object with `evolve(x0, t)`
    x : array (T, m)
        Measured: the first m components of the state.  A few are enough; the longer the stretch,
        the more the model has to be trusted.
    t : array (T,)
        Times, rising.
    noise : float or array (m,)
        Standard deviation of the measurements.

    Returns
    -------
    state : array (n,)
        At t[-1].
    covariance : array (n, n)
        Of its error, if the model is right.

    Raises
    ------
    ValueError
        If an argument is malformed, or there are fewer measurements than unknowns.

    Examples
    --------
    >>> from dlnn_utils import table_1
    >>> system, t = table_1(), np.linspace(0, 3, 13)
    >>> x = system.evolve([1.0, 0.0, 0.0, 0.5], t)
    >>> state, _ = estimate_state(system, x[:, :2], t, noise=1e-3)
    >>> bool(np.abs(state - x[-1]).max() < 1e-6)
    True
    """
    t = check.times(t)
    x = check.array("x", x, (len(t), None))
    m = x.shape[1]
    if isinstance(noise, int | float | np.number):
        noise = np.full(m, check.positive("noise", noise))
    noise = check.array("noise", noise, (m,))
    if not (noise >= check.SMALLEST).all():
        raise ValueError(f"noise must be positive; got {noise.min():g}")
    n = _components(model, m)
    if x.size < n:
        raise ValueError(f"there must be at least {n} measurements to tell a state; got {x.size}")
    slope = (x[-1] - x[-2]) / (t[-1] - t[-2])
    state = np.concatenate([x[-1], slope])[:n]
    nudge = RELATIVE * np.concatenate([np.ptp(x, axis=0)] * 2)[:n]
    nudge[nudge < check.SMALLEST] = RELATIVE
    for _ in range(STEPS):
        starts = np.vstack([state, state + np.diag(nudge)])
        seen = model.evolve(starts, t[::-1])[::-1, :, :m].swapaxes(0, 1) / noise
        J = ((seen[1:] - seen[0]).reshape(n, -1) / nudge[:, None]).T
        step = np.linalg.lstsq(J, (x / noise - seen[0]).ravel())[0]
        state = state + step
        if (np.abs(step) < 1e-3 * nudge).all():
            break
    return state, np.linalg.pinv(J.T @ J)


def _components(model, m: int) -> int:
    """Return how many components a model's state has, of which m are measured."""
    network = getattr(model, "network", None)
    n = network.n_inputs if network is not None else len(model.A)
    if n not in (m, 2 * m):
        raise ValueError(f"x must hold all {n} components of the state, or half of them; got {m}")
    return n


def way_back(model, x, t, noise, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Run trajectories back from their ends, each told from its last measurements.

    Parameters
    ----------
    model : object with `evolve(x0, t)`
    x : array (T, B, m)
        Measured: the first m components of the states of B trajectories.
    t : array (T,)
        Times, rising.
    noise : float or array (m,)
        Standard deviation of the measurements.
    window : int
        From how many of the last measurements the end is told.

    Returns
    -------
    path : array (T, B, n)
        States at the times t; not a number where the solution blows up.
    covariance : array (n, n)
        Of the errors of the ends, averaged over the trajectories.

    Raises
    ------
    ValueError
        If an argument is malformed.
    """
    t = check.times(t)
    x = check.array("x", x, (len(t), None, None))
    last = slice(-min(check.positive_integer("window", window), len(t)), None)
    n = _components(model, x.shape[2])
    try:
        found = [estimate_state(model, x[last, b], t[last], noise) for b in range(x.shape[1])]
        states, covariances = map(np.array, zip(*found))
        return model.evolve(states, t[::-1])[::-1], covariances.mean(axis=0)
    except IntegrationError:
        return np.full((*x.shape[:2], n), np.nan), np.full((n, n), np.nan)
