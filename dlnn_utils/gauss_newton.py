"""Second-order training of large networks: the Levenberg-Marquardt step in its dual form.

With more weights than residuals, the step of `dlnn_utils.levenberg_marquardt` is had from a
system of the size of the residuals r instead of the weights':

    (J^T J + mu I)^-1 J^T r = J^T (J J^T + mu I)^-1 r

J J^T comes from small Gram matrices (`dlnn_utils.gram`), J^T u from one backward pass; neither J
nor any Hessian is formed.  Of all changes of the weights that explain the data alike, the step
is the smallest.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from tqdm import tqdm

from dlnn_utils import check
from dlnn_utils.gram import residuals_and_gram
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
    max_steps = check.positive_integer("max_steps", max_steps)
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
    weights = list(model.network.parameters())

    def losses() -> tuple[float, float]:
        with torch.no_grad():
            return float(data_loss(model, x, y)), float(prior_loss(model, prior))

    history, lost, growth, mu = History(), losses(), 2.0, None
    history.add(*lost)
    if not sum(lost) < float("inf"):
        raise DivergenceError(f"the loss is {sum(lost)} at the start: rescale the data")
    v = parameters_to_vector(weights).detach()
    bar = tqdm(range(max_steps), "GN", disable=None if progress is None else not progress)
    for _ in bar:
        if max(lost) <= target:
            history.stop = "target"
            break
        r, G, pull_back = residuals_and_gram(model.network, functions)
        g, largest = pull_back(r), float(G.diagonal().max())
        mu = damping * largest if mu is None else mu
        while True:
            step = damped_step(r, G, pull_back, mu)
            if step is not None:
                vector_to_parameters(v + step, weights)
                new = losses()
                if sum(new) < sum(lost):
                    break
                vector_to_parameters(v, weights)
            mu, growth = mu * growth, growth * 2
            if mu > 1e12 * largest:
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
