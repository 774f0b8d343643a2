"""Second-order training of large networks: the Levenberg-Marquardt step in its dual form.

With more weights than residuals, the step of `dlnn_utils.levenberg_marquardt` is had from a
system of the size of the residuals r instead of the weights':

    (J^T J + mu I)^-1 J^T r = J^T (J J^T + mu I)^-1 r

J J^T comes from small Gram matrices (`dlnn_utils.gram`), J^T u from one backward pass; neither J
nor any Hessian is formed.  Of all changes of the weights that explain the data alike, the step
is the smallest.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dlnn_utils.damping import Linearised, descend
from dlnn_utils.gram import residuals_and_gram
from dlnn_utils.models import Model
from dlnn_utils.prior import ConstantCoefficients
from dlnn_utils.training import History, one_thread, tensors

MAX_RESIDUALS = 8000


@one_thread()
def train_gauss_newton(
    model: Model,
    x,
    rate,
    *,
    max_steps: int = 50,
    prior: ConstantCoefficients | None = None,
    target: float = 0.0,
    damping: float = 1e-3,
    progress: bool | None = None,
) -> History:
    """Minimise the loss of Eqs 18, 19 by the smallest damped Gauss-Newton steps.

    The loss never rises, so the last weights are the best.  A step costs the cube of the number
    of residuals, samples times coordinates, but only a multiple of the number of weights.

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
        Initial damping over the largest diagonal entry of J J^T.
    progress : bool, optional
        Show a progress bar; by default only on a terminal.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If max_steps is not positive, or there are more residuals than a dense solve takes.
    DivergenceError
        If the loss of the initial weights is not finite.
    """
    x, y = tensors(model, x, rate)
    functions = [lambda: (model.prediction(x) - y) / len(x) ** 0.5]
    if prior is not None:
        functions.append(lambda: prior.residual(model) / len(prior.points) ** 0.5)
    size = y.shape[1] * (len(x) + (0 if prior is None else len(prior.points)))
    if size > MAX_RESIDUALS:
        raise ValueError(
            f"Gauss-Newton takes at most {MAX_RESIDUALS} residuals, samples and prior's points "
            f"times coordinates; got {size}: take fewer samples, or train with Adam"
        )

    def linearise() -> Linearised:
        r, G, pull_back = residuals_and_gram(model.network, functions)
        largest = float(G.diagonal().max())
        return Linearised(pull_back(r), largest, partial(damped_step, r, G, pull_back))

    options = dict(max_steps=max_steps, prior=prior, target=target, damping=damping)
    return descend(linearise, model, x, y, progress=progress, **options)


def damped_step(
    r: Tensor, G: Tensor, pull_back: Callable[[Tensor], Tensor], mu: float
) -> Tensor | None:
    """Return -J^T (J J^T + mu I)^-1 r, or None if that matrix is not numerically positive.

    Parameters
    ----------
    r : Tensor (R,)
        Residuals.
    G : Tensor (R, R)
        J J^T.
    pull_back : callable
        Maps u (R,) to J^T u (P,).
    mu : float
        Damping.

    Returns
    -------
    Tensor (P,) or None
    """
    damped = G.clone()
    damped.diagonal().add_(mu)
    factor, failed = torch.linalg.cholesky_ex(damped)
    return None if failed else -pull_back(torch.cholesky_solve(r[:, None], factor)[:, 0])
