"""Time integration of a batch of trajectories by SciPy's solver, forward or backward."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import scipy
import torch
from torch import Tensor

from dlnn_utils._arguments import Array, Count, NotNegative, Positive, Times, array, checked


class IntegrationError(RuntimeError):
    """A solution could not be continued to the last time."""


@checked
def integrate(
    rate: Callable[[Tensor], Tensor],
    x0: Array["n | B n"],
    t: Times,
    *,
    n_state: Count | None = None,
    method: Literal["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"] = "DOP853",
    rtol: Positive = 1e-9,
    atol: NotNegative = 1e-10,
    max_evaluations: Count = 100_000,
    jacobian: Callable[[np.ndarray], object] | None = None,
    like: Tensor | None = None,
) -> np.ndarray:
    """Integrate dx/dt = rate(x) from x0 over the times t; falling times run it backward.

    The batch is one system for SciPy's `solve_ivp`, which measures errors by their RMS: tolerances
    are divided by the root of the batch size, so that no single trajectory's local error exceeds
    them.

    Parameters
    ----------
    rate : callable, maps states (B, n) to rates (B, n), as tensors
    x0 : array (n,) or (B, n), states at time t[0]
    t : array (T,), rising or falling
    n_state : int, optional, the length n that x0 must have
    method : str, of `scipy.integrate.solve_ivp`; "RK45" is the paper's Dormand-Prince pair
    rtol, atol : float, relative and absolute tolerance of a trajectory's local error
    max_evaluations : int, of the rate
    jacobian : callable, optional, of one state (n,): d(rate)/dx (n, n) for an implicit method
    like : Tensor, optional, of the type and on the device that `rate` takes; else float64, CPU

    Returns
    -------
    array (T, n) or (T, B, n)

    Raises
    ------
    IntegrationError
        If the solution blows up or needs too many evaluations before the last time.

    Examples
    --------
    >>> integrate(lambda x: -x, [1.0], [0.0, 1.0]).round(6).ravel().tolist()
    [1.0, 0.367879]
    """
    if n_state is not None:
        array("x0", x0, f"{n_state} | B {n_state}")
    starts = np.atleast_2d(x0)
    if jacobian is not None and len(starts) > 1:
        raise ValueError(f"jacobian is taken for one start at a time; got {len(starts)} starts")
    like = torch.empty(0, dtype=torch.float64) if like is None else like
    evaluations = 0

    def flat_rate(now: float, x: np.ndarray) -> np.ndarray:
        nonlocal evaluations
        evaluations += 1
        if evaluations > max_evaluations:
            raise IntegrationError(
                f"the solution needs more than {max_evaluations} evaluations of the rate; it "
                f"reached t = {now:g} of {t[-1]:g}: loosen rtol, shorten t or take a stiff method"
            )
        with torch.no_grad():
            out = rate(torch.from_numpy(x.reshape(starts.shape)).to(like))
        if out.shape != starts.shape:
            raise ValueError(f"rate must return shape {starts.shape}; got {tuple(out.shape)}")
        return out.double().cpu().numpy().ravel()

    tighter = len(starts) ** 0.5
    options = {"rtol": rtol / tighter, "atol": atol / tighter}
    if jacobian is not None:
        options["jac"] = lambda _, x: jacobian(x)
    with np.errstate(over="ignore", invalid="ignore"):
        solution = scipy.integrate.solve_ivp(
            flat_rate, (t[0], t[-1]), starts.ravel(), method, t, **options
        )
    if not solution.success or not np.isfinite(solution.y).all():
        reached = solution.t[-1] if len(solution.t) else t[0]
        raise IntegrationError(
            f"the solution blows up: integration stopped after t = {reached:g} of {t[-1]:g}"
        )
    return solution.y.T.reshape(len(t), *x0.shape)


def follow(model, x0, t, **options) -> np.ndarray:
    """Return `model.evolve(x0, t)` (T, ...), not a number throughout if the solution blows up."""
    try:
        return model.evolve(x0, t, **options)
    except IntegrationError:
        return np.full((len(t), *np.shape(x0)), np.nan)


def astray(path: np.ndarray, truth: np.ndarray) -> float:
    """Return |path - truth| / |truth| over all entries, infinite if the path is not finite."""
    error = np.linalg.norm(path - truth) / np.linalg.norm(truth)
    return float(error) if np.isfinite(error) else np.inf
