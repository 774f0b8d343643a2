"""The loop that both second-order trainings share: damped Gauss-Newton steps, a loss that falls.

A step solves the normal equations of the linearised residuals with mu added to their diagonal.
It is taken only if the loss falls; mu follows the ratio of actual to predicted decrease
(Nielsen's rule).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from dlnn_utils import check
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.training import DivergenceError, History, data_loss, prior_loss


class Linearised(NamedTuple):
    """The normal equations of the residuals r with Jacobian J at the present weights.

    Attributes
    ----------
    gradient : Tensor (P,)
        J^T r.
    largest : float
        Largest diagonal entry of the matrix to which the damping is added.
    solve : callable
        Maps mu to -(J^T J + mu I)^-1 J^T r (P,), or to None if that matrix is not numerically
        positive definite.
    """

    gradient: Tensor
    largest: float
    solve: Callable[[float], Tensor | None]


def descend(
    linearise: Callable[[], Linearised],
    model: Model,
    x: Tensor,
    y: Tensor,
    *,
    max_steps: int,
    prior: ConstantCoefficients | None,
    target: float,
    damping: float,
    progress: bool | None,
) -> History:
    """Take damped Gauss-Newton steps until the target, the last step or a stall.

    Parameters
    ----------
    linearise : callable
        Returns the normal equations at the model's present weights.
    model : Model
        Trained in place.
    x, y : Tensor (B, n_state), (B, m)
        States and what `model.prediction` should be there.
    max_steps : int
        Number of accepted steps at most.
    prior : ConstantCoefficients, optional
        Added to the loss.
    target : float
        Stop when the data's and the prior's loss are both at or below this.
    damping : float
        Initial damping over the largest diagonal entry.
    progress : bool, optional
        Show a progress bar; by default only on a terminal.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If max_steps is not positive.
    DivergenceError
        If the loss of the initial weights is not finite.
    """
    max_steps = check.positive_integer("max_steps", max_steps)
    target, damping = check.not_negative("target", target), check.positive("damping", damping)
    weights = model.weights

    def losses() -> tuple[float, float]:
        with torch.no_grad():
            return float(data_loss(model, x, y)), float(prior_loss(model, prior))

    history, lost, growth, mu = History(), losses(), 2.0, None
    history.add(*lost)
    if not sum(lost) < float("inf"):
        raise DivergenceError(f"the loss is {sum(lost)} at the start: rescale the data")
    v = parameters_to_vector(weights).detach()
    bar = tqdm(range(max_steps), "steps", disable=None if progress is None else not progress)
    for _ in bar:
        if max(lost) <= target:
            history.stop = "target"
            break
        g, largest, solve = linearise()
        mu = damping * largest if mu is None else mu
        while True:
            step = solve(mu)
            if step is not None:
                vector_to_parameters(v + step, weights)
                new = losses()
                if sum(new) < sum(lost):
                    break
                vector_to_parameters(v, weights)
            mu, growth = mu * growth, growth * 2
            if not mu <= 1e12 * largest:
                history.stop = "stalled"
                return history
        gain = (sum(lost) - sum(new)) / float(step @ (mu * step - g))
        v, lost, growth = v + step, new, 2.0
        mu = max(mu * max(0.1, 1 - (2 * gain - 1) ** 3), 1e-300)
        history.add(*lost)
        bar.set_postfix(loss=f"{lost[0]:.1e}", refresh=False)
    else:
        history.stop = "target" if max(lost) <= target else "steps"
    return history
