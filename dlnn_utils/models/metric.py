"""The metric M of a gradient flow M c' = -dL_D/dc, such as the mass matrix of finite elements.

With its root R = M^(1/2), L_D(c) = N(R c) of a network N, and the law is R c' = -N'(R c).
"""

import numpy as np
import torch
from torch import Tensor, nn

from dlnn_utils._arguments import SMALLEST, array, mass_matrix


class Metric(nn.Module):
    """A known operator between rates and forces, by four maps; None is the identity, for free.

    Another operator N of N x' = -dL_D/dx can stand in M's place: an object with these maps.
    """

    def __init__(self, M, n: int, like: Tensor):
        super().__init__()
        self.M = None if M is None else as_metric(M, n)
        for name, exponent in (("root", 0.5), ("inverse", -0.5)):
            power = None if M is None else torch.as_tensor(_power(self.M, exponent)).to(like)
            self.register_buffer(name, power)

    def inputs(self, x: Tensor) -> Tensor:
        """Return R x (..., n), what the network sees of the states x (..., n)."""
        return _product(x, self.root)

    def force(self, rate: Tensor) -> Tensor:
        """Return R x' (..., n), what the network's gradient must balance, of rates (..., n)."""
        return _product(rate, self.root)

    def rate(self, force: Tensor) -> Tensor:
        """Return the rates R^-1 f (..., n) of forces f (..., n)."""
        return _product(force, self.inverse)

    def hessian(self, H: Tensor) -> Tensor:
        """Return d2L_D/dx dx^T = R H R (..., n, n) of the network's Hessian H (..., n, n)."""
        return self.inputs(self.inputs(H).mT).mT


def as_metric(M, n: int) -> np.ndarray:
    """Return a symmetric positive M as its diagonal (n,) if it has no other entries, or (n, n)."""
    M = array("M", M, f"{n} | {n} {n}")
    if M.ndim == 2 and not np.count_nonzero(M - np.diag(M.diagonal())):
        M = M.diagonal().copy()
    smallest = M.min() if M.ndim == 1 else np.linalg.eigvalsh(mass_matrix("M", M))[0]
    if not smallest >= SMALLEST:
        raise ValueError(f"M must be positive definite; its smallest eigenvalue is {smallest:g}")
    return M


def _power(M: np.ndarray, exponent: float) -> np.ndarray:
    if M.ndim == 1:
        return M**exponent
    values, vectors = np.linalg.eigh(M)
    return (vectors * values**exponent) @ vectors.T


def _product(x: Tensor, A: Tensor | None) -> Tensor:
    return x if A is None else x * A if A.ndim == 1 else x @ A
