"""Second-order training: Levenberg-Marquardt on the residuals of Eqs 18 and 19.

A step solves (J^T J + damping) step = -J^T r for the residuals r of all samples and their
Jacobian J by the weights, built in closed form (`dlnn_utils.jacobian`).  The damping follows the
ratio of actual to predicted decrease (Nielsen's rule).
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from tqdm import tqdm

from dlnn_utils import check
from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.training import (
    DivergenceError,
    History,
    data_loss,
    one_thread,
    prior_loss,
    tensors,
)

MAX_WEIGHTS = 6000
CHUNK_BYTES = 2**27


@one_thread()
def train_levenberg_marquardt(
    model: Model,
    x,
    rate,
    *,
    max_steps: int = 200,
    prior: ConstantCoefficients | None = None,
    target: float = 0.0,
    damping: float = 1e-3,
    progress: bool | None = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 by damped Gauss-Newton steps over all samples.

    The loss never rises, so the last weights are the best.

    Parameters
    ----------
    model : Model
        Trained in place; float64 is advised.
    x, rate : array (B, n_state)
        States and their rates.
    max_steps : int
        Number of accepted steps at most.
    prior : ConstantCoefficients, optional
        Added to the loss.
    target : float
        Stop when the data's and the prior's loss are both at or below this.
    damping : float
        Initial damping over the largest diagonal entry of J^T J.
    progress : bool, optional
        Show a progress bar; by default only on a terminal.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If max_steps is not positive, or the network has more weights than a dense solve takes.
    DivergenceError
        If the loss of the initial weights is not finite.
    """
    max_steps = check.positive_integer("max_steps", max_steps)
    x, y = tensors(model, x, rate)
    weights = list(model.network.parameters())
    P = sum(w.numel() for w in weights)
    if P > MAX_WEIGHTS:
        raise ValueError(
            f"Levenberg-Marquardt takes networks of at most {MAX_WEIGHTS} weights; got {P}: "
            f"make it narrower, or train with Adam"
        )
    residuals = [(x, lambda part: model.prediction(part), y, 1.0)]
    if prior is not None:
        points = prior.points.to(x)
        residuals.append((points, model.homogeneity, None, prior.weight))

    def losses() -> tuple[float, float]:
        with torch.no_grad():
            return float(data_loss(model, x, y)), float(prior_loss(model, prior))

    history, lost, growth = History(), losses(), 2.0
    history.add(*lost)
    if not sum(lost) < float("inf"):
        raise DivergenceError(f"the loss is {sum(lost)} at the start: rescale the data")
    v = torch.nn.utils.parameters_to_vector(weights).detach()
    mu = None
    bar = tqdm(range(max_steps), "LM", disable=None if progress is None else not progress)
    for _ in bar:
        if max(lost) <= target:
            history.stop = "target"
            break
        A, g = _normal_equations(model, residuals)
        mu = damping * float(A.diagonal().max()) if mu is None else mu
        while True:
            step = _damped_solve(A, g, mu)
            if step is not None:
                torch.nn.utils.vector_to_parameters(v + step, weights)
                new = losses()
                if sum(new) < sum(lost):
                    break
            mu, growth = mu * growth, growth * 2
            if mu > 1e12 * float(A.diagonal().max()):
                torch.nn.utils.vector_to_parameters(v, weights)
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


def _normal_equations(
    model: Model, residuals: list[tuple[Tensor, Callable, Tensor | None, float]]
) -> tuple[Tensor, Tensor]:
    """Return J^T J (P, P) and J^T r (P,), summed over chunks of samples."""
    P = sum(w.numel() for w in model.network.parameters())
    A = g = 0.0
    for x, function, y, weight in residuals:
        m = 1 if y is None else y.shape[1]
        for rows in torch.arange(len(x), device=x.device).split(
            max(1, CHUNK_BYTES // (8 * P * m))
        ):
            r, J = prediction_and_jacobian(model.network, partial(function, x[rows]))
            r, J = (r if y is None else r - y[rows]).reshape(-1), J.reshape(-1, P)
            scale = weight**2 / len(x)
            A, g = A + scale * _gram(J), g + scale * (J.T @ r)
    return A, g


def _gram(J: Tensor) -> Tensor:
    """J^T J; NumPy recognises the symmetric product and halves its cost."""
    return J.T @ J if J.is_cuda else torch.from_numpy(J.numpy().T @ J.numpy())


def _damped_solve(A: Tensor, g: Tensor, mu: float) -> Tensor | None:
    """Solve (A + mu I) step = -g, or None if that matrix is not numerically positive definite."""
    damped = A.clone()
    damped.diagonal().add_(mu)
    factor, failed = torch.linalg.cholesky_ex(damped)
    return None if failed else -torch.cholesky_solve(g[:, None], factor)[:, 0]
