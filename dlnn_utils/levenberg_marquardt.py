"""Second-order training: Levenberg-Marquardt on the residuals of Eqs 18 and 19.

A step solves (J^T J + damping) step = -J^T r for the residuals r of all samples and their
Jacobian J by the weights, built in closed form (`dlnn_utils.jacobian`).
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dlnn_utils.damping import Linearised, descend
from dlnn_utils.jacobian import prediction_and_jacobian
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.training import History, one_thread, tensors

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
    x, y = tensors(model, x, rate)
    P = model.n_weights
    if P > MAX_WEIGHTS:
        raise ValueError(
            f"Levenberg-Marquardt takes networks of at most {MAX_WEIGHTS} weights; got {P}: "
            f"make it narrower, or train with Adam"
        )
    residuals = [(x, model.prediction, y, 1.0)]
    if prior is not None:
        residuals.append((prior.points.to(x), model.homogeneity, None, prior.weight))

    def linearise() -> Linearised:
        A, g = _normal_equations(model, residuals)
        return Linearised(g, float(A.diagonal().max()), partial(_damped_solve, A, g))

    options = dict(max_steps=max_steps, prior=prior, target=target, damping=damping)
    return descend(linearise, model, x, y, progress=progress, **options)


def _normal_equations(
    model: Model, residuals: list[tuple[Tensor, Callable, Tensor | None, float]]
) -> tuple[Tensor, Tensor]:
    """Return J^T J (P, P) and J^T r (P,), summed over chunks of samples."""
    P = model.n_weights
    A = g = 0.0
    for x, function, y, weight in residuals:
        m = 1 if y is None else y.shape[1]
        for rows in torch.arange(len(x), device=x.device).split(
            max(1, CHUNK_BYTES // (8 * P * m))
        ):
            r, J = prediction_and_jacobian(model.networks, partial(function, x[rows]))
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
