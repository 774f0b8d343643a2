"""The losses by their definition, with nested automatic differentiation: slow, and for checks.

Training uses the closed form of `dlnn_utils.network`; both must agree to rounding.
"""

import torch
from torch import Tensor

from dlnn_utils.network import ScalarNetwork


def nested_hessian(network: ScalarNetwork, x: Tensor) -> Tensor:
    """Return d2 L_D / dx dx^T by differentiating the network's value twice.

    Parameters
    ----------
    network : ScalarNetwork
        L_D.
    x : Tensor (B, n)
        Points.

    Returns
    -------
    Tensor (B, n, n)
    """
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network.value(x).sum(), x, create_graph=True)
    rows = [torch.autograd.grad(g.sum(), x, create_graph=True)[0] for g in gradient.T]
    return torch.stack(rows, 1)


def diffusion_loss(network: ScalarNetwork, c: Tensor, cdot: Tensor) -> Tensor:
    """Return the mean of |c' + K c|^2 with K from Eq. 17 (Eq. 18).

    Parameters
    ----------
    network : ScalarNetwork
        L_D(c).
    c, cdot : Tensor (B, n)
        Concentrations and their rates.

    Returns
    -------
    Tensor ()
    """
    K = nested_hessian(network, c)
    return (cdot + _times(K, c)).square().sum(1).mean()


def mechanics_loss(network: ScalarNetwork, M: Tensor, q, qdot, qddot) -> Tensor:
    """Return the mean of |M q'' + C q' + K q|^2 with C and K from Eq. 12 (Eq. 19).

    Parameters
    ----------
    network : ScalarNetwork
        L_D(q, q').
    M : Tensor (n, n)
        Mass matrix.
    q, qdot, qddot : Tensor (B, n)
        Positions, velocities and accelerations.

    Returns
    -------
    Tensor ()
    """
    n = q.shape[1]
    H = nested_hessian(network, torch.cat([q, qdot], 1))
    K, D = H[:, :n, :n], H[:, n:, :n]
    return (qddot @ M.T + _times(D + D.mT, qdot) + _times(K, q)).square().sum(1).mean()


def difference(network: ScalarNetwork, loss: Tensor, reference: Tensor) -> float:
    """Return the largest relative difference of two losses and of their gradients.

    Parameters
    ----------
    network : ScalarNetwork
        The gradients are by its weights.
    loss, reference : Tensor ()

    Returns
    -------
    float
    """
    weights = list(network.parameters())
    pairs = [(loss.detach().reshape(1), reference.detach().reshape(1))]
    gradients = [torch.autograd.grad(value, weights) for value in (loss, reference)]
    pairs += [tuple(torch.cat([g.flatten() for g in gradient]) for gradient in gradients)]
    return max(float((a - b).norm() / b.norm()) for a, b in pairs)


def _times(A: Tensor, x: Tensor) -> Tensor:
    return torch.einsum("bij,bj->bi", A, x)
