"""Learning the energy of one element from a few images of a plate and their rates.

The rate of a pixel is what is left when the forces of four elements nearly cancel, over a small
mass: an energy that is wrong by little is a rate that is wrong by much.  So the forces are what
is trained, by Levenberg-Marquardt steps in float64, and the network's energy is by default a
quadratic form (activation z^2/2), the paper's constant coefficients.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dlnn_utils import check
from dlnn_utils.damping import Linearised, descend
from dlnn_utils.fit import train
from dlnn_utils.local_energy import CORNERS, FEATURES, LocalDiffusion
from dlnn_utils.network import ScalarNetwork
from dlnn_utils.training import History, one_thread, tensors


def fit_local(
    c,
    cdot,
    D,
    *,
    mass=None,
    widths=(16,),
    activation: str = "quadratic",
    seed: int = 0,
    optimiser: str | Callable | None = None,
    **options,
) -> LocalDiffusion:
    """Learn the energy of one element from images of a plate (Eq. 18, with the mass known).

    Parameters
    ----------
    c, cdot : array (B, n)
        Images, a row of n = (m + 1)^2 pixels each, row by row from the top left, and their rates.
    D : array (m, m)
        Diffusivity of each element.
    mass : array (n,), optional
        Mass of each pixel; by default the lumped one of a plate of 1 m by 1 m.
    widths : sequence of int
    activation : str or sequence of str
    seed : int
        All three of the network, as for `ScalarNetwork`.
    optimiser : str or callable, optional
        Another training, as for `train`; by default `train_local`.
    **options
        Of the training (max_steps, target) and of `train` (device).

    Returns
    -------
    LocalDiffusion
        Fitted model, with `.evolve(c0, t)`, `.on(D)` for another microstructure and `.history`.

    Raises
    ------
    ValueError
        If an argument is malformed.
    DivergenceError
        If training diverges.
    """
    network = ScalarNetwork(CORNERS * FEATURES, widths, activation, seed)
    model = LocalDiffusion(network, D, mass)
    c = check.array("c", c, (None, model.n))
    cdot = check.array("cdot", cdot, c.shape)
    return train(model, c, cdot, optimiser=optimiser or train_local, **options)


@one_thread()
def train_local(
    model: LocalDiffusion,
    x,
    rate,
    *,
    max_steps: int = 200,
    target: float = 0.0,
    damping: float = 1e-3,
    prior: None = None,
    progress: bool | None = None,
) -> History:
    """Minimise the loss of Eq. 18 over the shared weights by Levenberg-Marquardt steps.

    Parameters
    ----------
    model : LocalDiffusion
        Trained in place.
    x, rate : array (B, n)
        Images and their rates.
    max_steps : int
        A narrow network, which has hardly more neurons than the quadratic form needs, may take
        ten times the steps of one with some to spare.
    target, damping : float
        As for `train_levenberg_marquardt`.
    prior : None
        There is none here: a quadratic form has constant coefficients.
    progress : bool, optional
        As for `train_levenberg_marquardt`.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If max_steps is not positive, or a prior is given.
    DivergenceError
        If the loss of the initial weights is not finite.
    """
    if prior is not None:
        raise ValueError(
            "a local energy is trained without the soft prior of constant coefficients; "
            'activation="quadratic" has them by construction'
        )
    x, y = tensors(model, x, rate)

    def linearise() -> Linearised:
        A = g = 0.0
        for image, force in zip(x.split(1), y.split(1)):
            r, J = model.prediction_and_jacobian(image)
            A, g = A + J[0].T @ J[0] / len(x), g + J[0].T @ (r - force)[0] / len(x)
        return Linearised(g, float(A.diagonal().max()), partial(_damped_solve, A, g))

    options = dict(max_steps=max_steps, prior=None, target=target, damping=damping)
    return descend(linearise, model, x, y, progress=progress, **options)


def _damped_solve(A: Tensor, g: Tensor, mu: float) -> Tensor | None:
    """Solve (A + mu I) step = -g, or None if that matrix is not numerically positive definite."""
    factor, failed = torch.linalg.cholesky_ex(A + mu * torch.eye(len(A)).to(A))
    return None if failed else -torch.cholesky_solve(g[:, None], factor)[:, 0]
