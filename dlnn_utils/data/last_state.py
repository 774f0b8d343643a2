"""The state at the end of a trajectory, from measurements of all or some of its components."""

import numpy as np

from dlnn_utils._arguments import SMALLEST, Array, Times, checked

STEPS, RELATIVE = 10, 1e-4


@checked
def estimate_state(
    model, x: Array["T m"], t: Times, noise: Array["|m"]
) -> tuple[np.ndarray, np.ndarray]:
    """Find the state at the last time from which the model meets the measurements best.

    Weighted least squares by Gauss-Newton steps; positions tell the velocities too.

    Parameters
    ----------
    model : object with `evolve(x0, t)`
    x : array (T, m), measured: the first m components of the state, all or half of them
    t : array (T,), rising
    noise : float or array (m,), standard deviation of the measurements

    Returns
    -------
    state : array (n,), at t[-1]
    covariance : array (n, n), of its error, if the model is right
    """
    if not (noise >= SMALLEST).all():
        raise ValueError(f"noise must be positive; got {noise.min():g}")
    m, n = x.shape[1], _components(model, x.shape[1])
    if x.size < n:
        raise ValueError(f"x must hold at least {n} measurements to tell a state; got {x.size}")
    slope = (x[-1] - x[-2]) / (t[-1] - t[-2])
    state = np.concatenate([x[-1], slope])[:n]
    nudge = RELATIVE * np.concatenate([np.ptp(x, axis=0)] * 2)[:n]
    nudge[nudge < SMALLEST] = RELATIVE
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
    n = model.network.n_inputs if hasattr(model, "network") else len(model.A)
    if n not in (m, 2 * m):
        raise ValueError(f"x must hold all {n} components of the state, or half of them; got {m}")
    return n
