"""Damped steps: the loop that second-order training runs, whatever solves for a step.

A step with damping mu is taken only if the loss falls; mu follows the ratio of the actual to the
predicted decrease (Nielsen's rule).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from dlnn_utils import check
from dlnn_utils.training import DivergenceError, History

Linearised = tuple[Tensor, Tensor]
"""J^T J (P, P) and J^T r (P,), with r scaled so that r^T r is the loss."""


def descend(
    weights: Sequence[Tensor],
    loss: Callable[[], float],
    linearise: Callable[[], Linearised],
    *,
    max_steps: int,
    target: float = 0.0,
    damping: float = 1e-3,
    progress: bool | None = None,
) -> History:
    """Minimise a sum of squares by Levenberg-Marquardt steps; the last weights are the best.

    Parameters
    ----------
    weights : sequence of Tensor
        Changed in place.
    loss : callable
        The sum of squares at the present weights.
    linearise : callable
        J^T J and J^T r at the present weights.
    max_steps : int
        Number of accepted steps at most.
    target : float
        Stop when the loss is at or below this.
    damping : float
        Initial damping over the largest diagonal entry of J^T J.
    progress : bool, optional
        Show a progress bar; by default only on a terminal.

    Raises
    ------
    ValueError
        If max_steps is not positive.
    DivergenceError
        If the loss of the initial weights is not finite.
    """
    max_steps = check.positive_integer("max_steps", max_steps)
    history, lost, growth, mu = History(), loss(), 2.0, None
    history.add(lost)
    if not lost < float("inf"):
        raise DivergenceError(f"the loss is {lost} at the start: rescale the data")
    v = parameters_to_vector(weights).detach()
    bar = tqdm(range(max_steps), "LM", disable=None if progress is None else not progress)
    for _ in bar:
        if lost <= target:
            break
        A, g = linearise()
        largest = float(A.diagonal().max())
        mu = damping * largest if mu is None else mu
        while True:
            step = _damped_solve(A, g, mu)
            if step is not None:
                vector_to_parameters(v + step, weights)
                new = loss()
                if new < lost:
                    break
            mu, growth = mu * growth, growth * 2
            if mu > 1e12 * largest:
                vector_to_parameters(v, weights)
                history.stop = "stalled"
                return history
        gain = (lost - new) / float(step @ (mu * step - g))
        v, lost, growth = v + step, new, 2.0
        mu = max(mu * max(0.1, 1 - (2 * gain - 1) ** 3), 1e-300)
        history.add(lost)
        bar.set_postfix(loss=f"{lost:.1e}", refresh=False)
    history.stop = "target" if lost <= target else "steps"
    return history


def _damped_solve(A: Tensor, g: Tensor, mu: float) -> Tensor | None:
    """Solve (A + mu I) step = -g, or None if that matrix is not numerically positive definite."""
    damped = A.clone()
    damped.diagonal().add_(mu)
    factor, failed = torch.linalg.cholesky_ex(damped)
    return None if failed else -torch.cholesky_solve(g[:, None], factor)[:, 0]
