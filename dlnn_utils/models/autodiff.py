"""The losses by their definition, with nested automatic differentiation: slow, and for checks."""

import torch
from torch import Tensor

from dlnn_utils.models.network import ScalarNetwork


def nested_hessian(network: ScalarNetwork, x: Tensor) -> Tensor:
    """Return d2L_D/dx dx^T (B, n, n) at x (B, n) by differentiating the value twice."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network.value(x).sum(), x, create_graph=True)
    rows = [torch.autograd.grad(g.sum(), x, create_graph=True)[0] for g in gradient.T]
    return torch.stack(rows, 1)


def diffusion_loss(network: ScalarNetwork, c: Tensor, cdot: Tensor) -> Tensor:
    """Return the mean over c (B, n) of |c' + K c|^2 with K from Eq. 17 (Eq. 18)."""
    K = nested_hessian(network, c)
    return (cdot + _times(K, c)).square().sum(1).mean()


def mechanics_loss(network: ScalarNetwork, M: Tensor, q, qdot, qddot) -> Tensor:
    """Return the mean over q (B, n) of |M q'' + C q' + K q|^2, C and K from Eq. 12 (Eq. 19)."""
    n = q.shape[1]
    H = nested_hessian(network, torch.cat([q, qdot], 1))
    K, D = H[:, :n, :n], H[:, n:, :n]
    return (qddot @ M.T + _times(D + D.mT, qdot) + _times(K, q)).square().sum(1).mean()


def difference(network: ScalarNetwork, loss: Tensor, reference: Tensor) -> float:
    """Return the largest relative difference of two losses and of their gradients by weights."""
    weights = list(network.parameters())
    pairs = [(loss.detach().reshape(1), reference.detach().reshape(1))]
    gradients = [torch.autograd.grad(value, weights) for value in (loss, reference)]
    pairs += [tuple(torch.cat([g.flatten() for g in gradient]) for gradient in gradients)]
    return max(float((a - b).norm() / b.norm()) for a, b in pairs)


def _times(A: Tensor, x: Tensor) -> Tensor:
    return torch.einsum("bij,bj->bi", A, x)
