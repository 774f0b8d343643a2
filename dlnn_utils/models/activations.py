"""Activation functions with their first three derivatives in closed form.

Each returns phi, phi', phi'' and a function for phi''', which only the reverse pass needs.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Derivatives = tuple[Tensor, Tensor, Tensor, Callable[[], Tensor]]


def identity(z: Tensor) -> Derivatives:
    """Return z, 1, 0."""
    zero = torch.zeros_like(z)
    return z, torch.ones_like(z), zero, lambda: zero


def tanh(z: Tensor) -> Derivatives:
    """Return tanh z and its derivatives, by tanh z = 2 sigmoid(2z) - 1 (cheaper than tanh)."""
    phi = 2 * torch.sigmoid(2 * z) - 1
    d1 = 1 - phi * phi
    return phi, d1, -2 * phi * d1, lambda: d1 * (4 - 6 * d1)


def silu(z: Tensor) -> Derivatives:
    """Return z sigmoid(z) and its derivatives."""
    s = torch.sigmoid(z)
    phi = z * s
    ds = torch.addcmul(s, s, s, value=-1)

    def third() -> Tensor:
        return z.addcmul(ds, z, value=-6).sub_(s, alpha=6).add_(3).mul_(ds)

    return phi, torch.addcmul(s, z, ds), z.sub(phi, alpha=2).add_(2).mul_(ds), third


def softplus(z: Tensor) -> Derivatives:
    """Return log(1 + e^z) and its derivatives."""
    s = torch.sigmoid(z)
    ds = s * (1 - s)
    return torch.nn.functional.softplus(z, threshold=50), s, ds, lambda: ds * (1 - 2 * s)


def quadratic_silu(z: Tensor) -> Derivatives:
    """Return z^2 sigmoid(z) and its derivatives: smooth, and quadratic far out for z > 0."""
    s = torch.sigmoid(z)
    zs, ds = z * s, torch.addcmul(s, s, s, value=-1)
    zds = z * ds
    slope = zds.add(s, alpha=2)

    def third() -> Tensor:
        inner = z.sub(s, alpha=12).sub_(zds, alpha=6).add_(6)
        return inner.mul_(z).add_(6).mul_(ds)

    return z * zs, z * slope, z.sub(zs, alpha=2).add_(3).mul_(zds).add_(slope), third


def quadratic(z: Tensor) -> Derivatives:
    """Return z^2 / 2, z, 1: a network with this one hidden layer is a quadratic form."""
    return 0.5 * z * z, z, torch.ones_like(z), lambda: torch.zeros_like(z)


ACTIVATIONS: dict[str, Callable[[Tensor], Derivatives]] = {
    phi.__name__: phi for phi in (identity, tanh, silu, softplus, quadratic_silu, quadratic)
}
