"""Time integration of a batch of trajectories by SciPy's solver, forward or backward."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dlnn_utils import check

METHODS = ("RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA")


class IntegrationError(RuntimeError):
    """A solution could not be continued to the last time."""


def integrate(
    rate: Callable[[Tensor], Tensor],
    x0,
    t,
    *,
    n_state: int | None = None,
    method: str = "DOP853",
    rtol: float = 1e-9,
    atol: float = 1e-10,
    max_evaluations: int = 100_000,
    jacobian: Callable[[np.ndarray], object] | None = None,
) -> np.ndarray:
    """Integrate dx/dt = rate(x) from x0 over the times t; falling times run it backward.

    The whole batch is one system for SciPy's `solve_ivp`.  That measures the error by the root
    mean square over the system, so the tolerances are divided by the square root of the batch
    size: then no single trajectory's local error exceeds them.

    Parameters
    ----------
    rate : callable
        Maps states (B, n) to rates (B, n), as float64 tensors; if it is a
        model's method, as tensors of the type and on the device of its weights.
    x0 : array (n,) or (B, n)
        States at time t[0].
    t : array (T,)
        Times, rising or falling.
    n_state : int, optional
        The length n that x0 must have.
    method : str
        A method of `scipy.integrate.solve_ivp`.  "RK45" is the paper's Dormand-Prince pair.
    rtol, atol : float
        Relative and absolute tolerance of a trajectory's local error.
    max_evaluations : int
        Give up after so many evaluations of the rate.
    jacobian : callable, optional
        For one start and an implicit method: maps a state (n,) to the derivative of the rate
        (n, n), dense or sparse.

    Returns
    -------
    array (T, n) or (T, B, n)
        States at the times t.

    Raises
    ------
    ValueError
        If x0, t or what `rate` returns is malformed.
    IntegrationError
        If the solution blows up or needs too many evaluations before the last time.

    Examples
    --------
    >>> integrate(lambda x: -x, [1.0], [0.0, 1.0]).round(6).ravel().tolist()
    [1.0, 0.367879]
    """
    from scipy.integrate import solve_ivp

    t = check.times(t)
    if n_state is not None:
        n_state = check.positive_integer("n_state", n_state)
    check.choice("method", method, METHODS)
    rtol, atol = check.positive("rtol", rtol), check.not_negative("atol", atol)
    x0, single = check.batch("x0", x0, n_state)
    model, like = getattr(rate, "__self__", None), torch.empty(0, dtype=torch.float64)
    if isinstance(model, torch.nn.Module):
        like = next(model.parameters(), like)
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
            out = rate(torch.from_numpy(x.reshape(x0.shape)).to(like))
        if out.shape != x0.shape:
            raise ValueError(f"rate must return shape {x0.shape}; got {tuple(out.shape)}")
        return out.double().cpu().numpy().ravel()

    if jacobian is not None and len(x0) > 1:
        raise ValueError(f"jacobian is taken for one start at a time; got {len(x0)} starts")
    implicit = {} if jacobian is None else {"jac": lambda _, x: jacobian(x)}
    tighter = len(x0) ** 0.5
    with np.errstate(over="ignore", invalid="ignore"):
        solution = solve_ivp(
            flat_rate,
            (t[0], t[-1]),
            x0.ravel(),
            method,
            t,
            rtol=rtol / tighter,
            atol=atol / tighter,
            **implicit,
        )
    if not solution.success or not np.isfinite(solution.y).all():
        reached = solution.t[-1] if len(solution.t) else t[0]
        raise IntegrationError(
            f"the solution blows up: integration stopped after t = {reached:g} of {t[-1]:g}"
        )
    x = solution.y.T.reshape(len(t), *x0.shape)
    return x[:, 0] if single else x
